"""Log Analytics workspaces and their keys."""

import base64
from typing import Any

import pytest

from tests.support.azure import Azure
from tests.support.emulated import LOGS

VERSION = "2021-12-01-preview"
BODY = {"location": "East US", "properties": {"sku": {"name": "pergb2018"}, "retentionInDays": 60}}


def keys(azure: Azure, version: str = "2020-08-01") -> dict[str, Any]:
    reply = azure.call("POST", f"{azure.group}{LOGS}/sharedKeys", version)
    assert reply.status == 200
    found: dict[str, Any] = reply.body
    return found


def test_a_workspace_is_created_behind_a_location_that_is_itself(azure: Azure) -> None:
    made = azure.put(azure.group + LOGS, VERSION, BODY)
    assert (made.status, made.body["type"], made.body["location"]) == (
        201,
        "Microsoft.OperationalInsights/workspaces",
        "eastus",
    )
    assert made.headers["location"] == f"{azure.endpoint}{azure.group}{LOGS}?api-version={VERSION}"
    assert not {"azure-asyncoperation", "retry-after"} & set(made.headers)
    replies = [made, *(azure.poll(made.headers["location"]) for _ in range(2))]
    assert [reply.status for reply in replies] == [201, 200, 200]
    states = [reply.body["properties"]["provisioningState"] for reply in replies]
    assert states == ["Creating", "Creating", "Succeeded"]
    assert len({reply.body["properties"]["customerId"] for reply in replies}) == 1


def test_a_workspace_is_what_was_asked_for_and_the_usual_otherwise(azure: Azure) -> None:
    shown = azure.put(azure.group + LOGS, VERSION, BODY).body["properties"]
    assert (shown["sku"]["name"], shown["retentionInDays"]) == ("PerGB2018", 60)
    assert shown["workspaceCapping"]["dailyQuotaGb"] == -1.0
    assert shown["publicNetworkAccessForIngestion"] == "Enabled"


def test_keys_are_two_of_64_bytes(azure: Azure) -> None:
    azure.put(azure.group + LOGS, VERSION, BODY)
    found = keys(azure)
    assert set(found) == {"primarySharedKey", "secondarySharedKey"}
    assert [len(base64.b64decode(key)) for key in found.values()] == [64, 64]


def test_keys_are_served_at_one_api_version(azure: Azure) -> None:
    azure.put(azure.group + LOGS, VERSION, BODY)
    reply = azure.call("POST", f"{azure.group}{LOGS}/sharedKeys", "2022-10-01")
    assert (reply.status, reply.code) == (400, "NoRegisteredProviderFound")


def test_making_it_again_keeps_id_and_keys(azure: Azure) -> None:
    before = azure.put(azure.group + LOGS, VERSION, BODY).body["properties"]["customerId"], keys(azure)
    again = azure.put(azure.group + LOGS, VERSION, {**BODY, "tags": {"a": "b"}})
    assert (again.status, again.body["tags"]) == (200, {"a": "b"})
    assert (again.body["properties"]["customerId"], keys(azure)) == before


def test_a_patch_changes_what_it_names(azure: Azure) -> None:
    azure.put(azure.group + LOGS, VERSION, {**BODY, "tags": {"a": "b"}})
    changed = azure.call("PATCH", azure.group + LOGS, VERSION, {"properties": {"features": {"disableLocalAuth": True}}})
    assert (changed.status, changed.body["tags"]) == (200, {"a": "b"})
    assert changed.body["properties"]["features"] == {
        "legacy": 0,
        "searchVersion": 1,
        "enableLogAccessUsingOnlyResourcePermissions": True,
        "disableLocalAuth": True,
    }
    assert changed.body["properties"]["retentionInDays"] == 60


def test_a_deletion_is_synchronous(azure: Azure) -> None:
    azure.put(azure.group + LOGS, VERSION, BODY)
    assert [azure.call("DELETE", azure.group + LOGS, VERSION).status for _ in range(2)] == [200, 204]
    missing = azure.get(azure.group + LOGS, VERSION)
    assert (missing.status, missing.code) == (404, "ResourceNotFound")
    assert missing.message.startswith(
        "The Resource 'Microsoft.OperationalInsights/workspaces/amlarc-logs' under resource group 'amlarc-rg'"
    )


@pytest.mark.parametrize("name", ["abc", "-starts", "ends-", "under_score", "x" * 64])
def test_a_wrong_name_is_400(azure: Azure, name: str) -> None:
    reply = azure.put(azure.group + LOGS.replace("amlarc-logs", name), VERSION, BODY)
    assert (reply.status, reply.code) == (400, "BadRequest")


def test_a_wrong_sku_is_400_and_changes_nothing(azure: Azure) -> None:
    azure.put(azure.group + LOGS, VERSION, BODY)
    wrong = {"location": "eastus", "properties": {"sku": {"name": "Gold"}, "retentionInDays": 90}}
    assert azure.put(azure.group + LOGS, VERSION, wrong).status == 400
    assert azure.get(azure.group + LOGS, VERSION).body["properties"]["retentionInDays"] == 60


def test_settings_of_the_wrong_type_are_400(azure: Azure) -> None:
    body = {"location": "eastus", "properties": {"sku": "PerGB2018"}}
    assert azure.put(azure.group + LOGS, VERSION, body).code == "InvalidRequestContent"


def test_a_creation_can_fail(azure: Azure) -> None:
    azure.fault(method="PUT", path="/workspaces/amlarc-logs$", operation="Failed")
    azure.put(azure.group + LOGS, VERSION, BODY)
    states = [azure.get(azure.group + LOGS, VERSION).body["properties"]["provisioningState"] for _ in range(2)]
    assert states == ["Creating", "Failed"]
