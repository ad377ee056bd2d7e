"""The cluster, workspace and compute target that the options name."""

from typing import TYPE_CHECKING, Any, NamedTuple

from azext_amlarc.commands.az.connection import active_subscription, subscription_id

if TYPE_CHECKING:
    from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId


class Given(NamedTuple):
    """Name, workspace, cluster and configuration as given to `attach`; None for what was not given."""

    name: str | None
    workspace_name: str | None
    workspace_group: str | None
    resource_group_name: str | None
    cluster_name: str | None
    cluster_type: str | None
    resource_id: str | None
    config: str | None

    @property
    def cluster(self) -> tuple[str | None, str | None, str, str | None]:
        """The cluster as `cluster_of` takes it."""
        return self.resource_group_name, self.cluster_name, self.type_of_cluster, self.resource_id

    @property
    def type_of_cluster(self) -> str:
        return self.cluster_type or "connectedClusters"


def cluster_of(
    cmd: Any, resource_group: str | None, cluster_name: str | None, cluster_type: str, resource_id: str | None
) -> "ClusterId":
    """The cluster that the options name; `options.validate_cluster` makes sure that they name one."""
    from azext_amlarc.resources import naming
    from azext_amlarc.resources.ids import ClusterId

    if resource_id:
        return naming.cluster_of(resource_id, "--resource-id")
    # az's defaults are a subclass of str, which its output would show as objects: str() removes that.
    return ClusterId(subscription_id(cmd), str(resource_group), str(cluster_type), str(cluster_name))


def workspace_of(cmd: Any, resource_group: str | None, name: str) -> "WorkspaceId":
    """The workspace that the options name."""
    from azext_amlarc.resources.ids import WorkspaceId

    return WorkspaceId(subscription_id(cmd), str(resource_group), name)


def target_of(
    cmd: Any,
    resource_group: str | None,
    cluster_name: str | None,
    cluster_type: str,
    resource_id: str | None,
    *,
    workspace_name: str | None = None,
    workspace_group: str | None = None,
    compute: str | None = None,
) -> "Target":
    """What the options of `check` name; the workspace is in the cluster's group unless it has a group of its own."""
    from azext_amlarc.resources import naming
    from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId

    active = active_subscription(cmd)
    cluster, kind = None, str(cluster_type)
    if resource_id:
        cluster = naming.cluster_of(resource_id, "--resource-id")
        kind = cluster.cluster_type
    elif cluster_name:
        cluster = ClusterId(active, str(resource_group), kind, cluster_name)
    workspace = WorkspaceId(active, str(workspace_group or resource_group), workspace_name) if workspace_name else None
    return Target(cluster.subscription_id if cluster else active, cluster, kind, workspace, compute)
