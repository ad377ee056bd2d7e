"""Workspaces, and the clusters attached to them."""

import pytest

from tests.support.azure import Azure
from tests.support.emulated import CLUSTER, COMPUTE, MANAGED, WORKSPACE, attachment, finish, install

VERSION = "2023-04-01"


def compute(azure: Azure, name: str = "k8s") -> str:
    return azure.group + COMPUTE.replace("k8s", name)


def test_a_workspace_is_read_and_listed(azure: Azure) -> None:
    workspace = azure.get(azure.group + WORKSPACE, VERSION).body
    assert workspace["identity"]["type"] == "SystemAssigned"
    assert workspace["properties"]["discoveryUrl"] == f"{azure.endpoint}/discovery"
    for scope in (azure.group, f"/subscriptions/{azure.subscription_id}"):
        listed = azure.get(f"{scope}/providers/Microsoft.MachineLearningServices/workspaces", VERSION).body
        assert listed["value"] == [workspace]


def test_a_missing_workspace_is_arms_own_404(azure: Azure) -> None:
    reply = azure.get(azure.group + WORKSPACE.replace("amlarc-ws", "nowhere"), VERSION)
    assert (reply.code, reply.headers["x-ms-failure-cause"]) == ("ResourceNotFound", "gateway")


def test_an_attached_cluster_knows_the_extensions_identity(azure: Azure) -> None:
    install(azure)
    started = azure.put(compute(azure), VERSION, attachment(azure))
    assert (started.status, started.body["properties"]["provisioningState"]) == (201, "Creating")
    assert started.headers["azure-asyncoperation"].endswith(f"?api-version={VERSION}&service=new")
    assert "location" not in started.headers
    assert azure.poll(started.headers["azure-asyncoperation"]).body == {"status": "InProgress"}
    assert finish(azure, started).body == {"status": "Succeeded", "percentComplete": 100.0}
    shown = azure.get(compute(azure), VERSION).body
    properties = shown["properties"]
    assert (properties["computeType"], properties["isAttachedCompute"]) == ("Kubernetes", True)
    assert properties["properties"]["namespace"] == "training"
    assert properties["properties"]["extensionPrincipalId"]
    assert set(shown["identity"]) == {"type", "principalId", "tenantId"}
    assert azure.get(compute(azure).rpartition("/")[0], VERSION).body["value"] == [shown]


def test_a_second_put_is_201_and_keeps_the_age(azure: Azure) -> None:
    install(azure)
    first = azure.put(compute(azure), VERSION, attachment(azure))
    finish(azure, first)
    second = azure.put(compute(azure), VERSION, attachment(azure))
    assert (second.status, second.body["properties"]["provisioningState"]) == (201, "Creating")
    assert second.body["properties"]["createdOn"] == first.body["properties"]["createdOn"]
    assert second.body["identity"] == first.body["identity"]


@pytest.mark.parametrize(
    ("cluster", "code", "words"),
    [
        (CLUSTER, "UserError", "extension not installed"),
        (MANAGED, "UserError", "extension not installed"),
        (CLUSTER + "x", "ClusterNotFound", "amlarc-clusterx"),
        (WORKSPACE, "ClusterNotFound", "amlarc-ws"),
    ],
)
def test_a_cluster_that_is_not_ready_fails_the_operation(azure: Azure, cluster: str, code: str, words: str) -> None:
    started = azure.put(compute(azure), VERSION, attachment(azure, cluster))
    ended = finish(azure, started)
    assert (started.status, ended.status, ended.body["status"]) == (201, 200, "Failed")
    assert ended.body["error"]["code"] == code
    assert words in ended.body["error"]["message"]
    properties = azure.get(compute(azure), VERSION).body["properties"]
    assert (properties["provisioningState"], properties["provisioningErrors"]) == (
        "Failed",
        [{"error": ended.body["error"]}],
    )


def test_a_missing_compute_is_the_providers_404(azure: Azure) -> None:
    reply = azure.get(compute(azure, "nothing"), VERSION)
    assert (reply.status, reply.code, "x-ms-failure-cause" in reply.headers) == (404, "UserError", False)
    assert set(reply.body) == {"error", "correlation", "environment", "location", "time", "componentName"}
    assert reply.headers["x-ms-response-type"] == "error"


@pytest.mark.parametrize("name", ["k", "k_8", "a-name-of-17-chars"])
def test_a_wrong_name_is_400(azure: Azure, name: str) -> None:
    assert azure.put(compute(azure, name), VERSION, attachment(azure)).status == 400


def test_a_detach_must_say_what_happens_to_the_cluster(azure: Azure) -> None:
    install(azure)
    finish(azure, azure.put(compute(azure), VERSION, attachment(azure)))
    assert azure.call("DELETE", compute(azure), VERSION).status == 400
    started = azure.call("DELETE", compute(azure), VERSION, underlyingResourceAction="Detach")
    assert (started.status, started.body, "location" in started.headers) == (202, None, False)
    assert finish(azure, started).body["status"] == "Succeeded"
    assert azure.get(compute(azure), VERSION).status == 404
    assert azure.get(azure.group + CLUSTER, "2021-10-01").status == 200
    assert azure.call("DELETE", compute(azure), VERSION, underlyingResourceAction="Detach").status == 204
