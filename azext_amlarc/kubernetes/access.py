"""Opens the cluster of a kubeconfig once for each command, since that runs the kubeconfig's sign-in program."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from azext_amlarc.errors import Denied

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.client import Kube


class Fetched(NamedTuple):
    """A kubeconfig that is no file, where it is from, and what gets tokens in place of kubelogin; all of it secret."""

    content: bytes
    source: str
    token_for: Callable[[str], str]

    def __repr__(self) -> str:
        return f"Fetched({self.source!r})"


class KubeAccess:
    """A kubeconfig and a context in it (None for the default), passed to everything that needs the cluster.

    With `fetch` it is that kubeconfig, got when the cluster is first needed and kept in memory.
    """

    def __init__(self, kubeconfig: str | None, context: str | None, fetch: Callable[[], Fetched] | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._fetch = fetch
        self._opened: Kube | None = None
        self._denied: Denied | None = None

    def read(self) -> None:
        """Read the kubeconfig without signing in; InvalidInput if it can't be used."""
        from azext_amlarc.kubernetes.kubeconfig import read_context

        if self._opened is None and self._fetch is None:
            read_context(self._kubeconfig, self._context)

    def open(self) -> "Kube":
        """The connection; InvalidInput if the kubeconfig can't be used, Denied if its sign-in program fails."""
        if self._denied:
            raise self._denied
        if self._opened is None:
            try:
                self._opened = self._connected()
            except Denied as error:
                self._denied = error
                raise
        return self._opened

    def _connected(self) -> "Kube":
        from azext_amlarc.kubernetes.client import connect, connect_fetched

        return connect_fetched(*self._fetch()) if self._fetch else connect(self._kubeconfig, self._context)

    def __enter__(self) -> "KubeAccess":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one; it is opened again where it is needed again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()


def named(kubeconfig: str | None, context: str | None) -> KubeAccess | None:
    """Access to the named cluster; None if neither is given, since the default kubeconfig may be another cluster's."""
    return KubeAccess(kubeconfig, context) if kubeconfig or context else None
