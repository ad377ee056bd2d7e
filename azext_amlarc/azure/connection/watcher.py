"""The watcher, which is told about progress, and the log of writes so far."""

import time
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


# Seconds that a poll takes if the machine is suspended meanwhile, or Azure does not answer it.
_LONG_POLL = 10.0


class Deadline:
    """When a wait of `timeout` seconds is over: a suspended machine wakes up after that, and polls once more.

    A state that was asked for before, or that was not answered, says nothing about what has come of it meanwhile.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.began = self._asked = time.monotonic()
        self._is_last = False

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        return max(self.timeout - self.elapsed, 0.0)

    def asking(self) -> None:
        """A poll is sent now."""
        self._asked = time.monotonic()

    def is_over(self) -> bool:
        """Whether to give up after the poll that has just been answered; not twice after a long one."""
        now = time.monotonic()
        if now - self.began < self.timeout:
            return False
        if self._is_last or now - self._asked < _LONG_POLL:
            return True
        self._is_last = True
        return False


class WriteLog:
    """One line for each write so far, shown if the command stops half-way.

    `accepted` holds the paths, in lower case, of what Azure has accepted: it may not show it yet. With each is how
    often it is looked for again.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.accepted: dict[str, int] = {}

    def add(self, line: str) -> None:
        self.lines.append(line)

    def __str__(self) -> str:
        """`Sent so far: a; b.`, or nothing."""
        return f"Sent so far: {'; '.join(self.lines)}." if self.lines else ""
