"""Files that hold settings, but are something else: named by what they are, with the one next step."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from azext_amlarc.product import catalogue
from azext_amlarc.validation.settings import shapes
from azext_amlarc.wording import quoted

_RESOURCE_SETTINGS = ("configurationSettings", "configurationProtectedSettings")


class Recognized(NamedTuple):
    """What a file is instead, at which of its keys that shows, and what to do."""

    key: str
    message: str
    fix: str


def recognized(given: Mapping[str, Any], protected: bool) -> Recognized | None:
    """What an object is if it is not a flat object of settings; None if it may be one."""
    return next((found for check in _CHECKS if (found := check(given, protected))), None)


def _arm_parameters(given: Mapping[str, Any], protected: bool) -> Recognized | None:
    parameters = given.get("parameters")
    if not isinstance(parameters, Mapping):
        return None
    wrapped = [
        name
        for name, one in parameters.items()
        if isinstance(one, Mapping) and not {"value", "reference"}.isdisjoint(one)
    ]
    if not wrapped and "deploymentParameters" not in str(given.get("$schema")):
        return None
    pairs = {name: parameters[name].get("value", "…") for name in wrapped if catalogue.find(name)}
    fix = f"write each setting directly with its value: {_example(pairs, protected)}"
    return Recognized("parameters", "this is an ARM parameters file, which wraps every value", fix)


def _example(pairs: Mapping[str, object], protected: bool) -> str:
    """The first few of the settings as a settings file has them, without values that may be secret."""
    shown = {key: "…" if protected or not _is_harmless(key, value) else value for key, value in list(pairs.items())[:3]}
    text = json.dumps(shown or {"key": "value"}, ensure_ascii=False)
    return text if len(pairs) <= 3 else f"{text[:-1]}, …}}"


def _is_harmless(key: str, value: object) -> bool:
    record = catalogue.find(key)
    secret = record is not None and record.protected
    return not secret and (
        isinstance(value, bool | int) or (isinstance(value, str) and not shapes.may_be_secret(value))
    )


def _arm_template(given: Mapping[str, Any], protected: bool) -> Recognized | None:
    if not isinstance(given.get("resources"), list | Mapping):
        return None
    fix = f"use only the object under {_wanted(protected)} of the extension's resource"
    return Recognized("resources", "this is an ARM template", fix)


def _resource(given: Mapping[str, Any], protected: bool) -> Recognized | None:
    """The body of the extension's resource, or what `show` prints of it."""
    for outer in (given, given.get("properties")):
        held = [
            key
            for key in _RESOURCE_SETTINGS
            if isinstance(outer, Mapping) and isinstance(outer.get(key), Mapping | list)
        ]
        if held:
            at = held[0] if outer is given else "properties"
            fix = f"use only the object under {_wanted(protected)}"
            return Recognized(at, "this is the whole extension as a resource, not its settings alone", fix)
    return None


def _wanted(protected: bool) -> str:
    return quoted(_RESOURCE_SETTINGS[protected])


def _manifest(given: Mapping[str, Any], _protected: bool) -> Recognized | None:
    if not isinstance(given.get("apiVersion"), str) or not isinstance(given.get("kind"), str):
        return None
    fix = "name the file with the extension's settings"
    return Recognized("kind", f"this is a Kubernetes manifest of kind {quoted(given['kind'])}", fix)


def _attach_configuration(given: Mapping[str, Any], _protected: bool) -> Recognized | None:
    key = next((key for key in ("instanceTypes", "defaultInstanceType") if key in given), None)
    fix = "attach with it: az ml arc attach --config FILE"
    return Recognized(key, "this is an attach configuration, not settings of the extension", fix) if key else None


def _wrapped(given: Mapping[str, Any], protected: bool) -> Recognized | None:
    """The parameters of an ARM parameters file, without the file around them."""
    nested = {key: one for key, one in given.items() if isinstance(one, Mapping)}
    if not any(map(catalogue.find, nested)) or not all(set(one) == {"value"} for one in nested.values()):
        return None
    pairs = {key: one["value"] for key, one in nested.items() if catalogue.find(key)}
    fix = f"write each setting directly with its value: {_example(pairs, protected)}"
    return Recognized(next(iter(nested)), "the values are wrapped, as those of ARM parameters are", fix)


_CHECKS: tuple[Callable[[Mapping[str, Any], bool], Recognized | None], ...] = (
    _arm_parameters,
    _arm_template,
    _resource,
    _manifest,
    _attach_configuration,
    _wrapped,
)


def recognized_list(given: Sequence[Any], protected: bool) -> str:
    """The settings in a list of names and values, as a settings file has them; empty if it is another list."""
    if not given or not all(isinstance(one, Mapping) and {"name", "value"} <= set(one) for one in given):
        return ""
    return f"write {_example({str(one['name']): one['value'] for one in given}, protected)}"
