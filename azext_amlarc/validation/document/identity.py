"""The managed identity that a compute target may have: the system's own, or user-assigned ones."""

from collections.abc import Sequence

SYSTEM_ASSIGNED, USER_ASSIGNED = "SystemAssigned", "UserAssigned"


def contradiction(
    identity_type: str | None, identities: Sequence[str] | None, type_name: str, identities_name: str
) -> str:
    """What is wrong with a type and the identities beside it, under the names that the caller has for them; or ""."""
    if identity_type not in (None, SYSTEM_ASSIGNED, USER_ASSIGNED):
        return f"There is no {type_name} {identity_type!r}: give {SYSTEM_ASSIGNED}, {USER_ASSIGNED}, or none."
    if identities and identity_type == SYSTEM_ASSIGNED:
        return f"{identities_name} goes with {type_name} {USER_ASSIGNED} only."
    if identity_type == USER_ASSIGNED and not identities:
        return f"{type_name} {USER_ASSIGNED} needs {identities_name}."
    return ""


def meant_type(identity_type: str | None, identities: Sequence[str] | None) -> str | None:
    """The type that is meant: identities without one are user-assigned."""
    return USER_ASSIGNED if identities else identity_type
