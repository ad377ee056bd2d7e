"""Whoever is told how work on Azure goes on, and the record of what it has written so far."""

import time
from dataclasses import dataclass, field
from typing import Protocol


class Watcher(Protocol):
    """Is told how a wait goes on, and spends its pauses."""

    def seen(self, state: str, elapsed: float) -> None:
        """A poll saw `state`, `elapsed` seconds after the wait began."""

    def tell(self, text: str) -> None:
        """Something worth a line: what will change, what is being created."""

    def rest(self, seconds: float) -> None:
        """Let `seconds` pass."""


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
    """One line for each write so far, shown if the command stops half-way."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.lines.append(line)

    def __str__(self) -> str:
        """`Sent so far: a; b.`, or nothing."""
        return f"Sent so far: {'; '.join(self.lines)}." if self.lines else ""
