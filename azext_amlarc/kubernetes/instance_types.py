"""InstanceType objects, which today's extension reads instance types from: what a write would change, and the write.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

# Structures of msgspec are records, which pylint does not know.
# pylint: disable=too-few-public-methods

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from lightkube import ApiError
from lightkube.generic_resource import create_global_resource

from azext_amlarc.errors import ArcError, Refused, Unreachable
from azext_amlarc.kubernetes import reading
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.product.clusters import FIELD_MANAGER
from azext_amlarc.resources.differences import differences
from azext_amlarc.validation.document.manifests import API_VERSION, COPY_OF, KIND
from azext_amlarc.wording import in_line

_GROUP, _VERSION = API_VERSION.split("/")
InstanceType = create_global_resource(_GROUP, _VERSION, KIND, "instancetypes")

_PATH = f"/apis/{API_VERSION}/instancetypes"


class UnknownKind(Refused):
    """The cluster does not know InstanceType objects, or not yet: their definition comes with the extension."""


@dataclass(frozen=True)
class Change:
    """An InstanceType to write, with lines for the user: what that changes, and what it can't change.

    Nothing needs to be written if `lines` is empty.
    """

    manifest: Mapping[str, Any]
    lines: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.manifest["metadata"]["name"])


@dataclass(frozen=True)
class Comparison:
    """What applying manifests would change, and the names of what we have written before and they do not have."""

    changes: tuple[Change, ...]
    left_over: tuple[str, ...]


def plan(kube: Kube, manifests: Sequence[Mapping[str, Any]]) -> Comparison:
    """What applying the manifests would change, by a server-side dry run; unchanged ones are left out.

    Denied or Refused, naming every object that can't be written: no permission, or another manager owns the fields.
    """
    existing = _existing(kube)
    names = {manifest["metadata"]["name"] for manifest in manifests}
    left_over = tuple(name for name, found in existing.items() if _is_ours(found) and name not in names)
    changes, refusals = [], []
    for manifest in manifests:
        found = existing.get(manifest["metadata"]["name"])
        if found is not None and _values(found) == _values(manifest):
            continue
        try:
            changes.append(_change(manifest, found, _apply(kube, manifest, dry_run=True)))
        except Unreachable:
            raise
        except ArcError as error:
            refusals.append(error)
    if refusals:
        raise _together(refusals)
    return Comparison(tuple(changes), left_over)


def write(kube: Kube, change: Change) -> None:
    """Apply the object as the field manager `amlarc`, without forcing conflicts."""
    _apply(kube, change.manifest, dry_run=False)


def delete(kube: Kube, name: str, *, dry_run: bool = False) -> None:
    """Delete the object, or with `dry_run` only ask the server whether it would; no error if it is gone."""
    kube.found(f"delete the instance type {name!r}", lambda: kube.client.delete(InstanceType, name, dry_run=dry_run))


def is_known(kube: Kube) -> bool:
    """Whether the cluster knows the kind."""
    return any(True for _ in reading.pages(kube, _PATH, _Existing))


class _Manager(msgspec.Struct):
    manager: str = ""


class _Metadata(msgspec.Struct):
    name: str
    annotations: dict[str, str] | None = None
    managers: list[_Manager] = msgspec.field(name="managedFields", default_factory=list)


class _Existing(msgspec.Struct):
    """What is compared of an InstanceType; whatever else its metadata has differs in any case."""

    metadata: _Metadata
    spec: dict[str, Any] | None = None


def _is_ours(found: Mapping[str, Any]) -> bool:
    return any(entry["manager"] == FIELD_MANAGER for entry in found["metadata"]["managedFields"])


def _existing(kube: Kube) -> dict[str, Mapping[str, Any]]:
    pages = list(reading.pages(kube, _PATH, _Existing))
    if pages:
        return {found.metadata.name: msgspec.to_builtins(found) for page in pages for found in page}
    raise UnknownKind(
        f"The cluster {kube.where} has no {KIND} resource ({API_VERSION}), which comes with the extension.",
        "Install the extension first: az ml arc extension create -c CLUSTER -g GROUP --config enableTraining=True; "
        "or use another context",
    )


def _apply(kube: Kube, manifest: Mapping[str, Any], *, dry_run: bool) -> Mapping[str, Any]:
    name = manifest["metadata"]["name"]
    with kube.asking(f"write the instance type {name!r}"):
        try:
            applied: Mapping[str, Any] = kube.client.apply(InstanceType.from_dict(dict(manifest)), dry_run=dry_run)
        except ApiError as error:
            if error.status.reason == "Conflict":
                raise _conflict(name, error) from error
            raise
        except TypeError as error:  # lightkube makes a dict of whatever it is answered
            raise kube.not_an_api_server("the response has another format") from error
        made: Mapping[str, Any] = msgspec.to_builtins(msgspec.convert(dict(applied), _Existing))
        return made


def _conflict(name: str, error: ApiError) -> Refused:
    causes = (error.status.details.causes if error.status.details else None) or []
    found = [(re.search('conflict with "([^"]+)"', cause.message or ""), cause.field) for cause in causes]
    owned = [in_line(f"{manager[1]} manages {field}") for manager, field in found if manager]
    return Refused(
        f"The instance type {name!r} is managed by others: {'; '.join(owned) or in_line(str(error.status.message))}.",
        "Change it there, or take it over: az ml arc config convert -f FILE --to instancetype | kubectl apply -f - "
        f"--server-side --force-conflicts --field-manager={FIELD_MANAGER}",
    )


def _together(refusals: Sequence[ArcError]) -> ArcError:
    """One error for all, with the fix of the first: objects are usually refused for the same reason."""
    first = refusals[0]
    return type(first)("\n".join(refusal.message for refusal in refusals), first.fix, first.code)


def _change(manifest: Mapping[str, Any], found: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Change:
    name, wanted, applied = manifest["metadata"]["name"], _values(manifest), _values(after)
    kept = tuple(
        in_line(f"Instance type {name} keeps {path}: {applied[path]}, which others set")
        for path in sorted(applied.keys() - wanted)
    )
    if found is None:
        values = ", ".join(f"{path}: {value}" for path, value in applied.items())
        return Change(manifest, (in_line(f"Will create instance type {name} with {values}"),), kept)
    changed = differences(_values(found), applied)
    return Change(manifest, tuple(in_line(f"Will change instance type {name} {line}") for line in changed), kept)


def _values(instance_type: Mapping[str, Any]) -> dict[str, str]:
    """An InstanceType's values by path: its spec, and the name of the one that it is a copy of."""
    annotations = instance_type["metadata"].get("annotations") or {}
    copied = {"copyOf": annotations[COPY_OF]} if COPY_OF in annotations else {}
    return dict(_leaves(instance_type.get("spec") or {})) | copied


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _leaves(member, f"{path}.{key}" if path else key)
    elif value is not None:
        yield path, str(value)
