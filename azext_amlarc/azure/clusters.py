"""Kubernetes clusters: connected through Azure Arc, or AKS."""

from base64 import b64decode
from collections.abc import Mapping

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import envelope
from azext_amlarc.azure.connection.client import AzureClient, or_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.errors import NotFound
from azext_amlarc.product.clusters import CONNECTED, PROVIDERS
from azext_amlarc.resources.cluster import Cluster, from_answer
from azext_amlarc.resources.ids import ClusterId, group_id


@understood
def read(azure: AzureClient, cluster_id: ClusterId) -> Cluster:
    """The cluster, one request; NotFound, with a fix, if it does not exist."""
    with or_missing(cluster_id.resource_group, _missing(cluster_id)):
        found = azure.get(str(cluster_id))
    return from_answer(found, ClusterId.parse(_canonical(found.get("id"), cluster_id)))


@understood
def find(azure: AzureClient, cluster_id: ClusterId) -> tuple[Cluster, Mapping[str, str]] | None:
    """The cluster and its tags, one request; None only if Azure says that there is no such cluster.

    A subscription that is not found may be one that the login may not see.
    """
    try:
        answer = azure.get(str(cluster_id))
    except HttpResponseError as error:
        if error.status_code == 404 and envelope(error).code in ("ResourceNotFound", "ResourceGroupNotFound"):
            return None
        raise
    return from_answer(answer, cluster_id), answer.get("tags") or {}


@understood
def list_all(azure: AzureClient, cluster_type: str, resource_group: str | None = None) -> list[Cluster]:
    """The clusters of one type in the subscription, or in one resource group; one request for each page."""
    scope = group_id(azure.subscription_id, resource_group)
    found = azure.get_all(f"{scope}/providers/{PROVIDERS[cluster_type]}/{cluster_type}")
    return [from_answer(item, ClusterId.parse(str(item.get("id")))) for item in found]


@understood
def user_kubeconfig(azure: AzureClient, cluster_id: ClusterId) -> bytes:
    """The kubeconfig of an AKS cluster for the signed-in principal, as `az aks get-credentials` reads it; a secret."""
    found = azure.post(f"{cluster_id}/listClusterUserCredential", format="exec")
    return b64decode(found["kubeconfigs"][0]["value"], validate=True)


def _canonical(found: str | None, asked: ClusterId) -> str:
    """Azure's spelling of the id, whatever case the user typed: names of other resources are derived from it."""
    return found if found and asked.same_as(found) else str(asked)


def _missing(cluster_id: ClusterId) -> NotFound:
    group = cluster_id.resource_group
    if cluster_id.cluster_type == CONNECTED:
        return NotFound(
            f"There is no Azure Arc-enabled cluster {cluster_id.name!r} in the resource group {group!r}.",
            f"Connect it: az connectedk8s connect -n {cluster_id.name} -g {group}; "
            "if it is an AKS cluster, add -t managedClusters.",
        )
    return NotFound(
        f"There is no AKS cluster {cluster_id.name!r} in the resource group {group!r}.",
        "If it is connected through Azure Arc, add -t connectedClusters.",
    )
