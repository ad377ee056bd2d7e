"""What a source of facts is, and what is known if reading it fails."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import refusal, unanswered
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.registration import unregistered_provider
from azext_amlarc.checks.check import Fact, Facts, Status, Unavailable, Unknown
from azext_amlarc.checks.given import NO_CLUSTER, NO_WORKSPACE
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId

Known = dict[str, object]


class Source(NamedTuple):
    """Where facts come from. `read` is given the facts in `needs`, and raises if it fails."""

    facts: tuple[Fact[Any], ...]
    read: Callable[[AzureClient, Target, Facts], Known]
    needs: tuple[Fact[Any], ...] = ()

    def unknown(self, reason: Unknown) -> Known:
        """All of its facts, unknown for the same reason."""
        return {fact.name: reason for fact in self.facts}


def why(error: Exception) -> Unknown:
    """Why asking Azure failed. A missing permission is named; an unregistered provider has a check of its own."""
    if not isinstance(error, HttpResponseError) or error.response is None:
        return Unknown(Status.ERROR, unanswered(error))
    provider = unregistered_provider(error.response)
    if provider:
        return skipped(f"The provider {provider} is not registered.")
    message = refusal(error).message
    if error.status_code == 403:
        action = re.search(r"perform action '([^']+)'", message)
        return Unknown(
            Status.ERROR, f"No permission for {action[1]} (403)." if action else f"No permission (403): {message}"
        )
    return Unknown(Status.ERROR, f"Azure answered {error.status_code}: {message}")


def cluster_of(target: Target) -> ClusterId:
    """The cluster that was named; Unavailable if none was."""
    if target.cluster is None:
        raise Unavailable(NO_CLUSTER)
    return target.cluster


def workspace_of(target: Target) -> WorkspaceId:
    """The workspace that was named; Unavailable if none was."""
    if target.workspace is None:
        raise Unavailable(NO_WORKSPACE)
    return target.workspace


def skipped(reason: str) -> Unknown:
    """A fact that could not be asked for."""
    return Unknown(Status.SKIPPED, reason)


def moment(text: object) -> datetime | None:
    """A time as Azure writes it; UTC if it has no time zone."""
    if not isinstance(text, str) or not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
