"""The cluster, and what decides whether Azure can reach it."""

from collections.abc import Mapping
from typing import Any

from azext_amlarc.azure import clusters
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.facts.sources import Known, Source, cluster_of, moment, skipped
from azext_amlarc.checks.azure.facts import AGENTS, AKS, CLUSTER, CLUSTER_FOUND, Agents, Aks, Cluster, Presence
from azext_amlarc.checks.check import Facts
from azext_amlarc.checks.given import Pool
from azext_amlarc.errors import NotFound
from azext_amlarc.product.steps import Note
from azext_amlarc.resources import cluster as resource
from azext_amlarc.resources.ids import Target
from azext_amlarc.resources.shapes import text, texts


@understood
def facts_of(_azure: AzureClient, cluster: resource.Cluster) -> Known:
    """The facts in a cluster that this connection has read already, as if it were of both types."""
    return {
        CLUSTER_FOUND.name: Presence(True, f"{cluster.id.name} is in {cluster.location}."),
        CLUSTER.name: _cluster(cluster),
        AGENTS.name: _agents(cluster.properties),
        AKS.name: _aks(cluster.properties),
    }


def _read(azure: AzureClient, target: Target, _known: Facts) -> Known:
    try:
        return facts_of(azure, clusters.read(azure, cluster_of(target)))
    except NotFound as error:
        missing = dict.fromkeys((CLUSTER.name, AGENTS.name, AKS.name), skipped("The cluster does not exist."))
        return {CLUSTER_FOUND.name: Presence(False, error.message, (Note(error.fix),)), **missing}


def _cluster(cluster: resource.Cluster) -> Cluster:
    return Cluster(
        id=str(cluster.id),
        location=cluster.location,
        provisioning_state=str(cluster.properties.get("provisioningState") or ""),
        kubernetes_version=cluster.kubernetes_version,
        node_count=cluster.node_count,
        distribution=cluster.distribution,
    )


def _agents(own: Mapping[str, Any]) -> Agents:
    profile = own.get("arcAgentProfile") or {}
    return Agents(
        connectivity=str(own.get("connectivityStatus") or "Connecting"),
        last_seen=moment(own.get("lastConnectivityTime")),
        version=text(own.get("agentVersion")),
        desired_version=text(profile.get("desiredAgentVersion")),
        upgrade_themselves=profile.get("agentAutoUpgrade") != "Disabled",
    )


def _aks(own: Mapping[str, Any]) -> Aks:
    access = own.get("apiServerAccessProfile") or {}
    client = str((own.get("servicePrincipalProfile") or {}).get("clientId") or "msi")
    return Aks(
        power=str((own.get("powerState") or {}).get("code") or "Running"),
        has_managed_identity=client.lower() == "msi",
        local_accounts_disabled=bool(own.get("disableLocalAccounts")),
        authorized_ranges=texts(access.get("authorizedIPRanges")),
        is_private=bool(access.get("enablePrivateCluster")),
        pools=tuple(map(_pool, own.get("agentPoolProfiles") or ())),
    )


def _pool(profile: Mapping[str, Any]) -> Pool:
    return Pool(
        name=str(profile.get("name") or ""),
        nodes=int(profile.get("count") or 0),
        most=int(profile.get("maxCount") or 0) if profile.get("enableAutoScaling") else 0,
        is_stopped=(profile.get("powerState") or {}).get("code") == "Stopped",
        machine=str(profile.get("vmSize") or ""),
        labels={"kubernetes.io/os": str(profile.get("osType") or "Linux").lower(), **(profile.get("nodeLabels") or {})},
        taints=tuple(profile.get("nodeTaints") or ()),
    )


SOURCES = (Source((CLUSTER_FOUND, CLUSTER, AGENTS, AKS), _read),)
