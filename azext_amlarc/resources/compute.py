"""Compute targets on Kubernetes clusters as data: as Azure returns them, as wanted, and the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.errors import Refused
from azext_amlarc.product.extension import DEFAULT_NAMESPACE
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.ids import ClusterId, WorkspaceId, folded, name_of

KIND = "Kubernetes"
_NO_TYPES: dict[str, Any] = {"defaultInstanceType": None, "instanceTypes": None}


@dataclass(frozen=True)
class Compute:  # pylint: disable=too-many-instance-attributes
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
    compute_location: str | None = None

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
        compute_location=own.compute_location,
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
    """What the user wants attached. `document` is a validated attach configuration, maybe empty.

    What is not given stays as it is on a compute target that exists: its identity, its namespace, and, unless the
    document `replaces_types`, its instance types. `tags` are added to its own; that it lacks one is no difference.
    """

    cluster: ClusterId
    document: Mapping[str, Any]
    user_assigned_identities: Sequence[str] = ()
    identity_type: str | None = None
    replaces_types: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def namespace(self) -> str | None:
        """The namespace that was given; None for the one that it has, or the default."""
        return self.document.get("namespace")


def what_detaching_does(existing: Compute) -> str:
    """What goes and what stays, in one line."""
    where = f"{name_of(existing.resource_id)} (namespace {existing.namespace or DEFAULT_NAMESPACE})"
    return f"Jobs and endpoints can no longer use {existing.name!r}; its cluster {where} stays as it is."


def refuse_another_place(existing: Compute, workspace: WorkspaceId, wanted: Wanted) -> None:
    """Refused if the compute target is on another cluster or in another namespace: Azure would overwrite that."""
    detach = " ".join(["az ml arc detach -n", existing.name, *workspace.options])
    if not wanted.cluster.same_as(existing.resource_id):
        raise Refused(
            f"The compute target {existing.name!r} is attached to another cluster: {existing.resource_id}.",
            f"Choose another name, or detach that one first: {detach}",
        )
    if wanted.namespace and (existing.namespace or DEFAULT_NAMESPACE) != wanted.namespace:
        raise Refused(
            f"The compute target {existing.name!r} uses the namespace {existing.namespace!r}, which cannot be changed "
            f"to {wanted.namespace!r}: its jobs would be lost.",
            f"Detach it ({detach}), then attach it again.",
        )


def changes(existing: Compute, wanted: Wanted) -> list[str]:
    """What attaching would change, a line a value."""
    old, new = _types_of(existing), _wanted_types(existing, wanted)
    return [
        *differences(_without_nulls(old), _without_nulls(new)),
        *differences(
            {"identity": _compared(existing.identity)}, {"identity": _compared(_sent_identity(wanted, existing))}
        ),
    ]


def types_that_go(existing: Compute, wanted: Wanted) -> list[str]:
    """The instance types that attaching takes away: jobs that name them fail from then on."""
    kept = _wanted_types(existing, wanted).get("instanceTypes") or {}
    return sorted(set(existing.instance_types or {}) - set(kept))


def _types_of(existing: Compute) -> dict[str, Any]:
    return {"defaultInstanceType": existing.default_instance_type, "instanceTypes": existing.instance_types or None}


def _wanted_types(existing: Compute | None, wanted: Wanted) -> dict[str, Any]:
    if existing and not wanted.replaces_types:
        return _types_of(existing)
    return {key: wanted.document.get(key) or None for key in _NO_TYPES}


def _compared(identity: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An identity to be compared: its type, and the user-assigned ones' ids in one spelling."""
    kind = (identity or {}).get("type")
    if not identity or not kind or kind == "None":
        return None
    ids = sorted(map(folded, identity.get("userAssignedIdentities") or {}))
    return {"type": kind, **({"userAssignedIdentities": dict.fromkeys(ids, "assigned")} if ids else {})}


def _without_nulls(value: Any) -> Any:
    """Azure returns null for what was not sent, and the SDK does not send null."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def body(wanted: Wanted, location: str, existing: Compute | None = None) -> dict[str, Any]:
    """What the SDK's own models would send, which say "Discriminator … is absent" aloud while they do.

    A PUT replaces the whole compute target: what was not given goes along as it is.
    """
    namespace = wanted.namespace or (existing and existing.namespace) or DEFAULT_NAMESPACE
    types = {key: _without_nulls(value) for key, value in _wanted_types(existing, wanted).items() if value}
    properties = {
        "computeType": KIND,
        "resourceId": str(wanted.cluster),
        "properties": {"namespace": namespace, **types},
    }
    if existing and existing.description:
        properties["description"] = existing.description
    made: dict[str, Any] = {"location": location, "properties": properties}
    tags = {**((existing and existing.tags) or {}), **wanted.tags}
    if tags:
        made["tags"] = tags
    identity = _sent_identity(wanted, existing)
    return {**made, "identity": identity} if identity else made


def _sent_identity(wanted: Wanted, existing: Compute | None) -> dict[str, Any] | None:
    if wanted.identity_type:
        kind, ids = wanted.identity_type, list(wanted.user_assigned_identities)
    else:
        found = (existing.identity if existing else None) or {}
        kind, ids = found.get("type") or "", list(found.get("userAssignedIdentities") or {})
    if not kind or kind == "None":
        return None
    return {"type": kind, **({"userAssignedIdentities": {name: {} for name in ids}} if ids else {})}


def own_error(last: Compute) -> tuple[str, str] | None:
    """Code and message of the failure from the resource itself; None if it has none."""
    for entry in last.provisioning_errors:
        error = entry.get("error") or {}
        if error.get("message"):
            return str(error.get("code", "")), str(error["message"])
    return None
