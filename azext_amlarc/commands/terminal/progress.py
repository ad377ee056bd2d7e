"""Progress on stderr: an animated line on a terminal, otherwise one line for each change of state and each minute."""

import sys
import time
from typing import Any, TextIO

from azext_amlarc.wording import clock, in_line, legible

_FRAMES = "|/-\\"
_TICK = 0.2
_BEAT = 60.0  # seconds between two lines about the same state


def terminal_watcher(cmd: Any) -> "TerminalWatcher":
    """The watcher for a command: on stderr, and silent if az's options or configuration say so."""
    return TerminalWatcher(sys.stderr, silent=is_silent(cmd))


def is_silent(cmd: Any) -> bool:
    """Whether az's options or configuration say that no progress is to be shown."""
    disabled = cmd.cli_ctx.config.getboolean("core", "disable_progress_bar", fallback=False)
    return bool(cmd.cli_ctx.only_show_errors or disabled)


class TerminalWatcher:
    """A Watcher that writes states and elapsed time to `stream`."""

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        self._output = Output(stream, silent=silent)
        self._moving = stream.isatty()
        self._state = ""
        self._began = self._said = self._offset = time.monotonic()
        self._frame = 0

    def seen(self, state: str, elapsed: float) -> None:
        state = in_line(state)
        if state != self._state:
            self._clear()
            self._say(state, elapsed)
        self._state = state
        self._offset = time.monotonic() - elapsed
        self._beat()

    def tell(self, text: str) -> None:
        self._clear()
        self._output.write(f"{legible(text)}\n")

    def rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._moving:
                self._frame += 1
                shown = clock(time.monotonic() - self._began)
                self._output.write(f"\r{_FRAMES[self._frame % len(_FRAMES)]} {self._state} {shown} ")
            time.sleep(min(left, _TICK if self._moving else _BEAT))
            self._beat()
        self._clear()

    def _beat(self) -> None:
        """Without a terminal, a line a minute: whoever reads a log, or kills what is silent, sees that it goes on."""
        if not self._moving and self._state and time.monotonic() - self._said >= _BEAT:
            self._say(self._state, time.monotonic() - self._offset)

    def _say(self, state: str, elapsed: float) -> None:
        self._said = time.monotonic()
        self._output.write(f"{state} ({clock(elapsed)})\n")

    def _clear(self) -> None:
        if self._moving:
            self._output.write("\r\033[K")


class Output:  # pylint: disable=too-few-public-methods
    """A stream, written to at once; it falls silent when nobody reads on, since the work is what matters."""

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        self._stream = stream
        self._silent = silent

    def write(self, text: str) -> None:
        if self._silent or not text:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._silent = True
