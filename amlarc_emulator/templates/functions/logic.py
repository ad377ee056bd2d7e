"""Comparing, and what is true. `if`, `and`, `or` and `coalesce` are in evaluation: they skip what decides nothing."""

from collections.abc import Callable
from typing import Any

from amlarc_emulator.templates.values import Arguments, kind_of


def equals(given: Arguments) -> bool:
    """equals(a, b): deep, with the casing of strings; a boolean is no number."""
    given.count(2)
    return same(given.any(0), given.any(1))


def same(one: Any, two: Any) -> bool:
    """Whether two values are the same."""
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(item, two[key]) for key, item in one.items())
    return kind_of(one) == kind_of(two) and bool(one == two)


def to_bool(given: Arguments) -> bool:
    """bool('true'), bool(1)."""
    value = given.count(1).any(0)
    if isinstance(value, bool | int):
        return bool(value)
    word = given.text(0).strip().lower()
    if word not in ("true", "false", "1", "0"):
        raise given.invalid(f"'{value}' is neither true nor false")
    return word in ("true", "1")


def negated(given: Arguments) -> bool:
    """not(a)."""
    return not given.count(1).boolean(0)


def _constant(value: Any) -> Callable[[Arguments], Any]:
    def constant(given: Arguments) -> Any:
        given.count(0)
        return value

    return constant


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Arguments], bool]:
    """Two integers or two strings, these by their characters."""

    def compared(given: Arguments) -> bool:
        given.count(2)
        if isinstance(given.any(0), str):
            return test(given.text(0), given.text(1))
        return test(given.integer(0), given.integer(1))

    return compared


FUNCTIONS = {
    "equals": equals,
    "bool": to_bool,
    "not": negated,
    "true": _constant(True),
    "false": _constant(False),
    "null": _constant(None),
    "less": _ordered(lambda one, two: one < two),
    "lessOrEquals": _ordered(lambda one, two: one <= two),
    "greater": _ordered(lambda one, two: one > two),
    "greaterOrEquals": _ordered(lambda one, two: one >= two),
}
