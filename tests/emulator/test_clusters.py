"""Clusters connected through Azure Arc."""

import base64
import json

from tests.support.azure import Azure
from tests.support.emulated import CLUSTER, MANAGED, finish

BODY = {
    "location": "eastus",
    "identity": {"type": "SystemAssigned"},
    "properties": {"agentPublicKeyCertificate": "MII", "distribution": "aks", "infrastructure": "azure"},
}


def new(azure: Azure) -> str:
    return azure.group + CLUSTER.replace("amlarc-cluster", "new-cluster")


def test_a_seeded_cluster_is_connected(azure: Azure) -> None:
    cluster = azure.get(azure.group + CLUSTER, "2021-10-01").body
    assert cluster["type"] == "microsoft.kubernetes/connectedclusters"
    facts = cluster["properties"]
    assert (facts["connectivityStatus"], facts["totalNodeCount"], facts["provisioningState"]) == (
        "Connected",
        3,
        "Succeeded",
    )
    assert {"kubernetesVersion", "agentVersion", "offering", "lastConnectivityTime"} < set(facts)
    assert "managedIdentityCertificateExpirationTime" in facts


def test_a_new_cluster_connects_after_its_operation(azure: Azure) -> None:
    started = azure.put(new(azure), "2021-10-01", BODY)
    assert (started.status, started.body["properties"]["provisioningState"]) == (201, "Accepted")
    assert started.headers["x-ms-async-operation-timeout"] == "P6D"
    url = started.headers["azure-asyncoperation"]
    assert "/providers/Microsoft.Kubernetes/locations/EASTUS/operationStatuses/" in url
    assert "subscriptions" not in url
    states = [azure.poll(url).body for _ in range(2)]
    assert [state["status"] for state in states] == ["Accepted", "Succeeded"]
    assert states[0]["resourceId"] == new(azure)
    assert (states[1]["properties"], "endTime" in states[1]) == (None, True)
    seen = [azure.get(new(azure), "2021-10-01").body["properties"] for _ in range(2)]
    assert [facts["connectivityStatus"] for facts in seen] == ["Connecting", "Connected"]
    assert seen[0]["distribution"] == "AKS"


def test_a_second_put_is_201_as_well_and_keeps_the_age(azure: Azure) -> None:
    before = azure.get(azure.group + CLUSTER, "2021-10-01").body
    again = azure.put(azure.group + CLUSTER, "2021-10-01", BODY)
    assert (again.status, again.body["identity"]) == (201, before["identity"])
    assert again.body["systemData"]["createdAt"] == before["systemData"]["createdAt"]


def test_a_patch_is_synchronous(azure: Azure) -> None:
    reply = azure.call("PATCH", azure.group + CLUSTER, "2021-10-01", {"tags": {"a": "b"}})
    assert (reply.status, reply.body["tags"]) == (200, {"a": "b"})


def test_a_deletion_answers_null_and_202_while_it_runs(azure: Azure) -> None:
    started = azure.call("DELETE", azure.group + CLUSTER, "2021-10-01")
    assert (started.status, started.body, started.headers["content-length"]) == (202, None, "4")
    assert started.headers["location"] == started.headers["azure-asyncoperation"]
    first = azure.poll(started.headers["location"])
    assert (first.status, first.body["status"]) == (202, "Deleting")
    assert finish(azure, started).status == 200
    gone = azure.get(azure.group + CLUSTER, "2021-10-01")
    assert (gone.status, gone.headers["x-ms-failure-cause"]) == (404, "gateway")


def test_clusters_are_listed_by_group_and_by_subscription(azure: Azure) -> None:
    for scope in (azure.group, f"/subscriptions/{azure.subscription_id}"):
        listed = azure.get(f"{scope}/providers/Microsoft.Kubernetes/connectedClusters", "2021-10-01").body
        assert [item["name"] for item in listed["value"]] == ["amlarc-cluster", "edge-cluster"]


def test_only_the_newest_api_version_shows_newer_properties(azure: Azure) -> None:
    assert "privateLinkState" not in azure.get(azure.group + CLUSTER, "2021-03-01").body["properties"]
    assert azure.get(azure.group + CLUSTER, "2024-01-01").body["properties"]["privateLinkState"] == "Disabled"


def test_the_credentials_of_an_aks_cluster_are_a_kubeconfig_for_kubelogin(azure: Azure) -> None:
    reply = azure.call("POST", f"{azure.group}{MANAGED}/listClusterUserCredential", "2024-05-01", format="exec")
    [found] = reply.body["kubeconfigs"]
    config = json.loads(base64.b64decode(found["value"]))
    plugin = config["users"][0]["user"]["exec"]
    assert (reply.status, found["name"], plugin["command"]) == (200, "clusterUser", "kubelogin")
    assert plugin["args"][plugin["args"].index("--server-id") + 1] == "6dae42f8-4368-4678-94ff-3960e28e3630"
    assert config["clusters"][0]["cluster"]["server"].startswith("https://aks-cluster-")
