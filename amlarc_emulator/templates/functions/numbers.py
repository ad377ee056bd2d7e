"""Functions on integers. Division cuts towards zero, and the remainder has the sign of the dividend, as in .NET."""

from collections.abc import Callable
from typing import Any

from amlarc_emulator.templates.values import Arguments

MOST_ITEMS = 10_000


def to_int(given: Arguments) -> int:
    """int('7'), int(7)."""
    value = given.count(1).any(0)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    try:
        return int(given.text(0).strip())
    except ValueError:
        raise given.invalid(f"'{value}' is not an integer") from None


def to_float(given: Arguments) -> float:
    """float('1.5')."""
    value = given.count(1).any(0)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise given.invalid(f"'{value}' is not a number") from None


def divide(given: Arguments) -> int:
    """div(a, b)."""
    above, below = _pair(given)
    if below == 0:
        raise given.invalid("it divides by zero")
    whole = abs(above) // abs(below)
    return whole if (above < 0) == (below < 0) else -whole


def remainder(given: Arguments) -> int:
    """mod(a, b)."""
    above, below = _pair(given)
    return above - divide(given) * below


def numbers(given: Arguments) -> list[int]:
    """range(first, count)."""
    first, count = _pair(given)
    if not 0 <= count <= MOST_ITEMS:
        raise given.invalid(f"the count must be between 0 and {MOST_ITEMS}")
    return list(range(first, first + count))


def _pair(given: Arguments) -> tuple[int, int]:
    given.count(2)
    return given.integer(0), given.integer(1)


def _of(function: Callable[[int, int], int]) -> Callable[[Arguments], int]:
    return lambda given: function(*_pair(given))


def _among(choose: Callable[[list[int]], int]) -> Callable[[Arguments], Any]:
    """min and max take integers, or one array of them."""

    def chosen(given: Arguments) -> int:
        items = given.list(0) if len(given.count(1, -1)) == 1 and isinstance(given.any(0), list) else given.values
        inner = Arguments(given.name, items).count(1, -1)
        return choose([inner.integer(at) for at in range(len(inner))])

    return chosen


FUNCTIONS = {
    "int": to_int,
    "float": to_float,
    "add": _of(lambda one, two: one + two),
    "sub": _of(lambda one, two: one - two),
    "mul": _of(lambda one, two: one * two),
    "div": divide,
    "mod": remainder,
    "range": numbers,
    "min": _among(min),
    "max": _among(max),
}
