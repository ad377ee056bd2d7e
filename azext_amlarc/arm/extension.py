"""The cluster extension Microsoft.AzureML.Kubernetes: reading it, and installing it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.arm import clusters, supporting
from azext_amlarc.arm.clients import Arm
from azext_amlarc.arm.clusters import CONNECTED, Cluster, ClusterId
from azext_amlarc.arm.hints import hint_for
from azext_amlarc.arm.waiting import Accepted, Look, Operation, Watcher, look_at_operation, operation_error
from azext_amlarc.errors import ArcError, NotFound, Refused, WriteFailed

TYPE = "microsoft.azureml.kubernetes"
RELEASE_NAMESPACE = "azureml"
DEFAULT_NAME = "amlarc-compute"

# With fewer nodes the router can't have its three replicas, and the chart's development profile fits.
_NODES_FOR_HA = 3


@dataclass(frozen=True)
class Extension:
    """An installed extension, as `az k8s-extension show` names things, and `install_state`: the guide's word for it.

    `configuration_protected_settings` holds names alone: Azure never gives the values back, and we never keep them.
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
    def is_moving(self) -> bool:
        return self.install_state == "Pending"


@dataclass(frozen=True)
class Wanted:
    """What the user wants installed: settings as they are sent, all strings, the protected ones kept out of repr."""

    settings: Mapping[str, str]
    protected: Mapping[str, str] = field(default_factory=dict, repr=False)
    release_train: str = "stable"
    version: str | None = None
    auto_upgrade_minor_version: bool = True


def read(arm: Arm, cluster: ClusterId, name: str) -> Extension | None:
    """The extension, or None where the cluster has none of that name; one request."""
    try:
        return _from_sdk(arm.extensions.get(*_address(cluster), name), cluster)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        return None


def show(arm: Arm, cluster: ClusterId, name: str) -> Extension:
    """The extension; NotFound where there is none."""
    found = read(arm, cluster, name)
    if found is None:
        clusters.read(arm, cluster)  # raises where it is the cluster that does not exist
        raise NotFound(
            f"The cluster {cluster.name!r} (resource group {cluster.resource_group!r}) has no extension {name!r}.",
            f"See what it has: az ml arc extension list -c {cluster.name} -g {cluster.resource_group}",
        )
    return found


def list_all(arm: Arm, cluster: ClusterId) -> list[Extension]:
    """The extensions of our type that a cluster has: one as a rule, since a second can't be installed."""
    try:
        found = list(arm.extensions.list(*_address(cluster)))
    except HttpResponseError as error:
        if error.status_code == 404:
            clusters.read(arm, cluster)  # raises what is missing in our words
        raise
    return [_from_sdk(item, cluster) for item in found if (item.extension_type or "").lower() == TYPE]


def derived_settings(arm: Arm, cluster: Cluster, given: Mapping[str, str]) -> dict[str, str]:
    """What `az k8s-extension` adds to the settings that were given: the chart needs them, no document lists them.

    The user's own `domain` wins, as do the workload's switches; the cluster's identity is ours to say.
    """
    on_arc = cluster.id.cluster_type == CONNECTED
    cluster_id = str(cluster.id)
    derived = {
        "enableTraining": "False",
        "enableInference": "False",
        "domain": f"{cluster.location}.{arm.cloud.application_domain}",
        "servicebus.enabled": "false",
        "relayserver.enabled": _switch(on_arc),
        "nginxIngress.enabled": _switch(not on_arc),
        **_profile(cluster, given),
        **given,
        "cluster_name": cluster_id,
        "clusterId": cluster_id,
        "prometheus.prometheusSpec.externalLabels.cluster_name": cluster_id,
        "cluster_name_friendly": cluster.id.name,
        "location": cluster.location,
        "jobSchedulerLocation": cluster.location,
    }
    if on_arc and derived["relayserver.enabled"].lower() == "true":
        relay = supporting.Relay.of(cluster.id)
        derived["relayserver.hybridConnectionResourceID"] = relay.hybrid_connection_id
        derived["relayserver.hybridConnectionName"] = relay.hybrid_connection_name
    if (cluster.distribution or "").lower() == "openshift":
        derived["openshift"] = "true"
    if given.get("inferenceRouterServiceType", "").lower() == "nodeport":
        derived["scoringFe.serviceType.nodePort"] = "True"
    if "internalLoadBalancerProvider" in given:
        derived["scoringFe.serviceType.internalLoadBalancer"] = given["internalLoadBalancerProvider"]
    return derived


def _switch(on: bool) -> str:
    return "true" if on else "false"


def _profile(cluster: Cluster, given: Mapping[str, str]) -> dict[str, str]:
    if cluster.node_count is None or cluster.node_count >= _NODES_FOR_HA:
        return {}
    return {"clusterPurpose": "DevTest", "inferenceRouterHA": "false"}


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
        *_address(cluster.id),
        name,
        json.dumps(body).encode(),
        content_type="application/json",
        polling=False,
        cls=Accepted.from_sdk,
    ).result()
    arm.written.append(f"extension {name} on {cluster.id}")
    resource = _from_sdk(accepted.model, cluster.id)
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


def _address(cluster: ClusterId) -> tuple[str, str, str, str]:
    return cluster.resource_group, cluster.provider, cluster.cluster_type, cluster.name


_INSTALL_STATES = {"succeeded": "Installed", "failed": "Failed", "canceled": "Failed"}


def _from_sdk(model: Any, cluster: ClusterId) -> Extension:
    state = str(model.provisioning_state or "")
    return Extension(
        name=model.name,
        id=model.id,
        install_state=_INSTALL_STATES.get(state.lower(), "Pending"),
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
    """An SDK model as Azure wrote it: camelCase keys, read-only ones included."""
    plain: dict[str, Any] | None = model.serialize(keep_readonly=True) if model is not None else None
    return plain
