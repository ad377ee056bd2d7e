"""Facts of a cluster, an extension, a workspace and a compute target where everything is as it should be."""

from datetime import UTC, datetime
from typing import Any

from azext_amlarc.checks import given
from azext_amlarc.checks.azure import facts as azure
from azext_amlarc.checks.azure.facts import (
    Agents,
    Aks,
    Assignment,
    Attachments,
    Cluster,
    Compute,
    ComputeRoles,
    Extension,
    Grant,
    Identity,
    Presence,
    Provider,
    RelayPart,
    Rights,
    Roles,
    Subscription,
    Workspace,
)
from azext_amlarc.checks.check import Fact
from azext_amlarc.checks.given import CLUSTER_TYPE, DOCUMENT, NAMESPACE, SETTINGS
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId

SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000001"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab-rg"
CLUSTER_ID = f"{GROUP_ID}/providers/Microsoft.Kubernetes/connectedClusters/lab"
WS_GROUP_ID = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/ws-rg"
STORAGE_ID = f"{WS_GROUP_ID}/providers/Microsoft.Storage/storageAccounts/labstore"
REGISTRY_ID = f"{WS_GROUP_ID}/providers/Microsoft.ContainerRegistry/registries/labimages"
USER_ASSIGNED = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
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
    settings={"enableTraining": "True", **DERIVED, "relayserver.hybridConnectionResourceID": CONNECTION_ID},
    statuses=(),
    changed=datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    protected=frozenset({"relayServerConnectionString", "relayserver.relayConnectionString"}),
)
IDENTITY = Identity("99999999-0000-0000-0000-000000000001", f"{WS_GROUP_ID}/{USER_ASSIGNED}/lab-id")
WORKSPACE = Workspace("eastus", "succeeded", True, (), IDENTITY, STORAGE_ID, REGISTRY_ID)
COMPUTE = Compute("k8s", "lab-ws", CLUSTER_ID, "default", "succeeded", (), Identity("jobs"))
# Contributor and the role that it does not make up for, in each group.
CONTRIBUTOR = (Grant(("*",), ("Microsoft.Authorization/*/Write",)),)
OWNER_OF_RELAY = (Grant(("Microsoft.Relay/*",), (), ("Microsoft.Relay/*",)),)
READER_OF_BLOBS = (Grant((), (), ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",)),)


def roles(*assignments: Assignment, identity: Identity = IDENTITY) -> Roles:
    return Roles(identity, assignments)


WORKSPACE_ROLES = roles(
    Assignment("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", CONTRIBUTOR, GROUP_ID),
    Assignment("2787bf04-f1f5-4bfe-8383-c8a24483ee38", "Azure Relay Owner", OWNER_OF_RELAY, GROUP_ID, by_group=True),
)
JOB_ROLES = roles(
    Assignment("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", CONTRIBUTOR, f"/subscriptions/{SUBSCRIPTION_ID}"),
    Assignment("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", READER_OF_BLOBS, WS_GROUP_ID),
    identity=Identity("jobs"),
)
EVERYTHING = Rights(GROUP_ID, (Grant(("*",), ("Microsoft.Authorization/*/Write",)),))


def provider(namespace: str, state: str = "Registered") -> Provider:
    return Provider(namespace, state, {"extensions": ("eastus", "westeurope")}, SUBSCRIPTION_ID)


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
    azure.WORKSPACE_ROLES: WORKSPACE_ROLES,
    azure.COMPUTE_ROLES: (ComputeRoles("k8s", Identity("jobs"), True, JOB_ROLES, JOB_ROLES),),
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
