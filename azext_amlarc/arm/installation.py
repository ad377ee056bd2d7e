"""Installing the cluster extension Microsoft.AzureML.Kubernetes, and watching it being installed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.arm import supporting
from azext_amlarc.arm.clients import Arm
from azext_amlarc.arm.clusters import CONNECTED, Cluster, ClusterId
from azext_amlarc.arm.extension import TYPE, Extension, address, from_sdk, read, show
from azext_amlarc.arm.hints import hint_for
from azext_amlarc.arm.waiting import Accepted, Look, Operation, Watcher, look_at_operation, operation_error
from azext_amlarc.errors import ArcError, Refused, WriteFailed

RELEASE_NAMESPACE = "azureml"

# With fewer nodes the router can't have its three replicas, and the chart's development profile fits.
_NODES_FOR_HA = 3


@dataclass(frozen=True)
class Wanted:
    """What the user wants installed: settings as they are sent, all strings, the protected ones kept out of repr."""

    settings: Mapping[str, str]
    protected: Mapping[str, str] = field(default_factory=dict, repr=False)
    release_train: str = "stable"
    version: str | None = None
    auto_upgrade_minor_version: bool = True


def derived_settings(arm: Arm, cluster: Cluster, given: Mapping[str, str]) -> dict[str, str]:
    """What `az k8s-extension` adds to the settings that were given: the chart needs them, no document lists them.

    The user's own `domain` wins, as do the workload's switches; the cluster's identity is ours to say.
    """
    settings = {**_defaults(arm, cluster), **given, **_identity(cluster), **_router(given)}
    return {**settings, **_relay_names(cluster, settings)}


def _defaults(arm: Arm, cluster: Cluster) -> dict[str, str]:
    on_arc = cluster.id.cluster_type == CONNECTED
    settings = {
        "enableTraining": "False",
        "enableInference": "False",
        "domain": f"{cluster.location}.{arm.cloud.application_domain}",
        "servicebus.enabled": "false",
        "relayserver.enabled": "true" if on_arc else "false",
        "nginxIngress.enabled": "false" if on_arc else "true",
    }
    if cluster.node_count is not None and cluster.node_count < _NODES_FOR_HA:
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


def _router(given: Mapping[str, str]) -> dict[str, str]:
    """The chart has names of its own for how the inference router is reached."""
    settings = {}
    if given.get("inferenceRouterServiceType", "").lower() == "nodeport":
        settings["scoringFe.serviceType.nodePort"] = "True"
    if "internalLoadBalancerProvider" in given:
        settings["scoringFe.serviceType.internalLoadBalancer"] = given["internalLoadBalancerProvider"]
    return settings


def _relay_names(cluster: Cluster, settings: Mapping[str, str]) -> dict[str, str]:
    if settings["relayserver.enabled"].lower() != "true":
        return {}
    relay = supporting.Relay.of(cluster.id)
    return {
        "relayserver.hybridConnectionResourceID": relay.hybrid_connection_id,
        "relayserver.hybridConnectionName": relay.hybrid_connection_name,
    }


def begin_create(arm: Arm, cluster: Cluster, name: str, wanted: Wanted, watcher: Watcher) -> Operation[Extension]:
    """Bring the cluster to `wanted`: install, replace what differs, try a failed one again, or join what is running.

    Raises Refused where the name belongs to another extension or is just being deleted. Where all is as wanted nothing
    is written, and the operation has ended.
    """
    settings = derived_settings(arm, cluster, wanted.settings)
    existing = read(arm, cluster.id, name)
    if existing is not None:
        _refuse_another(existing)
        if existing.is_moving:
            watcher.tell(f"It is {existing.provisioning_state} already: waiting for that.")
            return _by_resource(arm, cluster.id, existing)
        changes = differences(existing, settings, wanted)
        if existing.install_state == "Installed" and not changes:
            watcher.tell("Unchanged: it is as wanted already.")
            return Operation.done(existing)
        for change in changes:
            watcher.tell(f"Changing {change}")
    protected = {**wanted.protected, **_relay_settings(arm, cluster, settings, watcher)}
    return _send(arm, cluster, name, existing, _body(cluster, settings, protected, wanted))


def _refuse_another(existing: Extension) -> None:
    if existing.extension_type.lower() != TYPE:
        raise Refused(
            f"{existing.name!r} on this cluster is an extension of type {existing.extension_type}.",
            "Choose another name with --name.",
        )
    if existing.provisioning_state.lower() == "deleting":
        raise Refused(
            f"The extension {existing.name!r} is being deleted; a cluster can't take it again before that has ended.",
            "Wait about ten minutes, then run this command again.",
        )


def differences(existing: Extension, settings: Mapping[str, str], wanted: Wanted) -> list[str]:
    """What installing `settings` would change, a line a setting; protected ones can only be told apart by name."""
    old, new = existing.configuration_settings, settings
    lines = [
        f"{key}: {old.get(key, '(not set)')} -> {new.get(key, '(not set)')}"
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    if wanted.version and wanted.version not in (existing.version, existing.current_version):
        lines.append(f"version: {existing.version} -> {wanted.version}")
    if wanted.release_train.lower() != (existing.release_train or "").lower():
        lines.append(f"releaseTrain: {existing.release_train} -> {wanted.release_train}")
    missing = sorted(set(wanted.protected) - set(existing.configuration_protected_settings))
    return lines + [f"{key}: (not set) -> (protected)" for key in missing]


def _relay_settings(arm: Arm, cluster: Cluster, settings: Mapping[str, str], watcher: Watcher) -> dict[str, str]:
    if "relayserver.hybridConnectionName" not in settings:
        return {}
    secret = supporting.ensure_relay(arm, supporting.Relay.of(cluster.id), cluster.location, watcher)
    return {"relayServerConnectionString": secret, "relayserver.relayConnectionString": secret}


def _body(
    cluster: Cluster, settings: Mapping[str, str], protected: Mapping[str, str], wanted: Wanted
) -> dict[str, Any]:
    properties = {
        "extensionType": TYPE,
        "autoUpgradeMinorVersion": wanted.auto_upgrade_minor_version,
        "releaseTrain": wanted.release_train,
        "scope": {"cluster": {"releaseNamespace": RELEASE_NAMESPACE}},
        "configurationSettings": dict(settings),
        "configurationProtectedSettings": dict(protected),
    }
    if wanted.version:
        properties["version"] = wanted.version
    identity = {"identity": {"type": "SystemAssigned"}} if cluster.id.cluster_type == CONNECTED else {}
    return {**identity, "properties": properties}


def join(arm: Arm, cluster: ClusterId, name: str) -> Operation[Extension]:
    """Watch an extension that somebody is installing; NotFound where there is none."""
    return _by_resource(arm, cluster, show(arm, cluster, name))


def _send(
    arm: Arm, cluster: Cluster, name: str, existing: Extension | None, body: dict[str, Any]
) -> Operation[Extension]:
    accepted = arm.extensions.begin_create(
        *address(cluster.id),
        name,
        json.dumps(body).encode(),
        content_type="application/json",
        polling=False,
        cls=Accepted.from_sdk,
    ).result()
    arm.written.append(f"extension {name} on {cluster.id}")
    resource = from_sdk(accepted.model, cluster.id)
    if existing is None:
        return _by_resource(arm, cluster.id, resource, accepted)
    return _by_operation(arm, cluster.id, resource, accepted)


def _by_resource(
    arm: Arm, cluster: ClusterId, resource: Extension, accepted: Accepted | None = None
) -> Operation[Extension]:
    """Watch the extension itself: one that did not exist before, or that someone else is writing.

    Its state can only come from that write, and the last look brings the result along.
    """

    def look() -> Look[Extension]:
        found = show(arm, cluster, resource.name)
        return Look(found.provisioning_state, found)

    return _operation(arm, cluster, resource, accepted, look)


def _by_operation(arm: Arm, cluster: ClusterId, resource: Extension, accepted: Accepted) -> Operation[Extension]:
    """Watch our write's own operation: an extension that existed may show the state of an earlier write."""
    url = accepted.operation_url
    if url is None:
        return _by_resource(arm, cluster, resource, accepted)
    return _operation(arm, cluster, resource, accepted, lambda: look_at_operation(arm, url))


def _operation(
    arm: Arm,
    cluster: ClusterId,
    resource: Extension,
    accepted: Accepted | None,
    look: Callable[[], Look[Extension]],
) -> Operation[Extension]:
    where = f"--name {resource.name} -c {cluster.name} -g {cluster.resource_group} -t {cluster.cluster_type}"
    return Operation(
        title=f"The installation of the extension {resource.name!r}",
        resource=resource,
        look=look,
        read=lambda: show(arm, cluster, resource.name),
        reason=lambda last: _reason(arm, cluster, last or resource, accepted),
        follow=f"Follow it: az ml arc extension wait {where}; the same command again joins it as well.",
        pause=accepted.pause if accepted else None,
    )


def _reason(arm: Arm, cluster: ClusterId, last: Extension, accepted: Accepted | None) -> ArcError:
    error = operation_error(arm, accepted.operation_url if accepted else None) or _own_error(arm, cluster, last)
    code, message = error or ("", "Azure gave no reason.")
    return WriteFailed(
        f"The extension {last.name!r} was not installed: {message}",
        hint_for(code, message)
        or "See its statuses: az ml arc extension show "
        f"--name {last.name} -c {cluster.name} -g {cluster.resource_group} -t {cluster.cluster_type}",
        code,
    )


def _own_error(arm: Arm, cluster: ClusterId, last: Extension) -> tuple[str, str] | None:
    """A failed extension stays visible and keeps the reason among its statuses."""
    found = last if last.statuses else read(arm, cluster, last.name)
    for status in found.statuses if found else []:
        if status.get("message"):
            return str(status.get("code", "")), str(status["message"])
    return None
