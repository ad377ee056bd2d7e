"""The ids and bodies that the tests use, and the steps that several of them take."""

from typing import Any

from tests.support.azure import Azure, Reply

CLUSTER = "/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
MANAGED = "/providers/Microsoft.ContainerService/managedClusters/aks-cluster"
EXTENSION = "/providers/Microsoft.KubernetesConfiguration/extensions/amlarc-compute"
WORKSPACE = "/providers/Microsoft.MachineLearningServices/workspaces/amlarc-ws"
COMPUTE = f"{WORKSPACE}/computes/k8s"
NAMESPACE = "/providers/Microsoft.Relay/namespaces/amlarcrelay"
CONNECTION = f"{NAMESPACE}/hybridConnections/amlarc-cluster"
RULE = f"{CONNECTION}/authorizationRules/azureml_rw"
BUS = "/providers/Microsoft.ServiceBus/namespaces/amlarcbus"
TOPIC = f"{BUS}/topics/jobstate-updatedby-computeprovider"
TOPIC_SUBSCRIPTION = f"{TOPIC}/subscriptions/compute-scheduler-jobstate"
LOGS = "/providers/Microsoft.OperationalInsights/workspaces/amlarc-logs"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
LOCKS = "/providers/Microsoft.Authorization/locks"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
IDENTITIES = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
FIRST = "16fccd1a-773f-32d6-89d1-e52204c45b61"  # the name of an assignment
STRANGER = "f88b1edf-0fa1-40bb-8cd5-7486794ccf10"  # a principal that the directory doesn't know

INSTALL: dict[str, Any] = {
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "extensionType": "Microsoft.AzureML.Kubernetes",
        "autoUpgradeMinorVersion": True,
        "releaseTrain": "stable",
        "scope": {"cluster": {"releaseNamespace": "azureml"}},
        "configurationSettings": {"enableTraining": "True"},
        "configurationProtectedSettings": {"relayServerConnectionString": "Endpoint=sb://secret"},
    },
}
STANDARD = {"location": "westus2", "sku": {"name": "Standard", "tier": "Standard"}}
RIGHTS = {"properties": {"rights": ["Manage", "Send", "Listen"]}}


def attachment(azure: Azure, cluster: str = CLUSTER) -> dict[str, Any]:
    """The body that attaches a cluster."""
    inner = {"namespace": "training", "defaultInstanceType": "small", "instanceTypes": {"small": {"nodeSelector": {}}}}
    properties = {"computeType": "Kubernetes", "resourceId": azure.group + cluster, "properties": inner}
    return {"location": "eastus", "identity": {"type": "SystemAssigned"}, "properties": properties}


def install(azure: Azure, cluster: str = CLUSTER) -> Reply:
    """Install the extension to the end; how its operation answered last."""
    started = azure.put(f"{azure.group}{cluster}{EXTENSION}", "2023-05-01", INSTALL)
    return finish(azure, started)


def finish(azure: Azure, started: Reply) -> Reply:
    """Poll an operation until it ends; how it answered last."""
    url = started.headers["azure-asyncoperation"]
    for _ in range(5):
        reply = azure.poll(url)
        if reply.body["status"] in ("Succeeded", "Failed", "Canceled"):
            return reply
    raise AssertionError(f"still running: {reply.body}")


def principal(azure: Azure, resource: str = WORKSPACE) -> str:
    """The id of a resource's managed identity."""
    found: str = azure.state()["resources"][(azure.group + resource).lower()]["body"]["identity"]["principalId"]
    return found


def role(azure: Azure, scope: str = "") -> str:
    """The id of the role Contributor."""
    place = scope or f"/subscriptions/{azure.subscription_id}"
    return f"{place}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"


def assign(azure: Azure, scope: str, name: str = FIRST, **properties: Any) -> Reply:
    """Make the workspace's identity a Contributor, unless `properties` say otherwise."""
    given = {"roleDefinitionId": role(azure), "principalId": principal(azure), **properties}
    return azure.put(f"{scope}{ASSIGNMENTS}/{name}", "2022-04-01", {"properties": given})
