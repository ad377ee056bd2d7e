"""Changing an installed extension. Azure merges plain settings, and replaces the protected ones as a set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from azext_amlarc.azure import supporting
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation, Watcher, write
from azext_amlarc.azure.extension.install import own_secrets, router_settings
from azext_amlarc.azure.extension.lookup import Extension, address, from_sdk, show
from azext_amlarc.azure.extension.watch import by_operation, by_resource
from azext_amlarc.errors import Refused
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.differences import differences

_TLS = {"scoringFe.sslCert", "scoringFe.sslKey"}


@dataclass(frozen=True)
class Change:
    """What an update would do: the plain settings that differ, the protected ones given, and the rest of the PATCH.

    `lines` says it to a person; it is empty where all is as wanted already.
    """

    settings: Mapping[str, str]
    protected: Mapping[str, str] = field(repr=False)
    properties: Mapping[str, Any]
    lines: tuple[str, ...]
    plan: supporting.Plan


def plan_change(
    cluster: Cluster,
    existing: Extension,
    settings: Mapping[str, str],
    protected: Mapping[str, str],
    properties: Mapping[str, Any],
) -> Change:
    """Compare what the user gave with what is installed; no request. None among `properties` means: as it is.

    Where an earlier write has failed everything given is sent again: Azure shows settings that it failed to apply.
    """
    is_sound = existing.install_state == "Installed"
    old = existing.configuration_settings
    given = {**settings, **router_settings(settings)}
    plan = supporting.plan(cluster, {**old, **given}, old)
    wanted = {**given, **plan.settings}
    changed = {key: value for key, value in wanted.items() if not is_sound or old.get(key) != value}
    installed = {
        "version": existing.version or existing.current_version,
        "autoUpgradeMinorVersion": existing.auto_upgrade_minor_version,
        "releaseTrain": existing.release_train,
    }
    named = {key: value for key, value in properties.items() if value is not None}
    moved = {key: value for key, value in named.items() if not is_sound or value != installed[key]}
    lines = [] if is_sound else [f"state: {existing.provisioning_state} -> tried again"]
    lines += [*differences({key: old.get(key) for key in changed}, changed)]
    lines += differences({key: installed[key] for key in moved}, moved)
    lines += [f"{key}: (protected) -> (protected, given again)" for key in sorted(protected)]
    return Change(changed, protected, moved, tuple(lines), plan)


def begin_update(
    azure: AzureClient, cluster: Cluster, existing: Extension, change: Change, watcher: Watcher
) -> Operation[Extension]:
    """Send the change, with the protected settings that the user did not name read again where Azure has them.

    Refused where one would be lost: nobody but the user has a TLS key.
    """
    properties: dict[str, Any] = dict(change.properties)
    made = supporting.ensure(azure, change.plan, watcher) if _wants_more(existing, change) else None
    settings = {**change.settings, **(made.settings if made else {})}
    if settings:
        properties["configurationSettings"] = settings
    if change.protected or made:
        known = supporting.read_secrets(azure, {**existing.configuration_settings, **settings})
        own = {**own_secrets(change.protected), **change.protected}
        protected = {**known, **(made.protected if made else {}), **own}
        _refuse_loss(existing, protected)
        properties["configurationProtectedSettings"] = protected
    operation = _send(azure, cluster, existing, properties)
    return replace(operation, then=partial(supporting.finish, azure, made)) if made else operation


def _send(
    azure: AzureClient, cluster: Cluster, existing: Extension, properties: Mapping[str, Any]
) -> Operation[Extension]:
    accepted = write(
        azure,
        f"an update of the extension {existing.name}",
        azure.extensions.begin_update,
        *address(cluster.id),
        existing.name,
        json.dumps({"properties": properties}).encode(),
        content_type="application/json",
        taken=lambda: show(azure, cluster.id, existing.name).is_moving,
    )
    if accepted is None:
        return by_resource(azure, cluster.id, show(azure, cluster.id, existing.name), None, "update of")
    resource = from_sdk(accepted.model, cluster.id) if accepted.model else existing
    return by_operation(azure, cluster.id, resource, accepted, "update of")


def _wants_more(existing: Extension, change: Change) -> bool:
    """Whether the change switches on something that needs a resource of its own (Service Bus, Log Analytics)."""
    return any(key not in existing.configuration_settings for key in change.plan.settings)


def _refuse_loss(existing: Extension, protected: Mapping[str, str]) -> None:
    lost = sorted(set(existing.configuration_protected_settings) - set(protected))
    if not lost:
        return
    named = " as sslCertPemFile and sslKeyPemFile" if set(lost) <= _TLS else ""
    raise Refused(
        f"Azure replaces protected settings as a set, and can't give these back: {', '.join(lost)}.",
        f"Give them again among the protected settings{named}.",
    )
