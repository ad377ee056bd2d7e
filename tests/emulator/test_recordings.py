"""The emulator beside recorded traffic with Azure: the same statuses, the same keys in bodies, the same headers."""

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
import yaml

from tests.support.azure import ROOT, Azure, Reply
from tests.support.emulated import (
    ASSIGNMENTS,
    BUS,
    CLUSTER,
    COMPUTE,
    EXTENSION,
    FIRST,
    IDENTITIES,
    INSTALL,
    LOCKS,
    LOGS,
    NAMESPACE,
    RULE,
    STANDARD,
    STRANGER,
    assign,
    attachment,
    finish,
    install,
)

RECORDINGS = ROOT.parent / "shared" / "specs" / "recordings"
# Maps whose keys belong to the caller, and what depends on the type of compute.
FREE = {"configurationSettings", "configurationProtectedSettings", "tags", "properties.properties", "identity"}
# Where Azure shows more than its Swagger has, or what an agent or a user adds.
MORE = {"createdByType", "totalCoreCount"}
# Headers that tell a client what happens next: none may be missing, none may be too many.
TELLING = {
    "azure-asyncoperation",
    "location",
    "retry-after",
    "api-supported-versions",
    "etag",
    "x-ms-failure-cause",
    "x-ms-providerhub-traffic",
    "x-ms-response-type",
    "www-authenticate",
    "content-type",
    "cache-control",
    "pragma",
    "expires",
    "strict-transport-security",
    "x-content-type-options",
}

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not beside this checkout")


@cache
def recording(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((RECORDINGS / f"{name}.yaml").read_text(encoding="utf-8"), loader)


def recorded(name: str, index: int | str) -> Reply:
    """One recorded answer, by number in a recording or by name in the catalogue of errors."""
    document = recording(name)
    response = document["interactions"][index]["response"] if isinstance(index, int) else document[index]
    text = response["body"].get("string", "") if isinstance(response["body"], dict) else response["body"]
    headers = {key.lower(): str(value) for key, value in response["headers"].items()}
    return Reply(int(response["status"]["code"]), headers, json.loads(text) if text else None)


def shape(body: Any, where: str = "") -> Any:
    """The keys of a body, to any depth; of a list those of its first item."""
    if isinstance(body, list):
        return [shape(item, where) for item in body[:1]]
    if not isinstance(body, dict) or where in FREE or where.rpartition(".")[2] in FREE - {"properties.properties"}:
        return None
    return {key: shape(value, f"{where}.{key}".lstrip(".")) for key, value in body.items() if key not in MORE}


def wording(message: str) -> str:
    """A message without the names and ids in it."""
    return re.sub(r"'[^']*'|[0-9a-f]{8}-?[0-9a-f-]{23,}", "…", message)


def telling(reply: Reply) -> set[str]:
    return TELLING & set(reply.headers)


def compare(name: str, pairs: Iterable[tuple[int | str, Reply]]) -> None:
    for index, ours in pairs:
        theirs = recorded(name, index)
        assert (index, ours.status) == (index, theirs.status)
        assert (index, shape(ours.body)) == (index, shape(theirs.body))
        assert (index, telling(ours)) == (index, telling(theirs))


def polls(azure: Azure, started: Reply, *indexes: int) -> list[tuple[int | str, Reply]]:
    url = started.headers["azure-asyncoperation"]
    return [(index, azure.poll(url)) for index in indexes]


def test_an_extension_of_2023(azure: Azure) -> None:
    path, version = azure.group + CLUSTER + EXTENSION, "2023-05-01"
    made = azure.put(path, version, INSTALL)
    pairs = [(5, made), *polls(azure, made, 6, 9), (10, azure.get(path, version))]
    gone = azure.call("DELETE", path, version)
    compare("k8s_extension_full_lro_2023-05-01_signed_urls", [*pairs, (12, gone), *polls(azure, gone, 13, 14)])


def test_an_extension_of_2021(azure: Azure) -> None:
    path, version = azure.group + CLUSTER + EXTENSION, "2021-09-01"
    made = azure.put(path, version, {"properties": INSTALL["properties"]})
    pairs = [(2, made), *polls(azure, made, 3, 5), (6, azure.get(path, version))]
    gone = azure.call("DELETE", path, version, forceDelete="false")
    compare("k8s_extension_full_lro_2021-09-01", [*pairs, (10, gone), *polls(azure, gone, 11, 14)])


def test_a_failed_extension_in_a_list_of_2021(azure: Azure) -> None:
    path, version = azure.group + CLUSTER + EXTENSION, "2021-09-01"
    azure.fault(method="PUT", path="/extensions/", operation="Failed")
    finish(azure, azure.put(path, version, INSTALL))
    ours = azure.get(path.rpartition("/")[0], version).body["value"][0]
    theirs = recorded("k8s_extension_full_lro_2021-09-01", 15).body["value"][0]
    assert shape(ours) == shape(theirs)


def test_a_forced_deletion_but_for_its_undocumented_body(azure: Azure) -> None:
    install(azure)
    ours = azure.call("DELETE", azure.group + CLUSTER + EXTENSION, "2023-05-01", forceDelete="true")
    theirs = recorded("k8s_extension_nowait_force_delete_2023-05-01", 5)
    assert ours.status == theirs.status
    assert telling(ours) == telling(theirs) - {"content-type"}


def test_missing_extensions_and_clusters(azure: Azure) -> None:
    extension = azure.get(azure.group + CLUSTER + EXTENSION, "2022-11-01")
    cluster = azure.get(f"{azure.group}{CLUSTER}x", "2021-10-01")
    compare("k8s_extension_and_connectedk8s_2025_vme", [(33, extension), (31, cluster)])
    assert extension.message == "Extension instance with name 'amlarc-compute' not found."


def test_versions_of_a_type_of_extension(azure: Azure) -> None:
    types, version = "providers/Microsoft.KubernetesConfiguration", "2023-05-01-preview"
    below = (f"{azure.group}{CLUSTER}/{types}", f"/subscriptions/{azure.subscription_id}/{types}/locations/eastus")
    for number, place in enumerate(below):
        versions = f"{place}/extensionTypes/microsoft.azureml.kubernetes/versions"
        found = azure.call("GET", versions, version, showLatest="false")
        one = azure.get(f"{versions}/1.1.64", version)
        compare("k8s_extension_types", [(4 + number, found), (6 + number, one)])


def test_a_connected_cluster(azure: Azure) -> None:
    path, version = f"{azure.group}{CLUSTER}-new", "2021-10-01"
    properties = {"agentPublicKeyCertificate": "MII", "distribution": "aks", "infrastructure": "azure"}
    missing = azure.get(path, version)
    made = azure.put(path, version, {"location": "eastus", "tags": {"foo": "doo"}, "properties": properties})
    pairs = [(0, missing), (1, made), *polls(azure, made, 2, 3), (4, azure.get(path, version))]
    gone = azure.call("DELETE", path, version)
    compare("connectedk8s_create_patch_delete", [*pairs, (6, gone), *polls(azure, gone, 7, 8)])


def test_a_compute(azure: Azure) -> None:
    install(azure)
    path, version = azure.group + COMPUTE, "2023-04-01"
    done = finish(azure, azure.put(path, version, attachment(azure)))
    again = azure.put(path, version, attachment(azure))
    finish(azure, again)
    shown, listed = azure.get(path, version), azure.get(path.rpartition("/")[0], version)
    gone = azure.call("DELETE", path, version, underlyingResourceAction="Detach")
    pairs: list[tuple[int | str, Reply]] = [(1, done), (5, again), (7, shown), (9, gone)]
    compare("ml_compute_amlcompute_lro", pairs)
    assert telling(listed) == telling(recorded("ml_compute_amlcompute_lro", 8))


def test_resource_groups(azure: Azure) -> None:
    root, version = f"/subscriptions/{azure.subscription_id}/resourcegroups", "2024-11-01"
    missing = azure.call("HEAD", f"{root}/new", version)
    made = azure.put(f"{root}/new", version, {"location": "eastus"})
    again = azure.put(f"{root}/new", version, {"location": "eastus"})
    there = azure.call("HEAD", f"{root}/new", version)
    gone = azure.call("DELETE", f"{root}/new", version)
    compare("resource_groups", [(7, missing), (9, made), (11, again), (2, there), (4, gone)])


@pytest.mark.parametrize(
    ("name", "path", "version"), [("relay", NAMESPACE, "2021-11-01"), ("servicebus", BUS, "2022-10-01-preview")]
)
def test_namespaces_of_a_condensed_recording(azure: Azure, name: str, path: str, version: str) -> None:
    made, *looks = recording("condensed_relay_servicebus_ml")[name][:2]
    ours = azure.put(azure.group + path, version, STANDARD)
    theirs = {key: item for key, item in made["body"]["properties"].items() if "N" not in str(item)}
    theirs = {key: item for key, item in theirs.items() if not key.endswith("At")}
    assert (ours.status, ours.body["type"]) == (made["status"], made["body"]["type"])
    assert {key: ours.body["properties"][key] for key in theirs} == theirs
    assert set(made["body"]["properties"]) <= set(ours.body["properties"])
    seen = [azure.get(azure.group + path, version).body["properties"] for _ in range(2)]
    assert [item["provisioningState"] for item in seen] == looks[0]["provisioningState"][-2:]
    assert [item["status"] for item in seen] == looks[0]["props_status"][-2:]


def test_log_analytics(azure: Azure) -> None:
    path, version = azure.group + LOGS, "2023-09-01"
    missing = azure.get(path, version)
    made = azure.put(path, version, {"location": "westus2", "properties": {"sku": {"name": "PerGB2018"}}})
    looks = [azure.get(path, version) for _ in range(2)]
    keys = azure.call("POST", f"{path}/sharedKeys", "2020-08-01")
    gone = azure.call("DELETE", path, version)
    pairs: list[tuple[int | str, Reply]] = [(8, missing), (2, made), (3, made), (0, looks[1]), (4, keys), (6, gone)]
    compare("oi_workspace_sharedkeys", pairs)


def test_role_assignments(azure: Azure) -> None:
    path = azure.group + CLUSTER
    made, again = assign(azure, path), assign(azure, path)
    listed = azure.get(path + ASSIGNMENTS, "2022-04-01")
    gone = azure.call("DELETE", f"{path}{ASSIGNMENTS}/{FIRST}", "2022-04-01")
    compare("role_assignments", [(4, made), (6, again), (0, listed), (1, gone)])


def test_a_managed_identity(azure: Azure) -> None:
    path, version = f"{azure.group}{IDENTITIES}/ident1", "2023-01-31"
    made = azure.put(path, version, {"location": "westus2"})
    compare("managed_identity", [(0, made), (1, azure.get(path, version))])


def test_locks(azure: Azure) -> None:
    path, version = f"{azure.group}{CLUSTER}{LOCKS}/DATABOX_SERVICE", "2016-09-01"
    azure.put(path, version, {"properties": {"level": "CanNotDelete", "notes": "mine"}})
    listed = azure.get(f"/subscriptions/{azure.subscription_id}{LOCKS}", version)
    gone = [azure.call("DELETE", path, version) for _ in range(2)][-1]
    compare("locks", [(0, listed), (1, gone)])


def refused(azure: Azure) -> Reply:
    azure.allow("*", but=["Microsoft.Authorization/*/Write"])
    return assign(azure, azure.group + CLUSTER)


ERRORS: dict[str, Callable[[Azure], Reply]] = {
    "AuthenticationFailed": lambda azure: azure.send("GET", f"{azure.group}?api-version=2021-04-01", authorization=""),
    "ResourceGroupNotFound": lambda azure: azure.put(f"{azure.group}x{CLUSTER}", "2021-10-01", {"location": "eastus"}),
    "ParentResourceNotFound": lambda azure: azure.put(azure.group + RULE, "2017-04-01", {}),
    "MissingSubscriptionRegistration": lambda azure: azure.get(azure.group + CLUSTER, "2021-10-01"),
    "AuthorizationFailed": refused,
    "PrincipalNotFound": lambda azure: assign(azure, azure.group, principalId=STRANGER),
    "UnmatchedPrincipalType": lambda azure: assign(azure, azure.group, principalType="User"),
    "RoleAssignmentExists": lambda azure: [assign(azure, azure.group) for _ in range(2)][1],
    "compute 400 UserError": lambda azure: azure.put(azure.group + COMPUTE, "2023-04-01", {}),
}


@pytest.mark.parametrize("name", list(ERRORS))
def test_errors(azure: Azure, name: str) -> None:
    if name == "MissingSubscriptionRegistration":
        namespace = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Kubernetes"
        azure.call("POST", f"{namespace}/unregister", "2021-04-01")
    ours = ERRORS[name](azure)
    compare("error_catalogue", [(name, ours)])
    if name != "compute 400 UserError":  # there the message is about the compute
        assert wording(ours.message) == wording(recorded("error_catalogue", name).message)


@pytest.mark.parametrize(
    ("name", "status", "seconds"),
    [("429 TooManyRequests", 429, None), ("429 429", 429, 2), ("BadGatewayConnection", 502, None)],
)
def test_errors_of_scripted_faults(azure: Azure, name: str, status: int, seconds: int | None) -> None:
    azure.fault(path="/resourceGroups/", status=status, retryAfter=seconds)
    ours, theirs = azure.get(azure.group, "2021-04-01"), recorded("error_catalogue", name)
    assert (ours.status, ours.code) == (theirs.status, theirs.code)
    assert ours.headers.get("x-ms-failure-cause") == theirs.headers.get("x-ms-failure-cause")
