"""Scripted faults."""

import http.client
from typing import Any

import pytest

from tests.support.azure import Azure
from tests.support.emulated import (
    BUS,
    CLUSTER,
    CONNECTION,
    EXTENSION,
    INSTALL,
    LOGS,
    NAMESPACE,
    STANDARD,
    TOPIC,
    finish,
)

GROUP_ONLY = "/resourceGroups/amlarc-rg$"


def test_a_status_comes_as_often_as_asked_with_its_usual_body(azure: Azure) -> None:
    azure.fault(method="GET", path=GROUP_ONLY, status=429, retryAfter=2, times=2)
    replies = [azure.get(azure.group, "2021-04-01") for _ in range(3)]
    assert [reply.status for reply in replies] == [429, 429, 200]
    assert replies[0].headers["retry-after"] == "2"
    assert replies[0].message.endswith("has issued too many requests. Retry after 2 seconds.")
    assert azure.faults() == []


def test_a_status_can_come_without_retry_after_and_with_another_body(azure: Azure) -> None:
    azure.fault(path=GROUP_ONLY, status=503, retryAfter=None)
    azure.fault(path=GROUP_ONLY, status=429, body={"error": {"code": "TooManyRequests", "message": "later"}})
    first, second = (azure.get(azure.group, "2021-04-01") for _ in range(2))
    assert (first.status, first.code, "retry-after" in first.headers) == (503, "ServiceUnavailable", False)
    assert (second.status, second.message) == (429, "later")


def test_requests_can_pass_first_and_other_methods_always_do(azure: Azure) -> None:
    azure.fault(method="GET", path=GROUP_ONLY, status=500, skip=1)
    assert azure.call("HEAD", azure.group, "2021-04-01").status == 204
    assert [azure.get(azure.group, "2021-04-01").status for _ in range(3)] == [200, 500, 200]


def test_the_path_matches_without_case(azure: Azure) -> None:
    azure.fault(path="/RESOURCEGROUPS/", status=502)
    assert azure.get(azure.group, "2021-04-01").code == "BadGatewayConnection"


@pytest.mark.parametrize(("reset", "exists"), [("before", False), ("after", True)])
def test_a_connection_breaks_before_or_after_the_write(azure: Azure, reset: str, exists: bool) -> None:
    azure.fault(method="PUT", path="/namespaces/", reset=reset)
    with pytest.raises(OSError, match=r"reset|closed"):
        azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    assert ((azure.group + NAMESPACE).lower() in azure.state()["resources"]) is exists
    line = azure.traffic()[-1]
    assert (line["fault"], line["requestBody"]) == (f'{{"reset": "{reset}"}}', {"location": "eastus"})


def test_a_truncated_body_is_shorter_than_its_header_says(azure: Azure) -> None:
    azure.fault(path="/connectedClusters/", truncate=True)
    with pytest.raises(http.client.IncompleteRead):
        azure.get(azure.group + CLUSTER, "2021-10-01")
    assert azure.get(azure.group + CLUSTER, "2021-10-01").status == 200


def test_a_delayed_answer_comes(azure: Azure) -> None:
    azure.fault(path=GROUP_ONLY, delayMs=20)
    assert azure.get(azure.group, "2021-04-01").status == 200
    assert azure.traffic()[-1]["fault"] == '{"delayMs": 20}'


def test_an_operation_can_last_for_ever(azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    started = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    url = started.headers["azure-asyncoperation"]
    assert {azure.poll(url).body["status"] for _ in range(4)} == {"Creating"}


def test_an_operation_can_be_canceled(azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="Canceled")
    started = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    assert finish(azure, started).body["status"] == "Canceled"


def test_a_namespace_can_stay_inactive(azure: Azure) -> None:
    azure.fault(method="PUT", path="/namespaces/amlarcrelay$", operation="never")
    azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    azure.put(azure.group + CONNECTION, "2021-11-01", {})
    seen = {azure.get(azure.group + NAMESPACE, "2021-11-01").body["properties"]["status"] for _ in range(4)}
    assert seen == {"Activating"}


@pytest.mark.parametrize(
    ("path", "version", "state"), [(BUS, "2021-11-01", "Created"), (LOGS, "2022-10-01", "Creating")]
)
@pytest.mark.parametrize("ending", ["Failed", "never"])
def test_what_has_no_operation_ends_as_told_too(azure: Azure, path: str, version: str, state: str, ending: str) -> None:
    azure.fault(method="PUT", path=f"{path}$", operation=ending)
    azure.put(azure.group + path, version, {"location": "eastus"})
    seen = [azure.get(azure.group + path, version).body["properties"]["provisioningState"] for _ in range(3)]
    assert seen == ([state] * 3 if ending == "never" else [state, "Failed", "Failed"])


@pytest.mark.parametrize(("reset", "exists"), [("before", False), ("after", True)])
def test_keys_and_topics_break_as_told_too(azure: Azure, reset: str, exists: bool) -> None:
    azure.put(azure.group + BUS, "2021-11-01", STANDARD)
    azure.fault(method="PUT", path="/topics/", reset=reset)
    azure.fault(method="POST", path="/sharedKeys$", status=503)
    with pytest.raises(OSError, match=r"reset|closed"):
        azure.put(azure.group + TOPIC, "2021-11-01", {})
    assert ((azure.group + TOPIC).lower() in azure.state()["resources"]) is exists
    azure.put(azure.group + LOGS, "2022-10-01", {"location": "eastus"})
    keys = [azure.call("POST", f"{azure.group}{LOGS}/sharedKeys", "2020-08-01").status for _ in range(2)]
    assert keys == [503, 200]


def test_a_login_can_be_broken_too(azure: Azure) -> None:
    azure.fault(path="/oauth2/token", status=503)
    assert azure.sign_in().status == 503


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "/x"},
        {"status": 500},
        {"path": "/x", "status": 500, "reset": "before"},
        {"path": "/x", "stauts": 500},
        {"path": "(", "status": 500},
        {"path": "/x", "status": 500, "times": 0},
        {"path": "/x", "status": 500, "skip": -1},
        {"path": "/x", "status": 429, "retryAfter": -1},
        {"path": "/x", "delayMs": 1e300},
        {"path": "/x", "delayMs": -5},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(azure: Azure, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault"):
        azure.fault(**fault)


@pytest.mark.parametrize("status", [204, 304])
def test_a_scripted_answer_that_has_no_body_leaves_the_connection_as_it_was(azure: Azure, status: int) -> None:
    azure.fault(path="/resourceGroups/amlarc-rg$", status=status)
    reply = azure.get(azure.group, "2021-04-01")
    assert (reply.status, reply.body) == (status, None)
    assert "content-length" not in reply.headers
    assert azure.get(azure.group, "2021-04-01").status == 200


def test_a_reset_goes_back_to_a_state(azure: Azure) -> None:
    path = f"{azure.group}/providers/Microsoft.Relay/namespaces/amlarc-kept"
    assert azure.put(path, "2021-11-01", {"location": "eastus"}).status < 300
    kept = azure.state()
    azure.reset()
    assert azure.get(path, "2021-11-01").status == 404
    azure.reset(kept)
    assert azure.state() == kept
    assert azure.get(path, "2021-11-01").status == 200


@pytest.mark.parametrize("wrong", [{}, [], {"resources": 1}, {"resources": {"a": {}}, "tenant": "", "principal": {}}])
def test_what_is_no_state_changes_nothing(azure: Azure, wrong: Any) -> None:
    before = azure.state()
    with pytest.raises(ValueError, match="not what /emulator/state shows"):
        azure.reset(wrong)
    assert azure.state() == before


def test_a_reset_takes_faults_and_resources_away(azure: Azure) -> None:
    azure.fault(path="/x", status=500)
    azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    azure.reset()
    assert azure.faults() == []
    assert azure.get(azure.group + NAMESPACE, "2021-11-01").status == 404
    assert azure.traffic() != []
