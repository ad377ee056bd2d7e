"""The cluster extension Microsoft.AzureML.Kubernetes as wanted: what is sent, and how it differs from what is there."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from azext_amlarc.errors import InvalidInput, Refused
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import DEFAULT_TRAIN, EXTENSION_NAMESPACE, NODES_FOR_HA, SENT_AS, TYPE
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.ids import folded
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.supporting import plan as supporting
from azext_amlarc.resources.supporting import relay, service_bus

# Older and newer charts read a connection string under different names.
SECOND_NAMES = {
    "relayServerConnectionString": "relayserver.relayConnectionString",
    "serviceBusConnectionString": "servicebus.connectionString",
}


_BOOLEANS = {"true", "false"}
# How the inference router is reached, in the chart's own names.
_NODE_PORT = "scoringFe.serviceType.nodePort"
_INTERNAL = "scoringFe.serviceType.internalLoadBalancer"
_PROVIDER = "internalLoadBalancerProvider"


@dataclass(frozen=True)
class Wanted:
    """What the user wants to install: settings as they are sent, all strings, the protected ones hidden from repr.

    What is not given (None, or a setting that is missing) stays as it is on an extension that exists. On a new one the
    train is stable, and minor upgrades are on unless a version is pinned. `tags` are for the supporting resources that
    are created, `removed` are settings that it should not keep.
    """

    settings: Mapping[str, str]
    protected: Mapping[str, str] = field(default_factory=dict, repr=False)
    release_train: str | None = None
    version: str | None = None
    auto_upgrade_minor_version: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()


def auto_upgrade(version: str | None, asked: bool | None) -> bool | None:
    """Whether to upgrade minor versions automatically: False with a pinned version, None if neither was given.

    InvalidInput for both: the service would refuse them, but only after the Relay has been created.
    """
    if version and asked:
        raise InvalidInput(
            "A pinned version and automatic upgrades cannot be used together.",
            "Choose one of them; pinning a version turns automatic upgrades off.",
        )
    return False if version else asked


def derived_settings(cluster: Cluster, domain: str, given: Mapping[str, str]) -> dict[str, str]:
    """The settings with those that `az k8s-extension` adds: the chart needs them, but they are not documented.

    The given settings take precedence over our defaults, but not over the cluster's identity.
    """
    return {**_defaults(cluster, domain), **given, **_identity(cluster), **chart_settings(given, {})}


def _defaults(cluster: Cluster, domain: str) -> dict[str, str]:
    on_arc = cluster.id.cluster_type == CONNECTED
    settings = {
        "enableTraining": "False",
        "enableInference": "False",
        "domain": f"{cluster.location}.{domain}",
        "servicebus.enabled": "false",
        "relayserver.enabled": "true" if on_arc else "false",
        "nginxIngress.enabled": "false" if on_arc else "true",
    }
    if cluster.node_count is not None and cluster.node_count < NODES_FOR_HA:
        settings |= {"clusterPurpose": "DevTest", "inferenceRouterHA": "false"}
    if (cluster.distribution or "").lower() == "openshift":
        settings["openshift"] = "true"
    return settings


def _identity(cluster: Cluster) -> dict[str, str]:
    id_keys = ("cluster_name", "clusterId", "prometheus.prometheusSpec.externalLabels.cluster_name")
    return dict.fromkeys(id_keys, str(cluster.id)) | {
        "cluster_name_friendly": cluster.id.name,
        "location": cluster.location,
        "jobSchedulerLocation": cluster.location,
    }


def chart_settings(given: Mapping[str, str], installed: Mapping[str, str]) -> dict[str, str]:
    """What the inference router's chart reads in names of its own, as `az k8s-extension` 1.7.0 sends it.

    The chart does not read `sslSecret` itself: without `scoringFe.sslSecret` the router's TLS check fails
    (hashicorp/terraform-provider-azurerm#24547). What was set for another service type is set back; an internal
    balancer that is still installed counts again for a LoadBalancer.
    """
    service = given.get("inferenceRouterServiceType", "").lower()
    provider = given.get(_PROVIDER, installed.get(_PROVIDER) if service else None)
    settings: dict[str, str] = {}
    if service:
        settings |= _switched(_NODE_PORT, service == "nodeport", installed)
    if service and service != "loadbalancer":
        settings |= _switched(_INTERNAL, False, installed)
    elif provider is not None:
        settings |= _switched(_INTERNAL, bool(provider), installed)
    if "sslSecret" in given:
        settings["scoringFe.sslSecret"] = given["sslSecret"]
    if given.get("isAKSMigration", "").lower() == "true":
        settings["scoringFe.namespace"] = "default"
    return settings


def _switched(key: str, on: bool, installed: Mapping[str, str]) -> dict[str, str]:
    """A switch of the chart: on, or off if it was on."""
    if on:
        return {key: "True"}
    return {key: "False"} if installed.get(key, "").lower() == "true" else {}


class Resolved(NamedTuple):
    """All plain settings to send, as far as they are known without a request, and the supporting resources."""

    settings: dict[str, str]
    plan: supporting.Plan


def resolve(
    cluster: Cluster,
    domain: str,
    given: Mapping[str, str],
    existing: Extension | None,
    removed: Collection[str] = (),
) -> Resolved:
    """The settings given with all that the chart needs; `domain` is the cloud's, for public names.

    A PUT replaces all settings: those of an extension that exists go along, unless they are given anew or `removed`.
    """
    installed = existing.configuration_settings if existing else {}
    kept = {key: value for key, value in installed.items() if key not in removed}
    settings = {**kept, **derived_settings(cluster, domain, {**kept, **given}), **chart_settings(given, kept)}
    plan = supporting.plan(cluster, _own_choices(cluster, settings, given), kept if existing else None)
    return Resolved({**settings, **plan.settings}, plan)


def _own_choices(cluster: Cluster, settings: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The settings without those that name resources which were created for the cluster: they are planned again."""
    created = {
        relay.CONNECTION_ID: relay.is_created_for,
        service_bus.RESOURCE_ID: service_bus.is_created_for,
    }
    return {
        key: value
        for key, value in settings.items()
        if key in given or key not in created or not created[key](cluster.id, value)
    }


def changes(existing: Extension, resolved: Resolved, wanted: Wanted) -> list[str]:
    """What installing this would change, a line each; protected values cannot be compared, so they are sent anyway."""
    lines = [*_changed_settings(existing.configuration_settings, resolved.settings)]
    lines += differences(_release(existing), _wanted_release(existing, wanted))
    there = set(existing.configuration_protected_settings)
    lines += [f"{key}: (not set) -> (protected)" for key in sorted(resolved.plan.protected_names - there)]
    return lines + [f"{key}: {_as_given(key, there)}" for key in sorted(wanted.protected)]


def _as_given(key: str, there: Collection[str]) -> str:
    is_there = key in there or SENT_AS.get(key) in there
    return "(protected) -> (protected; values cannot be compared)" if is_there else "(not set) -> (protected)"


def _changed_settings(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """A line for each setting that means something else than before."""
    changed = [key for key in {**old, **new} if not _means_the_same(old.get(key), new.get(key))]
    yield from differences({key: old.get(key) for key in changed}, {key: new.get(key) for key in changed})


def _means_the_same(one: str | None, other: str | None) -> bool:
    """Whether two values are equal: the chart takes true and True alike, and Azure compares ids without case."""
    return one == other or (None not in (one, other) and _one_spelling(str(one)) == _one_spelling(str(other)))


def _one_spelling(value: str) -> str:
    if value.lower() in _BOOLEANS:
        return value.capitalize()
    return folded(value) if value.startswith("/subscriptions/") else value


def _release(existing: Extension) -> dict[str, object]:
    return {
        "version": existing.version or existing.current_version,
        "releaseTrain": (existing.release_train or "").lower(),
        "autoUpgradeMinorVersion": existing.auto_upgrade_minor_version,
    }


def _wanted_release(existing: Extension, wanted: Wanted) -> dict[str, object]:
    """What the release would be; a version that is the current one is no change."""
    now = _release(existing)
    if wanted.version and wanted.version != existing.current_version:
        now["version"] = wanted.version
    if wanted.release_train:
        now["releaseTrain"] = wanted.release_train.lower()
    if wanted.auto_upgrade_minor_version is not None:
        now["autoUpgradeMinorVersion"] = wanted.auto_upgrade_minor_version
    return now


def lost(existing: Extension, sent: Collection[str]) -> list[str]:
    """Protected settings that are installed and not `sent`: Azure replaces them as a set, and gives none back.

    Local paths of PEM files, which other tools leave among them, mean nothing to the chart.
    """
    return sorted(set(existing.configuration_protected_settings) - {*sent, *SENT_AS})


def protected_to_send(resolved: Resolved, wanted: Wanted) -> set[str]:
    """The names of the protected settings that an installation sends."""
    return {*resolved.plan.protected_names, *second_names(wanted.protected), *wanted.protected}


def second_names(protected: Mapping[str, str]) -> dict[str, str]:
    """The user's own connection strings under the second names that the chart reads."""
    return {second: protected[first] for first, second in SECOND_NAMES.items() if first in protected}


def body(
    cluster: Cluster,
    wanted: Wanted,
    settings: Mapping[str, str],
    made: Mapping[str, str],
    existing: Extension | None = None,
) -> dict[str, Any]:
    """The PUT that installs what is wanted; `settings` are all of them, `made` holds the supporting resources' keys."""
    upgrades = wanted.auto_upgrade_minor_version
    if upgrades is None:
        upgrades = not (existing and existing.auto_upgrade_minor_version is False)
    properties = {
        "extensionType": TYPE,
        "autoUpgradeMinorVersion": upgrades,
        "releaseTrain": wanted.release_train or (existing and existing.release_train) or DEFAULT_TRAIN,
        "scope": (existing and existing.scope) or {"cluster": {"releaseNamespace": EXTENSION_NAMESPACE}},
        "configurationSettings": dict(settings),
        "configurationProtectedSettings": {**made, **second_names(wanted.protected), **wanted.protected},
    }
    version = wanted.version or (existing.version if existing and not upgrades else None)
    if version:
        properties["version"] = version
    identity = {"identity": {"type": "SystemAssigned"}} if cluster.id.cluster_type == CONNECTED else {}
    return {**identity, "properties": properties}


@dataclass(frozen=True)
class Change:
    """What an update would send: the plain settings that differ, the given protected ones, the rest of the PATCH.

    `lines` describes it to the user; it is empty if everything is up to date.
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
    """Compare what the user gave with what is installed, without a request. None in `properties` means no change.

    If an earlier write failed, everything given is sent again: Azure also shows settings that it failed to apply.
    """
    is_sound = existing.install_state == "Installed"
    old = existing.configuration_settings
    given = {**settings, **chart_settings(settings, old)}
    plan = supporting.plan(cluster, {**old, **given}, old)
    wanted = {**given, **plan.settings}
    changed = {key: value for key, value in wanted.items() if not is_sound or not _means_the_same(old.get(key), value)}
    installed = {
        "version": existing.version or existing.current_version,
        "autoUpgradeMinorVersion": existing.auto_upgrade_minor_version,
        "releaseTrain": existing.release_train,
    }
    named = {key: value for key, value in properties.items() if value is not None}
    moved = {key: value for key, value in named.items() if not is_sound or not _is_same_release(value, installed[key])}
    lines = [] if is_sound else [f"state: {existing.provisioning_state} -> tried again"]
    lines += [*differences({key: old.get(key) for key in changed}, changed)]
    lines += differences({key: installed[key] for key in moved}, moved)
    lines += [f"{key}: (protected) -> (protected, given again)" for key in sorted(protected)]
    return Change(changed, protected, moved, tuple(lines), plan)


def _is_same_release(wanted: object, installed: object) -> bool:
    """Azure takes a train in any letter case."""
    return str(wanted).lower() == str(installed).lower()


def plan_renewal(cluster: Cluster, domain: str, existing: Extension) -> Change:
    """Create what is missing of the supporting resources, and send their connection strings again.

    Refused if the extension uses none that was created for the cluster, or if a protected setting would be lost.
    """
    plan = resolve(cluster, domain, {}, existing).plan
    if not plan.relay:
        raise Refused(
            f"The extension {existing.name!r} uses no Relay that was created for the cluster {cluster.id.name!r}.",
            "Ask whoever created the Relay in its settings.",
        )
    refuse_loss(existing, plan.protected_names)
    lines = [f"{key}: (protected) -> (protected, read again)" for key in sorted(plan.protected_names)]
    return Change({}, {}, {}, tuple(lines), plan)


def wants_more(existing: Extension, change: Change) -> bool:
    """Whether the change enables something that needs a new supporting resource (Service Bus, Log Analytics)."""
    return any(key not in existing.configuration_settings for key in change.plan.settings)


def refuse_loss(existing: Extension, protected: Collection[str]) -> None:
    """Refused if an update would lose a protected setting."""
    gone = lost(existing, protected)
    if not gone:
        return
    named = " as sslCertPemFile and sslKeyPemFile" if set(gone) <= set(SENT_AS.values()) else ""
    raise Refused(
        f"Azure replaces protected settings as a set, and cannot give these back: {', '.join(gone)}.",
        f"Give them again among the protected settings{named}.",
    )
