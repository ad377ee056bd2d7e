"""Parameters and variables: what is given held against what is declared, defaults evaluated when they are needed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from amlarc_emulator.templates import copies
from amlarc_emulator.templates.evaluation import Json, Scope, evaluate
from amlarc_emulator.templates.functions.logic import same
from amlarc_emulator.templates.syntax import ExpressionError
from amlarc_emulator.templates.values import text_of

TYPES = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "array": list,
    "object": dict,
    "secureobject": dict,
}
SECURE = ("securestring", "secureobject")
SHOWN = {name.lower(): name for name in ("String", "SecureString", "Int", "Bool", "Array", "Object", "SecureObject")}
JSON_NAMES = {str: "String", bool: "Boolean", int: "Integer", float: "Float", list: "Array", dict: "Object"}
SEE = "Please see https://aka.ms/arm-pass-parameter-values for usage details."
BOUNDS: Mapping[str, tuple[str, Callable[[Any, int], bool]]] = {
    "minlength": (
        "Length of the value should be greater than or equal to '{}'",
        lambda value, least: len(value) >= least,
    ),
    "maxlength": ("Length of the value should be less than or equal to '{}'", lambda value, most: len(value) <= most),
    "minvalue": ("The value should be greater than or equal to '{}'", lambda value, least: value >= least),
    "maxvalue": ("The value should be less than or equal to '{}'", lambda value, most: value <= most),
}


class TemplateError(Exception):
    """A template that is wrong as a whole, in ARM's words."""


class Lazy(Mapping[str, Any]):
    """Values by name in lower case, each made when it is asked for first; a circle is an error."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers, self._made, self._making = makers, dict[str, Any](), set[str]()

    def __getitem__(self, name: str) -> Any:
        """The value; raises ExpressionError for one that needs itself."""
        if name not in self._made:
            if name in self._making:
                raise ExpressionError(f"The value of '{name}' is circular: it needs itself.")
            self._making.add(name)
            self._made[name] = self._makers[name]()
            self._making.discard(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True)
class Parameter:
    """A parameter's declaration; `type` in lower case."""

    name: str
    declared: Json
    type: str

    @property
    def is_secure(self) -> bool:
        """Whether its value is never shown."""
        return self.type in SECURE

    def check(self, value: Any) -> None:
        """Raise TemplateError for a value that it can't have."""
        if value is None and self.declared.get("nullable"):
            return
        kind = TYPES[self.type]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            expected, found = SHOWN[self.type].replace("Secure", ""), JSON_NAMES.get(type(value), "Null")
            raise TemplateError(
                f"Template parameter JToken type is not valid. Expected '{'Integer' if kind is int else expected}'. "
                f"Actual '{found}'. Please see https://aka.ms/arm-create-parameter-file for usage details."
            )
        self._check_allowed(value)
        self._check_bounds(value)

    def _check_allowed(self, value: Any) -> None:
        allowed = self.declared.get("allowedValues")
        values = value if isinstance(value, list) else [value]
        strange = [item for item in values if allowed and not any(same(item, other) for other in allowed)]
        if strange:
            raise TemplateError(
                f"The provided value for the template parameter '{self.name}' is not valid. The value "
                f"'{'***' if self.is_secure else text_of(strange[0])}' is not part of the allowed value(s): "
                f"'{','.join(map(text_of, allowed or []))}'. {SEE}"
            )

    def _check_bounds(self, value: Any) -> None:
        for key, bound in self.declared.items():
            message, test = BOUNDS.get(key.lower(), ("", None))
            if test and not test(value, bound):
                reason = message.format(bound)
                raise TemplateError(
                    f"The provided value for the template parameter '{self.name}' is not valid. {reason}. {SEE}"
                )


def declared(template: Json) -> dict[str, Parameter]:
    """The parameters of a template by name in lower case; raises TemplateError."""
    found = {}
    for name, item in (template.get("parameters") or {}).items():
        type_ = str(_resolved(template, item).get("type") or "").lower()
        if type_ not in TYPES:
            raise TemplateError(
                f"The template parameter '{name}' has an invalid type '{item.get('type')}'. The supported types are "
                f"'{', '.join(SHOWN.values())}'. Please see https://aka.ms/arm-syntax-parameters for usage details."
            )
        found[name.lower()] = Parameter(name, _resolved(template, item), type_)
    return found


def read(template: Json, given: Json, scope: Scope) -> Lazy:
    """All values of the parameters, checked; `given` has `value` by name. Raises TemplateError and ExpressionError."""
    known = declared(template)
    # null stands for the default, as recorded traffic shows
    values = {name.lower(): item["value"] for name, item in given.items() if item.get("value") is not None}
    strange = [name for name in given if name.lower() not in known]
    if strange:
        raise TemplateError(
            f"The following parameters were supplied, but do not correspond to any parameters defined in the "
            f"template: '{', '.join(strange)}'. The parameters defined in the template are: "
            f"'{', '.join(item.name for item in known.values())}'. {SEE}"
        )
    made = _lazy(known, values, scope)
    for name, item in known.items():
        item.check(made[name])
    return made


def _lazy(known: Mapping[str, Parameter], values: Json, scope: Scope) -> Lazy:
    def value(item: Parameter) -> Any:
        if item.name.lower() in values:
            return values[item.name.lower()]
        if "defaultValue" in item.declared:
            return evaluate(inner, item.declared["defaultValue"])
        if item.declared.get("nullable"):
            return None
        raise TemplateError(
            f"The value for the template parameter '{item.name}' is not provided. Please see "
            "https://aka.ms/arm-create-parameter-file for usage details."
        )

    made = Lazy({name: partial(value, item) for name, item in known.items()})
    inner = Scope(made, functions=scope.functions, surroundings=scope.surroundings)
    return made


def variables(template: Json, scope: Scope) -> Scope:
    """The scope with the template's variables, which may use each other in any order."""
    raw = template.get("variables") or {}
    named = {key: item for key, item in raw.items() if key.lower() != "copy"}
    loops = {item["name"]: item for item in raw.get("copy") or []}
    makers: dict[str, Callable[[], Any]] = {}
    made = Lazy(makers)
    inner = Scope(scope.parameters, made, scope.functions, scope.surroundings)
    makers |= {name.lower(): partial(copies.evaluate, inner, item) for name, item in named.items()}
    makers |= {name.lower(): partial(copies.repeated, inner, item) for name, item in loops.items()}
    return inner


def functions(template: Json) -> dict[str, Json]:
    """The functions that a template defines, by namespace and name in lower case."""
    return {
        f"{space['namespace']}.{name}".lower(): item
        for space in template.get("functions") or []
        for name, item in space.get("members", {}).items()
    }


def shown(template: Json, values: Mapping[str, Any]) -> Json:
    """The parameters as a deployment shows them: secure ones without their values."""
    return {
        item.name: {"type": SHOWN[item.type], **({} if item.is_secure else {"value": values[name]})}
        for name, item in declared(template).items()
    }


def _resolved(template: Json, item: Json) -> Json:
    """A declaration with the type definition that it refers to (`#/definitions/NAME`)."""
    name = str(item.get("$ref") or "").removeprefix("#/definitions/")
    found = (template.get("definitions") or {}).get(name)
    return {**_resolved(template, found), **item} if name and found else item
