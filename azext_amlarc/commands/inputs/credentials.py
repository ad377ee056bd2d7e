"""Access to the cluster itself: through a kubeconfig, or with the credentials that Azure has for an AKS cluster."""

from functools import partial
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected
from azext_amlarc.commands.inputs.targets import cluster_of

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import Fetched, KubeAccess
    from azext_amlarc.resources.ids import ClusterId

_ROLE = "Azure Kubernetes Service Cluster User Role"


def access_to(
    cmd: Any, kubeconfig: str | None, context: str | None, get_credentials: bool, *cluster: Any
) -> "KubeAccess | None":
    """Access as the options name it, None if they name none; `cluster` is named as for `cluster_of`."""
    from azext_amlarc.kubernetes import access

    if get_credentials:
        return access.KubeAccess(None, None, partial(_fetch, cmd, cluster_of(cmd, *cluster)))
    return access.named(kubeconfig, context)


def for_changes(kube: "KubeAccess | None", changes: bool) -> "KubeAccess | None":
    """The same where the cluster changes: that may use the default kubeconfig, since the user confirms its server."""
    from azext_amlarc.kubernetes.access import KubeAccess

    return kube or (KubeAccess(None, None) if changes else None)


def _fetch(cmd: Any, cluster_id: "ClusterId") -> "Fetched":
    """The credentials, one request; Denied if Azure does not give them."""
    from azure.core.exceptions import AzureError

    from azext_amlarc.azure.clusters import user_kubeconfig
    from azext_amlarc.azure.connection.answers import explained
    from azext_amlarc.errors import Denied
    from azext_amlarc.kubernetes.access import Fetched
    from azext_amlarc.product.steps import command

    source = f"the AKS cluster {cluster_id.name}"
    try:
        with connected(cmd, cluster_id.subscription_id) as azure:
            return Fetched(user_kubeconfig(azure, cluster_id), source, partial(_token, cmd, cluster_id))
    except AzureError as error:
        template = "az role assignment create --role {role} --assignee WHO --scope {scope}"
        give = command(template, role=_ROLE, scope=str(cluster_id))
        fix = f"This takes the role {_ROLE}: {give.text}"
        raise Denied(f"Azure does not give the credentials of {source}: {explained(error)}", fix) from error


def _token(cmd: Any, cluster_id: "ClusterId", audience: str) -> str:
    """What kubelogin would get with `--login azurecli`; Denied if there is none."""
    from azure.core.exceptions import AzureError
    from knack.util import CLIError

    from azext_amlarc.errors import Denied

    try:
        with connected(cmd, cluster_id.subscription_id) as azure:
            return azure.token_for(audience)
    except (AzureError, CLIError, OSError) as error:
        reason = str(error).partition("\n")[0]
        message = f"There is no token for the AKS cluster {cluster_id.name}: {reason}"
        raise Denied(message, "Sign in again: az login") from error
