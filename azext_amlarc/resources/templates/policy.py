"""An Azure Policy (DeployIfNotExists) that gives clusters which come later what a fleet's clusters have.

Its template is `arm`'s, drawn for a cluster whose names are stand-ins, which then become parameters: so it has the same
settings as a cluster that the tool sets up itself. Only the names of supporting resources differ, since ARM has no MD5.
https://learn.microsoft.com/azure/governance/policy/concepts/effect-deploy-if-not-exists
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from azext_amlarc.errors import Refused
from azext_amlarc.product.clusters import PROVIDERS
from azext_amlarc.product.extension import TYPE
from azext_amlarc.resources.cluster import Cluster, region
from azext_amlarc.resources.fleet import Fleet, Member, Selector, wanted_for
from azext_amlarc.resources.ids import ClusterId, name_of
from azext_amlarc.resources.templates import arm
from azext_amlarc.resources.templates.parts import Deployment, deployment

Json = dict[str, Any]

# What stands for the cluster: alphanumeric, so that names made of them are valid, and nobody's own.
_SUBSCRIPTION, _GROUP, _CLUSTER, _LOCATION = "zq0subscription0qz", "zq0group0qz", "zq0cluster0qz", "zq0location0qz"
_PARAMETERS = {
    _SUBSCRIPTION: "subscriptionId",
    _GROUP: "resourceGroupName",
    _CLUSTER: "clusterName",
    _LOCATION: "location",
}
# How a policy finds these of the cluster that it looks at.
_FOUND = {
    "subscriptionId": "[subscription().subscriptionId]",
    "resourceGroupName": "[resourceGroup().name]",
    "clusterName": "[field('name')]",
    "location": "[field('location')]",
}
# Supporting resources by their types: the variable for the name, which Azure accepts and which no other cluster has.
_VARIABLES = {
    "Microsoft.Relay/namespaces": "relayName",
    "Microsoft.ServiceBus/namespaces": "serviceBusName",
    "Microsoft.OperationalInsights/workspaces": "logAnalyticsName",
}
_CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
_EXTENSIONS = "Microsoft.KubernetesConfiguration/extensions"


def definition(fleet: Fleet, domain: str, locations: Mapping[str, str], subscription_id: str) -> Json:
    """The policy definition for a fleet; `locations` are the regions of the workspaces by their ids in lower case.

    `subscription_id` is that of workspaces without one. Refused where one policy cannot say what the fleet says: for
    clusters of two types or with settings of their own, workspaces beside each cluster, and protected settings, since
    a policy is shown to everybody who may read it.
    """
    cluster_type, settings = _common(fleet)
    made = _deployment(_placed(fleet, subscription_id), cluster_type, settings, domain, locations)
    if made.parameters:
        raise Refused(
            f"A policy cannot hold the protected settings {', '.join(sorted(made.parameters))}.",
            "Name a Secret on the cluster (sslSecret) in place of a certificate, or leave them to the manifest.",
        )
    template = _with_parameters(_spoken(arm.template([made]), _stand_ins(made)))
    return _definition(fleet, cluster_type, template, next(iter(locations.values()), ""))


def _common(fleet: Fleet) -> tuple[str, Mapping[str, str]]:
    """The type of the fleet's clusters, and the settings that they have of their own."""
    kinds = sorted({one.cluster_type for one in fleet.clusters})
    if len(kinds) > 1:
        raise Refused(f"A policy is for one type of cluster, and these are {' and '.join(kinds)}.", _SPLIT)
    own = {tuple(sorted(one.settings.items())) for one in fleet.selectors or fleet.clusters}
    if len(own) > 1:
        raise Refused("A policy gives all clusters the same settings, and these have settings of their own.", _SPLIT)
    return kinds[0], dict(own.pop())


_SPLIT = "Make a manifest, and a policy, for each kind of them."


def _placed(fleet: Fleet, subscription_id: str) -> Fleet:
    """The fleet with workspaces that are the same for each cluster."""
    beside = [one.workspace for one in fleet.computes if one.resource_group is None]
    if beside:
        raise Refused(
            f"A policy needs the resource group of the workspace {beside[0]!r}.",
            "Name it: computes without a resourceGroup mean a workspace beside each cluster.",
        )
    computes = (replace(one, subscription_id=one.subscription_id or subscription_id) for one in fleet.computes)
    return replace(fleet, computes=tuple(computes))


def _deployment(
    fleet: Fleet, cluster_type: str, settings: Mapping[str, str], domain: str, locations: Mapping[str, str]
) -> Deployment:
    some = ClusterId(_SUBSCRIPTION, _GROUP, cluster_type, _CLUSTER)
    cluster = Cluster(some, _LOCATION, node_count=None, distribution=None)
    return deployment(wanted_for(fleet, Member(cluster, settings=settings)), domain, locations)


@dataclass(frozen=True)
class _StandIns:
    """The expressions for what the stand-ins stand for, by these; `pattern` finds each, the longest first."""

    expressions: Mapping[str, str]
    pattern: re.Pattern[str]


def _stand_ins(made: Deployment) -> _StandIns:
    """The stand-ins, and what supporting resources are called for them: these have variables for their names."""
    known = {
        name_of(part.id): f"variables('{_VARIABLES[part.type]}')" for part in made.parts if part.type in _VARIABLES
    }
    known |= {name: f"parameters('{one}')" for name, one in _PARAMETERS.items()}
    known[f"amlarc-{_CLUSTER}"] = f"concat('amlarc-', uniqueString({_WHO}))"  # a deployment's name has 64 characters
    return _StandIns(known, re.compile("|".join(sorted(known, key=len, reverse=True))))


def _spoken(value: Any, stand_ins: _StandIns) -> Any:
    """A copy with the expressions for what the stand-ins stand for."""
    if isinstance(value, Mapping):
        return {key: _spoken(member, stand_ins) for key, member in value.items()}
    if isinstance(value, list):
        return [_spoken(member, stand_ins) for member in value]
    return _expressed(value, stand_ins) if isinstance(value, str) else value


def _expressed(value: str, stand_ins: _StandIns) -> str:
    """A text of a template, or the texts in an expression of it, with the stand-ins replaced."""
    if not stand_ins.pattern.search(value):
        return value
    if value.startswith("[") and value.endswith("]") and not value.startswith("[["):
        return re.sub(r"'(?:[^']|'')*'", lambda found: _joined(found[0][1:-1].replace("''", "'"), stand_ins), value)
    return f"[{_joined(value, stand_ins)}]"


def _joined(plain: str, stand_ins: _StandIns) -> str:
    """The expression for a text with stand-ins."""
    pieces, place = [], 0
    for found in stand_ins.pattern.finditer(plain):
        start, end = found.span()
        pieces += [arm.text(plain[place:start])] if start > place else []
        pieces.append(stand_ins.expressions[found[0]])
        place = end
    pieces += [arm.text(plain[place:])] if place < len(plain) else []
    return pieces[0] if len(pieces) == 1 else f"concat({', '.join(pieces)})"


# What no two clusters share.
_WHO = "parameters('subscriptionId'), parameters('resourceGroupName'), parameters('clusterName')"


def _with_parameters(template: Json) -> Json:
    """The template, and those nested in it, with the parameters and variables that the expressions use."""
    used = [one for one in _VARIABLES.values() if f"variables('{one}')" in json.dumps(template["resources"])]
    made = {**template, "parameters": {name: {"type": "string"} for name in _FOUND}}
    if used:
        made["variables"] = {one: f"[concat('arc', uniqueString({_WHO}, '{one}'))]" for one in used}
    return {**made, "resources": [_passing(one) for one in template["resources"]]}


def _passing(resource: Json) -> Json:
    if resource["type"] != "Microsoft.Resources/deployments":
        return resource
    properties = dict(resource["properties"])
    properties["parameters"] = {name: {"value": f"[parameters('{name}')]"} for name in _FOUND}
    properties["template"] = _with_parameters(properties["template"])
    return {**resource, "properties": properties}


def _definition(fleet: Fleet, cluster_type: str, template: Json, location: str) -> Json:
    in_subscription = not arm.is_of_a_group(template)
    made: Json = {
        **({"location": location} if in_subscription else {}),
        "properties": {
            "mode": "incremental",
            "parameters": {name: {"value": value} for name, value in _FOUND.items()},
            "template": template,
        },
    }
    details: Json = {
        "type": _EXTENSIONS,
        "roleDefinitionIds": [_CONTRIBUTOR],
        "evaluationDelay": "AfterProvisioning",
        **({"deploymentScope": "subscription"} if in_subscription else {}),
        "existenceCondition": {
            "allOf": [
                {"field": f"{_EXTENSIONS}/extensionType", "equals": TYPE},
                {"field": f"{_EXTENSIONS}/provisioningState", "equals": "Succeeded"},
            ]
        },
        "deployment": made,
    }
    return {
        "name": f"amlarc-{fleet.name}",
        "type": "Microsoft.Authorization/policyDefinitions",
        "properties": {
            "displayName": f"Azure Machine Learning on the clusters of the fleet {fleet.name}",
            "description": "Installs the extension Microsoft.AzureML.Kubernetes on clusters that do not have it, and "
            "attaches them.",
            "policyType": "Custom",
            "mode": "Indexed",
            "metadata": {"category": "Kubernetes"},
            "parameters": {
                "effect": {
                    "type": "String",
                    "allowedValues": ["DeployIfNotExists", "AuditIfNotExists", "Disabled"],
                    "defaultValue": "DeployIfNotExists",
                }
            },
            "policyRule": {
                "if": _condition(fleet, cluster_type),
                "then": {"effect": "[parameters('effect')]", "details": details},
            },
        },
    }


def _condition(fleet: Fleet, cluster_type: str) -> Json:
    """Clusters of the type that one of the selectors finds; all, where a manifest has none."""
    is_one: Json = {"field": "type", "equals": f"{PROVIDERS[cluster_type]}/{cluster_type}"}
    chosen = [_selected(one) for one in fleet.selectors]
    if not chosen or [] in chosen:
        return is_one
    return {"allOf": [is_one, {"anyOf": [{"allOf": one} for one in chosen]}]}


def _selected(selector: Selector) -> list[Json]:
    places = {
        "[subscription().subscriptionId]": selector.subscription_ids,
        "[resourceGroup().name]": selector.resource_groups,
    }
    found: list[Json] = [{"value": what, "in": list(given)} for what, given in places.items() if given]
    if selector.locations:
        found.append({"field": "location", "in": [region(one) for one in selector.locations]})
    return [*found, *({"field": f"tags['{name}']", "equals": value} for name, value in selector.tags.items())]
