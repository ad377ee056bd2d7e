"""Clusters and what they should have, and what create and attach send for the same."""

from typing import Any

from azext_amlarc.resources import compute, extension
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.fleet import (
    ComputeSpec,
    Entry,
    ExtensionSpec,
    Fleet,
    Member,
    Reference,
    WantedState,
    wanted_for,
)
from azext_amlarc.resources.ids import ClusterId, folded
from azext_amlarc.resources.supporting import relay, service_bus
from azext_amlarc.resources.templates.parts import Deployment, deployment

SUB, OTHER = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
DOMAIN = "cloudapp.azure.com"
ARC = Cluster(ClusterId(SUB, "rg7", "connectedClusters", "plant-7"), "eastus", 2, "k3s")
AKS = Cluster(ClusterId(SUB, "rg7", "managedClusters", "big"), "westus", 3, None)
LOCATIONS = {
    folded(
        f"/subscriptions/{SUB}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/ws1"
    ): one
    for group, one in (("rg7", "eastus"), ("rg-ml", "westeurope"))
}
TYPES = {"namespace": "ml", "defaultInstanceType": "cpu", "instanceTypes": {"cpu": {"nodeSelector": None}}}

TRAINING = {"enableTraining": "True"}
ALL = {
    **TRAINING,
    "servicebus.enabled": "true",
    "logAnalyticsWS": "True",
    "odd": "[text] ${x} %{y} 'q' \"q\" \\ \x7f é",
}
TLS = {"enableInference": "True", "inferenceRouterServiceType": "LoadBalancer", "sslCname": "ml.example.com"}
KEY = {"sslKeyPemFile": Reference("env", "KEY"), "sslCertPemFile": Reference("env", "CERTIFICATE")}
OWN = {
    **TRAINING,
    relay.CONNECTION_ID: f"/subscriptions/{OTHER}/resourceGroups/net/providers/Microsoft.Relay/namespaces/ns"
    "/hybridConnections/hc",
}

FLEETS = {
    "training": Fleet("f", (Entry("plant-7", "rg7"),), ExtensionSpec(settings=TRAINING)),
    "all": Fleet("f", (Entry("plant-7", "rg7"),), ExtensionSpec(settings=ALL)),
    "tls": Fleet("f", (Entry("plant-7", "rg7"),), ExtensionSpec(settings=TLS, protected=KEY, version="1.1.60")),
    "own-relay": Fleet("f", (Entry("plant-7", "rg7"),), ExtensionSpec(settings=OWN)),
    "computes": Fleet(
        "f",
        (Entry("plant-7", "rg7"),),
        ExtensionSpec("ml", "preview", settings=TRAINING),
        computes=(
            ComputeSpec("ws1", "{cluster}-a", document=TYPES, config="a.json", identity_type="SystemAssigned"),
            ComputeSpec("ws1", "{cluster}-b", "rg-ml"),
        ),
    ),
    "computes-only": Fleet("f", (Entry("plant-7", "rg7"),), computes=(ComputeSpec("ws1", "{cluster}-b", "rg-ml"),)),
}


def state_of(name: str, cluster: Cluster = ARC) -> WantedState:
    return wanted_for(FLEETS[name], Member(cluster))


def drawn(name: str, cluster: Cluster = ARC) -> Deployment:
    return deployment(state_of(name, cluster), DOMAIN, LOCATIONS)


def bodies(state: WantedState) -> dict[str, dict[str, Any]]:
    """The PUTs of `extension create` and `attach`, by what they are; the keys are as `evaluating` shows them."""
    sent: dict[str, dict[str, Any]] = {}
    if state.extension:
        sent |= _of_extension(state, state.extension)
    for one in state.computes:
        sent[one.id] = compute.body(one.wanted, LOCATIONS[folded(str(one.workspace))])
    return sent


def _of_extension(state: WantedState, wanted: extension.Wanted) -> dict[str, dict[str, Any]]:
    sent: dict[str, dict[str, Any]] = {}
    resolved = extension.resolve(state.cluster, DOMAIN, wanted.settings, None)
    plan, settings, made = resolved.plan, dict(resolved.settings), dict[str, str]()
    if plan.relay:
        connection = plan.relay.connection_ids[0]
        rule = f"{connection}/authorizationRules/azureml_rw"
        sent |= {relay.namespace_of(connection): plan.relay.body, connection: relay.CONNECTION, rule: relay.RIGHTS}
        made |= dict.fromkeys(relay.PROTECTED, f"<listKeys {rule} primaryConnectionString>")
    if plan.service_bus:
        namespace = plan.service_bus.namespace_ids[0]
        sent[namespace] = plan.service_bus.body
        for topic, subscription in plan.service_bus.entities(namespace):
            sent |= {topic: service_bus.TOPIC, subscription: service_bus.SUBSCRIPTION}
        rule = f"{namespace}/authorizationRules/RootManageSharedAccessKey"
        made |= dict.fromkeys(service_bus.PROTECTED, f"<listKeys {rule} primaryConnectionString>")
    if plan.log_analytics:
        workspace = plan.log_analytics.workspace_ids[0]
        sent[workspace] = plan.log_analytics.body
        settings["azure_log_analytics.customer_id"] = f"<reference {workspace} customerId>"
        made["azure_log_analytics.connection_string"] = f"<listKeys {workspace} primarySharedKey>"
    if relay.CONNECTION_ID in wanted.settings:
        rule = f"{wanted.settings[relay.CONNECTION_ID]}/authorizationRules/azureml_rw"
        made |= dict.fromkeys(relay.PROTECTED, f"<listKeys {rule} primaryConnectionString>")
    protected = {key: f"<given {key}>" for key in wanted.protected}
    whole = extension.Wanted(
        wanted.settings, protected, wanted.release_train, wanted.version, wanted.auto_upgrade_minor_version
    )
    place = f"{state.cluster.id}/providers/Microsoft.KubernetesConfiguration/extensions/{state.extension_name}"
    return {**sent, place: extension.body(state.cluster, whole, settings, made)}
