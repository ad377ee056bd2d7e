"""Facts of a cluster, an extension, a workspace and a compute target where everything is as it should be."""

from datetime import UTC, datetime
from typing import Any

from azext_amlarc.checks import given
from azext_amlarc.checks.azure import facts as azure
from azext_amlarc.checks.azure.facts import (
    Agents,
    Aks,
    Attachments,
    Cluster,
    Compute,
    Extension,
    Grant,
    Presence,
    Provider,
    RelayPart,
    Rights,
    Subscription,
    Workspace,
)
from azext_amlarc.checks.check import Fact
from azext_amlarc.checks.given import CLUSTER_TYPE, DOCUMENT, NAMESPACE, SETTINGS
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId

SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000001"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab-rg"
CLUSTER_ID = f"{GROUP_ID}/providers/Microsoft.Kubernetes/connectedClusters/lab"
NAMESPACE_ID = f"{GROUP_ID}/providers/Microsoft.Relay/namespaces/labrelay"
CONNECTION_ID = f"{NAMESPACE_ID}/hybridConnections/lab"
RULE_ID = f"{CONNECTION_ID}/authorizationRules/azureml_rw"

TARGET = Target(
    SUBSCRIPTION_ID,
    ClusterId(SUBSCRIPTION_ID, "lab-rg", "connectedClusters", "lab"),
    "connectedClusters",
    WorkspaceId(SUBSCRIPTION_ID, "ws-rg", "lab-ws"),
    "k8s",
)
AKS_TARGET = Target(
    SUBSCRIPTION_ID,
    ClusterId(SUBSCRIPTION_ID, "lab-rg", "managedClusters", "aks"),
    "managedClusters",
    TARGET.workspace,
    "k8s",
)
AGENTS = Agents("Connected", datetime(2026, 11, 23, 11, 58, tzinfo=UTC), "1.20.1", None, True)
CLUSTER = Cluster(CLUSTER_ID, "eastus", "succeeded", "1.29.4", 3, "k3s")
AKS = Aks("Running", True, False, (), False)
DERIVED = {"cluster_name": CLUSTER_ID, "clusterId": CLUSTER_ID, "location": "eastus", "domain": "eastus.example"}
EXTENSION = Extension(
    name="amlarc-compute",
    provisioning_state="succeeded",
    version=None,
    current_version="1.1.64",
    release_train="stable",
    upgrades_itself=True,
    settings={"enableTraining": "True", **DERIVED},
    statuses=(),
    changed=datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    protected=frozenset({"relayServerConnectionString", "relayserver.relayConnectionString"}),
)
WORKSPACE = Workspace("eastus", "succeeded", True, ())
COMPUTE = Compute("k8s", "lab-ws", CLUSTER_ID, "default", "succeeded", ())
EVERYTHING = Rights(GROUP_ID, (Grant(("*",), ("Microsoft.Authorization/*/Write",)),))


def provider(namespace: str, state: str = "Registered") -> Provider:
    return Provider(namespace, state, {"extensions": ("eastus", "westeurope")})


GOOD: dict[Fact[Any], object] = {
    azure.NOW: datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    given.TARGET: TARGET,
    azure.SIGNED_IN: Presence(True, "ada@example.com is signed in"),
    azure.ACCOUNT: "ada@example.com",
    azure.SUBSCRIPTION: Subscription(SUBSCRIPTION_ID, "Lab", "Enabled"),
    azure.EXTENSION_PROVIDER: provider("Microsoft.KubernetesConfiguration"),
    azure.CLUSTER_PROVIDER: provider("Microsoft.Kubernetes"),
    azure.RELAY_PROVIDER: provider("Microsoft.Relay"),
    azure.WORKSPACE_PROVIDER: provider("Microsoft.MachineLearningServices"),
    azure.CLUSTER_RIGHTS: EVERYTHING,
    azure.WORKSPACE_RIGHTS: EVERYTHING,
    azure.CLUSTER_FOUND: Presence(True),
    azure.CLUSTER: CLUSTER,
    azure.AGENTS: AGENTS,
    azure.AKS: AKS,
    azure.EXTENSION_FOUND: Presence(True),
    azure.EXTENSION: EXTENSION,
    azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, "Active"),
    azure.RELAY_CONNECTION: RelayPart(CONNECTION_ID, 1),
    azure.RELAY_RULE: RelayPart(RULE_ID, frozenset({"Listen", "Manage", "Send"})),
    azure.WORKSPACE_FOUND: Presence(True),
    azure.WORKSPACE: WORKSPACE,
    azure.COMPUTES: (COMPUTE,),
    azure.ATTACHMENTS: Attachments((), ()),
    CLUSTER_TYPE: "connectedClusters",
    DOCUMENT: {},
    NAMESPACE: "default",
    given.EXTENSION_NAME: "amlarc-compute",
    SETTINGS: {"enableInference": "True", "inferenceRouterHA": "True"},
}
