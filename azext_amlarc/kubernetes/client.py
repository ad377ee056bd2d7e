"""A connection to a Kubernetes cluster, as its user, and its failures in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import httpx2
from lightkube import ApiError, Client
from lightkube.config import client_adapter
from lightkube.config.models import User
from lightkube.core.exceptions import ConfigError
from msgspec import MsgspecError

from azext_amlarc.errors import ArcError, Denied, InvalidInput, Unreachable
from azext_amlarc.kubernetes.kubeconfig import Context, read_context
from azext_amlarc.kubernetes.plugin import sign_in


class Unauthorized(Denied):
    """The API server does not accept the credentials (401), whatever it is asked."""


FIELD_MANAGER = "amlarc"  # who wrote what, in the objects' managedFields
_TIMEOUT = httpx2.Timeout(30, connect=10)  # seconds; a page of 500 objects may take the server some


@dataclass(frozen=True)
class Kube:
    """A signed-in connection: lightkube's client (safe to use from several threads), the server and the context.

    `http` is the same connection for answers that lightkube has no form for (kube/reading.py).
    """

    client: Client
    http: httpx2.Client
    server: str
    context: str

    def close(self) -> None:
        """Let go of the sockets."""
        self.client.close()
        self.http.close()

    @contextmanager
    def asking(self, action: str) -> Iterator[None]:
        """Failures inside leave as Denied, Unreachable or another ArcError; `action` is such as "list nodes"."""
        try:
            yield
        except ApiError as error:
            self._raise_refusal(action, error)
        except httpx2.HTTPStatusError as error:
            raise self._no_api_server(f"HTTP status {error.response.status_code}") from error
        except httpx2.HTTPError as error:
            raise Unreachable(*_unreachable(self.server, error)) from error
        except MsgspecError as error:
            raise self._no_api_server("another form of answer") from error
        except KeyError as error:
            # lightkube looks for the type of an error's body without asking whether there is one.
            if error.args != ("Content-Type",):
                raise
            raise self._no_api_server("an answer without a type") from error

    def _raise_refusal(self, action: str, error: ApiError) -> NoReturn:
        code, said = error.status.code or error.response.status_code, error.status.message or "no reason was given"
        if code == 401:
            raise Unauthorized(
                f"{self.server} does not know who the context {self.context!r} signs in as (401).",
                "The credentials may have expired: renew the kubeconfig, such as with az aks get-credentials",
            ) from error
        if code == 403:
            fix = "Ask whoever administers the cluster for that right, or use another context"
            raise Denied(f"No right to {action} (403): {said}", fix) from error
        raise ArcError(f"The cluster did not {action} ({code}): {said}", code=error.status.reason or "") from error

    def _no_api_server(self, answered: str) -> Unreachable:
        fix = "See whether the kubeconfig's server is right, and whether a proxy answers in its place (NO_PROXY)"
        return Unreachable(f"{self.server} does not answer as a Kubernetes API server does: {answered}.", fix)


def connect(kubeconfig: str | None, context: str | None) -> Kube:
    """A connection that has sent nothing yet, to the context of a kubeconfig file (read_context says which).

    InvalidInput for a kubeconfig that can't be used; Denied where a sign-in program fails.
    """
    found = read_context(kubeconfig, context)
    user = found.config.user or User()
    if user.exec is not None:
        user = sign_in(found.config, user.exec)
    config = found.config._replace(user=user)
    try:
        client = Client(config, timeout=_TIMEOUT, field_manager=FIELD_MANAGER, proxy=found.proxy)
        http = client_adapter.Client(config, client_adapter.ConnectionParams(timeout=_TIMEOUT, proxy=found.proxy))
    except (ConfigError, OSError, ValueError, TypeError, httpx2.InvalidURL) as error:
        reason = str(error)
    else:
        return Kube(client, http, config.cluster.server, found.name)
    # Not where the error is at hand: it holds the temporary file that lightkube has written the key to.
    raise _unusable(found, reason)


def _unusable(context: Context, reason: str) -> InvalidInput:
    return InvalidInput(
        f"{context.source}: the context {context.name!r} can't be used: {reason}.",
        "See whether its certificates, keys and files are whole; a new one: az aks get-credentials -n CLUSTER -g GROUP",
    )


def _unreachable(server: str, error: httpx2.HTTPError) -> tuple[str, str]:
    reason = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        fix = "The kubeconfig's certificate authority is not the server's: get the kubeconfig again"
    elif isinstance(error, httpx2.UnsupportedProtocol):
        fix = "Write the kubeconfig's server as https://HOST:PORT"
    else:
        fix = "See whether the cluster runs, and whether this machine reaches it (VPN, proxy, authorised IP ranges)"
    return f"{server} can't be reached: {reason}.", fix
