"""Deployment stacks of a subscription: found, written, looked at, and what came of their deployments.

https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-stacks
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import envelope
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.envelopes import Envelope
from azext_amlarc.azure.connection.envelopes import of as error_of
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.retries import WriteTookEffect
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.resources.fleet import OWNER
from azext_amlarc.resources.ids import group_id, name_of
from azext_amlarc.resources.templates import arm

_STACKS = "providers/Microsoft.Resources/deploymentStacks"
_ENDS = {"succeeded", "failed", "canceled"}
# Codes of ARM for a type, or an API version of it, that a cloud does not have.
_NOT_THERE = {"InvalidResourceType", "NoRegisteredProviderFound", "InvalidResourceNamespace"}


class Stack(NamedTuple):
    """A deployment stack as Azure shows it: its state in lower case, and why it failed.

    `deployment_id` is that of its last deployment, empty as long as there is none. `fleet` is the fleet that it says to
    be of in its `tags`, empty for a stack of somebody else's. `deny` is what nobody may do to its resources.
    """

    id: str
    state: str
    location: str
    deployment_id: str
    correlation_id: str
    error: Envelope
    tags: Mapping[str, str] = MappingProxyType({})
    deny: Mapping[str, Any] = MappingProxyType({})

    @property
    def fleet(self) -> str:
        return self.tags.get(OWNER) or ""

    @property
    def is_over(self) -> bool:
        return self.state in _ENDS


class Outcome(NamedTuple):
    """What came of one resource of a deployment: its state in lower case, and why it failed."""

    id: str
    state: str
    error: Envelope


def address(subscription_id: str, name: str) -> str:
    """The id of a subscription's stack."""
    return f"{group_id(subscription_id)}/{_STACKS}/{name}"


@understood
def list_all(azure: AzureClient, prefix: str) -> list[Stack]:
    """The stacks of the subscription whose names begin so, in any letter case; one request a page."""
    found = azure.get_all(address(azure.subscription_id, "").rstrip("/"))
    return [_stack(item) for item in found if name_of(str(item["id"])).lower().startswith(prefix.lower())]


@understood
def read(azure: AzureClient, stack_id: str) -> Stack | None:
    """The stack, or None; one request."""
    found = unless_missing(azure.get, stack_id)
    return _stack(found) if found else None


def write(azure: AzureClient, stack_id: str, body: Mapping[str, Any]) -> None:
    """Send the stack. Azure refuses it while it is at an earlier one.

    HttpResponseError for what Azure refuses; a stack of which only the answer was lost is taken as sent.
    """

    def took_effect() -> bool:
        found = read(azure, stack_id)
        return found is not None and not found.is_over

    line = f"deployment stack {name_of(stack_id)}"
    try:
        with recorded(azure.writes, line):
            azure.put(stack_id, body, took_effect)
    except WriteTookEffect:
        azure.writes.add(line)


def begun(stack_id: str) -> Stack:
    """A stack that Azure is at, as long as nothing else is known of it."""
    return Stack(stack_id, "deploying", location="", deployment_id="", correlation_id="", error=Envelope())


def is_busy(error: Exception) -> bool:
    """Whether Azure takes the stack only once it has ended what it is at."""
    return isinstance(error, HttpResponseError) and envelope(error).code == "DeploymentStackInNonTerminalState"


def is_unavailable(error: Exception) -> bool:
    """Whether Azure takes no stack at all: the right is missing, a policy forbids it, or the cloud has none."""
    return isinstance(error, HttpResponseError) and (error.status_code == 403 or envelope(error).code in _NOT_THERE)


@understood
def outcomes(azure: AzureClient, deployment_id: str) -> dict[str, Outcome]:
    """What came so far of the resources of a deployment, by their ids in lower case; one request a page.

    Azure may list a resource twice, as it began and as it ended, or its PUT and what else was asked of it (listKeys):
    the end counts, and above all a bad one.
    """
    found: dict[str, Outcome] = {}
    for item in unless_missing(azure.get_all, f"{deployment_id}/operations") or []:
        own = item.get("properties") or {}
        target = str((own.get("targetResource") or {}).get("id") or "")
        state = str(own.get("provisioningState") or "").lower()
        key = target.lower()
        before = _weight(found[key].state) if key in found else 0
        if target and (not before or _weight(state) > before):
            found[key] = Outcome(target, state, _error(own.get("statusMessage")))
    return found


@understood
def unfinished(azure: AzureClient, stack_id: str) -> list[str]:
    """The ids of the deployments in a stack's template that Azure has not ended yet: all where it has begun none."""
    found = read(azure, stack_id)
    if found is None or found.is_over:
        return []
    there = arm.nested_in(azure.post(f"{stack_id}/exportTemplate")["template"])
    # Until it begins, a stack that was there before may name its last deployment.
    now = unless_missing(azure.get, found.deployment_id) if found.deployment_id else None
    if ((now or {}).get("properties") or {}).get("provisioningState") not in ("Accepted", "Running"):
        return there
    known = outcomes(azure, found.deployment_id)
    return [one for one in there if one.lower() not in known or known[one.lower()].state not in _ENDS]


def _weight(state: str) -> int:
    return 0 if state not in _ENDS else 1 if state == "succeeded" else 2


def _error(message: object) -> Envelope:
    """The error in an operation's statusMessage, beside whose status it stands."""
    return error_of(message.get("error") or message) if isinstance(message, Mapping) else error_of(message)


def _stack(item: Mapping[str, Any]) -> Stack:
    own = item.get("properties") or {}
    return Stack(
        id=str(item["id"]),
        state=str(own.get("provisioningState") or "").lower(),
        location=str(item.get("location") or ""),
        deployment_id=str(own.get("deploymentId") or ""),
        correlation_id=str(own.get("correlationId") or ""),
        error=error_of(own.get("error")),
        tags={str(key): str(value) for key, value in (item.get("tags") or {}).items()},
        deny=own.get("denySettings") or {},
    )
