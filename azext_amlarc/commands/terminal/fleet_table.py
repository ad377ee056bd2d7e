"""The work on a fleet on stderr: a table that is drawn anew on a terminal, otherwise one line for each event."""

import shutil
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from azext_amlarc.commands.terminal.progress import Output, is_silent
from azext_amlarc.wording import clock, in_line, legible

if TYPE_CHECKING:
    from azext_amlarc.workflows.fleet.running.board import Board, Entry

_TICK = 0.25  # seconds between two drawings
_BEAT = 60.0  # seconds between two lines with the totals
_ROWS = 20  # clusters that are shown at a time


def fleet_progress(cmd: Any) -> "FleetTable":
    """The progress of a fleet command: silent if az's options or configuration say so."""
    return FleetTable(sys.stderr, silent=is_silent(cmd))


class FleetTable:
    """Shows a board (Progress), and is the Watcher of the connections behind it, which any thread may tell."""

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        self._output = Output(stream, silent=silent)
        self._moving = stream.isatty()
        self._told = deque[str]()
        self._began = self._drawn = self._said = time.monotonic()
        self._lines = 0

    def tell(self, text: str) -> None:
        self._told.append(text)

    def seen(self, state: str, elapsed: float) -> None:
        pass

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)

    def show(self, board: "Board") -> None:
        now = time.monotonic()
        if not self._moving:
            self._output.write("".join(f"{line}\n" for line in (*self._news(), *_taken(board.events))))
            if now - self._said >= _BEAT:
                self._said = now
                self._output.write(f"{self._totals(board)}\n")
        elif now - self._drawn >= _TICK:
            self._drawn = now
            self._draw(list(self._table(board)))

    def end(self, board: "Board") -> None:
        """Leave the last totals, and nothing of the table."""
        if self._moving:
            board.events.clear()
            self._draw([])
            self._lines = 0
        else:
            self.show(board)
        self._output.write("".join(f"{line}\n" for line in (*self._news(), self._totals(board))))

    def _news(self) -> Iterator[str]:
        return (legible(text) for text in _taken(self._told))

    def _totals(self, board: "Board") -> str:
        parts = [f"{count} {state}" for state, count in board.counts.items()]
        return f"{', '.join(parts)} ({clock(time.monotonic() - self._began)})"

    def _table(self, board: "Board") -> Iterator[str]:
        board.events.clear()
        running = sorted((one for one in board if one.state == "running"), key=lambda one: -one.elapsed)
        if running:
            yield _row("Cluster", "Step", "State", "Elapsed")
            yield from map(_line, running[:_ROWS])
        if len(running) > _ROWS:
            yield f"… and {len(running) - _ROWS} more"
        yield self._totals(board)

    def _draw(self, lines: list[str]) -> None:
        """The lines in place of those drawn before; what was told goes above them, and stays."""
        width = shutil.get_terminal_size().columns - 1
        up = f"\033[{self._lines}A" if self._lines else ""
        news = "".join(f"{line}\n" for line in self._news())
        self._output.write(f"{up}\r\033[J{news}" + "".join(f"{line[:width]}\n" for line in lines))
        self._lines = len(lines)


def _taken(lines: deque[str]) -> Iterator[str]:
    while lines:
        yield in_line(lines.popleft())


def _line(entry: "Entry") -> str:
    return _row(entry.id.name, entry.step, entry.says, clock(entry.elapsed))


def _row(cluster: str, step: str, state: str, elapsed: str) -> str:
    """Within the eighty columns that every terminal has."""
    return f"{in_line(cluster, 19):<20}  {in_line(step, 27):<28}  {in_line(state, 15):<16}  {elapsed:>7}"
