"""`az ml arc cluster`: the Kubernetes clusters that can be attached."""

from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected, subscription_id
from azext_amlarc.wording import legible

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.resources.ids import WorkspaceId
    from azext_amlarc.workflows.inventory import ListedCluster


def list_all(
    cmd: Any,
    resource_group_name: str | None = None,
    workspace_name: str | None = None,
    workspace_group: str | None = None,
) -> "list[ListedCluster]":
    """List the connected and managed clusters of the subscription, and whether they can be attached."""
    from knack.log import get_logger

    from azext_amlarc.workflows import inventory

    with connected(cmd) as azure:
        workspace = _workspace(cmd, azure, workspace_name, workspace_group or resource_group_name)
        found = inventory.take(azure, resource_group_name, workspace)
    for warning in found.warnings:
        get_logger(__name__).warning("%s", legible(warning))
    return found.clusters


def _workspace(cmd: Any, azure: "AzureClient", name: str | None, resource_group: str | None) -> "WorkspaceId | None":
    """The workspace that the options name; without a group, the one with that name in the subscription."""
    from azext_amlarc.azure import workspaces
    from azext_amlarc.resources.ids import WorkspaceId

    if name is None:
        return None
    return WorkspaceId(subscription_id(cmd), resource_group, name) if resource_group else workspaces.find(azure, name)
