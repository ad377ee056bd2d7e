"""The managed identity of a compute target: system-assigned or user-assigned."""

from collections.abc import Sequence

SYSTEM_ASSIGNED, USER_ASSIGNED = "SystemAssigned", "UserAssigned"


def contradiction(
    identity_type: str | None, identities: Sequence[str] | None, type_name: str, identities_name: str
) -> str:
    """What is wrong with the identity type and identities, with the caller's names for both, or ""."""
    if identity_type not in (None, SYSTEM_ASSIGNED, USER_ASSIGNED):
        return f"{identity_type!r} is not a valid {type_name}: use {SYSTEM_ASSIGNED}, {USER_ASSIGNED}, or none."
    if identities and identity_type == SYSTEM_ASSIGNED:
        return f"{identities_name} requires {type_name} {USER_ASSIGNED}."
    if identity_type == USER_ASSIGNED and not identities:
        return f"{type_name} {USER_ASSIGNED} requires {identities_name}."
    return ""


def meant_type(identity_type: str | None, identities: Sequence[str] | None) -> str | None:
    """The given type, or UserAssigned if there are identities."""
    return USER_ASSIGNED if identities else identity_type
