"""In which order: `dependsOn`, what `reference` and `list…` imply, and the turns of loops that go one after another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from amlarc_emulator.templates import evaluation
from amlarc_emulator.templates.declared import Declared, asks, is_live
from amlarc_emulator.templates.evaluation import Scope
from amlarc_emulator.templates.parameters import TemplateError
from amlarc_emulator.templates.syntax import ExpressionError, Node

SEE = "Please see https://aka.ms/arm-syntax-resources for usage details."
WITHOUT_VERSION = 1  # a reference with one argument is to something in the template


class Index:
    """The resources of a template by all the ways to name them."""

    def __init__(self, resources: Sequence[Declared]) -> None:
        self._found: dict[str, list[int]] = {}
        for at, one in enumerate(resources):
            names = {one.id, one.label, one.name, f"{one.type}/{one.name}"}
            symbolic = {one.symbolic, one.symbolic.partition("[")[0], one.loop}
            for name in {word.lower() for word in names | symbolic if word}:
                self._found.setdefault(name, []).append(at)

    def of(self, name: str) -> list[int]:
        """The positions of the resources that a name means; none where it means none."""
        return self._found.get(name.lower(), [])


def read(resources: Sequence[Declared], scope: Scope) -> list[list[int]]:
    """For each resource the positions of those that come first; raises TemplateError for names and circles.

    One whose condition isn't met waits for nothing, whatever it names, and nothing waits for it.
    """
    index = Index(resources)
    wanted = {at for at, one in enumerate(resources) if one.is_written}
    before = [
        sorted({*_all(one, at, resources, index, scope)} & wanted - {at}) if at in wanted else []
        for at, one in enumerate(resources)
    ]
    _check_circles(resources, before)
    return before


def _all(one: Declared, at: int, resources: Sequence[Declared], index: Index, scope: Scope) -> Iterator[int]:
    inner = one.scope(scope)
    for name in one.body.get("dependsOn") or []:
        yield from _named(str(evaluation.evaluate(inner, name)), index)
    for function, arguments in asks(one):
        yield from _implied(function, arguments, index, inner)
    yield from _earlier_turns(one, at, resources)


def _named(name: str, index: Index) -> list[int]:
    found = index.of(name)
    if not found:
        label = name.rpartition("/providers/")[2]
        raise TemplateError(
            f"The resource '{label}' is not defined in the template. Please see https://aka.ms/arm-syntax for usage "
            "details."
        )
    return found


def _implied(function: str, arguments: Sequence[Node], index: Index, scope: Scope) -> list[int]:
    """A reference without an api-version waits for what it names; `list…` does so if that is named without its id."""
    if not arguments or any(is_live(call.name.lower()) for call in evaluation.calls_in(arguments[0])):
        return []
    try:
        name = evaluation.value_of(scope, arguments[0])
    except ExpressionError:
        return []
    if not function.startswith("reference"):
        return [] if str(name).startswith("/") else index.of(str(name))
    if len(arguments) > WITHOUT_VERSION:
        return []
    return index.of(str(name)) or _unknown(str(name))


def _unknown(name: str) -> list[int]:
    raise TemplateError(
        f"The template reference '{name}' is not valid: could not find template resource or resource copy with this "
        "name. Please see https://aka.ms/arm-function-reference for usage details."
    )


def _earlier_turns(one: Declared, at: int, resources: Sequence[Declared]) -> list[int]:
    """In a serial loop each batch waits for the one before."""
    loop: Mapping[str, Any] = one.body.get("copy") or {}
    if not isinstance(loop, dict) or str(loop.get("mode") or "").lower() != "serial":
        return []
    size = int(loop.get("batchSize") or 1)
    batch = one.turn // size
    same = [(turn, other) for turn, other in enumerate(resources) if other.loop == one.loop and turn != at]
    return [turn for turn, other in same if other.turn // size == batch - 1]


def _check_circles(resources: Sequence[Declared], before: Sequence[Sequence[int]]) -> None:
    left = dict(enumerate(before))
    while left:
        free = [at for at, needed in left.items() if not any(other in left for other in needed)]
        if not free:
            circle = next(at for at in left if _reaches(at, at, left))
            raise TemplateError(f"Circular dependency detected on resource: '{resources[circle].id}'. {SEE}")
        for at in free:
            del left[at]


def _reaches(start: int, goal: int, arrows: Mapping[int, Sequence[int]]) -> bool:
    seen: set[int] = set()
    todo = list(arrows[start])
    while todo:
        at = todo.pop()
        if at == goal:
            return True
        if at in arrows and at not in seen:
            seen.add(at)
            todo += arrows[at]
    return False
