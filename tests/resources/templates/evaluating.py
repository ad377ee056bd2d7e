"""What Azure would send for a template: its expressions evaluated, nested deployments unfolded, in the order of need.

Independent of how templates are drawn: a small evaluator of the functions that ours use. What Azure makes up (keys,
properties) stays visible as `<listKeys ID primaryConnectionString>`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*|[()\[\],.]|\d+)")


class Sent(NamedTuple):
    """A resource as it is sent: its id, its api-version, and its body."""

    id: str
    api_version: str
    body: dict[str, Any]


class Place(NamedTuple):
    """Where a template is deployed, with the values of its parameters."""

    subscription: str
    group: str
    parameters: Mapping[str, Any]
    variables: Mapping[str, str]

    @property
    def id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"


def deployed(template: Mapping[str, Any], place: Place) -> list[Sent]:
    """Every resource of the template and those nested in it; AssertionError for one that comes before what it needs."""
    given = {name: place.parameters[name] for name in template["parameters"]}
    here = place._replace(parameters=given, variables=template.get("variables", {}))
    done: set[str] = set()
    sent = []
    for resource in template["resources"]:
        own = {key: value for key, value in resource.items() if key not in _OURS}
        for needed in resource.get("dependsOn", []):
            assert evaluated(needed, here).lower() in done, needed
        if resource["type"] == "Microsoft.Resources/deployments":
            nested, where = _nested(resource, here)
            done.add(
                f"{where.id}/providers/Microsoft.Resources/deployments/{evaluated(resource['name'], here)}".lower()
            )
            assert len(evaluated(resource["name"], here)) <= 64
            sent += nested
            continue
        body = evaluated(own, here)
        id_ = _id(resource["type"], evaluated(resource["name"], here), evaluated(resource.get("scope", ""), here), here)
        done.add(id_.lower())
        sent.append(Sent(id_, resource["apiVersion"], body))
    return sent


_OURS = ("type", "apiVersion", "name", "scope", "dependsOn")


def _nested(resource: Mapping[str, Any], here: Place) -> tuple[list[Sent], Place]:
    properties = resource["properties"]
    assert properties["expressionEvaluationOptions"] == {"scope": "inner"}
    parameters = {name: evaluated(one["value"], here) for name, one in properties["parameters"].items()}
    subscription = evaluated(resource["subscriptionId"], here)
    where = Place(subscription, evaluated(resource["resourceGroup"], here), parameters, {})
    return deployed(properties["template"], where), where


def _id(kind: str, name: str, scope: str, here: Place) -> str:
    provider, *types = kind.split("/")
    names = name.split("/")
    assert len(types) == len(names), (kind, name)
    before = f"{here.id}/providers/{scope}" if scope else here.id
    path = "/".join(f"{one}/{own}" for one, own in zip(types, names, strict=True))
    return f"{before}/providers/{provider}/{path}"


def evaluated(value: Any, here: Place) -> Any:
    """The value with its expressions evaluated."""
    if isinstance(value, dict):
        return {evaluated(key, here): evaluated(member, here) for key, member in value.items()}
    if isinstance(value, list):
        return [evaluated(member, here) for member in value]
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    if value.startswith("[["):
        return value[1:]
    tokens = TOKEN.findall(value[1:-1])
    assert "".join(tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", value[1:-1])
    result, rest = _expression(tokens, here)
    assert rest == []
    return result


def _expression(tokens: list[str], here: Place) -> tuple[Any, list[str]]:
    head, *rest = tokens
    if head.startswith("'"):
        return head[1:-1].replace("''", "'"), rest
    assert rest[0] == "(", tokens
    arguments, rest = [], rest[1:]
    while rest[0] != ")":
        argument, rest = _expression(rest, here)
        arguments.append(argument)
        rest = rest[1:] if rest[0] == "," else rest
    value, rest = _called(head, arguments, here), rest[1:]
    while rest[:1] == ["."]:
        value, rest = f"{value[:-1]} {rest[1]}>", rest[2:]
    return value, rest


def _called(name: str, arguments: list[Any], here: Place) -> Any:
    if name == "parameters":
        return here.parameters[arguments[0]]
    if name == "variables":
        return evaluated(here.variables[arguments[0]], here)
    if name == "concat":
        return "".join(arguments)
    if name == "uniqueString":
        return "u" + hashlib.sha256(json.dumps(arguments).encode()).hexdigest()[:12]
    if name == "resourceId":
        return _resource_id(arguments, here)
    if name == "extensionResourceId":
        return f"{arguments[0]}/providers/{_path(arguments[1], arguments[2:])}"
    assert name in ("listKeys", "reference"), name
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", arguments[1])
    return f"<{name} {arguments[0]}>"


def _resource_id(arguments: list[str], here: Place) -> str:
    start = next(place for place, one in enumerate(arguments) if "/" in one)
    where = here._replace(subscription=arguments[0], group=arguments[1]) if start else here
    return f"{where.id}/providers/{_path(arguments[start], arguments[start + 1 :])}"


def _path(kind: str, names: list[str]) -> str:
    provider, *types = kind.split("/")
    return "/".join([provider, *(part for pair in zip(types, names, strict=True) for part in pair)])
