"""What to do about a problem, as data: commands as argv, and notes. Every report draws its text from these."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from azext_amlarc.wording import legible

_FIELD = re.compile(r"\{(\w+)\}")


if TYPE_CHECKING:
    from typing import Protocol

    class Step(Protocol):  # pylint: disable=too-few-public-methods  # an interface
        """One thing to do: a command to run, or something to know or to do in another way."""

        @property
        def text(self) -> str:
            """The step for a person; a command is quoted for a POSIX shell."""


class Command(NamedTuple):
    """A command to run, word by word."""

    argv: tuple[str, ...]

    @property
    def text(self) -> str:
        return shlex.join(self.argv)


class Note(NamedTuple):
    """One or two sentences; commands in them are between backticks. It ends in a colon if commands follow."""

    text: str


Advice = tuple[Command | Note, ...]
Values = Mapping[str, str | Sequence[str]]


def command(template: str, **values: str | Sequence[str]) -> Command:
    """A command whose words are separated by spaces. `{name}` stands for a value: a word or a part of one, or words.

    Values are taken as they are, whatever is in them; a field without a value stays, for `filled`.
    """
    return Command(tuple(_expanded(template.split(), values)))


def filled(advice: Advice, values: Values) -> Advice:
    """The advice with values for its fields."""
    return tuple(
        Command(tuple(_expanded(step.argv, values))) if isinstance(step, Command) else Note(_in_text(step.text, values))
        for step in advice
    )


def _expanded(words: Iterable[str], values: Values) -> Iterator[str]:
    for word in words:
        field = _FIELD.fullmatch(word)
        value = values.get(field[1]) if field else None
        if value is None or isinstance(value, str):
            yield _in_text(word, values)
        else:
            yield from value


def _in_text(text: str, values: Values) -> str:
    def value(field: re.Match[str]) -> str:
        found = values.get(field[1], field[0])
        return found if isinstance(found, str) else shlex.join(found)

    return _FIELD.sub(value, text)


def lines(steps: "Iterable[Step]") -> list[str]:
    """The steps line by line. Notes among commands are comments, so that all of it can be pasted into a shell."""
    found = list(steps)
    mark = "# " if any(map(is_command, found)) else ""
    return [_line(step) if is_command(step) else mark + _line(step) for step in found]


def sentence(steps: "Iterable[Step]") -> str:
    """The steps in one line: "Check the pods: kubectl get pods; kubectl get nodes"."""
    found = list(steps)
    parts = [_line(step) for step in found[:1]]
    parts += [f"{'; ' if is_command(before) else ' '}{_line(step)}" for before, step in pairwise(found)]
    return "".join(parts)


def is_command(step: "Step") -> bool:
    """Whether the text is a command, of az or of another tool, and no note."""
    return not isinstance(step, Note)


def _line(step: "Step") -> str:
    """A step in one line, with nothing in it that a terminal would act on."""
    return " ".join(legible(step.text).splitlines())
