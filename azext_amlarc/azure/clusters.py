"""The Kubernetes clusters that can train: connected through Azure Arc, or Azure's own (AKS)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import InvalidInput, NotFound

CONNECTED, MANAGED = "connectedClusters", "managedClusters"
PROVIDERS = {CONNECTED: "Microsoft.Kubernetes", MANAGED: "Microsoft.ContainerService"}

_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/(?P<provider>[^/]+)/(?P<type>[^/]+)/(?P<name>[^/]+)/?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ClusterId:
    """Where a cluster is; `cluster_type` is connectedClusters or managedClusters."""

    subscription_id: str
    resource_group: str
    cluster_type: str
    name: str

    @property
    def provider(self) -> str:
        return PROVIDERS[self.cluster_type]

    def __str__(self) -> str:
        group = f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{self.provider}/{self.cluster_type}/{self.name}"

    @classmethod
    def parse(cls, text: str, source: str = "") -> "ClusterId":
        """A cluster's resource id, in any case; InvalidInput for the id of anything else, given in `source`."""
        match = _ID.fullmatch(text.strip())
        found = (match["provider"].lower(), match["type"].lower()) if match else ("", "")
        for cluster_type, provider in PROVIDERS.items():
            if match and found == (provider.lower(), cluster_type.lower()):
                return cls(match["subscription"], match["group"], cluster_type, match["name"])
        where = f"{source}: " if source else ""
        raise InvalidInput(f"{where}{text!r} is not the resource id of a cluster.", _expected(found[1]))

    def same_as(self, text: str | None) -> bool:
        """Whether `text` is this cluster's id: Azure compares ids without case."""
        return text is not None and text.rstrip("/").lower() == str(self).lower()


def _expected(found_type: str) -> str:
    forms = [
        f"/subscriptions/<id>/resourceGroups/<group>/providers/{provider}/{cluster_type}/<name>"
        for cluster_type, provider in PROVIDERS.items()
        if not found_type or found_type == cluster_type.lower()
    ] or [f"an id of {' or '.join(f'{provider}/{kind}' for kind, provider in PROVIDERS.items())}"]
    return "It looks like " + " or ".join(forms) + "."


@dataclass(frozen=True)
class Cluster:
    """What the work needs to know of a cluster. `node_count` is None where Azure has not been told it yet.

    `connectivity` is Arc's word (Connected, Connecting, Offline, Expired), or AKS' power state (Running, Stopped).
    `properties` are the resource's own, as Azure answers them, for the checks.
    """

    id: ClusterId
    location: str
    node_count: int | None
    distribution: str | None
    kubernetes_version: str | None = None
    connectivity: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def read(azure: AzureClient, cluster_id: ClusterId) -> Cluster:
    """The cluster as Azure has it, one request; NotFound with what to do where it does not exist."""
    try:
        found = azure.get(str(cluster_id))
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise _not_found(cluster_id, error) from error
    return _from_answer(found, ClusterId.parse(_canonical(found.get("id"), cluster_id)))


def list_all(azure: AzureClient, cluster_type: str, resource_group: str | None = None) -> list[Cluster]:
    """The clusters of one type in the subscription, or in one group of it; one request a page."""
    group = f"/resourceGroups/{resource_group}" if resource_group else ""
    scope = f"/subscriptions/{azure.subscription_id}{group}"
    found = azure.get_all(f"{scope}/providers/{PROVIDERS[cluster_type]}/{cluster_type}")
    return [_from_answer(item, ClusterId.parse(str(item.get("id")))) for item in found]


def region(text: object) -> str:
    """A region's name: Azure also shows it as it is written for people."""
    return str(text or "").replace(" ", "").lower()


def _from_answer(found: dict[str, Any], cluster_id: ClusterId) -> Cluster:
    properties = found.get("properties") or {}
    power = properties.get("powerState") or {}
    return Cluster(
        id=cluster_id,
        location=region(found.get("location")),
        node_count=_node_count(cluster_id, properties),
        distribution=properties.get("distribution"),
        kubernetes_version=properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion"),
        connectivity=properties.get("connectivityStatus") or power.get("code"),
        properties=properties,
    )


def _canonical(found: str | None, asked: ClusterId) -> str:
    """Azure's spelling of the id: names of other resources are made from it, whatever case the user typed."""
    return found if found and asked.same_as(found) else str(asked)


def _node_count(cluster_id: ClusterId, properties: dict[str, Any]) -> int | None:
    if cluster_id.cluster_type == MANAGED:
        return sum(int(pool.get("count") or 0) for pool in properties.get("agentPoolProfiles") or []) or None
    count = properties.get("totalNodeCount")
    return int(count) if count else None


def _not_found(cluster_id: ClusterId, error: HttpResponseError) -> NotFound:
    group = cluster_id.resource_group
    if error.error and error.error.code == "ResourceGroupNotFound":
        return NotFound(f"There is no resource group {group!r}.", "List yours: az group list -o table")
    if cluster_id.cluster_type == CONNECTED:
        return NotFound(
            f"There is no Azure Arc-enabled cluster {cluster_id.name!r} in the resource group {group!r}.",
            f"Connect it: az connectedk8s connect -n {cluster_id.name} -g {group}; "
            "an AKS cluster is of the type managedClusters.",
        )
    return NotFound(
        f"There is no AKS cluster {cluster_id.name!r} in the resource group {group!r}.",
        "A cluster that is connected through Azure Arc is of the type connectedClusters.",
    )
