"""Carries out a plan: wave by wave, many clusters side by side, until too many have failed or somebody stops it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from azext_amlarc.resources.fleet import Fleet
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.wording import number
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan
from azext_amlarc.workflows.fleet.running import gate, lanes
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
    """Which wave (None is all of them), how many clusters at a time, and how long each step or stack may take (s)."""

    wave: int | None = None
    concurrency: int = CONCURRENCY
    timeout: float = 3600.0
    engine: Engine = "direct"


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
    site = Site(connections, door, fleet, contents, board, control, options.timeout)
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
        for one in clusters:
            waves.setdefault(max(one.wave, 1), []).append(one)
        chosen = [one for one in sorted(waves) if self.options.wave in (None, one)]
        last = max((one for one in chosen if any(it.work for it in waves[one])), default=0)
        for place in chosen:
            if place > last or self.site.control.stopped:
                return
            self._wave(place, waves[place])

    def _wave(self, place: int, clusters: Sequence[ClusterPlan]) -> None:
        busy = sum(bool(one.work) for one in clusters)
        self.progress.tell(f"Wave {place}: {number(busy, 'cluster')} to change of {len(clusters)}")
        if self.options.engine == "stack":
            from azext_amlarc.workflows.fleet.running import stacks

            self._all(starts(self.site, stacks.not_for_templates(clusters)))
            self._all(stacks.starts(self.site, place, clusters))
        self._all(starts(self.site, (one for one in clusters if self._waits(one))))
        if not self._stop_at_failures():
            self._all(gate.starts(self.site, clusters))
            self._stop_at_failures()

    def _waits(self, one: ClusterPlan) -> bool:
        """Whether the cluster still waits: with stacks, those do that somebody else was writing to."""
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
