"""Kubernetes clusters as Azure returns them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.shapes import text

# The states in which Azure reaches a cluster, in lower case: Azure Arc's, and an AKS cluster's.
_REACHABLE = {"connected", "running"}


@dataclass(frozen=True)
class Cluster:
    """A cluster. `node_count` is None until the cluster has reported it.

    `connectivity` is Azure Arc's connectivityStatus (Connected, Connecting, Offline, Expired), or the power state of an
    AKS cluster (Running, Stopped). `properties` are the resource's, as Azure returns them, for the checks.
    """

    id: ClusterId
    location: str
    node_count: int | None
    distribution: str | None
    kubernetes_version: str | None = None
    connectivity: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_reachable(self) -> bool:
        """Whether Azure reaches the cluster, as far as it says so."""
        return is_reachable(self.connectivity)


def is_reachable(connectivity: str | None) -> bool:
    """Whether Azure reaches a cluster of this `connectivity`."""
    return (connectivity or "").lower() in _REACHABLE


def region(name: object) -> str:
    """A region's name, from that or from its display name."""
    return str(name or "").replace(" ", "").lower()


def from_answer(found: dict[str, Any], cluster_id: ClusterId) -> Cluster:
    properties = found.get("properties") or {}
    power = properties.get("powerState") or {}
    return Cluster(
        id=cluster_id,
        location=region(found.get("location")),
        node_count=_node_count(cluster_id, properties),
        distribution=text(properties.get("distribution")),
        kubernetes_version=text(properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion")),
        connectivity=text(properties.get("connectivityStatus") or power.get("code")),
        properties=properties,
    )


def _node_count(cluster_id: ClusterId, properties: dict[str, Any]) -> int | None:
    if cluster_id.cluster_type == MANAGED:
        return sum(int(pool.get("count") or 0) for pool in properties.get("agentPoolProfiles") or []) or None
    count = properties.get("totalNodeCount")
    return int(count) if count else None
