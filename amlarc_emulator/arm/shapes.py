"""What a body may hold: the type at each of its places, and the words of enumerations, as Swagger has them.

A shape is one of

* `str`, `bool`, `int`, `float` (any number), or `dict` for an object of whatever kind;
* `Words("Enabled", "Disabled")`, read in any casing and answered in this one;
* `[shape]`, a list;
* `{name: shape}`, an object whose further names are left alone;
* `Each(shape)`, an object whose names are the caller's.

null fits everywhere; at a known name it counts as if the name were absent.
"""

import json
from dataclasses import dataclass
from typing import Any

DEPTH = 64  # how deep a body may be nested
# A type would have to name itself.
Shape = Any
EXPECTED = {str: "a string", bool: "a boolean", int: "an integer", float: "a number", dict: "an object"}


class Misfit(ValueError):
    """A body that doesn't have its shape: where, and what belongs there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{expected} is expected. Path '{path}'")
        self.path = path


@dataclass(frozen=True, init=False)
class Words:
    """The values of an enumeration."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def read(self, value: object, path: str) -> str:
        """The word that a value means; raises Misfit for any other value."""
        found = [word for word in self.words if isinstance(value, str) and word.lower() == value.lower()]
        if not found:
            raise Misfit(path, f"one of {', '.join(self.words)}")
        return found[0]


@dataclass(frozen=True)
class Each:
    """An object with any names, and values of one shape."""

    shape: Shape


SYSTEM = Words("SystemAssigned", "None")
IDENTITY: Shape = {
    "type": Words(
        "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned", "SystemAssigned, UserAssigned", "None"
    ),
    "userAssignedIdentities": Each({}),
}


def resource(properties: Shape, **more: Shape) -> Shape:
    """The shape of a resource with these properties, and whatever else its provider has at the top of it."""
    return {"location": str, "tags": Each(str), "properties": properties, **more}


def parse(content: bytes, deepest: int = DEPTH) -> Any:
    """Read JSON; raises ValueError for what isn't, is nested deeper than that, or has half a surrogate pair.

    .NET's reader refuses such a half too, which could be sent to nobody, nor queried.
    """
    try:
        value = json.loads(content, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if b"\\u" in content or b"\xed" in content:
        _stop_at_half_pairs(value)
    if _depth(value, deepest) > deepest:
        raise ValueError(f"it is nested more than {deepest} levels deep")
    return value


def read(shape: Shape, value: Any, path: str = "") -> Any:
    """A value as its shape has it; raises Misfit where it doesn't fit."""
    if value is None:
        return None
    if isinstance(shape, Words):
        return shape.read(value, path)
    if isinstance(shape, type):
        return _plain(shape, value, path)
    if isinstance(shape, list):
        return [read(shape[0], item, f"{path}[{at}]") for at, item in enumerate(_plain(list, value, path))]
    named = _plain(dict, value, path).items()
    if isinstance(shape, Each):
        return {key: read(shape.shape, item, _below(path, key)) for key, item in named}
    given = [(key, item) for key, item in named if item is not None or key not in shape]
    return {key: read(shape[key], item, _below(path, key)) if key in shape else item for key, item in given}


def _plain(wanted: type, value: Any, path: str) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = is_number if wanted is float else isinstance(value, wanted)
    if not fits or (wanted is int and not is_number):
        raise Misfit(path, EXPECTED.get(wanted, "a list"))
    return value


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _stop_at_half_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise ValueError("it has half a surrogate pair, or is nested too deeply") from None


def _depth(value: Any, most: int) -> int:
    depth, level = 0, [value]
    while level and depth <= most:
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        level = [item for items in inner for item in items]
        depth += 1
    return depth
