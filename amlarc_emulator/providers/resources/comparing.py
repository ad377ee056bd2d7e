"""Two states of a resource compared, property by property, in the form that what-if has."""

from collections.abc import Iterator
from typing import Any

from amlarc_emulator.arm.model import Json

# What a provider makes up by itself, at each write or later.
MADE_UP = {
    name.lower()
    for name in (
        *("etag", "systemData", "provisioningState", "provisioningErrors", "status", "statuses", "currentVersion"),
        *("createdAt", "createdOn", "createdBy", "updatedAt", "updatedOn", "updatedBy", "modifiedOn", "lastModifiedAt"),
        *("principalId", "tenantId", "clientId", "metricId", "serviceBusEndpoint", "listenerCount", "customerId"),
        *("extensionPrincipalId", "extensionInstanceReleaseTrain", "aksAssignedIdentity", "isSystemExtension"),
        *("lastConnectivityTime", "managedIdentityCertificateExpirationTime", "createdDate", "modifiedDate"),
    )
}
KEPT_IN_ASSIGNMENTS = ("principalid",)


def settled(value: Any, kind: str = "") -> Any:
    """A resource without what its provider makes up and without nulls."""
    if isinstance(value, list):
        return [settled(item, kind) for item in value]
    if not isinstance(value, dict):
        return value
    kind = kind or str(value.get("type") or "").lower()
    is_assignment = kind.endswith("/roleassignments")
    return {
        key: settled(item, kind)
        for key, item in value.items()
        if item is not None and (key.lower() not in MADE_UP or (is_assignment and key.lower() in KEPT_IN_ASSIGNMENTS))
    }


def differences(old: Any, new: Any) -> list[Json]:
    """What changes from one state to another; nothing where they are the same."""
    return list(_differences(old, new, ""))


def _differences(old: Any, new: Any, path: str) -> Iterator[Json]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _member(old, new, key, f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list):
        if old != new:
            children = list(_items(old, new))
            yield {"path": path, "propertyChangeType": "Array", "before": None, "after": None, "children": children}
    elif old != new:
        yield {"path": path, "propertyChangeType": "Modify", "before": old, "after": new}


def _member(old: Json, new: Json, key: str, path: str) -> Iterator[Json]:
    if key not in new:
        yield {"path": path, "propertyChangeType": "Delete", "before": old[key], "after": None}
    elif key not in old:
        yield {"path": path, "propertyChangeType": "Create", "before": None, "after": new[key]}
    else:
        yield from _differences(old[key], new[key], path)


def _items(old: list[Any], new: list[Any]) -> Iterator[Json]:
    for at in range(max(len(old), len(new))):
        if at >= len(new):
            yield {"path": str(at), "propertyChangeType": "Delete", "before": old[at], "after": None}
        elif at >= len(old):
            yield {"path": str(at), "propertyChangeType": "Create", "before": None, "after": new[at]}
        else:
            yield from _differences(old[at], new[at], str(at))
