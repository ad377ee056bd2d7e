"""The watcher, which is told about progress, and the log of writes so far."""

import time
from dataclasses import dataclass, field
from typing import Protocol


class Watcher(Protocol):
    """Is told about the progress of a wait, and sleeps between polls."""

    def seen(self, state: str, elapsed: float) -> None:
        """A poll saw `state`, `elapsed` seconds after the wait began."""

    def tell(self, text: str) -> None:
        """A line for the user: what will change, what is being created."""

    def rest(self, seconds: float) -> None:
        """Sleep for `seconds`."""


class SilentWatcher:
    """A watcher that says nothing."""

    def seen(self, state: str, elapsed: float) -> None:
        pass

    def tell(self, text: str) -> None:
        pass

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class WriteLog:
    """One line for each write so far, shown if the command stops half-way.

    `accepted` holds the paths, in lower case, of what Azure has accepted: it may not show it yet.
    """

    lines: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)

    def add(self, line: str) -> None:
        self.lines.append(line)

    def __str__(self) -> str:
        """`Sent so far: a; b.`, or nothing."""
        return f"Sent so far: {'; '.join(self.lines)}." if self.lines else ""
