"""Pick one item of a list by number, name or substring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 20  # items shown at once; typing narrows a longer list down


@dataclass(frozen=True)
class Item(Generic[T]):
    """A value, the columns shown of it (its name first), and why it can't be picked, if so."""

    value: T
    shown: tuple[str, ...]
    obstacle: str = ""

    @property
    def name(self) -> str:
        return self.shown[0]

    def has(self, part: str) -> bool:
        """Whether a column contains this text, ignoring case."""
        return any(part.lower() in text.lower() for text in (*self.shown, self.obstacle))


@dataclass(frozen=True)
class Step(Generic[T]):
    """The result of an answer: the picked item, or else the items to show next and perhaps a message."""

    items: Sequence[Item[T]]
    picked: Item[T] | None = None
    message: str = ""


def answered(items: Sequence[Item[T]], shown: Sequence[Item[T]], answer: str) -> Step[T]:
    """What an answer means for all `items` while some of them are `shown`; an empty answer shows all again.

    A full name takes precedence over a number in the list shown, that over part of a name, that over part of a column.
    """
    meant = _meant(items, shown, answer)
    if not meant:
        return Step(items, message=f"No match for {answer!r}.")
    if len(meant) > 1:
        return Step(meant)
    if meant[0].obstacle:
        return Step(shown, message=f"{meant[0].name} can't be attached: {meant[0].obstacle}.")
    return Step(shown, picked=meant[0])


def _meant(items: Sequence[Item[T]], shown: Sequence[Item[T]], answer: str) -> Sequence[Item[T]]:
    if not answer:
        return shown if len(shown) == 1 else items
    named = [item for item in items if item.name.lower() == answer.lower()]
    if named:
        return named
    if answer.isdecimal() and 1 <= int(answer) <= len(shown):
        return [shown[int(answer) - 1]]
    return [item for item in items if answer.lower() in item.name.lower()] or [
        item for item in items if item.has(answer)
    ]


def as_text(heads: Sequence[str], items: Sequence[Item[T]]) -> str:
    """The items as a numbered table; only the first ones of a long list."""
    numbered = [(str(number), *item.shown, item.obstacle) for number, item in enumerate(items[:_MOST], 1)]
    rows = [("", *heads, ""), *numbered]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    more = len(items) - _MOST
    return "\n".join([*lines, f"… and {more} more: type part of a name."] if more > 0 else lines)
