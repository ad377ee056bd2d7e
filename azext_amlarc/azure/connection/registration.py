"""Registers a resource provider when a write needs it, and announces that."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import HTTPPolicy

from azext_amlarc.azure.connection.reading import content_of
from azext_amlarc.azure.connection.watcher import Deadline, Watcher
from azext_amlarc.errors import Refused, StillRunning
from azext_amlarc.resources.ids import group_id

_API_VERSION = "2021-04-01"
_UNREGISTERED = "MissingSubscriptionRegistration"


class RegistrationPolicy(HTTPPolicy[Any, Any]):  # pylint: disable=too-few-public-methods  # azure-core's interface
    """If Azure refuses a request for an unregistered provider, registers it and sends the request again.

    Replaces the SDKs' own policy, which polls forever and silently. Without `register`, the refusal is passed on: a
    connection that only reads must not write.
    """

    def __init__(self, register: Callable[[str], None] | None) -> None:
        super().__init__()
        self._register = register

    def send(self, request: Any) -> Any:
        response = self.next.send(request)
        provider = unregistered_provider(response.http_response) if self._register else None
        if provider and self._register:
            self._register(provider)
            response = self.next.send(request)
        return response


def unregistered_provider(response: Any) -> str | None:
    """The provider that a 409 response names as not registered; None for any other response."""
    if response.status_code != 409:
        return None
    from azext_amlarc.azure.connection import envelopes

    error = envelopes.read(content_of(response))
    found = re.search(r"namespace '([^']+)'", error.text) if error.code == _UNREGISTERED else None
    return found[1] if found else None


class Registrar(NamedTuple):
    """Registers providers in one subscription, with a connection's `get` and `post`; waits `timeout` seconds."""

    get: Callable[[str, str], dict[str, Any]]
    post: Callable[[str, str], dict[str, Any]]
    subscription_id: str
    watcher: Watcher
    timeout: float

    def register(self, provider: str) -> None:
        """Register the provider, unless that is already in progress, and wait until it is registered.

        Refused, with the command for an administrator, if you lack the permission.
        """
        if self._state(provider) not in {"Registered", "Registering"}:
            self.watcher.tell(f"Registering the resource provider {provider} (needed once per subscription)")
            try:
                self.post(f"{self._address(provider)}/register", _API_VERSION)
            except HttpResponseError as error:
                if error.status_code != 403:
                    raise
                raise Refused(
                    f"The resource provider {provider} is not registered, and you have no permission to register it.",
                    f"Ask an administrator of the subscription to run: {self._command(provider)}",
                    "AuthorizationFailed",
                ) from error
        self._wait(provider)

    def _wait(self, provider: str) -> None:
        deadline, pause = Deadline(self.timeout), 1.0
        while (state := self._state(provider)) != "Registered":
            elapsed = deadline.elapsed
            self.watcher.seen(f"{provider} is {state}", elapsed)
            if deadline.is_over():
                follow = f"To follow it: {self._command(provider)}"
                raise StillRunning(f"{provider} is still {state} after {elapsed:.0f} s.", follow)
            self.watcher.rest(pause)
            deadline.asking()
            pause = min(pause * 1.5, 10.0)

    def _state(self, provider: str) -> str:
        return str(self.get(self._address(provider), _API_VERSION).get("registrationState", ""))

    def _address(self, provider: str) -> str:
        return f"{group_id(self.subscription_id)}/providers/{provider}"

    def _command(self, provider: str) -> str:
        return f"az provider register -n {provider} --wait --subscription {self.subscription_id}"
