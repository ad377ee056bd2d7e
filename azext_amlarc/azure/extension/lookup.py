"""Find the cluster extension Microsoft.AzureML.Kubernetes."""

from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient, Pages
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.errors import NotFound, Refused
from azext_amlarc.product.extension import TYPE
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension, from_sdk, install_state_of


@understood
def read(azure: AzureClient, cluster: ClusterId, name: str) -> Extension | None:
    """The extension, or None if the cluster has none with this name; one request."""
    try:
        return from_sdk(azure.extensions.get(*address(cluster), name), cluster)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        return None


def find(azure: AzureClient, cluster: ClusterId, name: str | None) -> Extension | None:
    """The extension of that name, of whatever type, or without a name the one of our type; one request a page.

    Refused if it is our type that goes by another name: a cluster takes it once.
    """
    found = _all(azure, cluster)
    ours = [extension for extension in found if extension.is_ours]
    if name is None:
        return ours[0] if ours else None
    named = next((extension for extension in found if extension.name.lower() == name.lower()), None)
    if named is None and ours:
        raise _goes_by_another_name(cluster, name, ours[0])
    return named


def _goes_by_another_name(cluster: ClusterId, name: str, ours: Extension) -> Refused:
    where = " ".join(["-n", ours.name, *cluster.options])
    return Refused(
        f"The cluster {cluster.name!r} has no extension {name!r}: it has this extension as {ours.name!r}.",
        f"Use that name, or none. To see it: az ml arc extension show {where}",
    )


def show(azure: AzureClient, cluster: ClusterId, name: str | None) -> Extension:
    """The extension, without a name the one of our type; NotFound if there is none. One request if it is there."""
    found = find(azure, cluster, None) if name is None else read(azure, cluster, name)
    if found is None and name is not None:
        found = find(azure, cluster, name)  # raises if it goes by another name, or it is the cluster that is missing
    if found is None:
        what = f"extension {name!r}" if name else "Azure Machine Learning extension"
        raise NotFound(
            f"The cluster {cluster.name!r} (resource group {cluster.resource_group!r}) has no {what}.",
            f"To list its extensions: az ml arc extension list {' '.join(cluster.options)}",
        )
    return found


def list_all(azure: AzureClient, cluster: ClusterId) -> list[Extension]:
    """The extensions of our type on a cluster: normally one, since a second can't be installed."""
    return [extension for extension in _all(azure, cluster) if extension.is_ours]


@understood
def _all(azure: AzureClient, cluster: ClusterId) -> list[Extension]:
    """Those of every type; NotFound if there is no such cluster."""
    try:
        found = Pages(azure.cloud).all(azure.extensions.list(*address(cluster)))
    except HttpResponseError as error:
        if error.status_code == 404:
            from azext_amlarc.azure import clusters

            clusters.read(azure, cluster)  # raises our own message about what is missing
        raise
    return [from_sdk(item, cluster) for item in found]


@understood
def install_states(azure: AzureClient, cluster: ClusterId) -> dict[str, str]:
    """The installState of each extension of our type by name; one request for each page, without the SDK."""
    return {
        str(item.get("name")): install_state_of(str(item["properties"].get("provisioningState") or ""))
        for item in answers(azure, cluster)
    }


@understood
def answers(azure: AzureClient, cluster: ClusterId) -> list[dict[str, Any]]:
    """The extensions of our type as Azure returns them; one request for each page, without the SDK."""
    found = azure.get_all(f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensions")
    return [item for item in found if str((item.get("properties") or {}).get("extensionType")).lower() == TYPE]


def address(cluster: ClusterId) -> tuple[str, str, str, str]:
    """A cluster as the arguments of the SDK's operations on extensions."""
    return cluster.resource_group, cluster.provider, cluster.cluster_type, cluster.name
