"""Plans and what came of them, in words and as objects."""

from collections.abc import Iterable, Iterator
from typing import Any

from azext_amlarc.wording import in_line, number
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan, Item, Verb
from azext_amlarc.workflows.fleet.running.board import Board, Entry, State

_MARKS = {Verb.BLOCKED: "!", Verb.CREATE: "+", Verb.DETACH: "-", Verb.DELETE: "-", Verb.NONE: " ", Verb.LEAVE: " "}
_IN_PLANS = {
    Verb.BLOCKED: "cannot be changed",
    Verb.CREATE: "to create",
    Verb.CHANGE: "to change",
    Verb.RETRY: "to try again",
    Verb.DETACH: "to detach",
    Verb.DELETE: "to delete",
    Verb.WAIT: "in progress",
    Verb.LEAVE: "left alone",
    Verb.NONE: "unchanged",
}
_DONE = {
    State.FAILED: "failed",
    State.BLOCKED: "could not be changed",
    State.RUNNING: "still running in Azure",
    State.STOPPED: "stopped half-way",
    State.WAITING: "not begun",
    State.DONE: "done",
    State.UNCHANGED: "unchanged",
}


def plan_text(plan: FleetPlan) -> str:
    """The plan for a terminal: what is to be done on each cluster, and a summary."""
    lines = [line for one in plan.clusters if one.verb is not Verb.NONE for line in _cluster_lines(one)]
    return "\n".join([*lines, plan_summary(plan)])


def plan_summary(plan: FleetPlan) -> str:
    """The plan in one line."""
    parts = [f"{count} {_IN_PLANS[verb]}" for verb, count in plan.counts.items()]
    return f"Plan for {plan.name}: {number(len(plan.clusters), 'cluster')}: {', '.join(parts) or 'none'}."


def _cluster_lines(one: ClusterPlan) -> Iterator[str]:
    wave = f", wave {one.wave}" if one.wave else ""
    yield f"{in_line(one.id.name)} ({in_line(one.id.resource_group)}{wave})"
    for item in one.items:
        yield f"  {_MARKS.get(item.verb, '~')} {item.kind} {in_line(item.name)}: {_IN_PLANS[item.verb]}"
        yield from (f"      {in_line(line)}" for line in details_of(item))


def details_of(item: Item) -> Iterator[str]:
    """What changes, why it can't be, and what that breaks, a line each."""
    yield from item.changes
    yield from item.reason.splitlines()
    yield from (f"breaks: {line}" for said in item.consequences for line in said.splitlines())


def plan_object(plan: FleetPlan) -> dict[str, Any]:
    """The plan as an object, flat."""
    return {
        "fleet": plan.name,
        "hasChanges": plan.has_changes,
        "summary": {str(verb): count for verb, count in plan.counts.items()},
        "clusters": [_cluster_object(one) for one in plan.clusters],
    }


def named(one: ClusterPlan | Entry) -> dict[str, Any]:
    """What names a cluster in every object about it."""
    return {
        "name": one.id.name,
        "resourceGroup": one.id.resource_group,
        "subscriptionId": one.id.subscription_id,
        "clusterType": one.id.cluster_type,
        "wave": one.wave,
    }


def _cluster_object(one: ClusterPlan) -> dict[str, Any]:
    return {**named(one), "action": str(one.verb), "items": [_item_object(item) for item in one.items]}


def _item_object(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "name": item.name,
        "id": item.id,
        "action": str(item.verb),
        "changes": list(item.changes),
        "reason": item.reason or None,
        "consequences": list(item.consequences),
    }


def board_text(board: Board) -> str:
    """What came of an apply, for a terminal: what is not good, why, and how to mend it; and a summary."""
    return "\n".join([*(line for entry in worst_first(board) for line in _entry_lines(entry)), board_summary(board)])


def board_summary(board: Board) -> str:
    """What came of it in one line."""
    parts = [f"{count} {_DONE[state]}" for state, count in board.counts.items()]
    return f"{number(len(board.entries), 'cluster')}: {', '.join(parts) or 'none'}."


def worst_first(board: Iterable[Entry]) -> list[Entry]:
    """Failures first."""
    order = list(State)
    return sorted(board, key=lambda entry: order.index(entry.state))


def _entry_lines(entry: Entry) -> Iterator[str]:
    if entry.state in (State.DONE, State.UNCHANGED, State.WAITING) and not entry.notes:
        return
    yield f"{in_line(entry.id.name)} ({in_line(entry.id.resource_group)}): {_DONE[entry.state]}"
    yield from (f"    {in_line(line)}" for line in explanation(entry))


def explanation(entry: Entry) -> Iterator[str]:
    """Why a cluster is not as wanted, a line each: the step, Azure's words and code, the fix, what else is known."""
    code = f"({entry.code}) " if entry.code else ""
    if entry.error:
        step = f"{entry.step}: " if entry.step else ""
        yield from f"{step}{code}{entry.error}".splitlines()
    if entry.correlation_id:
        yield f"Correlation id: {entry.correlation_id}"
    if entry.fix:
        yield from f"fix: {entry.fix}".splitlines()
    yield from (line for note in entry.notes for line in note.splitlines())


def board_objects(board: Board) -> list[dict[str, Any]]:
    """What came of each cluster, flat; failures first."""
    return [_entry_object(entry) for entry in worst_first(board)]


def _entry_object(entry: Entry) -> dict[str, Any]:
    return {
        **named(entry),
        "state": str(entry.state),
        "seconds": round(entry.seconds, 1),
        "done": list(entry.done),
        "step": entry.step or None,
        "error": entry.error or None,
        "code": entry.code or None,
        "correlationId": entry.correlation_id or None,
        "fix": entry.fix or None,
        "notes": list(entry.notes),
    }
