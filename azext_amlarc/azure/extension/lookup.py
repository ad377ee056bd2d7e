"""Find the cluster extension Microsoft.AzureML.Kubernetes."""

from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import clusters
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import NotFound
from azext_amlarc.product.extension import TYPE
from azext_amlarc.resources.extension import Extension, from_sdk, install_state_of
from azext_amlarc.resources.ids import ClusterId


def read(azure: AzureClient, cluster: ClusterId, name: str) -> Extension | None:
    """The extension, or None if the cluster has none with this name; one request."""
    try:
        return from_sdk(azure.extensions.get(*address(cluster), name), cluster)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        return None


def show(azure: AzureClient, cluster: ClusterId, name: str) -> Extension:
    """The extension; NotFound if there is none."""
    found = read(azure, cluster, name)
    if found is None:
        clusters.read(azure, cluster)  # raises if the cluster itself does not exist
        raise NotFound(
            f"The cluster {cluster.name!r} (resource group {cluster.resource_group!r}) has no extension {name!r}.",
            f"To list its extensions: az ml arc extension list {' '.join(cluster.options)}",
        )
    return found


def list_all(azure: AzureClient, cluster: ClusterId) -> list[Extension]:
    """The extensions of our type on a cluster: normally one, since a second can't be installed."""
    try:
        found = list(azure.extensions.list(*address(cluster)))
    except HttpResponseError as error:
        if error.status_code == 404:
            clusters.read(azure, cluster)  # raises our own message about what is missing
        raise
    return [from_sdk(item, cluster) for item in found if (item.extension_type or "").lower() == TYPE]


def install_states(azure: AzureClient, cluster: ClusterId) -> dict[str, str]:
    """The installState of each extension of our type by name; one request for each page, without the SDK."""
    return {
        str(item.get("name")): install_state_of(str(item["properties"].get("provisioningState") or ""))
        for item in answers(azure, cluster)
    }


def answers(azure: AzureClient, cluster: ClusterId) -> list[dict[str, Any]]:
    """The extensions of our type as Azure returns them; one request for each page, without the SDK."""
    found = azure.get_all(f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensions")
    return [item for item in found if str((item.get("properties") or {}).get("extensionType")).lower() == TYPE]


def address(cluster: ClusterId) -> tuple[str, str, str, str]:
    """A cluster as the arguments of the SDK's operations on extensions."""
    return cluster.resource_group, cluster.provider, cluster.cluster_type, cluster.name
