"""Loops inside of values: `"copy": [{"name": …, "count": …, "input": …}]` stands for a property with an array."""

from typing import Any

from amlarc_emulator.templates import evaluation
from amlarc_emulator.templates.evaluation import Json, Scope
from amlarc_emulator.templates.syntax import ExpressionError

MOST = 800


def evaluate(scope: Scope, value: Any) -> Any:
    """A value with its expressions evaluated and its loops unrolled."""
    if isinstance(value, list):
        return [evaluate(scope, item) for item in value]
    if not isinstance(value, dict):
        return evaluation.evaluate(scope, value)
    loops = value.get("copy") if _is_loops(value.get("copy")) else []
    named = {key: item for key, item in value.items() if not (loops and key == "copy")}
    return {
        **{evaluation.evaluate(scope, key): evaluate(scope, item) for key, item in named.items()},
        **{evaluation.evaluate(scope, loop["name"]): repeated(scope, loop) for loop in loops or []},
    }


def repeated(scope: Scope, loop: Json) -> list[Any]:
    """The array that a loop makes."""
    name = str(loop["name"])
    return [evaluate(scope.within(name, at), loop.get("input")) for at in range(count(scope, loop))]


def count(scope: Scope, loop: Json) -> int:
    """How often a loop turns; raises ExpressionError for a count that isn't one."""
    number = evaluation.evaluate(scope, loop.get("count"))
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST:
        raise ExpressionError(
            f"The copy count '{number}' of '{loop.get('name')}' is invalid: it must be an integer between 0 and "
            f"{MOST}. Please see https://aka.ms/arm-copy for usage details."
        )
    return number


def _is_loops(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and {"name", "count"} <= item.keys() for item in value
    )
