"""A remedy in its steps: commands to copy, and sentences about them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A line that is typed into a shell, with the lines that a backslash joins to it.
_COMMAND = re.compile(r"(?:az|kubectl|helm) (?:.*\\\n)*.*")


@dataclass(frozen=True)
class Step:
    """A command, which may go over several lines, or a sentence, in which commands stand between backticks."""

    text: str
    is_command: bool


def steps(remedy: str) -> Iterator[Step]:
    """The steps in order. A line that starts with az, kubectl or helm is a command; a sentence may start with #."""
    rest = remedy
    while rest:
        command = _COMMAND.match(rest)
        text = command[0] if command else rest.partition("\n")[0]
        rest = rest[len(text) + 1 :]
        if text:
            yield Step(text.removeprefix("# "), command is not None)
