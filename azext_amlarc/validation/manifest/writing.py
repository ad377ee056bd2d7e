"""A fleet as a manifest: what `read` makes the same fleet of."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.resources.fleet import ComputeSpec, Entry, ExtensionSpec, Fleet, Rollout, Selector, Wave
from azext_amlarc.wording import inert_quoted, legible_json

Json = dict[str, Any]

# Keys and texts that every YAML parser reads as strings without quotes.
_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z$][A-Za-z0-9]*(?:[-._/][A-Za-z0-9]+)*", re.I)


def as_data(fleet: Fleet) -> Json:
    """The manifest as data; file names are written as the fleet has them."""
    spec: Json = {
        "clusters": [_cluster(one) for one in fleet.clusters],
        "extension": _extension(fleet.extension) if fleet.extension else None,
        "access": {"workspaceIdentity": "grant"} if fleet.grants_workspace_identity else None,
        "computes": [_compute(one) for one in fleet.computes],
        "rollout": _rollout(fleet.rollout) if fleet.rollout != Rollout() else None,
        "onRemoval": fleet.on_removal,
    }
    head: Json = {"apiVersion": "amlarc/v1alpha1", "kind": "Fleet", "metadata": {"name": fleet.name}}
    return {**head, "spec": _given(spec)}


def _given(members: Mapping[str, Any]) -> Json:
    """The keys that say something."""
    return {key: value for key, value in members.items() if value not in (None, {}, [], ())}


def _cluster(one: Entry | Selector) -> Json:
    kind = one.cluster_type if one.cluster_type != CONNECTED else None
    if isinstance(one, Entry):
        where: Json = {"name": one.name, "resourceGroup": one.resource_group, "subscription": one.subscription_id}
        beside: Json = {"kubeconfig": one.kubeconfig, "context": one.context}
        return _given({**where, "type": kind, "settings": dict(one.settings), **beside})
    places: Json = {"subscriptions": list(one.subscription_ids), "resourceGroups": list(one.resource_groups)}
    selector = _given({**places, "locations": list(one.locations), "tags": dict(one.tags), "type": kind})
    return {"selector": selector, **_given({"settings": dict(one.settings)})}


def _extension(spec: ExtensionSpec) -> Json:
    made = _given(
        {
            "name": spec.name,
            "releaseTrain": spec.release_train,
            "version": spec.version,
            "autoUpgradeMinorVersion": spec.auto_upgrade_minor_version,
            "settings": dict(spec.settings),
            "protected": {key: {one.source: one.name} for key, one in spec.protected.items()},
        }
    )
    return {**made, **({"allowUnknownSettings": True} if spec.allow_unknown else {})}


def _compute(spec: ComputeSpec) -> Json:
    identity = _given({"type": spec.identity_type, "userAssignedIdentities": list(spec.user_assigned_identities)})
    return _given(
        {
            "workspace": spec.workspace,
            "resourceGroup": spec.resource_group,
            "subscription": spec.subscription_id,
            "name": spec.name,
            "namespace": spec.document.get("namespace"),
            "identity": identity,
            "config": spec.config,
        }
    )


def _rollout(rollout: Rollout) -> Json:
    waves = [_wave(one) for one in rollout.waves] if rollout.waves != Rollout().waves else None
    return _given({"waves": waves, "maxFailures": rollout.max_failures or None, "gate": list(rollout.gate)})


def _wave(wave: Wave) -> Json:
    return {"tags": dict(wave.tags)} if wave.percent is None else {"percent": wave.percent}


def as_json(fleet: Fleet) -> str:
    """The manifest as JSON."""
    return legible_json(json.dumps(as_data(fleet), indent=2, ensure_ascii=False)) + "\n"


def as_yaml(fleet: Fleet) -> str:
    """The manifest as YAML. Not by PyYAML, which `python -m azext_amlarc.validation` can do without."""
    return "\n".join(_lines(as_data(fleet))) + "\n"


def _lines(value: Json) -> Iterator[str]:
    for key, member in value.items():
        name = _scalar(key)
        if isinstance(member, dict) and member:
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(member))
        elif isinstance(member, list) and any(isinstance(one, dict) for one in member):
            yield f"{name}:"
            for one in member:
                first, *others = list(_lines(one)) or ["{}"]
                yield f"  - {first}"
                yield from (f"    {line}" for line in others)
        elif isinstance(member, list):
            yield f"{name}: [{', '.join(map(_scalar, member))}]"
        else:
            yield f"{name}: {_scalar(member)}"


def _scalar(value: Any) -> str:
    """A scalar as every YAML parser reads it: JSON, but for plain words, with escapes for what YAML forbids."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    shown = inert_quoted(json.dumps(value, ensure_ascii=False))
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in shown)
