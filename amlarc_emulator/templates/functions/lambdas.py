"""Functions that call a lambda for each item, as Bicep writes its loops: map, filter, sort, reduce, toObject."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from amlarc_emulator.templates.values import Arguments


@dataclass(frozen=True)
class Lambda:
    """A function as a value."""

    run: Callable[..., Any]


def mapped(given: Arguments) -> list[Any]:
    """map(array, lambda)."""
    return [_function(given, 1)(item, at) for at, item in enumerate(given.count(2).list(0))]


def filtered(given: Arguments) -> list[Any]:
    """filter(array, lambda)."""
    function = _function(given.count(2), 1)
    return [item for at, item in enumerate(given.list(0)) if Arguments(given.name, [function(item, at)]).boolean(0)]


def ordered(given: Arguments) -> list[Any]:
    """sort(array, lambda of two items: whether the first comes before the second)."""
    before = _function(given.count(2), 1)
    return sorted(given.list(0), key=cmp_to_key(lambda one, two: -1 if before(one, two) else int(before(two, one))))


def reduced(given: Arguments) -> Any:
    """reduce(array, start, lambda)."""
    value, function = given.count(3).any(1), _function(given, 2)
    for at, item in enumerate(given.list(0)):
        value = function(value, item, at)
    return value


def to_object(given: Arguments) -> dict[str, Any]:
    """toObject(array, lambda for the key, lambda for the value)."""
    key, has_values = _function(given.count(2, 3), 1), len(given) > 2
    return {str(key(item)): _function(given, 2)(item) if has_values else item for item in given.list(0)}


def _function(given: Arguments, at: int) -> Callable[..., Any]:
    value = given.any(at)
    if not isinstance(value, Lambda):
        raise given.wrong_type(at, "lambda")
    return value.run


FUNCTIONS = {"map": mapped, "filter": filtered, "sort": ordered, "reduce": reduced, "toObject": to_object}
