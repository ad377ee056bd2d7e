"""Installing the cluster extension Microsoft.AzureML.Kubernetes, and watching it being installed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from azext_amlarc.azure import supporting
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation, Watcher, write
from azext_amlarc.azure.extension.lookup import Extension, address, from_sdk, read, show
from azext_amlarc.azure.extension.watch import by_operation, by_resource, join
from azext_amlarc.errors import InvalidInput, Refused, WriteFailed
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import EXTENSION_NAMESPACE, NODES_FOR_HA, TYPE
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.ids import ClusterId

# Older and newer charts read a connection string under different names.
_SECOND_NAMES = {
    "relayServerConnectionString": "relayserver.relayConnectionString",
    "serviceBusConnectionString": "servicebus.connectionString",
}


@dataclass(frozen=True)
class Wanted:
    """What the user wants installed: settings as they are sent, all strings, the protected ones kept out of repr.

    Minor upgrades are on unless they are False, as in the service.
    """

    settings: Mapping[str, str]
    protected: Mapping[str, str] = field(default_factory=dict, repr=False)
    release_train: str = "stable"
    version: str | None = None
    auto_upgrade_minor_version: bool | None = None


def auto_upgrade(version: str | None, asked: bool | None) -> bool | None:
    """Whether minor versions are to follow by themselves: not beside a pinned one, None where neither was given.

    InvalidInput for both: the service refuses the pair, after the relay has been made.
    """
    if version and asked:
        raise InvalidInput(
            f"version {version!r} pins the extension, auto-upgrade-minor-version moves it on: they exclude each other.",
            "Give one of them; with a version alone automatic upgrades are off.",
        )
    return False if version else asked


def derived_settings(azure: AzureClient, cluster: Cluster, given: Mapping[str, str]) -> dict[str, str]:
    """What `az k8s-extension` adds to the settings that were given: the chart needs them, no document lists them.

    The user's own `domain` wins, as do the workload's switches; the cluster's identity is ours to say.
    """
    return {**_defaults(azure, cluster), **given, **_identity(cluster), **router_settings(given)}


def _defaults(azure: AzureClient, cluster: Cluster) -> dict[str, str]:
    on_arc = cluster.id.cluster_type == CONNECTED
    settings = {
        "enableTraining": "False",
        "enableInference": "False",
        "domain": f"{cluster.location}.{azure.cloud.application_domain}",
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
    """How the inference router is reached, in the chart's own names."""
    settings = {}
    if given.get("inferenceRouterServiceType", "").lower() == "nodeport":
        settings["scoringFe.serviceType.nodePort"] = "True"
    if "internalLoadBalancerProvider" in given:
        settings["scoringFe.serviceType.internalLoadBalancer"] = given["internalLoadBalancerProvider"]
    if given.get("isAKSMigration", "").lower() == "true":
        settings["scoringFe.namespace"] = "default"
    return settings


def begin_create(
    azure: AzureClient, cluster: Cluster, name: str, wanted: Wanted, watcher: Watcher, patience: float
) -> Operation[Extension]:
    """Bring the cluster to `wanted`: install, replace what differs, try a failed one again, or join what is running.

    Another write that is running with other settings is waited for, `patience` seconds at most. Refused where the name
    belongs to another extension, or is just being deleted. Where all is as wanted nothing is written.
    """
    existing = read(azure, cluster.id, name)
    settings = derived_settings(azure, cluster, wanted.settings)
    plan = supporting.plan(cluster, settings, existing.configuration_settings if existing else None)
    settings |= plan.settings
    if existing is not None:
        refuse_another(existing)
        to_change = changes(existing, settings, wanted)
        if existing.is_moving and not to_change:
            watcher.tell(f"It is {existing.provisioning_state} already: waiting for that.")
            return join(azure, cluster.id, existing)
        if existing.is_moving:
            existing = wait_for_another(azure, cluster.id, existing, watcher, patience)
            to_change = changes(existing, settings, wanted)
        if existing.install_state == "Installed" and not to_change:
            watcher.tell("Unchanged: it is as wanted already.")
            return Operation.done(existing)
        for change in to_change:
            watcher.tell(f"Changing {change}")
    made = supporting.ensure(azure, plan, watcher)
    protected = {**made.protected, **own_secrets(wanted.protected), **wanted.protected}
    operation = _send(azure, cluster, name, existing, _body(cluster, {**settings, **made.settings}, protected, wanted))
    return replace(operation, then=partial(supporting.finish, azure, made))


def refuse_another(existing: Extension) -> None:
    """Refused where the name belongs to an extension of another type, or to one that is being deleted."""
    if existing.extension_type.lower() != TYPE:
        raise Refused(
            f"{existing.name!r} on this cluster is an extension of type {existing.extension_type}.",
            "Choose another name.",
        )
    if existing.provisioning_state.lower() == "deleting":
        raise Refused(
            f"The extension {existing.name!r} is being deleted; a cluster can't take it again before that has ended.",
            "Wait about ten minutes, then try again.",
        )


def wait_for_another(
    azure: AzureClient, cluster: ClusterId, existing: Extension, watcher: Watcher, patience: float
) -> Extension:
    """The extension once a write of somebody else has ended, well or not; Refused without patience for it."""
    state = existing.provisioning_state
    if not patience:
        raise Refused(
            f"The extension {existing.name!r} is {state} with other settings.",
            "Try again when that has ended, or let this wait for it.",
        )
    watcher.tell(f"It is {state} with other settings: waiting for that to end first.")
    try:
        return join(azure, cluster, existing).wait(watcher, patience)
    except WriteFailed:
        return show(azure, cluster, existing.name)


def changes(existing: Extension, settings: Mapping[str, str], wanted: Wanted) -> list[str]:
    """What installing `settings` would change, a line a setting; protected ones can only be told apart by name."""
    lines = [*differences(existing.configuration_settings, settings)]
    if wanted.version and wanted.version not in (existing.version, existing.current_version):
        lines.append(f"version: {existing.version} -> {wanted.version}")
    if wanted.release_train.lower() != (existing.release_train or "").lower():
        lines.append(f"releaseTrain: {existing.release_train} -> {wanted.release_train}")
    missing = sorted(set(wanted.protected) - set(existing.configuration_protected_settings))
    return lines + [f"{key}: (not set) -> (protected)" for key in missing]


def own_secrets(protected: Mapping[str, str]) -> dict[str, str]:
    """The user's own connection strings, under both names that the chart reads."""
    return {second: protected[first] for first, second in _SECOND_NAMES.items() if first in protected}


def _body(
    cluster: Cluster, settings: Mapping[str, str], protected: Mapping[str, str], wanted: Wanted
) -> dict[str, Any]:
    properties = {
        "extensionType": TYPE,
        "autoUpgradeMinorVersion": wanted.auto_upgrade_minor_version is not False,
        "releaseTrain": wanted.release_train,
        "scope": {"cluster": {"releaseNamespace": EXTENSION_NAMESPACE}},
        "configurationSettings": dict(settings),
        "configurationProtectedSettings": dict(protected),
    }
    if wanted.version:
        properties["version"] = wanted.version
    identity = {"identity": {"type": "SystemAssigned"}} if cluster.id.cluster_type == CONNECTED else {}
    return {**identity, "properties": properties}


def _send(
    azure: AzureClient, cluster: Cluster, name: str, existing: Extension | None, body: dict[str, Any]
) -> Operation[Extension]:
    def taken() -> bool:
        found = read(azure, cluster.id, name)
        return found is not None and (existing is None or found.is_moving)

    accepted = write(
        azure,
        f"extension {name} on {cluster.id}",
        azure.extensions.begin_create,
        *address(cluster.id),
        name,
        json.dumps(body).encode(),
        content_type="application/json",
        taken=taken,
    )
    if accepted is None:
        return by_resource(azure, cluster.id, show(azure, cluster.id, name), None, "installation of")
    resource = from_sdk(accepted.model, cluster.id)
    watch = by_resource if existing is None else by_operation
    return watch(azure, cluster.id, resource, accepted, "installation of")
