"""Tab completion: settings come from the catalogue, without a request; names from Azure, with one list request.

Completion shows no errors: if Azure does not answer within seconds, nothing is offered.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from azure.cli.core.decorators import Completer

from azext_amlarc.commands.az.connection import connected

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.product.catalogue import Record
    from azext_amlarc.resources.ids import ClusterId


def _offline(find: Callable[[str], Iterable[str]]) -> Any:
    """A completer that needs only the prefix."""
    return Completer(lambda _cmd, prefix, _namespace: list(find(prefix)))


@_offline
def plain_settings(prefix: str) -> list[str]:
    """Settings as key=value."""
    from azext_amlarc.product import catalogue

    return pairs([record for record in catalogue.records().values() if not record.protected], prefix)


@_offline
def protected_settings(prefix: str) -> list[str]:
    """Protected settings as key=value."""
    from azext_amlarc.product import catalogue

    return pairs([record for record in catalogue.records().values() if record.protected], prefix)


@_offline
def setting_keys(_prefix: str) -> Iterable[str]:
    """The keys of all documented settings."""
    from azext_amlarc.product import catalogue

    return catalogue.records()


@_offline
def release_trains(_prefix: str) -> tuple[str, ...]:
    """The release trains that Azure's documents name."""
    from azext_amlarc.product.extension import RELEASE_TRAINS

    return RELEASE_TRAINS


@_offline
def checks(_prefix: str) -> tuple[str, ...]:
    """The groups of checks, and the ids of checks."""
    from azext_amlarc.checks import table

    return (*table.GROUPS, *table.IDS)


def pairs(records: "Iterable[Record]", prefix: str) -> list[str]:
    """`key=` for each current setting with this prefix; for a single one, `key=value` for each known value.

    Families such as nodeSelector.<label> are left out: a shell would end the word after their fixed part.
    """
    key = prefix.partition("=")[0].lower()
    current = [record for record in records if record.status == "current" and not record.prefix]
    meant = [record for record in current if record.key.lower() == key] if "=" in prefix else []
    meant = meant or [record for record in current if record.key.lower().startswith(key)]
    if len(meant) > 1:
        return [f"{record.key}=" for record in meant]
    return [f"{record.key}={value}" for record in meant for value in record.choices or ("",)]


def _of_azure(find: "Callable[[AzureClient, Any], Iterable[str]]") -> Any:
    """A completer that sends a request to Azure, in the subscription given on the command line."""

    def complete(cmd: Any, _prefix: str, namespace: Any) -> list[str]:
        from azure.core.exceptions import AzureError
        from knack.util import CLIError

        from azext_amlarc.errors import ArcError

        try:
            with connected(cmd, getattr(namespace, "_subscription", None), once=True) as azure:
                return list(find(azure, namespace))
        except (AzureError, ArcError, CLIError, OSError):
            return []

    return Completer(complete)


@_of_azure
def cluster_names(azure: "AzureClient", namespace: Any) -> list[str]:
    """The clusters of the type and in the resource group given so far."""
    from azext_amlarc.azure import clusters
    from azext_amlarc.product.clusters import CONNECTED

    kind = getattr(namespace, "cluster_type", None) or CONNECTED
    group = getattr(namespace, "resource_group_name", None)
    return [cluster.id.name for cluster in clusters.list_all(azure, str(kind), group)]


@_of_azure
def cluster_ids(azure: "AzureClient", namespace: Any) -> list[str]:
    """The resource ids of the clusters of the type given so far."""
    from azext_amlarc.azure import clusters
    from azext_amlarc.product.clusters import CONNECTED

    kind = getattr(namespace, "cluster_type", None) or CONNECTED
    return [str(cluster.id) for cluster in clusters.list_all(azure, str(kind))]


@_of_azure
def workspace_names(azure: "AzureClient", namespace: Any) -> list[str]:
    """The workspaces in the resource group given so far, or in the subscription."""
    from azext_amlarc.azure import workspaces

    return [workspace.id.name for workspace in workspaces.list_all(azure, _workspace_group(namespace))]


@_of_azure
def compute_names(azure: "AzureClient", namespace: Any) -> list[str]:
    """The workspace's compute targets on clusters, once the workspace and its group have been given."""
    from azext_amlarc.azure.compute.lookup import names_by_cluster
    from azext_amlarc.resources.ids import WorkspaceId

    group, workspace = _workspace_group(namespace), getattr(namespace, "workspace_name", None)
    if not (group and workspace):
        return []
    by_cluster = names_by_cluster(azure, WorkspaceId(azure.subscription_id, group, workspace))
    return [name for names in by_cluster.values() for name in names]


@_of_azure
def extension_names(azure: "AzureClient", namespace: Any) -> list[str]:
    """The extensions of our type on the cluster, once the cluster and its group have been given."""
    from azext_amlarc.azure.extension import lookup as extension

    cluster_id = _cluster(azure, namespace)
    return list(extension.install_states(azure, cluster_id)) if cluster_id else []


@_of_azure
def versions(azure: "AzureClient", namespace: Any) -> Iterable[str]:
    """The versions of the release train given so far, or of stable, once the cluster and its group have been given."""
    from azext_amlarc.azure.extension import releases
    from azext_amlarc.product.extension import DEFAULT_TRAIN

    cluster_id = _cluster(azure, namespace)
    return releases.versions(azure, cluster_id, namespace.release_train or DEFAULT_TRAIN) if cluster_id else ()


def _cluster(azure: "AzureClient", namespace: Any) -> "ClusterId | None":
    from azext_amlarc.product.clusters import CONNECTED
    from azext_amlarc.resources.ids import ClusterId

    if namespace.resource_id:
        return ClusterId.parse(namespace.resource_id)
    if not (namespace.cluster_name and namespace.resource_group_name):
        return None
    kind = str(namespace.cluster_type or CONNECTED)
    return ClusterId(azure.subscription_id, namespace.resource_group_name, kind, namespace.cluster_name)


def _workspace_group(namespace: Any) -> str | None:
    return getattr(namespace, "workspace_group", None) or getattr(namespace, "resource_group_name", None)
