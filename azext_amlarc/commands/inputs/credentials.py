"""Access to the cluster itself: through a kubeconfig, or with the credentials that Azure has for an AKS cluster."""

from functools import partial
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected
from azext_amlarc.commands.inputs.targets import cluster_of

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess


def access_to(
    cmd: Any, kubeconfig: str | None, context: str | None, get_credentials: bool, *cluster: Any
) -> "KubeAccess | None":
    """Access as the options name it, None if they name none; `cluster` is named as for `cluster_of`."""
    if get_credentials:
        from knack.util import CLIError

        from azext_amlarc.workflows.credentials import access_with_credentials

        cluster_id = cluster_of(cmd, *cluster)
        return access_with_credentials(cluster_id, partial(connected, cmd, cluster_id.subscription_id), (CLIError,))
    from azext_amlarc.kubernetes import access

    return access.named(kubeconfig, context)


def for_changes(kube: "KubeAccess | None", changes: bool) -> "KubeAccess | None":
    """The same; what changes the cluster may use the default kubeconfig too, since the user confirms its server."""
    from azext_amlarc.kubernetes.access import KubeAccess

    return kube or (KubeAccess(None, None) if changes else None)
