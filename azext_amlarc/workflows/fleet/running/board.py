"""What is known of each cluster's work while it runs: read by whoever shows it, and what the report is made of."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.wording import clock
from azext_amlarc.workflows.fleet.plan import ClusterPlan


class State(StrEnum):
    """How a cluster stands: the most important first."""

    FAILED = "failed"
    BLOCKED = "blocked"
    RUNNING = "running"
    STOPPED = "stopped"
    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged"


@dataclass
class Entry:  # pylint: disable=too-many-instance-attributes
    """One cluster: what is being done, what Azure says of it, and since when; what it came to.

    `state` stays WAITING for a cluster that nothing was begun for. `seconds` is how long its work took.
    """

    id: ClusterId
    wave: int
    state: State
    step: str = ""
    says: str = ""
    since: float = 0.0
    seconds: float = 0.0
    done: list[str] = field(default_factory=list)
    error: str = ""
    fix: str = ""
    code: str = ""
    correlation_id: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def elapsed(self) -> float:
        """Seconds since its work began, or that it took."""
        return time.monotonic() - self.since if self.state is State.RUNNING else self.seconds


class Progress(Protocol):
    """Shows the work as it goes on. Called in one thread only."""

    def show(self, board: "Board") -> None:
        """The board as it is now; called several times a second."""

    def tell(self, text: str) -> None:
        """A line for the user."""

    def end(self, board: "Board") -> None:
        """The work is over, or goes on without anybody to show it to."""


class Board:
    """The entries by cluster, in the plan's order. Any thread may write; each entry is one thread's at a time."""

    def __init__(self, planned: Sequence[ClusterPlan]) -> None:
        self.entries = {one.id: _entry(one) for one in planned}
        self.events = deque[str]()
        self.interrupted = False

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    @property
    def counts(self) -> dict[State, int]:
        """How many clusters stand how, the most important first."""
        found = Counter(entry.state for entry in self)
        return {state: found[state] for state in State if found[state]}

    @property
    def is_good(self) -> bool:
        """Whether all that was to be done has been done."""
        bad = {State.FAILED, State.BLOCKED, State.RUNNING, State.STOPPED}
        return not self.interrupted and bad.isdisjoint(self.counts)

    @property
    def failures(self) -> int:
        return sum(entry.state is State.FAILED for entry in self)

    def begin(self, cluster: ClusterId) -> Entry:
        entry = self.entries[cluster]
        entry.state, entry.since = State.RUNNING, time.monotonic() - entry.seconds
        return entry

    def wait(self, entries: Iterable[Entry]) -> None:
        """Those that were begun wait again: nothing has been done on them."""
        for entry in entries:
            if entry.state is State.RUNNING:
                entry.state, entry.step, entry.says = State.WAITING, "", ""

    def step(self, entry: Entry, step: str) -> None:
        entry.step, entry.says = step, ""
        self._event(entry, step)

    def seen(self, entry: Entry, state: str) -> None:
        """Azure says so of the step."""
        if state != entry.says:
            entry.says = state
            self._event(entry, f"{entry.step}: {state}")

    def finish(self, entry: Entry, state: State) -> None:
        entry.seconds = time.monotonic() - entry.since
        entry.state = state
        self._event(entry, f"failed: {entry.error}" if state is State.FAILED else str(state))

    def tell(self, text: str) -> None:
        """A line for the user, from any thread."""
        self.events.append(text)

    def _event(self, entry: Entry, what: str) -> None:
        self.events.append(f"{entry.id.name}: {what} ({clock(entry.elapsed)})")


def _entry(one: ClusterPlan) -> Entry:
    blocked = [f"{item.kind} {item.name}: {item.reason}" for item in one.blocked]
    state = State.WAITING if one.work else State.BLOCKED if blocked else State.UNCHANGED
    return Entry(one.id, one.wave, state, error="\n".join(blocked))
