"""Keeping everything in a file, so that it survives the end of the process, however that comes."""

import json
import os
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from amlarc_emulator.arm import rights, shapes
from amlarc_emulator.arm.model import NAMESPACE, SUBSCRIPTION, Cloud, Resource, State
from amlarc_emulator.providers.resource_graph.tables import rows

# What signing in and authorization ask of the principal and the directory.
_PRINCIPAL = {"clientId": str, "clientSecret": str, "objectId": str}
_GRANTS = ("actions", "notActions")
_WORDS = {SUBSCRIPTION: ("displayName", "state"), NAMESPACE: ("registrationState",)}
# How much deeper a body is in a state than in the request that made it; a template is in a step of a job.
_AROUND = 16


@dataclass
class Snapshot:
    """The file of `--state`; without one nothing is kept."""

    file: Path | None
    written: str = field(default="", repr=False)

    def restore(self, cloud: Cloud) -> bool:
        """Take over what the file holds; False when there is none yet. ValueError for a file that holds no state."""
        if self.file is None or not self.file.exists():
            return False
        try:
            take(cloud, self.file.read_bytes())
        except ValueError as error:
            raise ValueError(f"{self.file} holds no state: {error}") from None
        return True

    def save(self, state: State) -> None:
        """Write the state when it has changed; a reader sees the old file or the new one, never half of it."""
        if self.file is None:
            return
        text = json.dumps(state.as_json())
        if text == self.written:
            return
        fresh = self.file.with_name(self.file.name + ".new")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, self.file)
        self.written = text


def take(cloud: Cloud, content: bytes) -> None:
    """Hold what GET /emulator/state has shown; ValueError for what is no such thing, and nothing is changed."""
    document = shapes.parse(content, shapes.DEPTH + _AROUND)
    for wrong in _misfits(document, State, "the state"):
        raise ValueError(wrong)
    trial = replace(cloud, state=State())
    trial.state.load(document)
    stop_at_misfits(trial)
    cloud.state.load(document)


def stop_at_misfits(cloud: Cloud) -> None:
    """ValueError for a state in which nobody can sign in, or that holds what no client could list or query."""
    for wrong in _misfits_of_directory(cloud.state.principal, cloud.state.groups):
        raise ValueError(wrong)
    _stop_at_what_cannot_be_shown(cloud)


def _misfits(value: Any, hint: Any, path: str) -> Iterator[str]:
    """Where a value is not of the type that the emulator's own code gives it."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is UnionType:
        if all(any(_misfits(value, one, path)) for one in inner):
            yield f"{path} is none of {', '.join(one.__name__ for one in inner)}"
    elif is_dataclass(kind):
        yield from _misfits_of_members(value, kind, path)
    elif kind is not Any and type(value) is not kind and not (kind is float and type(value) is int):
        yield f"{path} is no {kind.__name__}"
    elif inner:
        each = value.items() if kind is dict else enumerate(value)
        yield from (wrong for key, one in each for wrong in _misfits(one, inner[-1], f"{path}, {key}"))


def _misfits_of_members(value: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    hints = get_type_hints(kind)
    known = [one for one in fields(kind) if one.init]
    for one in known:
        is_needed = one.default is MISSING and (one.default_factory is MISSING or kind is State) and one.name != "jobs"
        if one.name in value:
            yield from _misfits(value[one.name], hints[one.name], f"{path}, {one.name}")
        elif is_needed:
            yield f"{path} has no {one.name}"
    yield from (f"{path} has {name}" for name in value.keys() - {one.name for one in known})


def _misfits_of_directory(principal: Any, groups: Any) -> Iterator[str]:
    for name, kind in _PRINCIPAL.items():
        yield from _misfits(principal.get(name), kind, f"principal, {name}")
    for name, ids in groups.items():
        yield from _misfits(ids, list[str], f"groups, {name}")
    rights.read({name: principal[name] for name in _GRANTS if name in principal})


def _stop_at_what_cannot_be_shown(cloud: Cloud) -> None:
    """Show everything once: no type says what a kept body has to hold."""
    for key, item in cloud.state.resources.items():
        if key != item.id.lower():
            raise ValueError(f"{key} is not where its id says")
        try:
            json.dumps(_shown(cloud, item))
        except Exception as error:  # noqa: BLE001 - whatever the type's own code stumbles over
            raise ValueError(f"{key} cannot be shown: {error!r}") from None
    try:
        rows(cloud)
    except Exception as error:  # noqa: BLE001 - see above
        raise ValueError(f"Resource Graph cannot show it: {error!r}") from None


def _shown(cloud: Cloud, item: Resource) -> Any:
    """The resource, or what ARM itself knows of a subscription or a resource provider: words."""
    if item.kind in _WORDS:
        return ["".join([item.body[name]]) for name in _WORDS[item.kind]]
    return cloud.types[item.kind].shown(item, cloud.types[item.kind].newest)
