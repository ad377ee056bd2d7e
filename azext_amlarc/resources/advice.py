"""The names that advice fills in, from the ids of what failed."""

from azext_amlarc.product.extension import DEFAULT_NAME, DEFAULT_NAMESPACE
from azext_amlarc.product.known_errors import Names
from azext_amlarc.product.steps import Command, command
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId


def names_of_target(target: Target) -> Names:
    """What the user named; placeholders for what they did not."""
    found = Names(compute=target.compute) if target.compute else Names()
    if target.cluster:
        found = _with_cluster(found, target.cluster)
    return found._replace(workspace=tuple(target.workspace.options)) if target.workspace else found


def names_of_extension(cluster: ClusterId, extension: str = DEFAULT_NAME) -> Names:
    """The extension of that name on this cluster."""
    return _with_cluster(Names(extension=extension), cluster)


def names_of_compute(workspace: WorkspaceId, compute: Compute) -> Names:
    """The compute target, and the cluster that it is on."""
    cluster = ClusterId.find(compute.resource_id)
    found = Names(
        workspace=tuple(workspace.options), compute=compute.name, namespace=compute.namespace or DEFAULT_NAMESPACE
    )
    return _with_cluster(found, cluster) if cluster else found


def _with_cluster(names: Names, cluster: ClusterId) -> Names:
    return names._replace(
        cluster=tuple(cluster.options), azure_cluster=tuple(cluster.azure_options), cluster_type=cluster.cluster_type
    )


def proxy_to(cluster: ClusterId) -> Command:
    """What makes a kubeconfig for a connected cluster, and takes requests to it for as long as it runs."""
    file = f"{cluster.name}.kubeconfig"
    return command("az connectedk8s proxy {cluster} --file {file}", cluster=cluster.azure_options, file=file)
