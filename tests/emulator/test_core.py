"""Tenants, subscriptions, resource groups, and the registration of providers."""

from tests.support.azure import Azure
from tests.support.emulated import CLUSTER


def test_tenants_and_subscriptions_are_listed(azure: Azure) -> None:
    [tenant] = azure.get("/tenants", "2022-12-01").body["value"]
    [subscription] = azure.get("/subscriptions", "2022-12-01").body["value"]
    assert tenant["tenantId"] == subscription["tenantId"] == azure.ready["tenantId"]
    assert subscription == azure.get(f"/subscriptions/{azure.subscription_id}", "2022-12-01").body
    assert (subscription["subscriptionId"], subscription["state"]) == (azure.subscription_id, "Enabled")


def test_a_group_is_made_once_and_updated_after(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/resourcegroups/second"
    assert azure.call("HEAD", path, "2024-11-01").status == 404
    first = azure.put(path, "2021-04-01", {"location": "westeurope"})
    assert (first.status, first.body["type"]) == (201, "Microsoft.Resources/resourceGroups")
    assert first.body["id"] == f"/subscriptions/{azure.subscription_id}/resourceGroups/second"
    again = azure.put(path, "2021-04-01", {"location": "westeurope", "tags": {"a": "b"}})
    assert (again.status, again.body["tags"]) == (200, {"a": "b"})
    assert azure.put(path, "2021-04-01", {"location": "eastus"}).code == "InvalidResourceGroupLocation"
    assert azure.call("HEAD", path, "2024-11-01").status == 204
    names = [item["name"] for item in azure.get(path.rpartition("/")[0], "2021-04-01").body["value"]]
    assert names == ["amlarc-rg", "second"]


def test_resources_are_listed_across_providers(azure: Azure) -> None:
    root = f"/subscriptions/{azure.subscription_id}"
    names = {item["name"]: item["type"] for item in azure.get(f"{root}/resources", "2021-04-01").body["value"]}
    assert names == {
        "amlarc-cluster": "Microsoft.Kubernetes/connectedClusters",
        "edge-cluster": "Microsoft.Kubernetes/connectedClusters",
        "aks-cluster": "Microsoft.ContainerService/managedClusters",
        "amlarc-ws": "Microsoft.MachineLearningServices/workspaces",
    }
    query = {"$filter": "resourceType eq 'microsoft.kubernetes/connectedclusters' and name eq 'edge-cluster'"}
    [found] = azure.call("GET", f"{azure.group}/resources", "2021-04-01", **query).body["value"]
    assert (found["id"], found["location"]) == (azure.group + CLUSTER.replace("amlarc", "edge"), "eastus")
    refused = azure.call("GET", f"{root}/resources", "2021-04-01", **{"$filter": "name gt 7"})
    assert (refused.status, refused.code) == (400, "InvalidFilterInQueryString")


def test_regions_of_a_subscription_are_listed(azure: Azure) -> None:
    listed = azure.get(f"/subscriptions/{azure.subscription_id}/locations", "2022-12-01").body["value"]
    assert {"westus2": "West US 2", "eastus": "East US"}.items() <= {
        i["name"]: i["displayName"] for i in listed
    }.items()


def test_a_group_without_location_is_400(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/resourcegroups/second"
    assert azure.put(path, "2021-04-01", {}).code == "LocationRequired"


def test_a_deleted_group_takes_all_with_it(azure: Azure) -> None:
    started = azure.call("DELETE", azure.group, "2021-04-01")
    assert (started.status, started.body) == (202, None)
    location = started.headers["location"]
    assert "/operationresults/" in location
    assert azure.poll(location).status == 202
    assert azure.poll(location).status == 200
    assert azure.get(azure.group, "2021-04-01").code == "ResourceGroupNotFound"
    assert not [id_ for id_ in azure.state()["resources"] if CLUSTER.lower() in id_]


def test_a_registration_takes_a_look(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Relay"
    assert azure.get(path, "2021-04-01").body["registrationState"] == "Registered"
    steps = [azure.call("POST", f"{path}/unregister", "2021-04-01")]
    steps += [azure.get(path, "2021-04-01") for _ in range(2)]
    steps += [azure.call("POST", f"{path}/register", "2021-04-01")]
    steps += [azure.get(path, "2021-04-01") for _ in range(2)]
    assert [step.body["registrationState"] for step in steps] == [
        "Unregistering",
        "Unregistering",
        "Unregistered",
        "Registering",
        "Registering",
        "Registered",
    ]


def test_a_provider_tells_its_types(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.KubernetesConfiguration"
    types = {item["resourceType"]: item for item in azure.get(path, "2022-09-01").body["resourceTypes"]}
    type_ = types["extensions"]
    assert type_["apiVersions"][:4] == ["2026-07-01-preview", "2026-06-15-preview", "2025-04-01", "2025-03-01"]


def test_an_unknown_provider_is_404(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Nothing"
    assert azure.get(path, "2021-04-01").message == "The resource namespace 'Microsoft.Nothing' is invalid."
