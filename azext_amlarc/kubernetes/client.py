"""A connection to a Kubernetes cluster through a kubeconfig, with clear errors."""

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


FIELD_MANAGER = "amlarc"  # our name in the objects' managedFields
_TIMEOUT = httpx2.Timeout(30, connect=10)  # seconds; a page of 500 objects may take the server a while


@dataclass(frozen=True)
class Kube:
    """A signed-in connection: lightkube's client (thread-safe), the server and the context.

    `http` is a client for responses that lightkube cannot decode (reading.py).
    """

    client: Client
    http: httpx2.Client
    server: str
    context: str

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
            raise self._not_an_api_server(f"HTTP status {error.response.status_code}") from error
        except httpx2.HTTPError as error:
            raise Unreachable(*_unreachable(self.server, error)) from error
        except MsgspecError as error:
            raise self._not_an_api_server("the response has another format") from error
        except KeyError as error:
            # lightkube reads the Content-Type of an error response without checking that it has one.
            if error.args != ("Content-Type",):
                raise
            raise self._not_an_api_server("the response has no Content-Type") from error

    def _raise_refusal(self, action: str, error: ApiError) -> NoReturn:
        code, reason = error.status.code or error.response.status_code, error.status.message or "no reason given"
        if code == 401:
            raise Unauthorized(
                f"{self.server} rejected the credentials of the context {self.context!r} (401).",
                "The credentials may have expired: renew the kubeconfig, for example with az aks get-credentials",
            ) from error
        if code == 403:
            fix = "Ask an administrator of the cluster for this permission, or use another context"
            raise Denied(f"No permission to {action} (403): {reason}", fix) from error
        raise ArcError(f"The cluster could not {action} ({code}): {reason}", code=error.status.reason or "") from error

    def _not_an_api_server(self, why: str) -> Unreachable:
        fix = "Check the server in the kubeconfig, and whether a proxy answers instead (NO_PROXY)"
        return Unreachable(f"{self.server} does not respond like a Kubernetes API server: {why}.", fix)


def connect(kubeconfig: str | None, context: str | None) -> Kube:
    """Sign in with a kubeconfig's context (see read_context), without sending a request to the server.

    InvalidInput if the kubeconfig can't be used; Denied if its sign-in program fails.
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
    # Outside the except block: the error keeps alive the temporary file that lightkube wrote the key to.
    raise _unusable(found, reason)


def _unusable(context: Context, reason: str) -> InvalidInput:
    return InvalidInput(
        f"{context.source}: the context {context.name!r} cannot be used: {reason}.",
        "Check its certificates, keys and files, or create a new one: az aks get-credentials -n CLUSTER -g GROUP",
    )


def _unreachable(server: str, error: httpx2.HTTPError) -> tuple[str, str]:
    reason = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        fix = "The kubeconfig's certificate authority is not the server's: get a new kubeconfig"
    elif isinstance(error, httpx2.UnsupportedProtocol):
        fix = "Set the kubeconfig's server to https://HOST:PORT"
    else:
        fix = "Check that the cluster is running and reachable from here (VPN, proxy, authorized IP ranges)"
    return f"{server} cannot be reached: {reason}.", fix
