"""Access to an AKS cluster with the credentials that Azure has for it, not a kubeconfig; they stay in memory."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from azure.core.exceptions import AzureError

from azext_amlarc.azure.clusters import user_kubeconfig
from azext_amlarc.azure.connection.answers import explained
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import Denied
from azext_amlarc.kubernetes.access import Fetched, KubeAccess
from azext_amlarc.product.steps import command
from azext_amlarc.resources.ids import ClusterId

Connected = Callable[[], AbstractContextManager[AzureClient]]

_ROLE = "Azure Kubernetes Service Cluster User Role"


def access_with_credentials(
    cluster: ClusterId, connected: Connected, of_the_login: tuple[type[Exception], ...] = ()
) -> KubeAccess:
    """Access that asks Azure once the cluster is needed; Denied, then, if Azure does not give the credentials.

    `of_the_login` is what a login may raise besides Azure's errors.
    """
    return KubeAccess(None, None, partial(_fetch, cluster, connected, (AzureError, OSError, *of_the_login)))


def _fetch(cluster: ClusterId, connected: Connected, refusals: tuple[type[Exception], ...]) -> Fetched:
    """The credentials, one request; Denied if Azure does not give them."""
    source = f"the AKS cluster {cluster.name}"
    try:
        with connected() as azure:
            return Fetched(user_kubeconfig(azure, cluster), source, partial(_token, cluster, connected, refusals))
    except AzureError as error:
        template = "az role assignment create --role {role} --assignee WHO --scope {scope}"
        give = command(template, role=_ROLE, scope=str(cluster))
        fix = f"This takes the role {_ROLE}: {give.text}"
        raise Denied(f"Azure does not give the credentials of {source}: {explained(error)}", fix) from error


def _token(cluster: ClusterId, connected: Connected, refusals: tuple[type[Exception], ...], audience: str) -> str:
    """What kubelogin would get with `--login azurecli`; Denied if there is none."""
    try:
        with connected() as azure:
            return azure.token_for(audience)
    except refusals as error:
        reason = str(error).partition("\n")[0]
        message = f"There is no token for the AKS cluster {cluster.name}: {reason}"
        raise Denied(message, "Sign in again: az login") from error
