"""A fleet from the data of a manifest without errors."""

import os
from collections.abc import Mapping
from typing import Any

from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.resources.fleet import (
    ComputeSpec,
    Entry,
    ExtensionSpec,
    Fleet,
    Rollout,
    Selector,
    Wave,
)
from azext_amlarc.validation import settings
from azext_amlarc.validation.manifest.given import references
from azext_amlarc.validation.settings import Setting

Json = Mapping[str, Any]


def build(data: Json, folder: str, documents: Mapping[str, Json]) -> Fleet:
    """The fleet of a valid manifest in this folder; `documents` are its valid attach configurations by their paths."""
    spec: Json = data["spec"]
    rollout = spec.get("rollout", {})
    return Fleet(
        name=data["metadata"]["name"],
        clusters=tuple(_selector(one) if "selector" in one else _entry(one, folder) for one in spec["clusters"]),
        extension=_extension(data, spec["extension"]) if "extension" in spec else None,
        grants_workspace_identity=spec.get("access", {}).get("workspaceIdentity") == "grant",
        computes=tuple(_compute(one, folder, documents) for one in spec.get("computes", ())),
        rollout=Rollout(
            tuple(_wave(one) for one in rollout["waves"]) if "waves" in rollout else Rollout().waves,
            int(rollout.get("maxFailures", 0)),
            tuple(dict.fromkeys(rollout.get("gate", ()))),
        ),
        on_removal=spec.get("onRemoval", "keep"),
    )


def _entry(given: Json, folder: str) -> Entry:
    return Entry(
        given["name"],
        given["resourceGroup"],
        given.get("type", CONNECTED),
        given.get("subscription"),
        _settings(given),
        beside(folder, given["kubeconfig"]) if "kubeconfig" in given else None,
        given.get("context"),
    )


def _selector(given: Json) -> Selector:
    selector: Json = given["selector"]
    return Selector(
        tuple(selector.get("subscriptions", ())),
        tuple(selector.get("resourceGroups", ())),
        tuple(selector.get("locations", ())),
        selector.get("tags", {}),
        selector.get("type", CONNECTED),
        _settings(given),
    )


def _extension(data: Json, given: Json) -> ExtensionSpec:
    return ExtensionSpec(
        given.get("name", DEFAULT_NAME),
        given.get("releaseTrain"),
        given.get("version"),
        given.get("autoUpgradeMinorVersion"),
        _settings(given),
        references(data),
        given.get("allowUnknownSettings", False),
    )


def _settings(given: Json) -> dict[str, str]:
    return settings.plain_values([Setting(key, value) for key, value in given.get("settings", {}).items()])


def _compute(given: Json, folder: str, documents: Mapping[str, Json]) -> ComputeSpec:
    config = beside(folder, given["config"]) if "config" in given else None
    document = dict(documents[config]) if config else {}
    if "namespace" in given:
        document["namespace"] = given["namespace"]
    identity = given.get("identity", {})
    return ComputeSpec(
        given["workspace"],
        given["name"],
        given.get("resourceGroup"),
        given.get("subscription"),
        identity.get("type"),
        tuple(identity.get("userAssignedIdentities", ())),
        document,
        config,
    )


def _wave(given: Json) -> Wave:
    return Wave(given.get("tags", {}), int(given["percent"]) if "percent" in given else None)


def beside(folder: str, name: str) -> str:
    """The path of a file that a manifest in this folder names."""
    return name if name.startswith("~") else os.path.normpath(os.path.join(folder, name))
