"""Compute targets on Kubernetes clusters as data: as Azure returns them, as wanted, and the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azext_amlarc.errors import Refused
from azext_amlarc.product.extension import DEFAULT_NAMESPACE
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.ids import ClusterId, WorkspaceId

KIND = "Kubernetes"


@dataclass(frozen=True)
class Compute:
    """A compute target, flat, deliberately without the connection strings that Azure may return."""

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
    def in_progress(self) -> bool:
        return self.provisioning_state.lower() not in {"succeeded", "failed", "canceled", "unknown"}

    @property
    def is_being_deleted(self) -> bool:
        return self.provisioning_state.lower() == "deleting"


def from_sdk(model: Any, workspace: WorkspaceId) -> Compute:
    """A compute target from the SDK's model."""
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


def refuse_another_kind(existing: Compute) -> None:
    """Refused if the name belongs to a compute target of another type."""
    if existing.compute_type != KIND:
        raise Refused(
            f"The compute target {existing.name!r} is of type {existing.compute_type}, not {KIND}.",
            "Choose another name.",
        )


@dataclass(frozen=True)
class Wanted:
    """What the user wants to attach. `document` is a validated attach configuration, perhaps empty."""

    cluster: ClusterId
    document: Mapping[str, Any]
    user_assigned_identities: Sequence[str] = ()
    identity_type: str | None = None

    @property
    def namespace(self) -> str:
        return str(self.document.get("namespace") or DEFAULT_NAMESPACE)


def refuse_being_detached(existing: Compute) -> None:
    """Refused if the compute target is being detached: a write would be lost."""
    if existing.is_being_deleted:
        raise Refused(
            f"The compute target {existing.name!r} is being detached.", "Try again when it has been detached."
        )


def refuse_another_place(existing: Compute, workspace: WorkspaceId, wanted: Wanted) -> None:
    """Refused if the compute target is on another cluster or in another namespace: Azure would overwrite that."""
    detach = " ".join(["az ml arc detach -n", existing.name, *workspace.options])
    if not wanted.cluster.same_as(existing.resource_id):
        raise Refused(
            f"The compute target {existing.name!r} is attached to another cluster: {existing.resource_id}.",
            f"Choose another name, or detach that one first: {detach}",
        )
    if (existing.namespace or DEFAULT_NAMESPACE) != wanted.namespace:
        raise Refused(
            f"The compute target {existing.name!r} uses the namespace {existing.namespace!r}, which cannot be changed "
            f"to {wanted.namespace!r}: its jobs would be lost.",
            f"Detach it ({detach}), then attach it again.",
        )


def changes(existing: Compute, wanted: Wanted) -> list[str]:
    """What sending the configuration would change, one line for each value."""
    old = {"defaultInstanceType": existing.default_instance_type, "instanceTypes": existing.instance_types or None}
    new = {key: wanted.document.get(key) or None for key in old}
    lines = [*differences(_without_nulls(old), _without_nulls(new))]
    if wanted.identity_type and wanted.identity_type != (existing.identity or {}).get("type"):
        lines.append(f"identity: {(existing.identity or {}).get('type')} -> {wanted.identity_type}")
    return lines


def _without_nulls(value: Any) -> Any:
    """Azure returns null for what was not sent, and the SDK does not send null."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def body(wanted: Wanted, location: str) -> dict[str, Any]:
    """The body of the PUT. The SDK's own models would send the same, but log "Discriminator … is absent"."""
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


def own_error(last: Compute) -> tuple[str, str] | None:
    """Code and message of the failure from the resource itself; None if it has none."""
    for entry in last.provisioning_errors:
        error = entry.get("error") or {}
        if error.get("message"):
            return str(error.get("code", "")), str(error["message"])
    return None
