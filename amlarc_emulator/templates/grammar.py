"""What a template may hold at each of its places, before any of it means anything."""

from typing import Any

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.shapes import Each, Misfit, Shape
from amlarc_emulator.templates.parameters import TemplateError

LOOP: Shape = {"name": str, "mode": shapes.Words("Serial", "Parallel"), "batchSize": int}
DECLARATION: Shape = {
    "type": str,
    "$ref": str,
    "allowedValues": list,
    "metadata": dict,
    "nullable": bool,
    **dict.fromkeys(("minLength", "maxLength", "minValue", "maxValue"), int),
}
RESOURCE: Shape = {
    **dict.fromkeys(("type", "name", "apiVersion", "scope", "comments", "subscriptionId", "resourceGroup"), str),
    "copy": LOOP,
    "dependsOn": [str],
    "existing": bool,
}
NESTED: Shape = {
    "mode": str,
    "template": dict,
    "templateLink": dict,
    "parameters": dict,
    "expressionEvaluationOptions": {"scope": str},
}
MEMBER: Shape = {"parameters": [{"name": str, "type": str}], "output": {"type": str}}
TEMPLATE: Shape = {
    "$schema": str,
    "contentVersion": str,
    "languageVersion": str,
    "definitions": Each(DECLARATION),
    "parameters": Each(DECLARATION),
    "variables": dict,
    "functions": [{"namespace": str, "members": Each(MEMBER)}],
    "outputs": Each({"type": str, "copy": {"name": str}}),
    "metadata": dict,
}


def read(template: dict[str, Any]) -> dict[str, Any]:
    """The template as its places have it; raises TemplateError that names the first that doesn't fit."""
    try:
        found: dict[str, Any] = shapes.read(TEMPLATE, template)
        found["resources"] = _resources(found.get("resources"), "resources")
        _check_whole(found)
    except Misfit as misfit:
        raise TemplateError(f"The template is not valid: {misfit}.") from None
    return found


def _resources(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return {name: _resource(item, f"{path}.{name}") for name, item in value.items()}
    items = shapes.read([dict], value or [], path)
    return [_resource(item, f"{path}[{at}]") for at, item in enumerate(items)]


def _resource(value: Any, path: str) -> dict[str, Any]:
    if value is None:
        raise Misfit(path, "an object")
    found: dict[str, Any] = shapes.read(RESOURCE, shapes.read(dict, value, path), path)
    if "copy" in found and "count" not in found["copy"]:
        raise Misfit(f"{path}.copy.count", "an integer")
    if int((found.get("copy") or {}).get("batchSize") or 1) < 1:
        raise Misfit(f"{path}.copy.batchSize", "a positive integer")
    if str(found.get("type")).lower() == "microsoft.resources/deployments":
        return {**found, "properties": shapes.read(NESTED, found.get("properties") or {}, f"{path}.properties")}
    if "resources" in found:
        below = f"{path}.resources"
        found["resources"] = _resources(shapes.read([dict], found["resources"], below), below)
    return found


def _check_whole(template: dict[str, Any]) -> None:
    """What must be there where something is."""
    for part in ("parameters", "definitions", "outputs"):
        for name, item in (template.get(part) or {}).items():
            if item is None:
                raise Misfit(f"{part}.{name}", "an object")
    for name, item in (template.get("outputs") or {}).items():
        if "value" not in item and "copy" not in item:
            raise Misfit(f"outputs.{name}.value", "a value")
        if "copy" in item:
            _must_have(item["copy"], ("count", "input"), f"outputs.{name}.copy")
    _check_functions(template.get("functions") or [])
    loops = (template.get("variables") or {}).get("copy") or []
    for at, loop in enumerate(shapes.read([LOOP], loops, "variables.copy")):
        _must_have(loop, ("name", "count", "input"), f"variables.copy[{at}]")


def _check_functions(spaces: list[Any]) -> None:
    for at, space in enumerate(spaces):
        _must_have(space, ("namespace", "members"), f"functions[{at}]")
        for name, member in space["members"].items():
            where = f"functions[{at}].members.{name}"
            _must_have(member, ("output",), where)
            _must_have(member["output"], ("value",), f"{where}.output")
            for parameter in member.get("parameters") or []:
                _must_have(parameter, ("name",), f"{where}.parameters")


def _must_have(value: Any, names: tuple[str, ...], path: str) -> None:
    missing = [name for name in names if name not in (value or {})]
    if missing:
        raise Misfit(path, f"an object with {', '.join(names)}")
