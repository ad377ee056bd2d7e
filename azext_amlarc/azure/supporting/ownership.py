"""Which cluster a supporting resource belongs to.

A Relay's hybrid connections are named after their clusters. A Service Bus and a Log Analytics workspace do not show it,
so ours have a second tag. Without that tag, it was created by `az k8s-extension`: then it may be another cluster's only
if the resource group has another cluster for which that tool derives the same name.
"""

from collections.abc import Mapping
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting.names import OWNER, Kind, shared_name, tags


@understood
def is_anothers(azure: AzureClient, cluster: ClusterId, kind: Kind, found: Mapping[str, Any]) -> bool:
    """Whether the resource belongs, or may belong, to another cluster; no request if a tag says so."""
    owner = (found.get("tags") or {}).get(OWNER)
    if owner is not None:
        return bool(owner.lower() != tags(cluster)[OWNER].lower())
    return any(
        shared_name(other, kind).lower() == str(found.get("name", "")).lower() for other in _neighbours(azure, cluster)
    )


def _neighbours(azure: AzureClient, cluster: ClusterId) -> list[ClusterId]:
    """The other clusters of this type in the resource group; one request for each page."""
    names = [str(item["name"]) for item in azure.get_all(cluster.collection)]
    return [
        ClusterId(cluster.subscription_id, cluster.resource_group, cluster.cluster_type, name)
        for name in names
        if name.lower() != cluster.name.lower()
    ]
