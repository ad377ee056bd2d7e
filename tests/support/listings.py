"""The fenced listings of a document: what it shows to be typed, run, written to a file, or read.

The words behind a fence's language say more about it: a file's name, under which the listing is saved; `terminal` for a
command that asks, shown with its questions and their answers; or `no-emulator` for commands that need more than the
local Azure. Such a listing says why in its first line.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Listing:
    """A fenced block: its language, the words behind that, its text, and the line on which it begins."""

    language: str
    remark: str
    text: str
    line: int

    def commands(self) -> Iterator[tuple[list[str], str]]:
        """The commands of a console, each with the output shown for it: behind `$ ` where any is shown.

        What stands behind a command, after two spaces and a #, is said to its reader.
        """
        text = re.sub(r"  +# .*$", "", self.text.replace("\\\n", " "), flags=re.MULTILINE)
        shown = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
        typed = [line for line in text.splitlines() if line and not line.startswith("#")]
        for part in shown or typed:
            command, _, output = part.partition("\n")
            yield shlex.split(command), output


def listings(document: Path) -> list[Listing]:
    """All listings of a document, in its order."""
    text = document.read_text(encoding="utf-8")
    return [
        Listing(found[1], found[2] or "", found[3], text.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(text)
    ]


_INTERPRETER = """
import contextlib, io, json, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    said, failure = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(said):
            exec(json.loads(line), names)
    except BaseException:
        failure = traceback.format_exc()
    print(json.dumps([said.getvalue(), failure]), flush=True)
"""


class Interpreter:
    """A Python of its own, in which one listing finds what the earlier ones left."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _INTERPRETER],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> str:
        """What the code prints; an AssertionError with its traceback where it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(code)}\n")
        self._process.stdin.flush()
        said, failure = json.loads(self._process.stdout.readline())
        assert failure is None, failure
        return str(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
