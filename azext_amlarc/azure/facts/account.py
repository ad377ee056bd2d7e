"""The subscription, its resource providers, and the permissions of the signed-in principal."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.facts.sources import Known, Source, cluster_of, workspace_of
from azext_amlarc.checks.azure.facts import (
    CLUSTER_PROVIDER,
    CLUSTER_RIGHTS,
    EXTENSION_PROVIDER,
    RELAY_PROVIDER,
    SUBSCRIPTION,
    WORKSPACE_PROVIDER,
    WORKSPACE_RIGHTS,
    Grant,
    Provider,
    Rights,
    Subscription,
)
from azext_amlarc.checks.check import Fact, Facts
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.product.clusters import PROVIDERS
from azext_amlarc.resources.cluster import region
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId, group_id, name_of
from azext_amlarc.resources.shapes import texts


def _subscription(azure: AzureClient, target: Target, _known: Facts) -> Known:
    found = azure.get(group_id(target.subscription_id), API_VERSIONS["Microsoft.Resources/subscriptions"])
    name = str(found.get("displayName") or target.subscription_id)
    return {SUBSCRIPTION.name: Subscription(target.subscription_id, name, str(found.get("state") or "Unknown"))}


def _provider(
    azure: AzureClient, target: Target, _known: Facts, *, fact: Fact[Provider], place: Callable[[Target], str]
) -> Known:
    """`place` gives the provider's id in the subscription that needs it."""
    found = azure.get(place(target), API_VERSIONS["Microsoft.Resources"])
    regions = {
        str(item.get("resourceType")): tuple(map(region, item.get("locations") or ()))
        for item in found.get("resourceTypes") or ()
    }
    state = str(found.get("registrationState") or "NotRegistered")
    subscription = place(target).split("/")[2]
    return {fact.name: Provider(name_of(place(target)), state, regions, subscription)}


def _of_extensions(target: Target) -> str:
    return f"{group_id(target.subscription_id)}/providers/Microsoft.KubernetesConfiguration"


def _of_clusters(target: Target) -> str:
    return f"{group_id(target.subscription_id)}/providers/{PROVIDERS[target.cluster_type]}"


def _of_relays(target: Target) -> str:
    return f"{group_id(target.subscription_id)}/providers/Microsoft.Relay"


def _of_workspaces(target: Target) -> str:
    workspace = workspace_of(target)
    return f"{group_id(workspace.subscription_id)}/providers/Microsoft.MachineLearningServices"


def _cluster_rights(azure: AzureClient, target: Target, _known: Facts) -> Known:
    return {CLUSTER_RIGHTS.name: _rights(azure, cluster_of(target))}


def _workspace_rights(azure: AzureClient, target: Target, _known: Facts) -> Known:
    return {WORKSPACE_RIGHTS.name: _rights(azure, workspace_of(target))}


def _rights(azure: AzureClient, within: ClusterId | WorkspaceId) -> Rights:
    """The permissions at the resource group: Azure's API does not tell those at a top-level resource."""
    group = group_id(within.subscription_id, within.resource_group)
    found = azure.get_all(f"{group}/providers/Microsoft.Authorization/permissions")
    return Rights(group, tuple(map(_grant, found)))


def _grant(item: Mapping[str, Any]) -> Grant:
    return Grant(texts(item.get("actions")), texts(item.get("notActions")))


def _source(fact: Fact[Provider], place: Callable[[Target], str]) -> Source:
    return Source((fact,), partial(_provider, fact=fact, place=place))


SOURCES = (
    Source((SUBSCRIPTION,), _subscription),
    _source(EXTENSION_PROVIDER, _of_extensions),
    _source(CLUSTER_PROVIDER, _of_clusters),
    _source(RELAY_PROVIDER, _of_relays),
    _source(WORKSPACE_PROVIDER, _of_workspaces),
    Source((CLUSTER_RIGHTS,), _cluster_rights),
    Source((WORKSPACE_RIGHTS,), _workspace_rights),
)
