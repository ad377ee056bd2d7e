"""Azure's management packages, each in its newest release, at the api-version that it asks for by itself."""

from collections.abc import Callable
from typing import Any

from peers.local import CLUSTER, GROUP, INSTALL, Local

RIGHTS = {"properties": {"rights": ["Manage", "Send", "Listen"]}}
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ASSIGNMENT = "16fccd1a-773f-32d6-89d1-e52204c45b61"


def relay(local: Local) -> None:
    """A namespace with a hybrid connection and the keys to it."""
    from azure.mgmt.relay import RelayAPIMgmtClient

    client = local.client(RelayAPIMgmtClient)
    made = client.namespaces.begin_create_or_update(GROUP, "peerrelay", {"location": "eastus"}).result()
    assert made.name == "peerrelay"
    at = (GROUP, "peerrelay", "cluster")
    client.hybrid_connections.create_or_update(*at, {"properties": {"requiresClientAuthorization": True}})
    client.hybrid_connections.create_or_update_authorization_rule(*at, "rule", RIGHTS)
    first = client.hybrid_connections.list_keys(*at, "rule")
    assert "EntityPath=cluster" in first.primary_connection_string
    again = client.hybrid_connections.regenerate_keys(*at, "rule", {"keyType": "PrimaryKey"})
    assert again.primary_key != first.primary_key
    assert [item.name for item in client.hybrid_connections.list_by_namespace(GROUP, "peerrelay")] == ["cluster"]
    assert [item.name for item in client.namespaces.list()] == ["peerrelay"]
    client.hybrid_connections.delete(*at)
    client.namespaces.begin_delete(GROUP, "peerrelay").result()
    assert not list(client.namespaces.list_by_resource_group(GROUP))


def service_bus(local: Local) -> None:
    """A namespace with a topic, a subscription of it, and the keys."""
    from azure.mgmt.servicebus import ServiceBusManagementClient

    client, at = local.client(ServiceBusManagementClient), (GROUP, "peerbus")
    body = {"location": "eastus", "sku": {"name": "Standard", "tier": "Standard"}}
    assert client.namespaces.begin_create_or_update(*at, body).result().sku.name == "Standard"
    client.topics.create_or_update(*at, "jobs", {"properties": {"maxSizeInMegabytes": 5120}})
    client.subscriptions.create_or_update(*at, "jobs", "reader", {"properties": {"lockDuration": "PT30S"}})
    assert client.topics.get(*at, "jobs").properties.subscription_count == 1
    assert [rule.name for rule in client.namespaces.list_authorization_rules(*at)] == ["RootManageSharedAccessKey"]
    assert client.namespaces.list_keys(*at, "RootManageSharedAccessKey").primary_key
    assert [topic.name for topic in client.topics.list_by_namespace(*at)] == ["jobs"]
    client.subscriptions.delete(*at, "jobs", "reader")
    client.topics.delete(*at, "jobs")
    client.namespaces.begin_delete(*at).result()


def log_analytics(local: Local) -> None:
    """A workspace and its keys."""
    from azure.mgmt.loganalytics import LogAnalyticsManagementClient

    client, at = local.client(LogAnalyticsManagementClient), (GROUP, "peerlogs")
    body = {"location": "eastus", "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}}
    client.workspaces.begin_create_or_update(*at, body).result()
    assert client.workspaces.get(*at).properties.provisioning_state == "Succeeded"
    assert client.shared_keys.get_shared_keys(*at).primary_shared_key
    assert client.workspaces.update(*at, {"tags": {"a": "b"}}).tags == {"a": "b"}
    assert [item.name for item in client.workspaces.list()] == ["peerlogs"]
    client.workspaces.begin_delete(*at).result()


def identities(local: Local) -> None:
    """A user-assigned identity."""
    from azure.mgmt.msi import ManagedServiceIdentityClient

    client = local.client(ManagedServiceIdentityClient).user_assigned_identities
    made = client.create_or_update(GROUP, "peerid", {"location": "eastus"})
    assert client.get(GROUP, "peerid").principal_id == made.principal_id
    assert client.update(GROUP, "peerid", {"tags": {"a": "b"}}).tags == {"a": "b"}
    assert [item.name for item in client.list_by_resource_group(GROUP)] == ["peerid"]
    assert [item.name for item in client.list_by_subscription()] == ["peerid"]
    client.delete(GROUP, "peerid")


def authorization(local: Local) -> None:
    """Permissions, a built-in role, and an assignment of it."""
    from azure.mgmt.authorization import AuthorizationManagementClient

    client = local.client(AuthorizationManagementClient)
    assert [item.actions for item in client.permissions.list_for_resource_group(GROUP)] == [["*"]]
    [role] = client.role_definitions.list(local.group, filter="roleName eq 'Reader'")
    assert role.name == READER
    asked = {"roleDefinitionId": role.id, "principalId": ASSIGNMENT, "principalType": "ServicePrincipal"}
    client.role_assignments.create(local.group, ASSIGNMENT, {"properties": asked})
    assert client.role_assignments.get(local.group, ASSIGNMENT).principal_id == ASSIGNMENT
    assert [one.name for one in client.role_assignments.list_for_scope(local.group, filter="atScope()")] == [ASSIGNMENT]
    assert client.role_assignments.delete(local.group, ASSIGNMENT).name == ASSIGNMENT


def locks(local: Local) -> None:
    """A lock, and what it forbids."""
    from azure.core.exceptions import ResourceExistsError
    from azure.mgmt.resource import ResourceManagementClient
    from azure.mgmt.resource.locks import ManagementLockClient

    client, groups = local.client(ManagementLockClient).management_locks, local.client(ResourceManagementClient)
    client.create_or_update_at_resource_group_level(GROUP, "keep", {"level": "CanNotDelete"})
    assert [lock.level for lock in client.list_at_resource_group_level(GROUP)] == ["CanNotDelete"]
    refusal = ""
    try:
        groups.resource_groups.begin_delete(GROUP)
    except ResourceExistsError as error:
        refusal = str(error)
    assert "ScopeLocked" in refusal
    client.delete_at_resource_group_level(GROUP, "keep")


def resources(local: Local) -> None:
    """Resource groups, providers, and resources of whatever type."""
    from azure.mgmt.resource import ResourceManagementClient

    client = local.client(ResourceManagementClient)
    assert client.resource_groups.create_or_update("peer-rg", {"location": "eastus"}).name == "peer-rg"
    assert client.resource_groups.check_existence("peer-rg")
    assert len(list(client.resource_groups.list())) == 2
    assert len(list(client.resources.list(filter="resourceType eq 'Microsoft.Kubernetes/connectedClusters'"))) == 2
    assert client.resources.get_by_id(local.cluster, "2024-01-01").name == CLUSTER[-1]
    assert client.providers.register("Microsoft.Relay").registration_state == "Registered"
    client.resource_groups.begin_delete("peer-rg").result()


def managed_clusters(local: Local) -> None:
    """An AKS cluster and its node pools, which are only read."""
    from azure.mgmt.containerservice import ContainerServiceClient

    client = local.client(ContainerServiceClient)
    assert client.managed_clusters.get(GROUP, "aks-cluster").provisioning_state == "Succeeded"
    assert [item.name for item in client.managed_clusters.list()] == ["aks-cluster"]
    assert [pool.count for pool in client.agent_pools.list(GROUP, "aks-cluster")] == [3]


def connected_clusters(local: Local) -> None:
    """A connected cluster."""
    from azure.mgmt.hybridkubernetes import ConnectedKubernetesClient

    client, at = local.client(ConnectedKubernetesClient).connected_cluster, (GROUP, "peer-cluster")
    properties = {"agentPublicKeyCertificate": "MII", "distribution": "k3s"}
    body = {"location": "eastus", "identity": {"type": "SystemAssigned"}, "properties": properties}
    assert client.begin_create_or_replace(*at, body).result().properties.distribution == "k3s"
    assert client.get(*at).identity.principal_id
    assert len(list(client.list_by_resource_group(GROUP))) == len(list(client.list_by_subscription())) == 3
    client.begin_delete(*at).result()


def extensions(local: Local) -> None:
    """The extension for machine learning on a connected cluster."""
    from azure.mgmt.kubernetesconfiguration.extensions import KubernetesConfigurationExtensionsMgmtClient

    client, at = local.client(KubernetesConfigurationExtensionsMgmtClient).extensions, (GROUP, *CLUSTER, "aml")
    made = client.begin_create(*at, INSTALL).result()
    assert (made.properties.provisioning_state, made.properties.auto_upgrade_minor_version) == ("Succeeded", True)
    patched = client.begin_update(*at, {"properties": {"configurationSettings": {"a": "b"}}}).result()
    assert patched.properties.configuration_settings == {"enableTraining": "True", "a": "b"}
    assert client.get(*at).properties.configuration_protected_settings == {"secret": ""}
    assert [item.name for item in client.list(GROUP, *CLUSTER)] == ["aml"]
    client.begin_delete(*at).result()
    assert not list(client.list(GROUP, *CLUSTER))


def workspaces(local: Local) -> None:
    """A machine learning workspace and its computes, as the package without Kubernetes computes has them."""
    from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

    client = local.client(MachineLearningServicesMgmtClient)
    assert client.workspaces.get(GROUP, "amlarc-ws").provisioning_state == "Succeeded"
    assert [item.name for item in client.workspaces.list_by_resource_group(GROUP)] == ["amlarc-ws"]
    assert not list(client.machine_learning_compute.list_by_workspace(GROUP, "amlarc-ws"))


def resource_graph(local: Local) -> None:
    """Queries in pages, as objects and as a table, with facets; one that is refused; the operations there are."""
    from azure.mgmt.resourcegraph import ResourceGraphClient, models

    local.install()
    client = ResourceGraphClient(local.credential(), base_url=local.endpoint, credential_scopes=[local.scope])

    def ask(query: str, *facets: str, **options: Any) -> Any:
        wanted = [models.FacetRequest(expression=facet) for facet in facets]
        request = models.QueryRequest(
            subscriptions=[local.subscription],
            query=query,
            options=models.QueryRequestOptions(**options),
            facets=wanted,
        )
        return client.resources(request)

    clusters = "Resources | where type =~ 'Microsoft.Kubernetes/connectedClusters' | order by name asc"
    first = ask(f"{clusters} | project name", top=1)
    assert (first.total_records, first.count, first.result_truncated, first.data) == (
        2,
        1,
        "false",
        [{"name": CLUSTER[2]}],
    )
    second = ask(f"{clusters} | project name", skip_token=first.skip_token)
    assert (second.data, second.skip_token) == ([{"name": "edge-cluster"}], None)
    table = ask(f"{clusters} | project name, tags", result_format="table").data
    assert [models.Column.deserialize(column).type for column in table["columns"]] == ["string", "object"]
    [location, unknown] = ask(clusters, "location", "nosuch", result_format="objectArray").facets
    assert isinstance(location, models.FacetResult)
    assert location.data == [{"location": "eastus", "count": 2}]
    assert isinstance(unknown, models.FacetError)
    [extension] = ask("KubernetesConfigurationResources").data
    assert extension["properties"]["ProvisioningState"] == "Succeeded"
    assert _refusal(lambda: ask("Resources | where")) == ["InvalidQuery", "ParserFailure"]
    assert len(list(client.operations.list())) == 2


def _refusal(call: Callable[[], object]) -> list[str]:
    """The codes in the details of the error that a call raises."""
    from azure.core.exceptions import HttpResponseError

    try:
        call()
    except HttpResponseError as error:
        return [str(detail.code) for detail in error.error.details] if error.error else []
    return []
