"""The YAML file of `az ml compute attach --file`, as the options of `attach` that say the same."""

from collections.abc import Mapping
from typing import Any

from azext_amlarc.errors import InvalidInput, UsageError, stop_at_errors
from azext_amlarc.validation import files
from azext_amlarc.validation.text import parsing
from azext_amlarc.wording import quoted

_TYPES = {"system_assigned": "SystemAssigned", "user_assigned": "UserAssigned"}
# A file's keys that say the same as the option of that name.
_KEYS = ("name", "resource_id", "namespace")
_IGNORED = {"$schema", "type", "identity"}


def take(namespace: Any) -> None:
    """Fill in what the command line leaves out; InvalidInput for what is not such a file, or says more than options."""
    path = str(namespace.file)
    found = _read(path)
    kind = str(found.get("type", "kubernetes"))
    if kind.lower() != "kubernetes":
        raise InvalidInput(f"{path}: type is {quoted(kind)}.", "attach is for compute targets of type kubernetes.")
    unknown = sorted(set(found) - set(_KEYS) - _IGNORED)
    if unknown:
        raise InvalidInput(
            f"{path}: attach has no option for {', '.join(unknown)}.",
            "Remove it from the file; instance types belong in the attach configuration (--config).",
        )
    for key in _KEYS:
        is_given = getattr(namespace, key) is not None or (key == "resource_id" and namespace.cluster_name)
        if not is_given and found.get(key) is not None:
            setattr(namespace, key, str(found[key]).removeprefix("azureml:"))
    _take_identity(namespace, found.get("identity"), path)


def _read(path: str) -> Mapping[str, Any]:
    reading = parsing.parse(files.read(path), path)
    stop_at_errors(f"Invalid file {path}", reading.findings)
    if not isinstance(reading.data, dict):
        raise InvalidInput(f"{path} is not a compute target's YAML file.", "It has name, type and resource_id.")
    return reading.data


def _take_identity(namespace: Any, identity: Any, path: str) -> None:
    if identity is None or namespace.identity_type or namespace.user_assigned_identities:
        return
    kind = _TYPES.get(str(identity.get("type") if isinstance(identity, dict) else "").lower())
    if kind is None:
        raise InvalidInput(f"{path}: identity.type is neither system_assigned nor user_assigned.", "Correct the file.")
    listed = identity.get("user_assigned_identities") or []
    namespace.identity_type = kind
    namespace.user_assigned_identities = [_identity(item, path) for item in listed] or None


def _identity(item: Any, path: str) -> str:
    found = item.get("resource_id") if isinstance(item, dict) else item
    if not isinstance(found, str):
        raise UsageError(f"{path}: each of identity.user_assigned_identities needs its resource_id.")
    return found.removeprefix("azureml:")
