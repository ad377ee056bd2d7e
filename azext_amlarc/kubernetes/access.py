"""The cluster that a kubeconfig leads to, opened once a command: opening it runs the kubeconfig's sign-in program."""

from typing import TYPE_CHECKING

from azext_amlarc.errors import Denied

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.client import Kube


class KubeAccess:
    """A kubeconfig and a context in it (None for the usual one), handed to whatever needs the cluster."""

    def __init__(self, kubeconfig: str | None, context: str | None) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._opened: Kube | None = None
        self._denied: Denied | None = None

    def read(self) -> None:
        """Read the kubeconfig; InvalidInput if it is of no use. Nobody is signed in."""
        from azext_amlarc.kubernetes.kubeconfig import read_context

        if self._opened is None:
            read_context(self._kubeconfig, self._context)

    def open(self) -> "Kube":
        """The connection; InvalidInput for a kubeconfig that can't be used, Denied if its sign-in program fails."""
        from azext_amlarc.kubernetes.client import connect

        if self._denied:
            raise self._denied
        if self._opened is None:
            try:
                self._opened = connect(self._kubeconfig, self._context)
            except Denied as error:
                self._denied = error
                raise
        return self._opened

    def __enter__(self) -> "KubeAccess":
        return self

    def __exit__(self, *exc: object) -> None:
        if self._opened is not None:
            self._opened.close()


def named(kubeconfig: str | None, context: str | None) -> KubeAccess | None:
    """The access that was asked for; None if neither was named, since the usual kubeconfig may be another cluster's."""
    return KubeAccess(kubeconfig, context) if kubeconfig or context else None
