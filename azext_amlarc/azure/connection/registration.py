"""Resource providers: registered when a write needs one that is not, which is said, and done once."""

import json
import re
import time
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import HTTPPolicy

from azext_amlarc.errors import Refused, StillRunning
from azext_amlarc.resources.ids import group_id

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.azure.connection.waiting import Watcher

_API_VERSION = "2021-04-01"
_UNREGISTERED = "MissingSubscriptionRegistration"


class RegistrationPolicy(HTTPPolicy[Any, Any]):
    """Where Azure refuses a request for an unregistered provider, register that and send the request again.

    In place of the SDKs' own policy, which polls without end and says nothing. Only while `arm.registrar` is set: a
    command that only reads must not write.
    """

    def __init__(self, azure: "AzureClient") -> None:
        super().__init__()
        self._azure = azure

    def send(self, request: Any) -> Any:
        response = self.next.send(request)
        provider = unregistered_provider(response.http_response) if self._azure.registrar else None
        if provider and self._azure.registrar:
            register(self._azure, provider, self._azure.registrar)
            response = self.next.send(request)
        return response


def unregistered_provider(response: Any) -> str | None:
    """The provider that a 409 names as not registered; None for any other answer."""
    if response.status_code != 409:
        return None
    try:
        error = json.loads(response.text())["error"]
        found = re.search(r"namespace '([^']+)'", error["message"]) if error["code"] == _UNREGISTERED else None
    except (ValueError, KeyError, TypeError):
        return None
    return found[1] if found else None


def register(azure: "AzureClient", provider: str, watcher: "Watcher") -> None:
    """Register the provider unless somebody is at it already, and wait until it is usable.

    Refused, with the command for an administrator, where the right to do so is missing.
    """
    address = f"{group_id(azure.subscription_id)}/providers/{provider}"
    command = f"az provider register -n {provider} --wait --subscription {azure.subscription_id}"
    if _state(azure, address) not in {"Registered", "Registering"}:
        watcher.tell(f"Registering the resource provider {provider}, once for this subscription")
        try:
            azure.post(f"{address}/register", _API_VERSION)
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            raise Refused(
                f"The resource provider {provider} is not registered, and you may not register it.",
                f"Ask an administrator of the subscription to run: {command}",
                "AuthorizationFailed",
            ) from error
    _wait(azure, address, provider, command, watcher)


def _wait(azure: "AzureClient", address: str, provider: str, command: str, watcher: "Watcher") -> None:
    began, pause = time.monotonic(), 1.0
    while (state := _state(azure, address)) != "Registered":
        elapsed = time.monotonic() - began
        watcher.seen(f"{provider} is {state}", elapsed)
        if elapsed > azure.patience:
            raise StillRunning(f"{provider} is still {state} after {elapsed:.0f} s.", f"Follow it: {command}")
        watcher.rest(pause)
        pause = min(pause * 1.5, 10.0)


def _state(azure: "AzureClient", address: str) -> str:
    return str(azure.get(address, _API_VERSION).get("registrationState", ""))
