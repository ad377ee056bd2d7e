"""The resources that a template declares: loops unrolled, children lifted out of their parents, ids worked out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amlarc_emulator.templates import copies, resource_ids
from amlarc_emulator.templates.evaluation import Json, Scope, calls, evaluate
from amlarc_emulator.templates.parameters import TemplateError
from amlarc_emulator.templates.syntax import ExpressionError

MOST = 800
DEPLOYMENT = "microsoft.resources/deployments"
SEE = "Please see https://aka.ms/arm-syntax-resources for usage details."


@dataclass(frozen=True)
class Target:
    """Where a template is deployed to; `group` is "" for a subscription."""

    subscription: str
    group: str = ""

    @property
    def id(self) -> str:
        """Its id."""
        return f"/subscriptions/{self.subscription}" + (f"/resourceGroups/{self.group}" if self.group else "")


@dataclass(frozen=True)
class Declared:
    """One resource: what decides about it is evaluated, its `body` isn't yet.

    `loop` and `turn` tell which copy loop made it, and `loops` all that are around it.
    """

    id: str
    type: str
    name: str
    version: str
    body: Json
    symbolic: str = ""
    loop: str = ""
    turn: int = 0
    loops: Mapping[str, int] | None = None
    is_wanted: bool = True
    is_existing: bool = False

    @property
    def is_written(self) -> bool:
        """Whether it is to be written: it neither exists already nor has a condition that isn't met."""
        return self.is_wanted and not self.is_existing

    @property
    def label(self) -> str:
        """Type and name as one relative id, "Microsoft.Web/sites/a"."""
        return resource_ids.joined("", self.type, self.name.split("/")).removeprefix("/providers/")

    def scope(self, scope: Scope) -> Scope:
        """Where the expressions in its body stand."""
        return Scope(scope.parameters, scope.variables, scope.functions, scope.surroundings, dict(self.loops or {}))


def read(template: Json, scope: Scope, target: Target) -> list[Declared]:
    """All resources of a template; raises TemplateError and ExpressionError."""
    raw = template.get("resources") or []
    named = raw.items() if isinstance(raw, dict) else [("", item) for item in raw]
    found = [item for symbolic, body in named for item in _unrolled(body, symbolic, scope, target, None)]
    if len(found) > MOST:
        raise TemplateError(
            f"The number of template resources limit exceeded. Limit: '{MOST}' and actual: '{len(found)}'. {SEE}"
        )
    _check_distinct(found)
    return found


def _unrolled(body: Json, symbolic: str, scope: Scope, target: Target, parent: Declared | None) -> Iterator[Declared]:
    loop = body.get("copy")
    if not isinstance(loop, dict):
        yield from _family(body, symbolic, scope, target, parent)
        return
    name = str(loop.get("name") or symbolic)
    for turn in range(copies.count(scope, loop)):
        label = f"{symbolic}[{turn}]" if symbolic else ""
        yield from _family(body, label, scope.within(name, turn), target, parent, loop=name, turn=turn)


def _family(
    body: Json, symbolic: str, scope: Scope, target: Target, parent: Declared | None, *, loop: str = "", turn: int = 0
) -> Iterator[Declared]:
    """A resource, then the children that are written inside of it."""
    try:
        one = _declared(body, symbolic, scope, target, parent, loop, turn)
    except ExpressionError as error:
        raise TemplateError(f"The template resource '{body.get('name')}' is not valid: {error}.") from None
    yield one
    for child in body.get("resources") or [] if one.type.lower() != DEPLOYMENT else []:
        yield from _unrolled(child, "", scope, target, one)


def _declared(
    body: Json, symbolic: str, scope: Scope, target: Target, parent: Declared | None, loop: str, turn: int
) -> Declared:
    type_, name = _text(body, "type", scope), _text(body, "name", scope)
    if parent:
        type_, name = f"{parent.type}/{type_}", f"{parent.name}/{name}"
    if not resource_ids.fits(type_, name):
        raise TemplateError(
            f"The template resource '{name}' for type '{type_}' has incorrect segment lengths. A nested resource type "
            "must have identical number of segments as its resource name. A root resource type must have segment "
            f"length one greater than its resource name. {SEE}"
        )
    wanted = evaluate(scope, body.get("condition", True))
    place = _place(body, scope, target, parent, type_)
    return Declared(
        id=resource_ids.joined(place, type_, name.split("/")),
        type=type_,
        name=name,
        version=_text(body, "apiVersion", scope),
        body={key: item for key, item in body.items() if key != "resources" or type_.lower() == DEPLOYMENT},
        symbolic=symbolic,
        loop=loop,
        turn=turn,
        loops=dict(scope.loops),
        is_wanted=wanted not in (False, "false", "False") and (parent is None or parent.is_wanted),
        is_existing=bool(body.get("existing")),
    )


def _text(body: Json, key: str, scope: Scope) -> str:
    value = evaluate(scope, body.get(key))
    if not isinstance(value, str) or not value:
        raise TemplateError(
            f"The template resource '{body.get('name')}' is missing the property '{key}', which must be a string. {SEE}"
        )
    return value


def _place(body: Json, scope: Scope, target: Target, parent: Declared | None, type_: str) -> str:
    """The id that the resource hangs under."""
    if parent:
        return parent.id[: -len(resource_ids.joined("", parent.type, parent.name.split("/")))]
    if "scope" in body:
        given = str(evaluate(scope, body["scope"]))
        return given.rstrip("/") if given.startswith("/") else f"{target.id}/providers/{given}"
    if type_.lower() != DEPLOYMENT:
        return target.id
    subscription = evaluate(scope, body.get("subscriptionId")) or target.subscription
    group = evaluate(scope, body.get("resourceGroup")) or ("" if "subscriptionId" in body else target.group)
    return Target(str(subscription), str(group)).id


def _check_distinct(found: list[Declared]) -> None:
    seen: set[str] = set()
    for one in found:
        if one.id.lower() in seen and one.is_written:
            raise TemplateError(
                f"The resource '{one.label}' is defined multiple times in a template. Please see "
                "https://aka.ms/arm-syntax-resources for usage details."
            )
        if one.is_written:
            seen.add(one.id.lower())


def evaluated(one: Declared) -> Any:
    """What of a resource its deployment evaluates: all but a nested template with a scope of its own."""
    properties = one.body.get("properties")
    if one.type.lower() != DEPLOYMENT or not isinstance(properties, dict) or not is_inner(properties):
        return one.body
    return {**one.body, "properties": {key: item for key, item in properties.items() if key != "template"}}


def is_inner(properties: Json) -> bool:
    """Whether a nested template has parameters and variables of its own."""
    options = properties.get("expressionEvaluationOptions") or {}
    return str(options.get("scope") or "outer").lower() == "inner"


def asks(one: Declared) -> list[tuple[str, tuple[Any, ...]]]:
    """The calls in a resource of functions whose value is only there once something else is, with their arguments."""
    found = calls(evaluated(one))
    return [(call.name.lower(), call.arguments) for call in found if is_live(call.name.lower())]


def is_live(name: str) -> bool:
    """Whether a function, in lower case, reads what is deployed."""
    return name in ("reference", "references") or name.startswith("list")
