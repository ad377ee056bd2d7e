"""Progress without a terminal: a line for each change of state, and one a minute."""

import io
import time

import pytest

from azext_amlarc.commands.terminal import progress
from azext_amlarc.commands.terminal.progress import TerminalWatcher


def test_each_state_is_said_once() -> None:
    stream = io.StringIO()
    watcher = TerminalWatcher(stream, silent=False)
    for state, elapsed in (("Creating", 0), ("Creating", 5), ("Succeeded", 61)):
        watcher.seen(state, elapsed)
    assert stream.getvalue() == "Creating (0:00)\nSucceeded (1:01)\n"


class Clock:
    """Time that passes only while somebody sleeps."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_state_that_lasts_is_said_again_every_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", Clock())
    stream = io.StringIO()
    watcher = TerminalWatcher(stream, silent=False)
    watcher.seen("Creating", 118)
    watcher.rest(150)
    assert stream.getvalue().splitlines() == ["Creating (1:58)", "Creating (2:58)", "Creating (3:58)"]


def test_a_rest_ends_when_it_should() -> None:
    began = time.monotonic()
    TerminalWatcher(io.StringIO(), silent=False).rest(0.05)
    assert time.monotonic() - began < 1


def test_a_stream_that_nobody_reads_stops_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    watcher = TerminalWatcher(Closed(), silent=False)
    watcher.tell("hello")
    watcher.seen("Creating", 0)
