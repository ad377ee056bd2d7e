"""The cluster extension Microsoft.AzureML.Kubernetes as data: as Azure returns it, as wanted, and the difference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.errors import InvalidInput, Refused
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import EXTENSION_NAMESPACE, NODES_FOR_HA, TYPE
from azext_amlarc.resources import supporting
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.ids import ClusterId

# Older and newer charts read a connection string under different names.
_SECOND_NAMES = {
    "relayServerConnectionString": "relayserver.relayConnectionString",
    "serviceBusConnectionString": "servicebus.connectionString",
}


_TLS = {"scoringFe.sslCert", "scoringFe.sslKey"}


@dataclass(frozen=True)
class Extension:
    """An installed extension, with the property names of `az k8s-extension show`, and `install_state`.

    `install_state` is named as in Microsoft's guide of 2021. `configuration_protected_settings` has only names: Azure
    never returns the values, and we never keep them.
    """

    name: str
    id: str
    install_state: str
    provisioning_state: str
    extension_type: str
    release_train: str | None
    version: str | None
    current_version: str | None
    auto_upgrade_minor_version: bool | None
    resource_group: str
    cluster_name: str
    cluster_type: str
    configuration_settings: dict[str, str]
    configuration_protected_settings: list[str]
    scope: dict[str, Any] | None
    statuses: list[dict[str, Any]]
    error_info: dict[str, Any] | None
    identity: dict[str, Any] | None
    is_system_extension: bool | None
    aks_assigned_identity: dict[str, Any] | None
    custom_location_settings: dict[str, str] | None
    package_uri: str | None
    plan: dict[str, Any] | None
    system_data: dict[str, Any] | None
    type: str | None

    @property
    def shown_settings(self) -> dict[str, str]:
        """The settings as Azure shows them: protected ones with an empty value."""
        return {**self.configuration_settings, **dict.fromkeys(self.configuration_protected_settings, "")}

    @property
    def in_progress(self) -> bool:
        return self.install_state == "Pending"

    @property
    def is_being_deleted(self) -> bool:
        return self.provisioning_state.lower() == "deleting"


_INSTALL_STATES = {"succeeded": "Installed", "failed": "Failed", "canceled": "Failed"}


def install_state_of(provisioning_state: str) -> str:
    return _INSTALL_STATES.get(provisioning_state.lower(), "Pending")


def from_sdk(model: Any, cluster: ClusterId) -> Extension:
    """An extension from the SDK's model."""
    state = str(model.provisioning_state or "")
    return Extension(
        name=model.name,
        id=model.id,
        install_state=install_state_of(state),
        provisioning_state=state,
        extension_type=model.extension_type or "",
        release_train=model.release_train,
        version=model.version,
        current_version=model.current_version,
        auto_upgrade_minor_version=model.auto_upgrade_minor_version,
        resource_group=cluster.resource_group,
        cluster_name=cluster.name,
        cluster_type=cluster.cluster_type,
        configuration_settings=dict(model.configuration_settings or {}),
        configuration_protected_settings=sorted(model.configuration_protected_settings or {}),
        scope=_plain(model.scope),
        statuses=[_plain(status) or {} for status in model.statuses or []],
        error_info=_plain(model.error_info),
        identity=_plain(model.identity),
        is_system_extension=model.is_system_extension,
        aks_assigned_identity=_plain(model.aks_assigned_identity),
        custom_location_settings=model.custom_location_settings,
        package_uri=model.package_uri,
        plan=_plain(model.plan),
        system_data=_plain(model.system_data),
        type=model.type,
    )


def _plain(model: Any) -> dict[str, Any] | None:
    """An SDK model as Azure returned it: camelCase keys, including read-only ones."""
    plain: dict[str, Any] | None = model.serialize(keep_readonly=True) if model is not None else None
    return plain


@dataclass(frozen=True)
class Wanted:
    """What the user wants to install: settings as they are sent, all strings, the protected ones hidden from repr.

    As in the service, minor upgrades are on unless the value is False.
    """

    settings: Mapping[str, str]
    protected: Mapping[str, str] = field(default_factory=dict, repr=False)
    release_train: str = "stable"
    version: str | None = None
    auto_upgrade_minor_version: bool | None = None


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
    return {**_defaults(cluster, domain), **given, **_identity(cluster), **router_settings(given)}


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


def router_settings(given: Mapping[str, str]) -> dict[str, str]:
    """The settings for access to the inference router, under the chart's own names."""
    settings = {}
    if given.get("inferenceRouterServiceType", "").lower() == "nodeport":
        settings["scoringFe.serviceType.nodePort"] = "True"
    if "internalLoadBalancerProvider" in given:
        settings["scoringFe.serviceType.internalLoadBalancer"] = given["internalLoadBalancerProvider"]
    if given.get("isAKSMigration", "").lower() == "true":
        settings["scoringFe.namespace"] = "default"
    return settings


@dataclass(frozen=True)
class Resolved:
    """All plain settings to send, as far as they are known without a request, and the supporting resources."""

    settings: dict[str, str]
    plan: supporting.Plan


def resolve(cluster: Cluster, domain: str, given: Mapping[str, str], existing: Extension | None) -> Resolved:
    """The given settings with everything that the chart needs; `domain` is the cloud's, for public names."""
    settings = derived_settings(cluster, domain, given)
    plan = supporting.plan(cluster, settings, existing.configuration_settings if existing else None)
    return Resolved({**settings, **plan.settings}, plan)


def refuse_another(existing: Extension) -> None:
    """Refused if the name belongs to an extension of another type, or to one that is being deleted."""
    if existing.extension_type.lower() != TYPE:
        raise Refused(
            f"{existing.name!r} on this cluster is an extension of type {existing.extension_type}.",
            "Choose another name.",
        )
    if existing.provisioning_state.lower() == "deleting":
        raise Refused(
            f"The extension {existing.name!r} is being deleted; you cannot reinstall it until that finishes.",
            "Wait about ten minutes, then run the command again.",
        )


def changes(existing: Extension, settings: Mapping[str, str], wanted: Wanted) -> list[str]:
    """What installing `settings` would change, one line each; protected settings can only be compared by name."""
    lines = [*differences(existing.configuration_settings, settings)]
    if wanted.version and wanted.version not in (existing.version, existing.current_version):
        lines.append(f"version: {existing.version} -> {wanted.version}")
    if wanted.release_train.lower() != (existing.release_train or "").lower():
        lines.append(f"releaseTrain: {existing.release_train} -> {wanted.release_train}")
    missing = sorted(set(wanted.protected) - set(existing.configuration_protected_settings))
    return lines + [f"{key}: (not set) -> (protected)" for key in missing]


def second_names(protected: Mapping[str, str]) -> dict[str, str]:
    """The user's own connection strings under the second names that the chart reads."""
    return {second: protected[first] for first, second in _SECOND_NAMES.items() if first in protected}


def body(cluster: Cluster, wanted: Wanted, settings: Mapping[str, str], made: Mapping[str, str]) -> dict[str, Any]:
    """The body of the PUT; `settings` are all plain settings, `made` has the keys of the supporting resources."""
    protected = {**made, **second_names(wanted.protected), **wanted.protected}
    properties = {
        "extensionType": TYPE,
        "autoUpgradeMinorVersion": wanted.auto_upgrade_minor_version is not False,
        "releaseTrain": wanted.release_train,
        "scope": {"cluster": {"releaseNamespace": EXTENSION_NAMESPACE}},
        "configurationSettings": dict(settings),
        "configurationProtectedSettings": protected,
    }
    if wanted.version:
        properties["version"] = wanted.version
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


def wants_more(existing: Extension, change: Change) -> bool:
    """Whether the change enables something that needs a new supporting resource (Service Bus, Log Analytics)."""
    return any(key not in existing.configuration_settings for key in change.plan.settings)


def refuse_loss(existing: Extension, protected: Mapping[str, str]) -> None:
    """Refused if a protected setting would be lost: Azure replaces them as a set, and never returns them."""
    lost = sorted(set(existing.configuration_protected_settings) - set(protected))
    if not lost:
        return
    named = " as sslCertPemFile and sslKeyPemFile" if set(lost) <= _TLS else ""
    raise Refused(
        f"Azure replaces protected settings as a set, so these would be lost: {', '.join(lost)}.",
        f"Pass them again as protected settings{named}.",
    )
