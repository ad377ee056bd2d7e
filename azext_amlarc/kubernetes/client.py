"""A connection to a Kubernetes cluster through a kubeconfig, with clear errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

import httpx2
import msgspec
from lightkube import ApiError, Client
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import Cluster as LightkubeCluster
from lightkube.config.models import Context as LightkubeContext
from lightkube.config.models import User
from msgspec import MsgspecError

from azext_amlarc.errors import ArcError, Denied, Garbled, Unreachable
from azext_amlarc.kubernetes import credentials
from azext_amlarc.kubernetes.kubeconfig import Context, fetched_context, read_context
from azext_amlarc.kubernetes.plugin import kubelogin_audience, sign_in
from azext_amlarc.kubernetes.transport import Transport, proxy_to
from azext_amlarc.product.clusters import FIELD_MANAGER
from azext_amlarc.wording import in_line

T = TypeVar("T")


class Unauthorized(Denied):
    """The API server does not accept the credentials (401), whatever it is asked."""


_MOST_SHOWN = 2000  # characters of what a server says
_TIMEOUT = httpx2.Timeout(30, connect=10)  # seconds; a page of 500 objects may take the server a while


@dataclass(frozen=True)
class Kube:
    """A signed-in connection: lightkube's client (thread-safe), the server and the context.

    `http` is a client for responses that lightkube cannot decode (reading.py), through the same transport.
    """

    client: Client
    http: httpx2.Client
    server: str
    context: str

    @property
    def where(self) -> str:
        """Which cluster it is, for the user who is to confirm what happens there."""
        return f"{self.server} (context {self.context})"

    def close(self) -> None:
        """Close the sockets."""
        self.client.close()
        self.http.close()

    @contextmanager
    def asking(self, action: str) -> Iterator[None]:
        """Raise failures inside as Denied, Unreachable or another ArcError; `action` is such as "list nodes"."""
        try:
            yield
        except ApiError as error:
            self._raise_refusal(action, error)
        except httpx2.HTTPStatusError as error:
            raise self.not_an_api_server(f"HTTP status {error.response.status_code}") from error
        except (httpx2.ConnectError, httpx2.TimeoutException, httpx2.ProxyError, httpx2.UnsupportedProtocol) as error:
            raise Unreachable(*_unreachable(self.server, error)) from error
        except httpx2.HTTPError as error:
            raise Garbled(*_unreachable(self.server, error)) from error
        except (MsgspecError, ValueError, RecursionError) as error:
            raise self.not_an_api_server("the response has another format") from error
        except KeyError as error:
            # lightkube reads the Content-Type of an error response without checking that it has one.
            if error.args != ("Content-Type",):
                raise
            raise self.not_an_api_server("the response has no Content-Type") from error

    def found(self, action: str, ask: Callable[[], T]) -> T | None:
        """What the server answers to `ask`, or None if it has no such object (404); failures as in `asking`."""
        with self.asking(action):
            try:
                return ask()
            except ApiError as error:
                if error.status.code != 404:
                    raise
                return None

    @contextmanager
    def recorded(self, add: Callable[[str], None], line: str) -> Iterator[None]:
        """Hand `add` a line for the write inside: as possible if its response was lost, none if it had no effect."""
        where = f"{line} on {self.server}"
        try:
            yield
        except BaseException as error:
            if _may_be_done(error):
                add(f"possibly {where} (the cluster's response was lost)")
            raise
        add(where)

    def _raise_refusal(self, action: str, error: ApiError) -> NoReturn:
        code = error.status.code or error.response.status_code
        reason = in_line(error.status.message or "no reason given", _MOST_SHOWN)
        if code == 401:
            raise Unauthorized(
                f"{self.server} rejected the credentials of the context {self.context!r} (401).",
                "The credentials may have expired: renew the kubeconfig, for example with az aks get-credentials",
            ) from error
        if code == 403:
            fix = "Ask an administrator of the cluster for this permission, or use another context"
            raise Denied(f"No permission to {action} (403): {reason}", fix) from error
        name = in_line(error.status.reason or "", 100)
        raise ArcError(f"The cluster could not {action} ({code}): {reason}", code=name) from error

    def not_an_api_server(self, why: str) -> Garbled:
        """The error for a server that answers as none should."""
        fix = "Check the server in the kubeconfig, and whether a proxy answers instead (NO_PROXY)"
        return Garbled(f"{self.server} does not respond like a Kubernetes API server: {why}.", fix)


def _may_be_done(error: BaseException) -> bool:
    """Whether a write that ended this way may have taken effect: no response, or one that does not tell."""
    cause = error.__cause__
    if isinstance(cause, ApiError):
        return (cause.status.code or cause.response.status_code) >= 500
    return isinstance(error, Garbled | KeyboardInterrupt) or isinstance(cause, httpx2.ReadTimeout | httpx2.WriteTimeout)


def connect(kubeconfig: str | None, context: str | None) -> Kube:
    """A connection to a context of a kubeconfig (see read_context); no request is sent yet.

    InvalidInput if the kubeconfig can't be used, Denied if its sign-in program fails.
    """
    return _connected(read_context(kubeconfig, context))


def connect_fetched(content: bytes, source: str, token_for: Callable[[str], str]) -> Kube:
    """A connection with a kubeconfig in memory; where that signs in with kubelogin, `token_for` does so in its place.

    InvalidInput if the kubeconfig can't be used, Denied if another sign-in program fails.
    """
    found = fetched_context(content, source)
    audience = kubelogin_audience(found.user.plugin) if found.user.needs_plugin else None
    if audience:
        found = replace(found, user=msgspec.structs.replace(found.user, plugin=None, token=token_for(audience)))
    return _connected(found)


def _connected(found: Context) -> Kube:
    if found.user.plugin is not None and found.user.needs_plugin:
        found = replace(found, user=sign_in(found, found.user.plugin))
    server = found.cluster.server or ""
    # Verified by our transport: lightkube would load the system's authorities for nothing.
    config = SingleConfig(found.name, LightkubeContext(found.name), LightkubeCluster(server, insecure=True), User())
    try:
        transport = _transport(found)
        client = Client(config, timeout=_TIMEOUT, field_manager=FIELD_MANAGER, transport=transport)
        http = httpx2.Client(base_url=server, timeout=_TIMEOUT, transport=transport)
        return Kube(client, http, _shown(server), in_line(found.name))
    except (OSError, ValueError, httpx2.InvalidURL) as error:
        reason = str(error)
    # Raised here, since the causing error contains the paths of temporary files.
    raise found.unusable(in_line(reason))


def _transport(context: Context) -> Transport:
    return Transport(
        verify=credentials.tls(context),
        proxy=proxy_to(context.cluster),
        headers=credentials.headers(context),
        server_name=context.cluster.server_name,
    )


def _shown(server: str) -> str:
    """The server's URL for messages: without the password that it may contain."""
    url = httpx2.URL(server)
    return in_line(str(url.copy_with(userinfo=b"")) if url.userinfo else server)


def _unreachable(server: str, error: httpx2.HTTPError) -> tuple[str, str]:
    reason = in_line(str(error) or type(error).__name__, _MOST_SHOWN)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        fix = "The kubeconfig's certificate authority is not the server's: get a new kubeconfig"
    elif isinstance(error, httpx2.UnsupportedProtocol):
        fix = "Set the kubeconfig's server to https://HOST:PORT"
    else:
        fix = "Check that the cluster is running and reachable from here (VPN, proxy, authorized IP ranges)"
    return f"{server} cannot be reached: {reason}.", fix
