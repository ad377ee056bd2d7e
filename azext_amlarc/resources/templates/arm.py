"""ARM templates: one resource group's, or a subscription's with a nested deployment for each cluster and group.

The functions that they use: resourceId, listKeys, reference and parameters. Keys are listed while Azure deploys, so no
template holds one. https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.resources.ids import ClusterId, ResourceId, folded, group_id, group_of, name_of
from azext_amlarc.resources.templates.parts import (
    Deployment,
    Parameter,
    Part,
    Property,
    Value,
    all_parts,
    api_version_of,
    parameters_of,
    scope_of,
    type_of,
)

Json = dict[str, Any]

_SCHEMAS = "https://schema.management.azure.com/schemas"
OF_GROUP = f"{_SCHEMAS}/2019-04-01/deploymentTemplate.json#"
OF_SUBSCRIPTION = f"{_SCHEMAS}/2018-05-01/subscriptionDeploymentTemplate.json#"
# ARM's limits for one template; a nested one has its own counts of resources and parameters.
MOST_RESOURCES, MOST_PARAMETERS, MOST_BYTES = 800, 256, 4 * 2**20


def template(deployments: Sequence[Deployment]) -> Json:
    """The template that deploys these clusters' parts: to the one group that all are in, or to a subscription."""
    parts = all_parts(deployments)
    if len({group_of(part.id) for part in parts}) <= 1:
        return _template(OF_GROUP, parts, [resource(part) for part in parts])
    return of_subscription(deployments)


def of_subscription(deployments: Sequence[Deployment]) -> Json:
    """The template for a subscription, whatever groups the parts are in: each cluster has deployments of its own."""
    parts = [part for one in deployments for part in one.parts]
    return _template(OF_SUBSCRIPTION, parts, [made for one in deployments for made in _nested(one)])


def nested_ids(one: Deployment) -> list[str]:
    """The ids of the deployments that a cluster has in the template for a subscription."""
    cluster = one.state.cluster.id
    return [
        f"{parts[0].id.partition('/providers/')[0]}/providers/{DEPLOYMENTS}/{_name(cluster, group)}"
        for group, parts in _by_group(one).items()
    ]


def is_nested_of(cluster: ClusterId, deployment_id: str) -> bool:
    """Whether a deployment in a template for a subscription is one of the cluster's."""
    return name_of(deployment_id).lower() == _name(cluster, group_of(deployment_id)).lower()


def nested_in(made: Mapping[str, Any]) -> list[str]:
    """The ids of the deployments in a template for a subscription."""
    nested = (one for one in made["resources"] if one["type"] == DEPLOYMENTS)
    return [
        f"{group_id(one['subscriptionId'], one['resourceGroup'])}/providers/{DEPLOYMENTS}/{one['name']}"
        for one in nested
    ]


def is_of_a_group(made: Mapping[str, Any]) -> bool:
    """Whether the template is deployed to a resource group, not to a subscription."""
    return bool(made["$schema"] == OF_GROUP)


def too_large(made: Mapping[str, Any]) -> str:
    """What is beyond ARM's limits, in one clause; empty if nothing is."""
    most, size = max(_counts(made)), len(json.dumps(made).encode())
    if most > MOST_RESOURCES:
        return f"it has {most} resources, and Azure takes {MOST_RESOURCES} in one template"
    if len(made["parameters"]) > MOST_PARAMETERS:
        return f"it has {len(made['parameters'])} parameters, and Azure takes {MOST_PARAMETERS} in one template"
    return f"it has {size} bytes, and Azure takes {MOST_BYTES}" if size > MOST_BYTES else ""


def _counts(made: Mapping[str, Any]) -> Iterator[int]:
    yield len(made["resources"])
    for one in made["resources"]:
        if one["type"] == DEPLOYMENTS:
            yield from _counts(one["properties"]["template"])


def _template(schema: str, parts: Iterable[Part], resources: list[Json]) -> Json:
    return {
        "$schema": schema,
        "contentVersion": "1.0.0.0",
        "parameters": {
            name: {"type": "securestring", "metadata": {"description": value.description}}
            for name, value in sorted(parameters_of(parts).items())
        },
        "resources": resources,
    }


DEPLOYMENTS = "Microsoft.Resources/deployments"


def _nested(one: Deployment) -> Iterator[Json]:
    """A nested deployment for each group that the cluster's parts are in, in the order of their dependencies."""
    groups = _by_group(one)
    names = {group: _name(one.state.cluster.id, group) for group in groups}
    owners = {folded(part.id): group for group, parts in groups.items() for part in parts}
    for group, parts in groups.items():
        needed = sorted({owners[folded(id_)] for part in parts for id_ in part.after} - {group})
        yield _deployment(names[group], parts, [_expression(_deployment_id(names[at], groups[at])) for at in needed])


def _by_group(one: Deployment) -> dict[tuple[str, str], list[Part]]:
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in one.parts:
        groups.setdefault(group_of(part.id), []).append(part)
    return groups


def _deployment(name: str, parts: Sequence[Part], after: list[str]) -> Json:
    found = ResourceId.find(parts[0].id)
    return {
        "type": DEPLOYMENTS,
        "apiVersion": API_VERSIONS["Microsoft.Resources"],
        "name": name,
        "subscriptionId": found.subscription_id if found else "",
        "resourceGroup": found.resource_group if found else "",
        **({"dependsOn": after} if after else {}),
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {one: {"value": _expression(_parameter(one))} for one in sorted(parameters_of(parts))},
            "template": _template(OF_GROUP, parts, [resource(part) for part in parts]),
        },
    }


def _name(cluster: ClusterId, group: tuple[str, str]) -> str:
    """A name for the nested deployment of a cluster to a group: the same in each template."""
    shown = re.sub(r"[^A-Za-z0-9-]+", "-", cluster.name)[:40].strip("-")
    digest = hashlib.sha256(f"{cluster} {'/'.join(group)}".lower().encode()).hexdigest()
    return f"amlarc-{shown}-{digest[:10]}"


def _deployment_id(name: str, parts: Sequence[Part]) -> str:
    found = ResourceId.find(parts[0].id)
    where = [found.subscription_id, found.resource_group] if found else []
    return f"resourceId({', '.join(map(text, [*where, DEPLOYMENTS, name]))})"


def resource(part: Part) -> Json:
    """The part as a resource of a template for its resource group."""
    here = group_of(part.id)
    body = escaped(part.body)
    for place, value in part.values.items():
        insert(body, place, _expression(expression(value, here)))
    found, scope = ResourceId.find(part.id), scope_of(part.id)
    after = [_expression(reference_to(one, here)) for one in part.after if group_of(one) == here]
    return {
        "type": part.type,
        "apiVersion": part.api_version,
        "name": literal("/".join(name for _, name in found.path) if found else ""),
        **({"scope": literal(scope.rpartition("/providers/")[2])} if scope else {}),
        **({"dependsOn": after} if after else {}),
        **body,
    }


def expression(value: Value, here: tuple[str, str]) -> str:
    """The expression for a value, in a template for the group `here`, without its brackets."""
    if isinstance(value, Parameter):
        return _parameter(value.name)
    where, version = reference_to(value.id, here), text(api_version_of(value.id))
    if isinstance(value, Property):
        return f"reference({where}, {version}).{value.path.removeprefix('properties.')}"
    # Every resource's keys are listed so, whatever the action is called in its own provider (sharedKeys).
    return f"listKeys({where}, {version}).{value.field}"


def reference_to(resource_id: str, here: tuple[str, str]) -> str:
    """The expression for the id of a resource: by its types and names in the group `here`, else as it is."""
    found = ResourceId.find(resource_id)
    if found is None or group_of(resource_id) != here:
        return text(resource_id)
    names = ", ".join(text(name) for _, name in found.path)
    scope = scope_of(resource_id)
    if scope:
        return f"extensionResourceId({reference_to(scope, here)}, {text(type_of(resource_id))}, {names})"
    return f"resourceId({text(type_of(resource_id))}, {names})"


def insert(body: Json, place: Sequence[str], value: str) -> None:
    """Set the value at this place, whose objects are there."""
    for key in place[:-1]:
        body = body[key]
    body[literal(place[-1])] = value


def escaped(value: Any) -> Any:
    """A copy that means itself in a template, where text in brackets is an expression, names of properties too."""
    if isinstance(value, Mapping):
        return {literal(key): escaped(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(member) for member in value]
    return literal(value) if isinstance(value, str) else value


def literal(value: str) -> str:
    """A text as itself; one that only looks as if its bracket had been escaped is a text within an expression."""
    if value.startswith("[") and value.endswith("]"):
        return f"[{value}"
    return _expression(f"concat({text(value)})") if value.startswith("[[") else value


def text(value: str) -> str:
    """A text in an expression."""
    return "'" + value.replace("'", "''") + "'"


def _parameter(name: str) -> str:
    return f"parameters({text(name)})"


def _expression(inner: str) -> str:
    return f"[{inner}]"
