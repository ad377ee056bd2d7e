"""Carries out a plan: wave by wave, many clusters side by side, until too many have failed or somebody stops it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from azext_amlarc.resources.fleet import Fleet
from azext_amlarc.resources.supporting import names
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.wording import number
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan
from azext_amlarc.workflows.fleet.running import earlier, gate, lanes
from azext_amlarc.workflows.fleet.running.board import Board, Progress, State
from azext_amlarc.workflows.fleet.running.lanes import Control, Start
from azext_amlarc.workflows.fleet.running.work import Site, starts

# Who carries out what is written: requests of our own, or deployment stacks of Azure's.
Engine = Literal["direct", "stack"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
# Clusters at a time. Azure works on each for minutes; what limits the rest is its rates.
CONCURRENCY = 200


@dataclass(frozen=True)
class Options:
    """Which wave (None is all of them), how many clusters at a time, and how long each step or stack may take (s).

    Without an `engine` it is chosen by how many clusters are to be changed.
    """

    wave: int | None = None
    concurrency: int = CONCURRENCY
    timeout: float = 3600.0
    engine: Engine | None = None

    def chosen(self, clusters: Iterable[ClusterPlan]) -> list[ClusterPlan]:
        """Those of the wave."""
        return [one for one in clusters if self.wave in (None, max(one.wave, 1))]

    def stacked(self, clusters: Iterable[ClusterPlan]) -> list[ClusterPlan]:
        """Those of the wave on which something is to be done that a template can say."""
        return [one for one in self.chosen(clusters) if one.work and one.is_for_a_template]

    def engine_for(self, clusters: Iterable[ClusterPlan]) -> Engine:
        """The engine: stacks where a template can say what is to be done on more than one cluster."""
        if self.engine:
            return self.engine
        return "stack" if len(self.stacked(clusters)) > 1 else "direct"


def rewritten(clusters: Sequence[ClusterPlan], options: Options) -> list[str]:
    """What deployment stacks do beyond the plan, in words: each writes all clusters of its wave and subscription."""
    if options.engine_for(clusters) == "direct":
        return []
    stacks = {(one.wave, one.id.subscription_id) for one in options.stacked(clusters)}
    others = sum(one.goes_along and (one.wave, one.id.subscription_id) in stacks for one in clusters)
    if not others:
        return []
    them = "1 cluster that is as wanted already" if others == 1 else f"{others} clusters that are as wanted already"
    return [f"Deployment stacks also write {them}; the direct engine does not."]


def carry_out(
    connections: Connections,
    door: Door,
    progress: Progress,
    plan: FleetPlan,
    fleet: Fleet,
    *,
    contents: Contents,
    options: Options,
) -> Board:
    """What came of it, by cluster. Nothing is raised for what fails on a cluster.

    Ctrl-C begins nothing new and waits for what runs; a second one leaves at once, and Azure goes on by itself.
    """
    board, control = Board(plan.clusters), Control()
    ambiguous = names.ambiguous(one.id for one in plan.clusters)
    site = Site(connections, door, fleet, contents, board, control, options.timeout, ambiguous)
    rollout = _Rollout(site, progress, options)
    try:
        rollout.run(plan.clusters)
    except KeyboardInterrupt:
        progress.tell("Left at once. Azure goes on with what it has begun; run the same command again to go on.")
    finally:
        progress.end(board)
        connections.close()
    return board


@dataclass
class _Rollout:
    site: Site
    progress: Progress
    options: Options

    def run(self, clusters: Sequence[ClusterPlan]) -> None:
        waves: dict[int, list[ClusterPlan]] = {}
        for one in self.options.chosen(clusters):
            waves.setdefault(max(one.wave, 1), []).append(one)
        last = max((place for place, ones in waves.items() if any(it.work for it in ones)), default=0)
        engine = self.options.engine_for(clusters)
        for place in sorted(waves):
            if place > last or self.site.control.stopped:
                return
            self._wave(place, waves[place], engine)

    def _wave(self, place: int, clusters: Sequence[ClusterPlan], engine: Engine) -> None:
        busy, how = sum(bool(one.work) for one in clusters), ", by deployment stacks" if engine == "stack" else ""
        self.progress.tell(f"Wave {place}: {number(busy, 'cluster')} to change of {len(clusters)}{how}")
        self._all(earlier.waits(self.site, clusters))
        if engine == "stack":
            from azext_amlarc.workflows.fleet.running import stacks

            self._all(starts(self.site, (one for one in clusters if self._waits(one) and not one.is_for_a_template)))
            self._all(stacks.starts(self.site, place, clusters, only=self.options.engine == "stack"))
        self._all(starts(self.site, (one for one in clusters if self._waits(one))))
        if not self._stop_at_failures():
            self._all(gate.starts(self.site, clusters))
            self._stop_at_failures()

    def _waits(self, one: ClusterPlan) -> bool:
        """Whether the cluster still waits: with stacks, those do that no stack could be sent for."""
        return self.site.board.entries[one.id].state is State.WAITING

    def _stop_at_failures(self) -> bool:
        """Whether the rollout ends here."""
        failed, allowed = self.site.board.failures, self.site.fleet.rollout.max_failures
        if failed > allowed and not self.site.control.stopped:
            self.site.control.stop()
            self.progress.tell(
                f"{number(failed, 'cluster')} failed, and the manifest allows {allowed}: nothing new begins."
            )
        return self.site.control.stopped

    def _all(self, works: Mapping[str, Sequence[Start]]) -> None:
        scarce = self.site.connections.governor.are_reads_scarce
        begun = lanes.begin(works, self.options.concurrency, self.site.control, scarce)
        try:
            lanes.wait(begun, self._tick)
        except KeyboardInterrupt:
            self.site.control.interrupt()
            self.site.board.interrupted = True
            self.progress.tell("Interrupted: nothing new begins; waiting for what runs. Ctrl-C again leaves at once.")
            lanes.wait(begun, self._tick)

    def _tick(self) -> None:
        self._stop_at_failures()
        self.progress.show(self.site.board)
