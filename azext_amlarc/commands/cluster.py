"""`az ml arc cluster`: the Kubernetes clusters that could be attached."""

from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.connection import connected, subscription_id

if TYPE_CHECKING:
    from azext_amlarc.arm.clients import Arm
    from azext_amlarc.arm.compute import WorkspaceId
    from azext_amlarc.arm.inventory import ListedCluster


def list_all(
    cmd: Any,
    resource_group_name: str | None = None,
    workspace_name: str | None = None,
    workspace_group: str | None = None,
) -> "list[ListedCluster]":
    """List the connected and managed clusters of the subscription, with what decides whether they can be attached."""
    from knack.log import get_logger

    from azext_amlarc.arm import inventory

    with connected(cmd) as arm:
        workspace = _workspace(cmd, arm, workspace_name, workspace_group or resource_group_name)
        found = inventory.take(arm, resource_group_name, workspace)
    for warning in found.warnings:
        get_logger(__name__).warning("%s", warning)
    return found.clusters


def _workspace(cmd: Any, arm: "Arm", name: str | None, resource_group: str | None) -> "WorkspaceId | None":
    """The workspace that the options name: without a group, the one of that name in the subscription."""
    from azext_amlarc.arm import workspaces
    from azext_amlarc.arm.compute import WorkspaceId

    if name is None:
        return None
    return WorkspaceId(subscription_id(cmd), resource_group, name) if resource_group else workspaces.find(arm, name)
