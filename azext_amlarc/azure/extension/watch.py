"""Watching what Azure does with an extension after it has accepted a write, and saying why where it fails."""

from collections.abc import Callable
from dataclasses import replace

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import (
    Accepted,
    Look,
    Operation,
    look_at_operation,
    look_for_absence,
    operation_error,
)
from azext_amlarc.azure.extension.lookup import Extension, read, show
from azext_amlarc.errors import ArcError, WriteFailed
from azext_amlarc.product.hints import hint_for
from azext_amlarc.resources.ids import ClusterId


def join(azure: AzureClient, cluster: ClusterId, extension: Extension) -> Operation[Extension]:
    """Watch what somebody else is doing to the extension."""
    return by_resource(azure, cluster, extension, None, "operation on")


def by_resource(
    azure: AzureClient, cluster: ClusterId, extension: Extension, accepted: Accepted | None, doing: str
) -> Operation[Extension]:
    """Watch the extension itself: one that did not exist before, or that someone else is writing.

    Its state can only come from that write, and the last look brings the result along.
    """

    def look() -> Look[Extension]:
        found = show(azure, cluster, extension.name)
        return Look(found.provisioning_state, found)

    return _operation(azure, cluster, extension, accepted, doing, look)


def by_operation(
    azure: AzureClient, cluster: ClusterId, extension: Extension, accepted: Accepted, doing: str
) -> Operation[Extension]:
    """Watch our write's own operation: an extension that existed may show the state of an earlier write."""
    url = accepted.operation_url
    if url is None:
        return by_resource(azure, cluster, extension, accepted, doing)
    return _operation(azure, cluster, extension, accepted, doing, lambda: look_at_operation(azure, url))


def by_absence(
    azure: AzureClient, cluster: ClusterId, extension: Extension, accepted: Accepted | None, doing: str
) -> Operation[Extension]:
    """Watch a deletion: it has ended when the extension is gone."""

    def look() -> Look[Extension]:
        return look_for_absence(lambda: read(azure, cluster, extension.name))

    return replace(_operation(azure, cluster, extension, accepted, doing, look), read=lambda: extension)


def _operation(
    azure: AzureClient,
    cluster: ClusterId,
    extension: Extension,
    accepted: Accepted | None,
    doing: str,
    look: Callable[[], Look[Extension]],
) -> Operation[Extension]:
    return Operation(
        title=f"The {doing} the extension {extension.name!r}",
        resource=extension,
        look=look,
        read=lambda: show(azure, cluster, extension.name),
        reason=lambda last: _reason(azure, cluster, last or extension, accepted, doing),
        follow=f"Follow it: {_command('wait', cluster, extension)}; doing the same again joins it as well.",
        pause=accepted.pause if accepted else None,
        correlation_id=accepted.correlation_id if accepted else None,
    )


def _command(verb: str, cluster: ClusterId, extension: Extension) -> str:
    where = f"-c {cluster.name} -g {cluster.resource_group} -t {cluster.cluster_type}"
    return f"az ml arc extension {verb} --name {extension.name} {where}"


def _reason(azure: AzureClient, cluster: ClusterId, last: Extension, accepted: Accepted | None, doing: str) -> ArcError:
    error = operation_error(azure, accepted.operation_url if accepted else None) or _own_error(azure, cluster, last)
    code, message = error or ("", "Azure gave no reason.")
    hint = hint_for(code, message) or f"See its statuses: {_command('show', cluster, last)}"
    correlation_id = accepted.correlation_id if accepted else None
    return WriteFailed(f"The {doing} the extension {last.name!r} failed: {message}", hint, code, correlation_id)


def _own_error(azure: AzureClient, cluster: ClusterId, last: Extension) -> tuple[str, str] | None:
    """A failed extension stays visible and keeps the reason among its statuses."""
    found = last if last.statuses else read(azure, cluster, last.name)
    for status in found.statuses if found else []:
        if status.get("message"):
            return str(status.get("code", "")), str(status["message"])
    return None
