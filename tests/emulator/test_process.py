"""The process: its files, its options, its end, and what survives it."""

import json
import os
import ssl
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from time import sleep

from tests.support.azure import ROOT, Azure, running
from tests.support.emulated import (
    ASSIGNMENTS,
    BUS,
    CLUSTER,
    COMPUTE,
    CONNECTION,
    EXTENSION,
    FIRST,
    INSTALL,
    LOGS,
    NAMESPACE,
    RIGHTS,
    STANDARD,
    TOPIC,
    TOPIC_SUBSCRIPTION,
    assign,
    finish,
)


def test_it_says_how_to_reach_it(azure: Azure) -> None:
    assert set(azure.ready) == {
        "endpoint",
        "caFile",
        "subscriptionId",
        "tenantId",
        "clientId",
        "clientSecret",
        "pid",
    }
    assert azure.process is not None
    assert azure.ready["pid"] == azure.process.pid
    assert azure.env["REQUESTS_CA_BUNDLE"] == str(azure.ca_file)
    assert azure.env["AZURE_CONFIG_DIR"] == str(azure.data.resolve() / "azure")
    assert azure.env["AZURE_CORE_COLLECT_TELEMETRY"] == "no"
    assert ssl.create_default_context(cafile=azure.ca_file).get_ca_certs()


def test_an_exchange_is_on_record_before_it_is_answered(azure: Azure) -> None:
    azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    [line] = azure.traffic()
    assert list(line) == [
        "method",
        "url",
        "requestHeaders",
        "requestBody",
        "status",
        "responseHeaders",
        "responseBody",
        "fault",
        "began",
        "ended",
    ]
    assert (line["method"], line["status"], line["fault"]) == ("PUT", 200, None)
    assert line["url"] == f"{azure.endpoint}{azure.group}{NAMESPACE}?api-version=2021-11-01"
    assert (line["requestBody"], line["responseBody"]["name"]) == ({"location": "eastus"}, "amlarcrelay")


def test_it_ends_cleanly(tmp_path: Path) -> None:
    azure = Azure.start(tmp_path)
    assert azure.get(azure.group, "2021-04-01").status == 200
    assert azure.stop() == 0


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "state.json"), "--polls", "2")
    azure = Azure.start(tmp_path, *options)
    port = azure.endpoint.rpartition(":")[2]
    started = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    assert azure.poll(started.headers["azure-asyncoperation"]).body["status"] == "Creating"
    token = azure.token()
    azure.kill()
    with running(tmp_path, *options, "--port", port) as again:
        url = started.headers["azure-asyncoperation"].removeprefix(again.endpoint)
        states = [again.send("GET", url, authorization=f"Bearer {token}").body["status"] for _ in range(2)]
        assert states == ["Creating", "Succeeded"]
        kept = again.state()["resources"][(again.group + CLUSTER + EXTENSION).lower()]
        assert (
            kept["hidden"]["configurationProtectedSettings"] == INSTALL["properties"]["configurationProtectedSettings"]
        )


def test_a_kill_at_any_moment_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "state.json"), "--polls", "2")
    azure = Azure.start(tmp_path, *options)
    made: list[str] = []

    def write() -> None:
        azure.put(azure.group + BUS, "2021-11-01", STANDARD)
        with suppress(OSError, HTTPException):
            for number in range(10_000):
                rule = f"{azure.group}{BUS}/authorizationRules/rule{number}"
                azure.put(rule, "2021-11-01", RIGHTS)
                made.append(azure.call("POST", f"{rule}/listKeys", "2021-11-01").body)

    writer = Thread(target=write)
    writer.start()
    while len(made) < 20:
        sleep(0.001)
    assert azure.process is not None
    azure.process.kill()
    writer.join()
    azure.kill()
    with running(tmp_path, *options) as again:
        rules = f"{again.group}{BUS}/authorizationRules"
        kept = [again.call("POST", f"{rules}/rule{number}/listKeys", "2021-11-01").body for number in range(len(made))]
        assert kept == made


def test_a_kill_keeps_what_runs_and_what_is_granted(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "state.json"), "--polls", "2")
    azure = Azure.start(tmp_path, *options)
    azure.put(azure.group + LOGS, "2022-10-01", {"location": "eastus"})
    azure.put(azure.group + BUS, "2021-11-01", STANDARD)
    assert assign(azure, azure.group).status == 201
    customer = azure.get(azure.group + LOGS, "2022-10-01").body["properties"]["customerId"]
    azure.allow("*/read", "Microsoft.Authorization/*")
    azure.kill()
    with running(tmp_path, *options) as again:
        looks = [again.get(again.group + LOGS, "2022-10-01").body["properties"] for _ in range(2)]
        assert [look["provisioningState"] for look in looks] == ["Creating", "Succeeded"]
        assert looks[0]["customerId"] == customer
        assert again.get(again.group + BUS, "2021-11-01").body["properties"]["status"] == "Activating"
        assert assign(again, again.group).code == "RoleAssignmentExists"
        assert again.put(again.group + BUS, "2021-11-01", STANDARD).code == "AuthorizationFailed"
        again.reset()
        assert again.get(again.group + LOGS, "2022-10-01").status == 404
        assert again.put(again.group + BUS, "2021-11-01", STANDARD).status == 200


def test_operations_end_at_the_first_poll_when_told_so(tmp_path: Path) -> None:
    with running(tmp_path, "--polls", "0", "--retry-after", "7", "--latency-ms", "1") as azure:
        started = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
        assert (started.body["properties"]["provisioningState"], started.headers["retry-after"]) == ("Creating", "7")
        assert azure.poll(started.headers["azure-asyncoperation"]).body["status"] == "Succeeded"
        made = azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
        assert made.body["properties"]["status"] == "Activating"
        assert azure.get(azure.group + NAMESPACE, "2021-11-01").body["properties"]["status"] == "Active"


def test_strict_namespaces_take_nothing_before_they_are_active(tmp_path: Path) -> None:
    with running(tmp_path, "--strict-namespaces") as azure:
        for namespace in (NAMESPACE, BUS):
            azure.put(azure.group + namespace, "2021-11-01", {"location": "eastus"})
            rule = f"{azure.group}{namespace}/authorizationRules/RootManageSharedAccessKey"
            early = azure.call("POST", f"{rule}/listKeys", "2021-11-01")
            assert (early.status, early.code) == (404, "NotFound")
            assert "is not active, its current state is Created. CorrelationId: " in early.message
        assert azure.put(azure.group + CONNECTION, "2021-11-01", {}).status == 404
        assert azure.put(azure.group + TOPIC, "2021-11-01", {}).status == 404
        for path in (NAMESPACE, NAMESPACE, BUS, BUS):
            azure.get(azure.group + path, "2021-11-01")
        assert azure.put(azure.group + CONNECTION, "2021-11-01", {}).status == 200
        assert azure.put(azure.group + TOPIC, "2021-11-01", {}).status == 200


def test_operations_last_as_long_as_told(tmp_path: Path) -> None:
    with running(tmp_path, "--polls", "0", "--operation-seconds", "60", "--retry-after", "7") as azure:
        started = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
        polled = azure.poll(started.headers["azure-asyncoperation"])
        assert (polled.body["status"], polled.headers["retry-after"]) == ("Creating", "7")


def test_a_seed_only_says_what_is_different(tmp_path: Path) -> None:
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    below = f"/resourceGroups/amlarc-rg{CLUSTER}"
    seed["subscriptions"][0]["resources"] += [
        {
            "id": f"/resourceGroups/amlarc-rg{CLUSTER}-off",
            "location": "uksouth",
            "properties": {"connectivityStatus": "Offline"},
        },
        {
            "id": below + EXTENSION,
            "properties": {
                "extensionType": "microsoft.azureml.kubernetes",
                "provisioningState": "Failed",
                "configurationProtectedSettings": {"a": "secret"},
            },
        },
        {"id": f"/resourceGroups/amlarc-rg{NAMESPACE}", "location": "eastus"},
        {"id": f"/resourceGroups/amlarc-rg{NAMESPACE}/hybridConnections/c"},
        {"id": f"/resourceGroups/amlarc-rg{NAMESPACE}/hybridConnections/c/authorizationRules/r"},
        {"id": f"/resourceGroups/amlarc-rg{BUS}", **STANDARD},
        {"id": f"/resourceGroups/amlarc-rg{TOPIC}", "properties": {"maxSizeInMegabytes": 5120}},
        {"id": f"/resourceGroups/amlarc-rg{TOPIC_SUBSCRIPTION}"},
        {"id": f"/resourceGroups/amlarc-rg{LOGS}", "location": "eastus", "properties": {"customerId": "mine"}},
        {
            "id": f"/resourceGroups/amlarc-rg{ASSIGNMENTS}/{FIRST}",
            "properties": {"principalId": "someone", "roleDefinitionId": "Reader"},
        },
        {
            "id": f"/resourceGroups/amlarc-rg{COMPUTE}",
            "identity": {"type": "SystemAssigned"},
            "properties": {"resourceId": "gone", "provisioningState": "Failed"},
        },
    ]
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        offline = azure.get(f"{azure.group}{CLUSTER}-off", "2021-10-01").body
        assert (offline["location"], offline["properties"]["connectivityStatus"]) == ("uksouth", "Offline")
        broken = azure.get(azure.group + CLUSTER + EXTENSION, "2023-05-01").body["properties"]
        assert (broken["provisioningState"], broken["configurationProtectedSettings"]) == ("Failed", {"a": ""})
        assert azure.get(azure.group + NAMESPACE, "2021-11-01").body["properties"]["status"] == "Active"
        rule = f"{azure.group}{NAMESPACE}/hybridConnections/c/authorizationRules/r"
        assert azure.call("POST", f"{rule}/listKeys", "2021-11-01").body["keyName"] == "r"
        assert azure.get(azure.group + COMPUTE, "2023-04-01").body["properties"]["provisioningState"] == "Failed"
        topic = azure.get(azure.group + TOPIC, "2021-11-01").body["properties"]
        assert (topic["maxSizeInMegabytes"], topic["subscriptionCount"]) == (5120, 1)
        assert azure.get(azure.group + TOPIC_SUBSCRIPTION, "2021-11-01").status == 200
        logs = azure.get(azure.group + LOGS, "2023-09-01").body["properties"]
        assert (logs["customerId"], logs["provisioningState"]) == ("mine", "Succeeded")
        assignment = azure.get(f"{azure.group}{ASSIGNMENTS}/{FIRST}", "2022-04-01").body["properties"]
        assert (assignment["principalId"], assignment["scope"]) == ("someone", azure.group)


def test_a_seed_says_what_the_principal_may_do(tmp_path: Path) -> None:
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    seed["servicePrincipal"]["actions"] = ["*/read"]
    seed["servicePrincipal"]["notActions"] = ["Microsoft.Relay/*"]
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        assert azure.get(azure.group + CLUSTER, "2021-10-01").status == 200
        assert azure.get(f"{azure.group}/providers/Microsoft.Relay/namespaces", "2021-11-01").status == 403
        azure.allow("*")
        assert azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"}).status == 200
        azure.reset()
        assert azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"}).status == 403


def test_a_wrong_seed_is_named(tmp_path: Path) -> None:
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    seed["subscriptions"][0]["resources"] = [{"id": "/providers/Microsoft.Nothing/things/t"}]
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    command = [sys.executable, "-m", "amlarc_emulator", "--data", str(tmp_path), "--seed", str(tmp_path / "seed.json")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the seed has a resource of a type that can't be seeded" in done.stderr
    assert not (tmp_path / "ready.json").exists()


def test_a_compute_of_an_offline_cluster_is_not_reachable(tmp_path: Path) -> None:
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    seed["subscriptions"][0]["resources"][0]["properties"] = {"connectivityStatus": "Offline"}
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        body = {"properties": {"computeType": "Kubernetes", "resourceId": azure.group + CLUSTER}}
        ended = finish(azure, azure.put(azure.group + COMPUTE, "2023-04-01", body))
        assert ended.body["error"]["code"] == "ClusterNotReachable"
