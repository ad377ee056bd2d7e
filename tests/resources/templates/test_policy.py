"""A policy deploys for a cluster that comes later what the tool itself would send for it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from azext_amlarc.errors import Refused
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.fleet import ComputeSpec, Entry, ExtensionSpec, Fleet, Member, Selector, wanted_for
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting import names
from azext_amlarc.resources.templates import policy
from tests.resources.templates.evaluating import Place, deployed, evaluated
from tests.resources.templates.samples import ALL, DOMAIN, FLEETS, LOCATIONS, SUB, TRAINING, TYPES, bodies

LATER = Cluster(ClusterId(SUB, "rg9", "connectedClusters", "it's-new"), "northeurope", None, None)
SOME = Selector(tags={"ml": "true"}, locations=("East US",), resource_groups=("rg7", "rg9"))
COMPUTE = ComputeSpec("ws1", "{cluster}-k8s", "rg-ml", None, "SystemAssigned", (), TYPES, "a.json")


def made(fleet: Fleet) -> dict[str, Any]:
    found: dict[str, Any] = policy.definition(fleet, DOMAIN, LOCATIONS, SUB)["properties"]["policyRule"]
    return found


def sent_for(fleet: Fleet, cluster: Cluster) -> dict[str, dict[str, Any]]:
    """What the policy's deployment sends for this cluster."""
    details = made(fleet)["then"]["details"]
    own = {"clusterName": cluster.id.name, "location": cluster.location}
    own |= {"subscriptionId": cluster.id.subscription_id, "resourceGroupName": cluster.id.resource_group}
    properties = details["deployment"]["properties"]
    assert properties["parameters"].keys() == own.keys()
    return {
        one.id: one.body for one in deployed(properties["template"], Place(SUB, cluster.id.resource_group, own, {}))
    }


def renamed(given: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What the policy sends, its supporting resources called as the tool calls them."""
    text = json.dumps(given)
    kinds = (
        "Microsoft.Relay/namespaces",
        "Microsoft.ServiceBus/namespaces",
        "Microsoft.OperationalInsights/workspaces",
    )
    for kind in kinds:
        own = [one for one in given if one.split("/providers/")[1].startswith(f"{kind}/") and one.count("/") == 8]
        theirs = [one for one in wanted if one.split("/providers/")[1].startswith(f"{kind}/") and one.count("/") == 8]
        for one, other in zip(own, theirs, strict=True):
            assert names.RELAY.valid.fullmatch(one.rpartition("/")[2])
            text = text.replace(json.dumps(one)[1:-1], json.dumps(other)[1:-1])
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("settings", [TRAINING, ALL], ids=["training", "all"])
@pytest.mark.parametrize("computes", [(), (COMPUTE,)], ids=["alone", "attached"])
@pytest.mark.parametrize("kind", ["connectedClusters", "managedClusters"])
def test_a_cluster_that_comes_later_gets_what_create_and_attach_send(
    settings: dict[str, str], computes: tuple[ComputeSpec, ...], kind: str
) -> None:
    fleet = Fleet("f", (replace(SOME, cluster_type=kind),), ExtensionSpec(settings=settings), computes=computes)
    cluster = replace(LATER, id=LATER.id._replace(cluster_type=kind))
    placed = replace(fleet, computes=tuple(replace(one, subscription_id=SUB) for one in computes))
    wanted = bodies(wanted_for(placed, Member(cluster)))
    given = sent_for(fleet, cluster)
    assert renamed(given, wanted) == wanted


def test_no_stand_in_is_left() -> None:
    text = json.dumps(
        policy.definition(Fleet("f", (SOME,), ExtensionSpec(settings=ALL), computes=(COMPUTE,)), DOMAIN, LOCATIONS, SUB)
    )
    assert "zq0" not in text


def test_the_condition_is_that_of_the_selectors() -> None:
    fleet = Fleet("f", (SOME, Entry("a", "rg"), Selector(subscription_ids=(SUB,))), ExtensionSpec(settings=TRAINING))
    assert made(fleet)["if"] == {
        "allOf": [
            {"field": "type", "equals": "Microsoft.Kubernetes/connectedClusters"},
            {
                "anyOf": [
                    {
                        "allOf": [
                            {"value": "[resourceGroup().name]", "in": ["rg7", "rg9"]},
                            {"field": "location", "in": ["eastus"]},
                            {"field": "tags['ml']", "equals": "true"},
                        ]
                    },
                    {"allOf": [{"value": "[subscription().subscriptionId]", "in": [SUB]}]},
                ]
            },
        ]
    }


def test_without_selectors_it_is_for_all_clusters_of_the_type() -> None:
    assert made(FLEETS["training"])["if"] == {"field": "type", "equals": "Microsoft.Kubernetes/connectedClusters"}


def test_the_extension_is_what_is_missing() -> None:
    details = made(FLEETS["training"])["then"]["details"]
    assert details["type"] == "Microsoft.KubernetesConfiguration/extensions"
    assert details["existenceCondition"]["allOf"][0] == {
        "field": "Microsoft.KubernetesConfiguration/extensions/extensionType",
        "equals": "microsoft.azureml.kubernetes",
    }
    assert "deploymentScope" not in details


def test_a_workspace_elsewhere_needs_a_deployment_to_the_subscription() -> None:
    details = made(Fleet("f", (SOME,), ExtensionSpec(settings=TRAINING), computes=(COMPUTE,)))["then"]["details"]
    assert (details["deploymentScope"], details["deployment"]["location"]) == ("subscription", "eastus")


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (FLEETS["tls"], "cannot hold the protected settings"),
        (FLEETS["computes"], "needs the resource group of the workspace 'ws1'"),
        (replace(FLEETS["training"], clusters=(SOME, Selector(cluster_type="managedClusters"))), "one type of cluster"),
        (replace(FLEETS["training"], clusters=(SOME, Selector(settings={"a": "b"}))), "the same settings"),
    ],
    ids=["secrets", "workspace", "types", "settings"],
)
def test_what_a_policy_cannot_say_is_refused(fleet: Fleet, said: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        policy.definition(fleet, DOMAIN, LOCATIONS, SUB)
    assert caught.value.fix


def test_the_evaluator_of_these_tests_sees_a_mistake() -> None:
    with pytest.raises(KeyError):
        evaluated("[parameters('nobody')]", Place(SUB, "rg", {}, {}))
