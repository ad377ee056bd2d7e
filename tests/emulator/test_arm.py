"""What Azure Resource Manager checks before a provider sees a request."""

import pytest

from tests.support.azure import Azure
from tests.support.emulated import CLUSTER, EXTENSION, INSTALL, MANAGED, RULE, WORKSPACE


def test_a_missing_api_version_is_400(azure: Azure) -> None:
    reply = azure.send("GET", azure.group)
    assert (reply.status, reply.code) == (400, "MissingApiVersionParameter")


def test_an_unknown_api_version_of_a_provider_names_the_known_ones(azure: Azure) -> None:
    reply = azure.get(azure.group + CLUSTER, "2019-01-01")
    assert (reply.status, reply.code) == (400, "NoRegisteredProviderFound")
    assert "for location 'eastus' and API version '2019-01-01' for type 'connectedClusters'" in reply.message
    assert "The supported api-versions are '2020-01-01-preview, 2021-03-01, " in reply.message


def test_an_unknown_api_version_of_arm_itself_names_the_known_ones(azure: Azure) -> None:
    reply = azure.get(azure.group, "1999-01-01")
    assert (reply.status, reply.code) == (400, "InvalidApiVersionParameter")
    assert "2021-04-01" in reply.message


def test_an_unknown_subscription_is_404(azure: Azure) -> None:
    reply = azure.get("/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g", "2021-04-01")
    assert (reply.status, reply.code) == (404, "SubscriptionNotFound")
    assert reply.message == "The subscription '11111111-1111-1111-1111-111111111111' could not be found."


def test_a_missing_group_is_404(azure: Azure) -> None:
    path = f"/subscriptions/{azure.subscription_id}/resourceGroups/nowhere{CLUSTER}"
    reply = azure.get(path, "2021-10-01")
    assert (reply.status, reply.message) == (404, "Resource group 'nowhere' could not be found.")
    assert (reply.code, reply.headers["x-ms-failure-cause"]) == ("ResourceGroupNotFound", "gateway")


def test_a_write_below_a_missing_parent_names_the_parent(azure: Azure) -> None:
    cluster = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/nowhere"
    reply = azure.put(cluster + EXTENSION, "2023-05-01", INSTALL)
    assert (reply.status, reply.code) == (404, "ParentResourceNotFound")
    assert reply.message == (
        "Failed to perform 'write' on resource(s) of type 'extensions', because the parent resource "
        f"'{cluster}' could not be found."
    )


def test_a_read_below_a_missing_parent_is_arms_own_404(azure: Azure) -> None:
    reply = azure.get(azure.group + RULE, "2017-04-01")
    assert (reply.status, reply.code, reply.headers["x-ms-failure-cause"]) == (404, "ResourceNotFound", "gateway")
    assert reply.message.startswith(
        "The Resource 'Microsoft.Relay/namespaces/amlarcrelay/hybridConnections/amlarc-cluster/authorizationRules/"
        "azureml_rw' under resource group 'amlarc-rg' was not found. For more details please go to "
    )


def test_extensions_of_a_missing_cluster_blame_the_cluster(azure: Azure) -> None:
    cluster = "/providers/Microsoft.Kubernetes/connectedClusters/nowhere"
    for path in (cluster + EXTENSION, f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensions"):
        reply = azure.get(azure.group + path, "2023-05-01")
        assert (reply.status, reply.code) == (404, "ResourceNotFound")
        assert "'Microsoft.Kubernetes/connectedClusters/nowhere' under resource group 'amlarc-rg'" in reply.message


def test_an_unregistered_provider_is_409_with_details(azure: Azure) -> None:
    namespace = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.KubernetesConfiguration"
    azure.call("POST", f"{namespace}/unregister", "2021-04-01")
    reply = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    assert (reply.status, reply.code) == (409, "MissingSubscriptionRegistration")
    [detail] = reply.body["error"]["details"]
    assert (detail["code"], detail["target"]) == (
        "MissingSubscriptionRegistration",
        "Microsoft.KubernetesConfiguration",
    )
    assert reply.headers["x-ms-failure-cause"] == "gateway"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/providers/Microsoft.Nothing/things/t", "InvalidResourceNamespace"),
        ("/providers/Microsoft.Relay/things/t", "InvalidResourceType"),
        ("/nothing", "NotFound"),
    ],
)
def test_what_azure_does_not_have_is_404(azure: Azure, path: str, code: str) -> None:
    reply = azure.get(azure.group + path, "2021-11-01")
    assert (reply.status, reply.code) == (404, code)


def test_a_method_that_a_type_does_not_have_is_405(azure: Azure) -> None:
    reply = azure.put(azure.group + WORKSPACE, "2023-04-01", {"location": "eastus"})
    assert (reply.status, reply.code) == (405, "HttpMethodNotAllowed")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_400(azure: Azure, body: bytes) -> None:
    target = f"{azure.group}{CLUSTER}{EXTENSION}?api-version=2023-05-01"
    reply = azure.send("PUT", target, body)
    assert (reply.status, reply.code) == (400, "InvalidRequestContent")


def test_ids_are_compared_without_case_and_keep_their_first(azure: Azure) -> None:
    first = azure.get(azure.group + CLUSTER, "2021-10-01").body
    again = azure.get((azure.group + CLUSTER).upper(), "2021-10-01").body
    assert again["id"] == first["id"] == azure.group + CLUSTER


def test_several_slashes_are_one(azure: Azure) -> None:
    path = (azure.group + CLUSTER).replace("/", "//").replace("//resourceGroups", "///resourceGroups")
    assert azure.get(path, "2021-10-01").body["id"] == azure.group + CLUSTER
    started = azure.put(path + EXTENSION, "2023-05-01", INSTALL)
    assert started.body["id"] == azure.group + CLUSTER + EXTENSION
    url = started.headers["azure-asyncoperation"].removeprefix(azure.endpoint)
    assert azure.send("GET", f"/{url}").status == 200


def test_a_caller_sets_the_correlation_id_and_asks_for_its_own_back(azure: Azure) -> None:
    target = f"{azure.group}?api-version=2021-04-01"
    plain = azure.send("GET", target).headers
    assert plain["x-ms-request-id"] == plain["x-ms-correlation-request-id"]
    assert plain["x-ms-routing-request-id"].startswith("EASTUS:20")
    assert int(plain["x-ms-ratelimit-remaining-subscription-global-reads"]) > 0
    asked = azure.send(
        "GET",
        target,
        x_ms_correlation_request_id="mine",
        x_ms_client_request_id="call-1",
        x_ms_return_client_request_id="true",
    ).headers
    assert (asked["x-ms-correlation-request-id"], asked["x-ms-client-request-id"]) == ("mine", "call-1")
    assert asked["x-ms-request-id"] != "mine"
    assert "x-ms-client-request-id" not in azure.send("GET", target, x_ms_client_request_id="call-2").headers


def test_conditions_of_a_write_are_held(azure: Azure) -> None:
    cluster = f"{azure.group}{CLUSTER}?api-version=2021-10-01"
    missing = cluster.replace("amlarc-cluster", "nowhere")
    body: dict[str, object] = {"tags": {}}
    etag = azure.send("GET", cluster).headers["etag"]
    assert azure.send("PUT", cluster, body, if_none_match="*").code == "PreconditionFailed"
    assert azure.send("PATCH", cluster, body, if_match='"other"').status == 412
    assert azure.send("PATCH", cluster, body, if_match=etag).status == 200
    assert azure.send("PUT", missing, body, if_match="*").status == 412
    assert azure.send("PATCH", missing, body, if_match="*").status == 404
    assert azure.send("DELETE", missing, if_match="*").status == 204


def test_a_managed_cluster_is_read_and_listed(azure: Azure) -> None:
    cluster = azure.get(azure.group + MANAGED, "2024-05-01").body
    assert cluster["type"] == "Microsoft.ContainerService/ManagedClusters"
    assert "/resourcegroups/amlarc-rg/" in cluster["id"]
    assert cluster["properties"]["agentPoolProfiles"][0]["count"] == 3
    for scope in (azure.group, f"/subscriptions/{azure.subscription_id}"):
        listed = azure.get(f"{scope}/providers/Microsoft.ContainerService/managedClusters", "2024-05-01").body
        assert [item["name"] for item in listed["value"]] == ["aks-cluster"]
    pools = f"{azure.group}{MANAGED}/agentPools"
    [pool] = azure.get(pools, "2024-05-01").body["value"]
    assert (pool["name"], pool["properties"]["count"]) == ("nodepool1", 3)
    assert azure.get(f"{pools}/nodepool1", "2024-05-01").body == pool
    assert azure.get(f"{pools}/nowhere", "2024-05-01").code == "ResourceNotFound"
