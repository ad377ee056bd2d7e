"""A list of things of which one is picked: by its number, or by typing its name or a part of what is shown of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 20  # lines that a person reads; typing narrows a longer list down


@dataclass(frozen=True)
class Item(Generic[T]):
    """One thing, what is shown of it, its name first, and why it can't be picked, if so."""

    value: T
    shown: tuple[str, ...]
    obstacle: str = ""

    @property
    def name(self) -> str:
        return self.shown[0]

    def has(self, part: str) -> bool:
        """Whether this text, in any case, is in what is shown."""
        return any(part.lower() in text.lower() for text in (*self.shown, self.obstacle))


@dataclass(frozen=True)
class Step(Generic[T]):
    """What an answer leads to: an item that is picked, or else items to show and maybe something to say."""

    items: Sequence[Item[T]]
    picked: Item[T] | None = None
    said: str = ""


def answered(items: Sequence[Item[T]], shown: Sequence[Item[T]], answer: str) -> Step[T]:
    """What an answer means for all `items` while some of them are `shown`; an empty one shows all again.

    A whole name goes before a number of what is shown, that before a part of a name, that before a part of the rest.
    """
    meant = _meant(items, shown, answer)
    if not meant:
        return Step(items, said=f"Nothing here has {answer!r} in it.")
    if len(meant) > 1:
        return Step(meant)
    if meant[0].obstacle:
        return Step(shown, said=f"{meant[0].name} can't be taken: {meant[0].obstacle}.")
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
    """The items as a table with numbers; of a long list the beginning."""
    numbered = [(str(number), *item.shown, item.obstacle) for number, item in enumerate(items[:_MOST], 1)]
    rows = [("", *heads, ""), *numbered]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    more = len(items) - _MOST
    return "\n".join([*lines, f"… and {more} more: type a part of the name."] if more > 0 else lines)
