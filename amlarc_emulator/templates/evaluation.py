"""Expressions evaluated: against a `Scope`, which knows parameters, variables, loops and what is deployed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from amlarc_emulator.templates import functions
from amlarc_emulator.templates.functions import lambdas
from amlarc_emulator.templates.syntax import Access, Call, ExpressionError, Literal, Node, is_expression, parse, plain
from amlarc_emulator.templates.values import Arguments, kind_of

Json = dict[str, Any]


class Surroundings(Protocol):
    """What an expression can ask of the cloud; raises ExpressionError where that isn't allowed."""

    def ask(self, name: str, arguments: Sequence[Any]) -> Any:
        """The value of a function that depends on where and when it is called, `name` in lower case."""


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: `loops` has the index of each copy loop around it, "" for the innermost one."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Json] = field(default_factory=dict)
    surroundings: Surroundings | None = None
    loops: Mapping[str, int] = field(default_factory=dict)
    locals: Mapping[str, Any] = field(default_factory=dict)

    def within(self, loop: str, index: int) -> "Scope":
        """The same in one turn of a copy loop."""
        return replace(self, loops={**self.loops, loop.lower(): index, "": index})


def evaluate(scope: Scope, value: Any) -> Any:
    """A value with all its expressions evaluated, names of properties too."""
    if isinstance(value, str):
        return value_of(scope, parse(value)) if is_expression(value) else plain(value)
    if isinstance(value, list):
        return [evaluate(scope, item) for item in value]
    if isinstance(value, dict):
        return {evaluate(scope, key): evaluate(scope, item) for key, item in value.items()}
    return value


def calls(value: Any) -> list[Call]:
    """All calls in the expressions of a value."""
    if isinstance(value, str):
        return calls_in(parse(value)) if is_expression(value) else []
    inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [call for item in inner for call in calls(item)]


def calls_in(node: Node) -> list[Call]:
    """All calls in a tree."""
    if isinstance(node, Call):
        return [node, *(call for item in node.arguments for call in calls_in(item))]
    if isinstance(node, Access):
        return [*calls_in(node.target), *calls_in(node.key)]
    return []


def value_of(scope: Scope, node: Node) -> Any:
    """The value of a tree."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Access):
        return _accessed(value_of(scope, node.target), value_of(scope, node.key), safe=node.safe)
    name = node.name.lower()
    if name in LAZY:
        return LAZY[name](scope, node)
    if "." in name:
        return _own(scope, name, [value_of(scope, item) for item in node.arguments])
    return _function(scope, node, [value_of(scope, item) for item in node.arguments])


def _function(scope: Scope, node: Call, given: list[Any]) -> Any:
    name = node.name.lower()
    if name in SCOPED:
        return SCOPED[name](scope, Arguments(node.name, given))
    if name in functions.TABLE:
        return functions.TABLE[name](Arguments(node.name, given))
    if scope.surroundings is None:
        raise ExpressionError(
            f"The template function '{node.name}' is not expected at this location. Please see "
            "https://aka.ms/arm-functions for usage details."
        )
    return scope.surroundings.ask(name, given)


def _accessed(target: Any, key: Any, *, safe: bool) -> Any:
    if safe and target is None:
        return None
    if isinstance(target, dict) and isinstance(key, str):
        found = [item for name, item in target.items() if name.lower() == key.lower()]
        if found or safe:
            return found[0] if found else None
        raise ExpressionError(
            f"The language expression property '{key}' doesn't exist, available properties are "
            f"'{', '.join(target)}'. Please see https://aka.ms/arm-function for usage details."
        )
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(target):
            return target[key]
        if safe:
            return None
        raise ExpressionError(f"The language expression property array index '{key}' is out of bounds.")
    raise ExpressionError(
        f"The language expression property '{key}' can't be evaluated, a property of a value of type "
        f"'{kind_of(target)}' was asked for."
    )


def _if(scope: Scope, node: Call) -> Any:
    """Only the branch that is chosen is evaluated."""
    if len(node.arguments) != 3:
        raise Arguments(node.name, node.arguments).wrong_count("3")
    chosen = Arguments(node.name, [value_of(scope, node.arguments[0])]).boolean(0)
    return value_of(scope, node.arguments[1 if chosen else 2])


def _and(scope: Scope, node: Call) -> bool:
    return all(Arguments(node.name, [value_of(scope, item)]).boolean(0) for item in node.arguments)


def _or(scope: Scope, node: Call) -> bool:
    return any(Arguments(node.name, [value_of(scope, item)]).boolean(0) for item in node.arguments)


def _coalesce(scope: Scope, node: Call) -> Any:
    return next((value for item in node.arguments if (value := value_of(scope, item)) is not None), None)


def _lambda(scope: Scope, node: Call) -> lambdas.Lambda:
    """lambda('name', …, body): a value that map, filter, sort, reduce and toObject call."""
    *names, body = node.arguments
    words = [str(value_of(scope, name)).lower() for name in names]

    def run(*given: Any) -> Any:
        inner = {**scope.locals, **dict(zip(words, given, strict=False))}
        return value_of(replace(scope, locals=inner), body)

    return lambdas.Lambda(run)


def _parameter(scope: Scope, given: Arguments) -> Any:
    return _named(scope.parameters, given.text(0), "parameter")


def _variable(scope: Scope, given: Arguments) -> Any:
    return _named(scope.variables, given.text(0), "variable")


def _local(scope: Scope, given: Arguments) -> Any:
    return _named(scope.locals, given.text(0), "lambda variable")


def _named(known: Mapping[str, Any], name: str, what: str) -> Any:
    if name.lower() not in known:
        raise ExpressionError(
            f"The template {what} '{name}' is not found. Please see https://aka.ms/arm-syntax-{what}s for usage "
            "details."
        )
    return known[name.lower()]


def _copy_index(scope: Scope, given: Arguments) -> int:
    """copyIndex(), copyIndex(offset), copyIndex('loop'), copyIndex('loop', offset)."""
    values = list(given.values)
    loop = str(values.pop(0)) if values and isinstance(values[0], str) else ""
    if loop.lower() not in scope.loops:
        raise ExpressionError(
            "The template function 'copyIndex' is not expected at this location. The function can only be used in a "
            "resource with copy specified. Please see https://aka.ms/arm-copy for usage details."
        )
    return scope.loops[loop.lower()] + Arguments(given.name, values).integer(0, default=0)


def _own(scope: Scope, name: str, given: list[Any]) -> Any:
    """A function that the template defines: it knows its own parameters and nothing else."""
    defined = scope.functions.get(name)
    if defined is None:
        raise ExpressionError(f"The template function '{name}' is not valid.")
    names = [item["name"].lower() for item in defined.get("parameters", [])]
    if len(names) != len(given):
        raise Arguments(name, given).wrong_count(str(len(names)))
    inner = Scope(dict(zip(names, given, strict=True)), functions=scope.functions)
    return evaluate(inner, defined["output"]["value"])


LAZY = {"if": _if, "and": _and, "or": _or, "coalesce": _coalesce, "lambda": _lambda}
SCOPED = {
    "parameters": _parameter,
    "variables": _variable,
    "lambdavariables": _local,
    "copyindex": _copy_index,
}
