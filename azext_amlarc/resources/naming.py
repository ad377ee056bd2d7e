"""Which names Azure accepts for what users name: checked here, before any request, for both doors.

Sources: "Naming rules and restrictions for Azure resources" and Azure's Swagger. Where neither has a rule (connected
clusters, extensions), the rule is what no resource id can contain.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources.ids import ClusterId, ResourceId
from azext_amlarc.wording import quoted


class Kind(NamedTuple):
    """A kind of named thing: its title, which names are valid, and that in words."""

    title: str
    valid: re.Pattern[str]
    rule: str


_ANY = re.compile(r"(?!\.{1,2}$)[^<>*%&:\\?/#\x00-\x1f\x7f\ud800-\udfff]{1,260}(?<![\s.])")
_ANY_RULE = (
    "it must have at most 260 characters, must not be . or .., end in a period or a space, or contain control "
    r"characters or any of < > * % & : \ ? / #"
)

CLUSTER = Kind("cluster", _ANY, _ANY_RULE)
SUBSCRIPTION = Kind("subscription", _ANY, _ANY_RULE)
EXTENSION = Kind("extension", _ANY, _ANY_RULE)
# Existing ones may have names that a new one must not have (validation.names.validate_compute_name).
COMPUTE = Kind(
    "compute target", re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}"), "use at most 32 letters, digits and hyphens"
)
RESOURCE_GROUP = Kind(
    "resource group",
    re.compile(r"[\w.()-]{1,90}(?<!\.)"),
    "use at most 90 letters, digits, underscores, hyphens, parentheses and periods, without a period at the end",
)
WORKSPACE = Kind(
    "workspace",
    re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}"),
    "use 3 to 33 letters, digits, hyphens and underscores, with a letter or digit first",
)
VERSION = Kind(
    "version", re.compile(r"\d+(?:\.\d+){1,3}(?:[-+][0-9A-Za-z.-]+)?"), "write it in numbers, such as 1.1.60"
)
RELEASE_TRAIN = Kind("release train", re.compile(r"[A-Za-z][A-Za-z0-9_-]*"), "it is one word, such as stable")


def fault(kind: Kind, name: object) -> str:
    """What is wrong with a name, in one clause; empty if Azure accepts it."""
    if not isinstance(name, str):
        return f"the {kind.title} is not text"
    if kind.valid.fullmatch(name):
        return ""
    if not name:
        return f"the {kind.title} is empty"
    meant = _named_by(kind, name)
    if meant:
        return f"{quoted(name)} is a resource id: write the {kind.title}'s name, {meant}"
    noun = kind.title if kind in (VERSION, RELEASE_TRAIN) else f"{kind.title} name"
    return f"{quoted(name)} is not a valid {noun}: {kind.rule}"


# The type in an id that each of these is named by.
_TYPES = {
    CLUSTER: ("connectedclusters", "managedclusters"),
    EXTENSION: ("extensions",),
    COMPUTE: ("computes",),
    WORKSPACE: ("workspaces",),
}


def _named_by(kind: Kind, text: str) -> str:
    """The name that a resource id has for such a thing; empty for another text."""
    found = ResourceId.find(text)
    if found and kind is RESOURCE_GROUP:
        return found.resource_group
    if text.lower().startswith("/subscriptions/") and kind in (RESOURCE_GROUP, SUBSCRIPTION):
        return text.split("/")[2 if kind is SUBSCRIPTION else -1]
    names = [name for type_, name in found.path if type_.lower() in _TYPES.get(kind, ())] if found else []
    return names[-1] if names else ""


def stop_at_faults(given: Mapping[str, tuple[Kind, object]]) -> None:
    """Raise InvalidInput with every name that Azure would not accept; `given` is by what the caller calls each."""
    found = {source: fault(kind, name) for source, (kind, name) in given.items() if name is not None}
    lines = [f"{source}: {text}" for source, text in found.items() if text]
    if lines:
        raise InvalidInput("\n".join([*lines, "Nothing was sent."]))


# How files of `az ml` mark what an id is of.
_OF_ML = "azureml:"


def cluster_of(text: str, source: str) -> ClusterId:
    """The cluster with this resource id, as the user gave it; InvalidInput if it is no id, or can be nobody's."""
    if not isinstance(text, str):
        raise InvalidInput(f"{source} is not text.", "Pass the cluster's resource id.")
    found = ClusterId.parse(text.removeprefix(_OF_ML), source)
    stop_at_faults({source: (CLUSTER, found.name), f"{source}'s group": (RESOURCE_GROUP, found.resource_group)})
    return found


_IDENTITY = ("Microsoft.ManagedIdentity", "userAssignedIdentities")


def split_identities(given: Sequence[str] | None) -> list[str] | None:
    """Identities one by one: `az ml compute attach` takes them separated by commas, which no resource id contains.

    Microsoft's own listings lack the first slash, which Azure's ids have.
    """
    parts = [part.strip().removeprefix(_OF_ML) for text in given or () for part in text.split(",")]
    whole = [f"/{part}" if part.lower().startswith("subscriptions/") else part for part in parts]
    return [part for part in whole if part] if given else None


def stop_at_identities(ids: Sequence[str], source: str) -> None:
    """Raise InvalidInput with each of these that is not the resource id of a user-assigned identity."""
    parsed = {text: ResourceId.find(text) for text in ids}
    wrong = [text for text, found in parsed.items() if found is None or not found.is_a(*_IDENTITY)]
    if wrong:
        lines = [f"{source}: {quoted(text)} is not the resource id of a user-assigned identity." for text in wrong]
        expected = f"/subscriptions/<id>/resourceGroups/<group>/providers/{'/'.join(_IDENTITY)}/<name>"
        raise InvalidInput("\n".join(lines), f"Give ids such as {expected}. Nothing was sent.")
