"""Every operation that the emulator serves, at every api-version, held against Azure's own Swagger."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amlarc_emulator.providers import TABLE
from amlarc_emulator.templates import relaxed
from tests.emulator.deploying import FILE, IN_GROUP, body, extension, template, wait
from tests.support.azure import ROOT, Azure, running
from tests.support.emulated import (
    ASSIGNMENTS,
    BUS,
    CLUSTER,
    COMPUTE,
    CONNECTION,
    DEFINITIONS,
    EXTENSION,
    FIRST,
    IDENTITIES,
    INSTALL,
    LOCKS,
    LOGS,
    MANAGED,
    NAMESPACE,
    RIGHTS,
    STANDARD,
    TOPIC,
    TOPIC_SUBSCRIPTION,
    WORKSPACE,
    assign,
    attachment,
    finish,
    principal,
)

ARMCHECK = ROOT.parent / "shared" / "tools" / "armcheck.py"
OPERATIONS = ARMCHECK.parent.parent / "specs" / "operations.tsv"
CONNECTED = {
    "location": "eastus",
    "identity": {"type": "SystemAssigned"},
    "properties": {"agentPublicKeyCertificate": "MII", "distribution": "generic"},
}

pytestmark = pytest.mark.skipif(not ARMCHECK.exists(), reason="Azure's Swagger is not beside this checkout")


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Azure]:
    """An emulator with a record of its own."""
    with running(tmp_path, "--polls", "1") as azure:
        yield azure


def versions(kind: str) -> list[str]:
    """The api-versions at which the reference data have Azure's Swagger for a type."""
    provider, _, type_ = kind.partition("/")
    rows = [line.split("\t") for line in OPERATIONS.read_text(encoding="utf-8").splitlines()]
    found = {row[1] for row in rows if row[0].lower() == provider and f"/{type_}/{{" in row[4].lower()}
    assert found <= set(TABLE[kind].versions)
    return sorted(found)


def complaints(azure: Azure) -> str:
    command = [sys.executable, str(ARMCHECK), str(azure.data / "traffic.jsonl")]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def drive_core(azure: Azure, version: str) -> None:
    root = f"/subscriptions/{azure.subscription_id}"
    for method, path in (
        ("GET", "/resourcegroups"),
        ("GET", "/resourcegroups/amlarc-rg"),
        ("HEAD", "/resourcegroups/amlarc-rg"),
        ("GET", "/resources"),
        ("GET", "/resourcegroups/amlarc-rg/resources"),
        ("GET", "/providers"),
        ("GET", "/providers/Microsoft.Relay"),
        ("POST", "/providers/Microsoft.ServiceBus/unregister"),
        ("POST", "/providers/Microsoft.ServiceBus/register"),
    ):
        assert azure.call(method, root + path, version).status < 300
    for _ in range(2):
        assert azure.put(f"{root}/resourcegroups/second", version, {"location": "eastus"}).status < 300
    location = azure.call("DELETE", f"{root}/resourcegroups/second", version).headers["location"]
    assert [azure.poll(location).status for _ in range(2)] == [202, 200]


def drive_clusters(azure: Azure, version: str) -> None:
    path = f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters"
    new = f"{path}/new"
    finish(azure, azure.put(new, version, CONNECTED))
    azure.call("PATCH", new, version, {"tags": {"a": "b"}})
    for _ in range(2):
        azure.get(new, version)
    for place in (new, path, path.replace("/resourceGroups/amlarc-rg", ""), f"{path}/nowhere"):
        azure.get(place, version)
    finish(azure, azure.call("DELETE", new, version))
    assert azure.call("DELETE", new, version).status == 204


def drive_extensions(azure: Azure, version: str) -> None:
    for cluster in (CLUSTER, MANAGED):
        path = azure.group + cluster + EXTENSION
        assert azure.get(path, version).status == 404
        finish(azure, azure.put(path, version, INSTALL))
        finish(azure, azure.call("PATCH", path, version, {"properties": {"configurationSettings": {"a": "b"}}}))
        azure.fault(method="PUT", path="/extensions/", operation="Failed")
        finish(azure, azure.put(path, version, INSTALL))
        azure.get(path, version)
        if version > "2021-09-01":  # armcheck knows Azure's undocumented installState in a resource, but not in a list
            azure.get(path.rpartition("/")[0], version)
        finish(azure, azure.call("DELETE", path, version, forceDelete="false"))
        azure.put(path, version, INSTALL)
        assert azure.call("PATCH", path, version, {"properties": {}}).status == 409
        assert azure.call("DELETE", path, version, forceDelete="true").status == 200
        assert azure.call("DELETE", path, version).status == 204


def drive_computes(azure: Azure, version: str) -> None:
    workspaces, path = (azure.group + WORKSPACE).rpartition("/")[0], azure.group + COMPUTE
    for place in (azure.group + WORKSPACE, workspaces, workspaces.replace("/resourceGroups/amlarc-rg", "")):
        assert azure.get(place, version).status == 200
    finish(azure, azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL))
    for cluster in (CLUSTER, MANAGED):
        body = attachment(azure, cluster)
        body["properties"]["properties"]["instanceTypes"]["small"]["resources"] = {"requests": {"cpu": "1"}}
        finish(azure, azure.put(path, version, body))
        azure.get(path, version)
        azure.get(path.rpartition("/")[0], version)
    finish(azure, azure.call("DELETE", path, version, underlyingResourceAction="Detach"))
    assert azure.get(path, version).status == 404


def drive_jobs(azure: Azure, version: str) -> None:
    finish(azure, azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL))
    finish(azure, azure.put(azure.group + COMPUTE, version, attachment(azure)))
    container = f"{azure.group}{WORKSPACE}/environments/mine"
    image = {"properties": {"image": "docker.io/library/python:3.11", "isAnonymous": True}}
    assert [azure.put(f"{container}/versions/1", version, image).status for _ in range(2)] == [201, 200]
    assert azure.put(container, version, {"properties": {"description": "mine"}}).status == 200
    for place in (container, f"{container}/versions", f"{container}/versions/1", container.rpartition("/")[0]):
        assert azure.get(place, version).status == 200
    path = f"{azure.group}{WORKSPACE}/jobs/first"
    asked = {
        "jobType": "Command",
        "command": "uname -a",
        "environmentId": f"{container}/versions/1",
        "computeId": azure.group + COMPUTE,
        "resources": {"instanceType": "small", "instanceCount": 1},
        "limits": {"jobLimitsType": "Command", "timeout": "PT10M"},
        "tags": {"a": "b"},
    }
    assert [azure.put(path, version, {"properties": asked}).status for _ in range(2)] == [201, 200]
    for place in [path] * 7 + [path.rpartition("/")[0], f"{path}-nowhere"]:
        azure.get(place, version)
    assert azure.call("POST", f"{path}/cancel", version).status == 200
    azure.put(f"{path}-2", version, {"properties": asked})
    assert azure.call("POST", f"{path}-2/cancel", version).status == 202
    assert [azure.call("DELETE", f"{path}{end}", version).status for end in ("", "-nowhere")] == [202, 204]


def drive_relay(azure: Azure, version: str) -> None:
    body = {"location": "eastus", "tags": {"a": "b"}}
    drive_messaging(azure, version, NAMESPACE, body, CONNECTION, {"properties": {"requiresClientAuthorization": True}})


def drive_bus(azure: Azure, version: str) -> None:
    premium = {"location": "eastus", "sku": {"name": "Premium", "tier": "Premium", "capacity": 1}}
    assert azure.put(f"{azure.group}{BUS}-premium", version, premium).status == 200
    reader = {"properties": {"lockDuration": "PT30S", "maxDeliveryCount": 1, "forwardTo": "elsewhere"}}
    drive_messaging(azure, version, BUS, STANDARD, TOPIC, {"properties": {"maxSizeInMegabytes": 5120}})
    azure.put(azure.group + BUS, version, STANDARD)
    azure.put(azure.group + TOPIC, version, {})
    path = azure.group + TOPIC_SUBSCRIPTION
    assert [azure.put(path, version, reader).status for _ in range(2)] == [200, 200]
    for place in (path, path.rpartition("/")[0]):
        assert azure.get(place, version).status == 200
    assert [azure.call("DELETE", path, version).status for _ in range(2)] == [200, 204]


def drive_messaging(azure: Azure, version: str, namespace: str, body: object, entity: str, asked: object) -> None:
    """A namespace, one entity in it, and a rule on either."""
    root = f"{azure.group}{namespace}/authorizationRules/RootManageSharedAccessKey"
    rule = f"{azure.group}{entity}/authorizationRules/azureml_rw"
    namespaces = (azure.group + namespace).rpartition("/")[0]
    for _ in range(2):
        azure.put(azure.group + namespace, version, body)
        azure.get(azure.group + namespace, version)
        azure.put(azure.group + entity, version, asked)
        azure.put(rule, version, RIGHTS)
        azure.put(root, version, RIGHTS)
    azure.call("PATCH", azure.group + namespace, version, {"tags": {}})
    for one in (rule, root):
        azure.call("POST", f"{one}/listKeys", version)
        azure.call("POST", f"{one}/regenerateKeys", version, {"keyType": "SecondaryKey"})
        azure.get(one, version)
        azure.get(one.rpartition("/")[0], version)
    for place in (azure.group + entity, (azure.group + entity).rpartition("/")[0]):
        assert azure.get(place, version).status == 200
    for place in (namespaces, namespaces.replace("/resourceGroups/amlarc-rg", "")):
        assert azure.get(place, version).status == 200
    for place in (rule, azure.group + entity, root):
        assert [azure.call("DELETE", place, version).status for _ in range(2)] == [200, 204]
    location = azure.call("DELETE", azure.group + namespace, version).headers["location"]
    assert [azure.poll(location).status for _ in range(2)] == [202, 200]


def drive_logs(azure: Azure, version: str) -> None:
    path, properties = azure.group + LOGS, {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}
    body = {"location": "eastus", "tags": {"a": "b"}, "properties": properties}
    assert [azure.put(path, version, body).status for _ in range(2)] == [201, 200]
    assert azure.call("PATCH", path, version, {"tags": {}, "properties": properties}).status == 200
    workspaces = path.rpartition("/")[0]
    for place in (path, path, workspaces, workspaces.replace("/resourceGroups/amlarc-rg", "")):
        assert azure.get(place, version).status == 200
    if version not in ("2021-12-01-preview", "2022-10-01", "2023-09-01"):
        assert azure.call("POST", f"{path}/sharedKeys", version).status == 200
    assert [azure.call("DELETE", path, version).status for _ in range(2)] == [200, 204]


def drive_authorization(azure: Azure, version: str) -> None:
    """Left out: permissions where Azure's Swagger has no path for them, at subscriptions and top-level resources."""
    finish(azure, azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL))
    subscription = f"/subscriptions/{azure.subscription_id}"
    for scope in (azure.group, azure.group + CLUSTER + EXTENSION):
        assert azure.get(f"{scope}/providers/Microsoft.Authorization/permissions", version).status == 200
    for scope in (subscription, azure.group, azure.group + CLUSTER, azure.group + CLUSTER + EXTENSION):
        path = f"{scope}{ASSIGNMENTS}/{FIRST}"
        assert [assign(azure, scope).status for _ in range(2)] == [201, 409]
        assert azure.get(path, version).status == 200
        query = {"$filter": f"atScope() and assignedTo('{principal(azure)}')"}
        assert azure.call("GET", scope + ASSIGNMENTS, version, **query).status == 200
        assert [azure.call("DELETE", path, version).status for _ in range(2)] == [200, 204]


def drive_definitions(azure: Azure, version: str) -> None:
    name, subscription = "7e29a8f2-6b1f-4a0e-9f6e-2f5d2a8c0001", f"/subscriptions/{azure.subscription_id}"
    properties = {"roleName": "r", "permissions": [{"actions": ["*"]}], "assignableScopes": [subscription]}
    path = f"{subscription}{DEFINITIONS}/{name}"
    assert azure.put(path, version, {"properties": properties}).status == 201
    query = {"$filter": "roleName eq 'Reader'"}
    for scope in (subscription, azure.group, azure.group + CLUSTER):
        assert azure.get(scope + DEFINITIONS, version).status == 200
        assert azure.call("GET", scope + DEFINITIONS, version, **query).status == 200
        assert azure.get(f"{scope}{DEFINITIONS}/{name}", version).status == 200
    assert [azure.call("DELETE", path, version).status for _ in range(2)] == [200, 204]


def drive_locks(azure: Azure, version: str) -> None:
    body = {"properties": {"level": "CanNotDelete", "notes": "mine", "owners": [{"applicationId": "a"}]}}
    for scope in (f"/subscriptions/{azure.subscription_id}", azure.group, azure.group + CLUSTER):
        path = f"{scope}{LOCKS}/keep"
        assert [azure.put(path, version, body).status for _ in range(2)] == [201, 200]
        for place in (path, scope + LOCKS):
            assert azure.get(place, version).status == 200
        assert azure.call("DELETE", azure.group + CLUSTER, "2021-10-01").status == 409
        assert [azure.call("DELETE", path, version).status for _ in range(2)] == [200, 204]


def drive_identities(azure: Azure, version: str) -> None:
    path, body = f"{azure.group}{IDENTITIES}/trainer", {"location": "eastus", "tags": {"a": "b"}}
    assert [azure.put(path, version, body).status for _ in range(2)] == [201, 200]
    assert azure.call("PATCH", path, version, {"tags": {}}).status == 200
    for place in (path, azure.group + IDENTITIES, f"/subscriptions/{azure.subscription_id}{IDENTITIES}"):
        assert azure.get(place, version).status == 200
    assert [azure.call("DELETE", path, version).status for _ in range(2)] == [200, 204]


def drive_deployments(azure: Azure, version: str) -> None:
    values, root = {"cluster": "amlarc-cluster", "workspace": "amlarc-ws"}, f"/subscriptions/{azure.subscription_id}"
    good = body(relaxed.parse(FILE.read_bytes()), **values)
    whole = {**body(json.loads(FILE.with_name("subscription.json").read_text())), "location": "eastus"}
    for scope, sent in ((azure.group, good), (azure.group, body(template(extension("nowhere")))), (root, whole)):
        path = f"{scope}{IN_GROUP}/d"
        assert azure.call("POST", f"{path}/validate", version, sent).status == 200
        assert wait(azure, azure.call("POST", f"{path}/whatIf", version, sent)).body["status"] == "Succeeded"
        wait(azure, azure.put(path, version, sent))
        inner = path if scope == root else f"{scope}/deployments/d"
        [*done] = azure.get(f"{inner}/operations", version).body["value"]
        assert azure.get(f"{inner}/operations/{done[0]['operationId']}", version).status == 200
        assert [azure.get(place, version).status for place in (path, f"{scope}{IN_GROUP}/")] == [200, 200]
        assert azure.call("POST", f"{path}/exportTemplate", version).status == 200
        assert azure.call("POST", f"{path}/cancel", version).status == 409
        assert azure.call("HEAD", path, version).status == 204
        assert wait(azure, azure.call("DELETE", path, version)).status == 204


DRIVES: dict[str, Callable[[Azure, str], None]] = {
    "microsoft.kubernetes/connectedclusters": drive_clusters,
    "microsoft.kubernetesconfiguration/extensions": drive_extensions,
    "microsoft.machinelearningservices/workspaces": drive_computes,
    "microsoft.machinelearningservices/workspaces/jobs": drive_jobs,
    "microsoft.relay/namespaces": drive_relay,
    "microsoft.servicebus/namespaces": drive_bus,
    "microsoft.operationalinsights/workspaces": drive_logs,
    "microsoft.authorization/roleassignments": drive_authorization,
    "microsoft.authorization/roledefinitions": drive_definitions,
    "microsoft.authorization/locks": drive_locks,
    "microsoft.managedidentity/userassignedidentities": drive_identities,
    "microsoft.resources/deployments": drive_deployments,
}


def test_every_operation_fits_azures_swagger(recorded: Azure) -> None:
    root = f"/subscriptions/{recorded.subscription_id}"
    for path in ("/tenants", "/subscriptions", root, f"{root}/locations"):
        assert recorded.get(path, "2022-12-01").status == 200
    for version in ("2021-04-01", "2022-09-01", "2024-07-01"):
        drive_core(recorded, version)
    for place in (recorded.group + MANAGED, (recorded.group + MANAGED).rpartition("/")[0]):
        assert recorded.get(place, "2024-05-01").status == 200
    for kind, drive in DRIVES.items():
        for version in versions(kind):
            drive(recorded, version)
    said = complaints(recorded)
    assert " 0 distinct problems" in said, said
    assert len(recorded.traffic()) > 450
