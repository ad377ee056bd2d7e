"""Values of the template language: their types' names, and what a function is given."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amlarc_emulator.templates.syntax import ExpressionError

MISSING: Any = object()
SEE = "Please see https://aka.ms/arm-functions for usage details."


def kind_of(value: Any) -> str:
    """The type of a value as ARM names it in its errors."""
    if value is None:
        return "Null"
    names = {bool: "Boolean", int: "Integer", float: "Float", str: "String", list: "Array", dict: "Object"}
    return names.get(type(value), "Lambda")


def compact(value: Any) -> str:
    """JSON without blanks, as ARM prints it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def text_of(value: Any) -> str:
    """A value as a string: .NET's "True" and "False", JSON for objects and arrays, "" for null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else compact(value)


@dataclass(frozen=True)
class Arguments:
    """What a function is given; each way to read one raises ExpressionError when it isn't of that type."""

    name: str
    values: Sequence[Any]

    def __len__(self) -> int:
        return len(self.values)

    def count(self, least: int, most: int | None = None) -> "Arguments":
        """Itself, if there are so many; `most` is `least` unless it is given, and -1 for any number."""
        most = least if most is None else most
        if len(self.values) < least or (most >= 0 and len(self.values) > most):
            raise self.wrong_count(str(least) if most == least else f"{least}..{most if most >= 0 else ''}")
        return self

    def any(self, at: int) -> Any:
        """The value at a place."""
        return self._at(at, MISSING)

    def text(self, at: int, default: Any = MISSING) -> str:
        """A string."""
        return str(self._typed(at, default, str, "string"))

    def integer(self, at: int, default: Any = MISSING) -> int:
        """An integer."""
        value = self._typed(at, default, int, "integer")
        if isinstance(value, bool):
            raise self.wrong_type(at, "integer")
        return int(value)

    def boolean(self, at: int) -> bool:
        """A boolean."""
        return bool(self._typed(at, MISSING, bool, "boolean"))

    def list(self, at: int) -> list[Any]:
        """An array."""
        return list(self._typed(at, MISSING, list, "array"))

    def object(self, at: int) -> dict[str, Any]:
        """An object."""
        return dict(self._typed(at, MISSING, dict, "object"))

    def wrong_type(self, at: int, expected: str) -> ExpressionError:
        """The error for a value of another type."""
        found = kind_of(self.values[at])
        return ExpressionError(
            f"The template language function '{self.name}' expects its parameter at index '{at}' to be of type "
            f"'{expected}'. The provided value is of type '{found}'. {SEE}"
        )

    def wrong_count(self, expected: str) -> ExpressionError:
        """The error for too many or too few."""
        return ExpressionError(
            f"Unable to evaluate template language function '{self.name}': function requires '{expected}' argument(s) "
            f"while '{len(self.values)}' were provided. {SEE}"
        )

    def invalid(self, reason: str) -> ExpressionError:
        """The error for a value that the function can't work with."""
        return ExpressionError(f"The template language function '{self.name}' can't be evaluated: {reason}. {SEE}")

    def _typed(self, at: int, default: Any, kind: type, expected: str) -> Any:
        value = self._at(at, default)
        if value is not default and not isinstance(value, kind):
            raise self.wrong_type(at, expected)
        return value

    def _at(self, at: int, default: Any) -> Any:
        if at < len(self.values):
            return self.values[at]
        if default is MISSING:
            raise self.wrong_count(f"at least {at + 1}")
        return default
