"""How a fleet stands: at a glance by Resource Graph, and what differs from the manifest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from azext_amlarc.resources.fleet import Fleet
from azext_amlarc.resources.ids import folded
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.wording import in_line, number
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan, Verb
from azext_amlarc.workflows.fleet.planning import decided
from azext_amlarc.workflows.fleet.present import Present, look
from azext_amlarc.workflows.fleet.report.wording import named


@dataclass(frozen=True)
class Standing:
    """One cluster: whether Azure reaches it, the states of what is on it, and what an apply would do."""

    plan: ClusterPlan
    connectivity: str | None
    extension_state: str | None
    extension_version: str | None
    computes: tuple[tuple[str, str], ...]

    @property
    def drifts(self) -> bool:
        """Whether it is not as the manifest wants it."""
        return bool(self.plan.work or self.plan.blocked)

    @property
    def is_reachable(self) -> bool:
        return bool(self.plan.member and self.plan.member.cluster.is_reachable)

    @property
    def word(self) -> str:
        """How it stands, in a word or two."""
        if self.plan.blocked:
            return "blocked"
        if self.plan.verb is Verb.WAIT:
            return "in progress"
        if self.drifts:
            return "drift"
        return "in sync" if self.is_reachable else "unreachable"


@dataclass(frozen=True)
class FleetStatus:
    """How all clusters stand, in the order of their waves and ids."""

    plan: FleetPlan
    clusters: tuple[Standing, ...]

    @property
    def drifts(self) -> bool:
        return any(one.drifts for one in self.clusters)

    @property
    def summary(self) -> str:
        """How the fleet stands, in one line."""
        words = [one.word for one in self.clusters]
        parts = [f"{words.count(word)} {word}" for word in _WORDS if word in words]
        return f"{self.plan.name}: {number(len(words), 'cluster')}: {', '.join(parts) or 'none'}."


_WORDS = ("blocked", "drift", "in progress", "unreachable", "in sync")


def status(connections: Connections, fleet: Fleet, contents: Contents) -> FleetStatus:
    """How the fleet stands, as far as Resource Graph has followed: no cluster is asked."""
    present = look(connections, fleet, connections.main.subscription_id)
    plan = decided(connections, fleet, contents, present)
    return FleetStatus(plan, tuple(_standing(one, present) for one in plan.clusters))


def _standing(one: ClusterPlan, present: Present) -> Standing:
    extension = present.extensions.get(folded(str(one.id)))
    ids = [folded(wanted.id) for wanted in one.wanted.computes] if one.wanted else []
    found = [present.computes[key] for key in ids if key in present.computes]
    return Standing(
        plan=one,
        connectivity=one.member.cluster.connectivity if one.member else None,
        extension_state=extension.install_state if extension else None,
        extension_version=(extension.current_version or extension.version) if extension else None,
        computes=tuple((compute.name, compute.provisioning_state) for compute in found),
    )


def status_objects(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """How the clusters stand, flat; what is not good first."""
    return [_object(one) for one in worst_first(standings)]


def worst_first(standings: Sequence[Standing]) -> list[Standing]:
    """What is not good first."""
    return sorted(standings, key=lambda one: _WORDS.index(one.word))


def _object(one: Standing) -> dict[str, Any]:
    return {
        **named(one.plan),
        "state": one.word,
        "connectivity": one.connectivity,
        "extensionState": one.extension_state,
        "extensionVersion": one.extension_version,
        "computes": dict(one.computes),
        "drift": drift_of(one),
    }


def status_text(found: FleetStatus) -> str:
    """How the fleet stands, for a terminal: what is not good, what differs, and a summary."""
    lines = [line for one in worst_first(found.clusters) if one.word != "in sync" for line in _lines(one)]
    return "\n".join([*lines, found.summary])


def _lines(one: Standing) -> Iterator[str]:
    reached = f", {one.connectivity}" if one.connectivity and not one.is_reachable else ""
    yield f"{in_line(one.plan.id.name)} ({in_line(one.plan.id.resource_group)}{reached}): {one.word}"
    yield from (f"    {in_line(line)}" for line in drift_of(one))


def drift_of(one: Standing) -> list[str]:
    """What is not as the manifest wants it, a line each."""
    lines = []
    for item in (*one.plan.blocked, *one.plan.work):
        about = item.changes or tuple(item.reason.splitlines()) or (str(item.verb),)
        lines += [f"{item.kind} {item.name}: {line}" for line in about]
    return lines
