"""Kubernetes compute targets of an Azure Machine Learning workspace: attaching a cluster, seeing it, detaching it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.arm.clients import Arm
from azext_amlarc.arm.clusters import ClusterId
from azext_amlarc.arm.hints import hint_for
from azext_amlarc.arm.waiting import Accepted, Look, Operation, Watcher, look_at_operation, operation_error
from azext_amlarc.errors import ArcError, NotFound, Refused, WriteFailed

KIND = "Kubernetes"
DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True)
class WorkspaceId:
    """Where an Azure Machine Learning workspace is."""

    subscription_id: str
    resource_group: str
    name: str

    def __str__(self) -> str:
        group = f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"


@dataclass(frozen=True)
class Compute:
    """A compute target, flat; the connection strings that Azure may answer with are left out on purpose."""

    name: str
    id: str
    provisioning_state: str
    resource_id: str | None
    namespace: str | None
    default_instance_type: str | None
    instance_types: dict[str, Any] | None
    resource_group: str
    workspace_name: str
    location: str | None
    compute_type: str
    description: str | None
    is_attached_compute: bool | None
    provisioning_errors: list[dict[str, Any]]
    identity: dict[str, Any] | None
    created_on: str | None
    modified_on: str | None
    tags: dict[str, str] | None

    @property
    def is_moving(self) -> bool:
        return self.provisioning_state.lower() not in {"succeeded", "failed", "canceled", "unknown"}


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


def workspace_location(arm: Arm, workspace: WorkspaceId) -> str:
    """The workspace's region, which a compute has to name; NotFound where there is no such workspace."""
    try:
        return str(arm.get(str(workspace)).get("location", ""))
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise _workspace_missing(workspace, error) from error


def _workspace_missing(workspace: WorkspaceId, error: HttpResponseError) -> NotFound:
    group = workspace.resource_group
    if error.error and error.error.code == "ResourceGroupNotFound":
        return NotFound(f"There is no resource group {group!r}.", "List yours: az group list -o table")
    return NotFound(
        f"There is no workspace {workspace.name!r} in the resource group {group!r}.",
        "Where the workspace is in another group than the cluster, name that group with --workspace-group.",
    )


def read(arm: Arm, workspace: WorkspaceId, name: str) -> Compute | None:
    """The compute, or None where the workspace has none of that name; one request."""
    try:
        return _from_sdk(arm.computes.get(workspace.resource_group, workspace.name, name), workspace)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        if error.error and error.error.code in {"ResourceGroupNotFound", "ParentResourceNotFound"}:
            raise _workspace_missing(workspace, error) from error
        if str(workspace).rpartition("/")[2].lower() in _missing_workspace(error):
            raise _workspace_missing(workspace, error) from error
        return None


def _missing_workspace(error: HttpResponseError) -> str:
    """ARM's words where the workspace, not the compute, is what does not exist; else nothing."""
    message = str(error.error.message if error.error else "").lower()
    return message if "'microsoft.machinelearningservices/workspaces/" in message else ""


def show(arm: Arm, workspace: WorkspaceId, name: str) -> Compute:
    """The compute; NotFound where there is none, Refused where it is of another kind."""
    found = read(arm, workspace, name)
    if found is None:
        raise NotFound(
            f"The workspace {workspace.name!r} has no compute {name!r}.",
            f"See what it has: az ml arc list -w {workspace.name} -g {workspace.resource_group}",
        )
    _refuse_another_kind(found)
    return found


def list_all(arm: Arm, workspace: WorkspaceId) -> list[Compute]:
    """The workspace's computes on Kubernetes clusters."""
    try:
        found = [_from_sdk(item, workspace) for item in arm.computes.list(workspace.resource_group, workspace.name)]
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise _workspace_missing(workspace, error) from error
    return [compute for compute in found if compute.compute_type == KIND]


def begin_attach(
    arm: Arm, workspace: WorkspaceId, name: str, wanted: Wanted, location: str, watcher: Watcher
) -> Operation[Compute]:
    """Bring the compute to `wanted`: attach, send a changed configuration, try a failed one again, or join.

    Refused where the name is taken by another cluster, namespace or kind of compute: Azure would overwrite it blindly.
    """
    existing = read(arm, workspace, name)
    if existing is not None:
        _refuse_another_kind(existing)
        _refuse_another_place(existing, workspace, wanted)
        if existing.is_moving:
            watcher.tell(f"It is {existing.provisioning_state} already: waiting for that.")
            return _by_resource(arm, workspace, existing)
        changes = differences(existing, wanted)
        if existing.provisioning_state.lower() == "succeeded" and not changes:
            watcher.tell("Unchanged: it is as wanted already.")
            return Operation.done(existing)
        for change in changes:
            watcher.tell(f"Changing {change}")
    accepted = arm.computes.begin_create_or_update(
        workspace.resource_group,
        workspace.name,
        name,
        json.dumps(_body(wanted, location)).encode(),
        content_type="application/json",
        polling=False,
        cls=Accepted.from_sdk,
    ).result()
    arm.written.append(f"compute {name} in the workspace {workspace.name}")
    resource = _from_sdk(accepted.model, workspace)
    if existing is None or accepted.operation_url is None:
        return _by_resource(arm, workspace, resource, accepted)
    url = accepted.operation_url
    return _operation(arm, workspace, resource, accepted, lambda: look_at_operation(arm, url))


def join(arm: Arm, workspace: WorkspaceId, name: str) -> Operation[Compute]:
    """Watch a compute that somebody is attaching; NotFound where there is none."""
    return _by_resource(arm, workspace, show(arm, workspace, name))


def _refuse_another_kind(existing: Compute) -> None:
    if existing.compute_type != KIND:
        raise Refused(
            f"The compute {existing.name!r} of the workspace is of the kind {existing.compute_type}, not a cluster.",
            "Choose another name with --name.",
        )


def _refuse_another_place(existing: Compute, workspace: WorkspaceId, wanted: Wanted) -> None:
    detach = f"az ml arc detach -n {existing.name} -w {workspace.name} -g {workspace.resource_group}"
    if not wanted.cluster.same_as(existing.resource_id):
        raise Refused(
            f"The compute {existing.name!r} is attached to another cluster: {existing.resource_id}.",
            f"Choose another name with --name, or detach that one first: {detach}",
        )
    if (existing.namespace or DEFAULT_NAMESPACE) != wanted.namespace:
        raise Refused(
            f"The compute {existing.name!r} runs in the namespace {existing.namespace!r}, which can't be changed to "
            f"{wanted.namespace!r}: jobs that are known there would be lost.",
            f"Detach it ({detach}), then attach it again with the same command.",
        )


def differences(existing: Compute, wanted: Wanted) -> list[str]:
    """What sending the configuration would change, a line a property."""
    old = {"defaultInstanceType": existing.default_instance_type, "instanceTypes": existing.instance_types or None}
    new = {key: wanted.document.get(key) or None for key in old}
    new["instanceTypes"] = _without_nulls(new["instanceTypes"])
    old["instanceTypes"] = _without_nulls(old["instanceTypes"])
    lines = [f"{key} differs" for key in old if old[key] != new[key]]
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
    body = {
        "location": location,
        "properties": {"computeType": KIND, "resourceId": str(wanted.cluster), "properties": properties},
    }
    if wanted.identity_type:
        assigned = {identity: {} for identity in wanted.user_assigned_identities}
        users = {"userAssignedIdentities": assigned} if assigned else {}
        body["identity"] = {"type": wanted.identity_type, **users}
    return body


def begin_detach(arm: Arm, workspace: WorkspaceId, name: str) -> Operation[Compute]:
    """Take the compute out of the workspace; the cluster, its extension and its namespace stay as they are."""
    found = show(arm, workspace, name)
    accepted = arm.computes.begin_delete(
        workspace.resource_group, workspace.name, name, "Detach", polling=False, cls=Accepted.from_sdk
    ).result()
    url = accepted.operation_url

    def look() -> Look[Compute]:
        return look_at_operation(arm, url) if url else Look("Succeeded", found)

    return replace(_operation(arm, workspace, found, accepted, look), read=lambda: found)


def _by_resource(
    arm: Arm, workspace: WorkspaceId, resource: Compute, accepted: Accepted | None = None
) -> Operation[Compute]:
    """Watch the compute itself: one that did not exist before, or that someone else is writing."""

    def look() -> Look[Compute]:
        found = show(arm, workspace, resource.name)
        return Look(found.provisioning_state, found)

    return _operation(arm, workspace, resource, accepted, look)


def _operation(
    arm: Arm,
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
        read=lambda: show(arm, workspace, resource.name),
        reason=lambda last: _reason(arm, last or resource, accepted, where),
        follow=f"Follow it: az ml arc wait {where}; the same command again joins it as well.",
        pause=accepted.pause if accepted else None,
    )


def _reason(arm: Arm, last: Compute, accepted: Accepted | None, where: str) -> ArcError:
    error = operation_error(arm, accepted.operation_url if accepted else None) or _own_error(last)
    code, message = error or ("", "Azure gave no reason.")
    hint = hint_for(code, message) or f"See the compute's provisioningErrors: az ml arc show {where}"
    return WriteFailed(f"The compute {last.name!r} failed: {message}", hint, code)


def _own_error(last: Compute) -> tuple[str, str] | None:
    for entry in last.provisioning_errors:
        error = entry.get("error") or {}
        if error.get("message"):
            return str(error.get("code", "")), str(error["message"])
    return None


def _from_sdk(model: Any, workspace: WorkspaceId) -> Compute:
    own = model.properties
    kubernetes = getattr(own, "properties", None) if own.compute_type == KIND else None
    return Compute(
        name=model.name,
        id=model.id,
        provisioning_state=str(own.provisioning_state or ""),
        resource_id=own.resource_id,
        namespace=getattr(kubernetes, "namespace", None),
        default_instance_type=getattr(kubernetes, "default_instance_type", None),
        instance_types=_plain_types(kubernetes),
        resource_group=workspace.resource_group,
        workspace_name=workspace.name,
        location=model.location,
        compute_type=own.compute_type,
        description=own.description,
        is_attached_compute=own.is_attached_compute,
        provisioning_errors=[error.serialize(keep_readonly=True) for error in own.provisioning_errors or []],
        identity=model.identity.serialize(keep_readonly=True) if model.identity else None,
        created_on=own.created_on.isoformat() if own.created_on else None,
        modified_on=own.modified_on.isoformat() if own.modified_on else None,
        tags=model.tags,
    )


def _plain_types(kubernetes: Any) -> dict[str, Any] | None:
    types = getattr(kubernetes, "instance_types", None)
    return {name: kind.serialize() for name, kind in types.items()} if types else None
