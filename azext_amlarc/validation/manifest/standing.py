"""What is on clusters already, whoever set it up, as a fleet: what a plan finds nothing to change in.

What the tool works out by itself is left out, as are secrets, which Azure gives nobody back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from azext_amlarc.errors import Refused
from azext_amlarc.product.extension import DEFAULT_NAME, SENT_AS
from azext_amlarc.resources import compute
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.extension import SECOND_NAMES, Wanted, resolve
from azext_amlarc.resources.fleet import ComputeSpec, Entry, ExtensionSpec, Fleet, Reference, WantedCompute, WantedState
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.supporting import log_analytics, relay, service_bus
from azext_amlarc.validation import names, settings
from azext_amlarc.validation.settings import ClusterFacts, Setting, codes
from azext_amlarc.validation.settings.derived import same, worked_out

# Protected settings that the supporting resources make up, under both of their names.
_MADE = {*relay.PROTECTED, *service_bus.PROTECTED, log_analytics.PROTECTED}


@dataclass(frozen=True)
class Standing:
    """A cluster with its extension and the compute targets that it is, by the workspaces that these are in."""

    cluster: Cluster
    extension: Extension | None
    computes: tuple[tuple[WorkspaceId, Compute], ...]

    @property
    def is_empty(self) -> bool:
        return self.extension is None and not self.computes


@dataclass(frozen=True)
class _Own:
    """What was chosen for one cluster's extension, in the terms of a manifest."""

    spec: ExtensionSpec
    settings: dict[str, str]


def wanted_of(standing: Standing, domain: str) -> WantedState:
    """What the cluster has, as what it should have."""
    own = _own(standing, domain)
    wanted = None
    if own:
        spec = own.spec
        wanted = Wanted(
            _as_spelled(own.settings, standing), {}, spec.release_train, spec.version, spec.auto_upgrade_minor_version
        )
    computes = tuple(_as_it_is(standing.cluster, *one) for one in standing.computes)
    return WantedState(standing.cluster, own.spec.name if own else DEFAULT_NAME, wanted, computes)


def _as_spelled(given: Mapping[str, str], standing: Standing) -> dict[str, str]:
    """Settings as they are installed, where that means the same: true and True."""
    there = standing.extension.configuration_settings if standing.extension else {}
    return {key: there[key] if same(value, there.get(key)) else value for key, value in given.items()}


def _as_it_is(cluster: Cluster, workspace: WorkspaceId, there: Compute) -> WantedCompute:
    document = {"namespace": there.namespace} if there.namespace else {}
    return WantedCompute(workspace, there.name, compute.Wanted(cluster.id, document, replaces_types=False))


def _own(standing: Standing, domain: str) -> _Own | None:
    """The settings that the tool does not work out by itself, and the rest of the extension."""
    there = standing.extension
    if there is None:
        return None
    given = [Setting(key, value, codes.INSTALLED) for key, value in there.configuration_settings.items()]
    facts = ClusterFacts.of(standing.cluster)
    chosen = settings.plain_values(given)
    derived = worked_out(lambda one: resolve(standing.cluster, domain, one, None).settings, chosen, {})
    judged = settings.judge(given, cluster=facts, derived=derived)
    is_unknown = any(finding.code == codes.UNKNOWN.code for finding in judged.findings)
    kept = settings.judge(given, cluster=facts, derived=derived, allow_unknown=True).plain
    usual = resolve(standing.cluster, domain, {}, None).settings
    plain = {key: value for key, value in kept.items() if not same(value, usual.get(key))}
    pinned = there.auto_upgrade_minor_version is False
    version = (there.current_version or there.version) if pinned else None
    protected = _references(there, plain)
    spec = ExtensionSpec(there.name, there.release_train, version, None, {}, protected, is_unknown)
    return _Own(spec, plain)


def _references(there: Extension, plain: Mapping[str, str]) -> dict[str, Reference]:
    """The protected settings that only the user has, each to be found in an environment variable."""
    strings = {relay.CONNECTION_ID: relay.PROTECTED[0], service_bus.RESOURCE_ID: service_bus.PROTECTED[0]}
    read = {string for key, string in strings.items() if key in plain}  # one's own Relay is asked for its string
    of_files = {sent: given for given, sent in SENT_AS.items()}
    keys = {of_files.get(key, key) for key in there.configuration_protected_settings} - set(SECOND_NAMES.values())
    return {key: Reference("env", _variable(key)) for key in sorted(keys - _MADE - read)}


def _variable(key: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).upper())


def fleet_of(name: str, standings: Sequence[Standing], domain: str, subscription_id: str) -> tuple[Fleet, list[str]]:
    """The fleet that these clusters are, and what it does not say. `subscription_id` is the active one.

    Refused where they differ in more than settings: one manifest gives all clusters the same compute targets.
    """
    found = {one.cluster.id: _own(one, domain) for one in standings}
    specs = {cluster: own.spec if own else None for cluster, own in found.items()}
    computes = {one.cluster.id: tuple(_spec(one, *there) for there in one.computes) for one in standings}
    extension = _same("extensions", specs)
    common = _common([own.settings for own in found.values() if own])
    entries = []
    for cluster, own in found.items():
        subscription = None if cluster.subscription_id.lower() == subscription_id.lower() else cluster.subscription_id
        rest = {key: value for key, value in (own.settings if own else {}).items() if common.get(key) != value}
        entries.append(Entry(cluster.name, cluster.resource_group, cluster.cluster_type, subscription, rest))
    fleet = Fleet(
        names.as_dns_name(name).replace(".", "-")[:63].strip("-") or "fleet",
        tuple(entries),
        replace(extension, settings=common) if extension else None,
        computes=_same("compute targets", computes),
    )
    return fleet, list(_unsaid(fleet, standings))


def _same(what: str, given: Mapping[Any, Any]) -> Any:
    """What all clusters have alike."""
    (first, one), *others = given.items()
    differing = next((cluster for cluster, other in others if other != one), None)
    if differing:
        raise Refused(
            f"The clusters {first.name!r} and {differing.name!r} differ in their {what}, and one manifest gives all "
            "clusters the same.",
            "Export them one by one, or as a template, which has a resource for each.",
        )
    return one


def _common(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The settings that all clusters have with the same value."""
    first, *others = given or [{}]
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}


def _spec(standing: Standing, workspace: WorkspaceId, there: Compute) -> ComputeSpec:
    cluster = standing.cluster.id
    identity = there.identity or {}
    kind = identity.get("type") if identity.get("type") in ("SystemAssigned", "UserAssigned") else None
    ids = tuple(identity.get("userAssignedIdentities") or ()) if kind == "UserAssigned" else ()
    is_elsewhere = workspace.subscription_id.lower() != cluster.subscription_id.lower()
    document = {"namespace": there.namespace} if there.namespace else {}
    name = there.name.replace(cluster.name, "{cluster}", 1)
    subscription = workspace.subscription_id if is_elsewhere else None
    return ComputeSpec(workspace.name, name, workspace.resource_group, subscription, kind, ids, document)


def _unsaid(fleet: Fleet, standings: Sequence[Standing]) -> list[str]:
    """What a manifest of these clusters does not say."""
    found = [
        f"{one.name} has instance types, which stay as they are: name their file with config."
        for one in _typed(standings)
    ]
    spec = fleet.extension
    for key, reference in (spec.protected if spec else {}).items():
        found.append(
            f"Azure does not give {key} back: set the environment variable {reference.name}, or name another place."
        )
    return found


def _typed(standings: Sequence[Standing]) -> list[Compute]:
    return [there for one in standings for _, there in one.computes if there.instance_types]
