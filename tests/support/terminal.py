"""Programs on a pseudo-terminal, with somebody who reads what they ask and types answers."""

import fcntl
import os
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.az import VENV, Az, Result

PATIENCE = 60  # seconds until a question must have come
CTRL_C, CTRL_D = "\x03", "\x04"


class Session:
    """A program on a terminal, and what is on its screen."""

    def __init__(self, process: "subprocess.Popen[str]", screen: int) -> None:
        self._process = process
        self._screen = screen
        self._read = 0
        self.seen = ""

    def answer(self, question: str, typed: str) -> None:
        """Wait until `question` is asked, after what was waited for last, then type a line."""
        self.expect(question)
        self.press(typed + "\n")

    def expect(self, text: str) -> None:
        """Wait until `text` is on the screen, after what was waited for last."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen[self._read :]:
            assert time.monotonic() < deadline, f"{text!r} never came:\n{self.seen}"
            assert self._look(), f"{text!r} had not come when it ended:\n{self.seen}"
        self._read = self.seen.index(text, self._read) + len(text)

    def press(self, keys: str) -> None:
        """Type keys."""
        os.write(self._screen, keys.encode())

    def end(self) -> Result:
        """Read on until it ends; stderr is all that was on the screen."""
        while self._look():
            pass
        stdout, _ = self._process.communicate(timeout=PATIENCE)
        return Result(self._process.returncode, stdout, self.seen)

    def _look(self) -> bool:
        """Whether it may still write; what it has written is `seen` then."""
        ready, _, _ = select.select([self._screen], [], [], 0.2)
        if not ready:
            return self._process.poll() is None
        try:
            written = os.read(self._screen, 65536)
        except OSError:  # Linux says so when the last process on the terminal has ended
            return False
        self.seen += written.decode().replace("\r\n", "\n").replace("\a", "")
        return bool(written)


@contextmanager
def session(
    az: Az, *arguments: str, folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> Iterator[Session]:
    """`az` on a terminal of its own, where no CI system is said to be; its stdout is apart, as with `> file`."""
    environment = {name: value for name, value in az.environment.items() if name != "CI"}
    command = [str(VENV / "bin" / "az"), *arguments]
    with _on_terminal(command, {**environment, **(variables or {})}, folder or az.config, subprocess.PIPE) as opened:
        yield opened


@contextmanager
def shell(az: Az) -> Iterator[Session]:
    """A bash of somebody who has this az in the path, all of it on a terminal of its own."""
    path = f"{VENV / 'bin'}:{az.environment['PATH']}"
    environment = {**az.environment, "PATH": path, "PS1": "$ ", "TERM": "dumb", "INPUTRC": os.devnull}
    with _on_terminal(["bash", "--noprofile", "--norc", "-i"], environment, az.config, None) as opened:
        yield opened


@contextmanager
def _on_terminal(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, stdout: int | None
) -> Iterator[Session]:
    screen, terminal = os.openpty()
    process: subprocess.Popen[Any] = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=terminal,
        stdout=terminal if stdout is None else stdout,
        stderr=terminal,
        text=True,
        start_new_session=True,
        preexec_fn=_sit_down,
    )
    os.close(terminal)
    try:
        yield Session(process, screen)
    finally:
        process.kill()
        process.communicate()
        os.close(screen)


def _sit_down() -> None:
    """Only a controlling terminal turns Ctrl-C into an interrupt, which programs started in the background ignore."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
