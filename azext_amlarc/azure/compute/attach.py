"""Attaching a cluster to a workspace as a compute target, watching that, and detaching it again."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from azext_amlarc.azure.compute.lookup import KIND, Compute, from_answer, read, refuse_another_kind, show
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import (
    Accepted,
    Look,
    Operation,
    Watcher,
    look_at_operation,
    look_for_absence,
    operation_error,
    write,
)
from azext_amlarc.errors import ArcError, Refused, WriteFailed
from azext_amlarc.product.extension import DEFAULT_NAMESPACE
from azext_amlarc.product.hints import hint_for
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.ids import ClusterId, WorkspaceId


@dataclass(frozen=True)
class Wanted:
    """What the user wants attached. `document` is a validated attach configuration, maybe empty."""

    cluster: ClusterId
    document: Mapping[str, Any]
    user_assigned_identities: Sequence[str] = ()
    identity_type: str | None = None

    @property
    def namespace(self) -> str:
        return str(self.document.get("namespace") or DEFAULT_NAMESPACE)


def begin_attach(
    azure: AzureClient, workspace: WorkspaceId, name: str, wanted: Wanted, location: str, watcher: Watcher
) -> Operation[Compute]:
    """Bring the compute to `wanted`: attach, send a changed configuration, try a failed one again, or join.

    Refused where the name is taken by another cluster, namespace or kind of compute: Azure would overwrite it blindly.
    """
    existing = read(azure, workspace, name)
    if existing is not None:
        refuse_another_kind(existing)
        _refuse_another_place(existing, workspace, wanted)
        to_change = changes(existing, wanted)
        if existing.is_moving and not to_change:
            watcher.tell(f"It is {existing.provisioning_state} already: waiting for that.")
            return _by_resource(azure, workspace, existing)
        if existing.is_moving:
            existing = _wait_for_another(azure, workspace, existing, watcher)
            to_change = changes(existing, wanted)
        if existing.provisioning_state.lower() == "succeeded" and not to_change:
            watcher.tell("Unchanged: it is as wanted already.")
            return Operation.done(existing)
        for change in to_change:
            watcher.tell(f"Changing {change}")
    return _send(azure, workspace, name, existing, _body(wanted, location))


def _wait_for_another(azure: AzureClient, workspace: WorkspaceId, existing: Compute, watcher: Watcher) -> Compute:
    """The compute once a write of somebody else has ended, well or not; Refused where that write takes it away."""
    state = existing.provisioning_state
    if state.lower() == "deleting":
        raise Refused(f"The compute {existing.name!r} is being detached.", "Try again when it is gone.")
    watcher.tell(f"It is {state} with another configuration: waiting for that to end first.")
    try:
        return _by_resource(azure, workspace, existing).wait(watcher, azure.patience)
    except WriteFailed:
        return show(azure, workspace, existing.name)


def _send(
    azure: AzureClient, workspace: WorkspaceId, name: str, existing: Compute | None, body: dict[str, Any]
) -> Operation[Compute]:
    def taken() -> bool:
        found = read(azure, workspace, name)
        return found is not None and (existing is None or found.is_moving)

    accepted = write(
        azure,
        f"compute {name} in the workspace {workspace.name}",
        azure.computes.begin_create_or_update,
        workspace.resource_group,
        workspace.name,
        name,
        json.dumps(body).encode(),
        content_type="application/json",
        taken=taken,
    )
    if accepted is None:
        return _by_resource(azure, workspace, show(azure, workspace, name))
    resource = from_answer(accepted.body, workspace)
    if existing is None or accepted.operation_url is None:
        return _by_resource(azure, workspace, resource, accepted)
    url = accepted.operation_url
    return _operation(azure, workspace, resource, accepted, lambda: look_at_operation(azure, url))


def join(azure: AzureClient, workspace: WorkspaceId, compute: Compute) -> Operation[Compute]:
    """Watch what somebody else is doing to the compute."""
    return _by_resource(azure, workspace, compute)


def _refuse_another_place(existing: Compute, workspace: WorkspaceId, wanted: Wanted) -> None:
    detach = f"az ml arc detach -n {existing.name} -w {workspace.name} -g {workspace.resource_group}"
    if not wanted.cluster.same_as(existing.resource_id):
        raise Refused(
            f"The compute {existing.name!r} is attached to another cluster: {existing.resource_id}.",
            f"Choose another name, or detach that one first: {detach}",
        )
    if (existing.namespace or DEFAULT_NAMESPACE) != wanted.namespace:
        raise Refused(
            f"The compute {existing.name!r} runs in the namespace {existing.namespace!r}, which can't be changed to "
            f"{wanted.namespace!r}: jobs that are known there would be lost.",
            f"Detach it ({detach}), then attach it again.",
        )


def changes(existing: Compute, wanted: Wanted) -> list[str]:
    """What sending the configuration would change, a line a value."""
    old = {"defaultInstanceType": existing.default_instance_type, "instanceTypes": existing.instance_types or None}
    new = {key: wanted.document.get(key) or None for key in old}
    lines = [*differences(_without_nulls(old), _without_nulls(new))]
    if wanted.identity_type and wanted.identity_type != (existing.identity or {}).get("type"):
        lines.append(f"identity: {(existing.identity or {}).get('type')} -> {wanted.identity_type}")
    return lines


def _without_nulls(value: Any) -> Any:
    """Azure answers null for what was not sent, and the SDK does not send a null."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def _body(wanted: Wanted, location: str) -> dict[str, Any]:
    """What the SDK's own models would send, which say "Discriminator … is absent" aloud while they do."""
    properties = {"namespace": wanted.namespace} | {
        key: _without_nulls(wanted.document[key])
        for key in ("defaultInstanceType", "instanceTypes")
        if wanted.document.get(key)
    }
    body: dict[str, Any] = {
        "location": location,
        "properties": {"computeType": KIND, "resourceId": str(wanted.cluster), "properties": properties},
    }
    if wanted.identity_type:
        body["identity"] = {"type": wanted.identity_type}
        if wanted.user_assigned_identities:
            body["identity"]["userAssignedIdentities"] = {name: {} for name in wanted.user_assigned_identities}
    return body


def begin_detach(azure: AzureClient, workspace: WorkspaceId, name: str, watcher: Watcher) -> Operation[Compute] | None:
    """Take the compute out of the workspace; the cluster, its extension and its namespace stay as they are.

    None, which the watcher is told, where the workspace has no such compute; NotFound where there is no workspace.
    """
    found = read(azure, workspace, name)
    if found is None:
        watcher.tell(f"The workspace {workspace.name!r} has no compute {name!r}.")
        return None
    refuse_another_kind(found)
    accepted = None if found.is_being_deleted else _send_deletion(azure, workspace, name)
    url = accepted.operation_url if accepted else None

    def look() -> Look[Compute]:
        return look_at_operation(azure, url) if url else look_for_absence(lambda: read(azure, workspace, name))

    return replace(_operation(azure, workspace, found, accepted, look), read=lambda: found)


def _send_deletion(azure: AzureClient, workspace: WorkspaceId, name: str) -> Accepted | None:
    def taken() -> bool:
        found = read(azure, workspace, name)
        return found is None or found.is_being_deleted

    return write(
        azure,
        f"the detachment of the compute {name} from the workspace {workspace.name}",
        azure.computes.begin_delete,
        workspace.resource_group,
        workspace.name,
        name,
        "Detach",
        taken=taken,
    )


def _by_resource(
    azure: AzureClient, workspace: WorkspaceId, resource: Compute, accepted: Accepted | None = None
) -> Operation[Compute]:
    """Watch the compute itself: one that did not exist before, or that someone else is writing."""

    def look() -> Look[Compute]:
        found = show(azure, workspace, resource.name)
        return Look(found.provisioning_state, found)

    return _operation(azure, workspace, resource, accepted, look)


def _operation(
    azure: AzureClient,
    workspace: WorkspaceId,
    resource: Compute,
    accepted: Accepted | None,
    look: Callable[[], Look[Compute]],
) -> Operation[Compute]:
    where = f"-n {resource.name} -w {workspace.name} -g {workspace.resource_group}"
    return Operation(
        title=f"The work on the compute {resource.name!r}",
        resource=resource,
        look=look,
        read=lambda: show(azure, workspace, resource.name),
        reason=lambda last: _reason(azure, last or resource, accepted, where),
        follow=f"Follow it: az ml arc wait {where}; doing the same again joins it as well.",
        pause=accepted.pause if accepted else None,
        correlation_id=accepted.correlation_id if accepted else None,
    )


def _reason(azure: AzureClient, last: Compute, accepted: Accepted | None, where: str) -> ArcError:
    error = operation_error(azure, accepted.operation_url if accepted else None) or _own_error(last)
    code, message = error or ("", "Azure gave no reason.")
    hint = hint_for(code, message) or f"See the compute's provisioningErrors: az ml arc show {where}"
    correlation_id = accepted.correlation_id if accepted else None
    return WriteFailed(f"The compute {last.name!r} failed: {message}", hint, code, correlation_id)


def _own_error(last: Compute) -> tuple[str, str] | None:
    for entry in last.provisioning_errors:
        error = entry.get("error") or {}
        if error.get("message"):
            return str(error.get("code", "")), str(error["message"])
    return None
