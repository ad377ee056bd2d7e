"""Connects to Azure Resource Manager, and implements the Python API's side of the workflows (Door)."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding
from azext_amlarc.sdk import clouds
from azext_amlarc.sdk.arguments import FLAG, TEXT, path_of, stop_at_types
from azext_amlarc.sdk.watching import PrintingWatcher, log, logger
from azext_amlarc.workflows import login

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.resources.ids import ClusterId

DEFAULT_TIMEOUT = 3600.0  # seconds; an installation takes ten minutes, a slow one thirty


def connect(subscription_id: str, credential: TokenCredential | None, cloud: str | None) -> AzureClient:
    """A connection to a subscription; by default with azure-identity's DefaultAzureCredential."""
    stop_at_types(TEXT, cloud=cloud)
    found = clouds.find(cloud)
    credential = credential or clouds.default_credential(found)
    return AzureClient(
        Cloud(found.endpoint, found.scopes, found.hosts), credential, subscription_id, user_agent="amlarc-python"
    )


class ClusterLogin(NamedTuple):
    """How to reach the cluster itself: a kubeconfig and a context in it, or Azure's credentials for an AKS cluster."""

    kubeconfig: str | None = None
    context: str | None = None
    get_credentials: bool = False

    @classmethod
    def given(
        cls, kubeconfig: str | os.PathLike[str] | None, context: str | None, get_credentials: bool
    ) -> "ClusterLogin":
        """The same from parameters; InvalidInput for those of another type."""
        stop_at_types(TEXT, context=context)
        stop_at_types(FLAG, get_credentials=get_credentials)
        return cls(path_of(kubeconfig, "kubeconfig"), context, get_credentials)

    def stop_without_cluster(self, writes: Sequence[str]) -> None:
        """InvalidInput for parameters that write to the cluster while nothing leads to it.

        Nobody confirms the server of the default kubeconfig here, so it is not used.
        """
        if writes and self == ClusterLogin():
            verb = "changes" if len(writes) == 1 else "change"
            raise InvalidInput(
                f"{' and '.join(writes)} {verb} the cluster itself.",
                "Pass kubeconfig, context, or for AKS get_credentials=True.",
            )

    def access_to(self, cluster: "ClusterId | None", azure: Callable[[], AzureClient]) -> "KubeAccess | None":
        """Access; None if nothing leads to the cluster. InvalidInput for what contradicts itself."""
        if not self.get_credentials:
            from azext_amlarc.kubernetes import access

            return access.named(self.kubeconfig, self.context)
        if self.kubeconfig or self.context:
            raise InvalidInput("get_credentials and kubeconfig cannot be used together.", "Pass one of them.")
        from azext_amlarc.product.clusters import MANAGED
        from azext_amlarc.workflows.credentials import access_with_credentials

        if cluster is None or cluster.cluster_type != MANAGED:
            raise InvalidInput("get_credentials is for AKS clusters.", _proxy(cluster))
        return access_with_credentials(cluster, lambda: nullcontext(azure()))


def _proxy(cluster: "ClusterId | None") -> str:
    from azext_amlarc.resources.advice import proxy_to

    if cluster is None:
        return "Pass a kubeconfig."
    return f"For a connected cluster, let this run beside it and pass its file as kubeconfig: {proxy_to(cluster).text}"


class PythonDoor:
    """The Python API's side of the workflows: a log, and a credential whose account name is unknown."""

    def __init__(self, *, confirmed: bool = False) -> None:
        """`confirmed` answers what the command line asks."""
        self.watcher = PrintingWatcher()
        self._confirmed = confirmed

    def show(self, findings: Iterable[Finding]) -> None:
        log(findings)

    def warn(self, text: str) -> None:
        logger.warning("%s", text)

    def confirm(self, consequences: str, question: str = "") -> None:
        if not self._confirmed:
            raise InvalidInput(consequences or question, "Pass yes=True if that is what you want.")
        self.warn(consequences)

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        try:
            azure.sign_in()
        except ClientAuthenticationError as error:
            return False, login.refused(f"Azure does not accept the credential: {error.message.splitlines()[0]}")
        except OSError as error:
            return False, login.unknown(f"Azure could not be reached: {error}")
        return True, login.accepted("the credential's account")


@contextmanager
def closing_if_it_fails(kube: "KubeAccess | None") -> Iterator[None]:
    """Close the connection to the cluster on an error; otherwise it is still needed, until a wait has ended."""
    try:
        yield
    except BaseException:
        if kube:
            kube.close()
        raise


@contextmanager
def writing(
    azure: AzureClient, timeout: float, *, registers: bool, confirmed: bool = False
) -> Iterator[tuple[AzureClient, PythonDoor]]:
    """The connection and the door for work that writes; `registers` is AzureClient's, `confirmed` is PythonDoor's.

    An error or interruption inside gets a note of what has been written so far.
    """
    door = PythonDoor(confirmed=confirmed)
    writer = azure.with_options(watcher=door.watcher, registers=registers, timeout=timeout)
    try:
        yield writer, door
    except BaseException as error:
        if writer.writes.lines:
            error.add_note(f"{writer.writes} Repeat the call to continue.")
        raise
