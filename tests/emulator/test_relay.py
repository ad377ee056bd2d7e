"""Relay namespaces, hybrid connections, and their keys."""

from typing import Any

import pytest

from tests.support.azure import Azure
from tests.support.emulated import CONNECTION, NAMESPACE, RIGHTS, RULE

VERSION = "2021-11-01"
BODY = {"location": "westus2", "tags": {"created_by": "Azure Arc-enabled ML"}}


@pytest.fixture
def relay(azure: Azure) -> Azure:
    """A namespace with a hybrid connection and a rule."""
    azure.put(azure.group + NAMESPACE, VERSION, BODY)
    azure.put(azure.group + CONNECTION, VERSION, {"properties": {"requiresClientAuthorization": True}})
    azure.put(azure.group + RULE, VERSION, RIGHTS)
    return azure


def keys(azure: Azure, rule: str = RULE, action: str = "listKeys", body: object = None) -> dict[str, Any]:
    reply = azure.call("POST", f"{azure.group}{rule}/{action}", VERSION, body)
    assert reply.status == 200
    found: dict[str, Any] = reply.body
    return found


def test_a_namespace_becomes_active_without_an_operation(azure: Azure) -> None:
    made = azure.put(azure.group + NAMESPACE, VERSION, BODY)
    assert (made.status, made.body["type"], made.body["location"]) == (200, "Microsoft.Relay/Namespaces", "West US 2")
    assert not {"azure-asyncoperation", "location"} & set(made.headers)
    replies = [made, *(azure.get(azure.group + NAMESPACE, VERSION) for _ in range(2))]
    states = [reply.body["properties"] for reply in replies]
    assert [(state["provisioningState"], state["status"]) for state in states] == [
        ("Created", "Activating"),
        ("Created", "Activating"),
        ("Succeeded", "Active"),
    ]
    assert states[0]["serviceBusEndpoint"] == "https://amlarcrelay.servicebus.windows.net:443/"
    assert states[0]["metricId"] == f"{azure.subscription_id}:amlarcrelay"


def test_what_is_below_a_namespace_is_synchronous_and_lower_case(relay: Azure) -> None:
    connection = relay.get(relay.group + CONNECTION, VERSION).body
    assert connection["id"].endswith("/namespaces/amlarcrelay/hybridconnections/amlarc-cluster")
    assert (connection["type"], connection["location"]) == ("Microsoft.Relay/namespaces/hybridconnections", "westus2")
    rule = relay.get(relay.group + RULE, VERSION).body
    assert rule["type"] == "Microsoft.Relay/namespaces/hybridconnections/authorizationrules"
    assert rule["properties"] == {"rights": ["Manage", "Send", "Listen"]}
    listed = relay.get(f"{relay.group}{CONNECTION}/authorizationRules", VERSION).body["value"]
    assert [item["name"] for item in listed] == ["azureml_rw"]


def test_the_connection_string_names_the_hybrid_connection(relay: Azure) -> None:
    found = keys(relay)
    assert found["primaryConnectionString"] == (
        "Endpoint=sb://amlarcrelay.servicebus.windows.net/;SharedAccessKeyName=azureml_rw;"
        f"SharedAccessKey={found['primaryKey']};EntityPath=amlarc-cluster"
    )
    assert (len(found["primaryKey"]), found["keyName"]) == (44, "azureml_rw")


def test_a_namespace_is_born_with_a_rule(relay: Azure) -> None:
    found = keys(relay, f"{NAMESPACE}/authorizationRules/RootManageSharedAccessKey")
    assert found["primaryConnectionString"].endswith(f";SharedAccessKey={found['primaryKey']}")


def test_making_it_again_keeps_keys_and_age(relay: Azure) -> None:
    before = (keys(relay), relay.get(relay.group + NAMESPACE, VERSION).body["properties"]["createdAt"])
    relay.put(relay.group + NAMESPACE, VERSION, BODY)
    relay.put(relay.group + CONNECTION, VERSION, {})
    relay.put(relay.group + RULE, VERSION, RIGHTS)
    assert (keys(relay), relay.get(relay.group + NAMESPACE, VERSION).body["properties"]["createdAt"]) == before


def test_a_regenerated_key_replaces_one_only(relay: Azure) -> None:
    before = keys(relay)
    after = keys(relay, action="regenerateKeys", body={"keyType": "PrimaryKey"})
    assert after["primaryKey"] != before["primaryKey"]
    assert after["secondaryKey"] == before["secondaryKey"]
    assert keys(relay) == after


def test_a_deleted_namespace_is_followed_by_its_location(relay: Azure) -> None:
    assert relay.call("DELETE", relay.group + RULE, VERSION).status == 200
    assert relay.call("DELETE", relay.group + RULE, VERSION).status == 204
    started = relay.call("DELETE", relay.group + NAMESPACE, VERSION)
    assert (started.status, started.body, "azure-asyncoperation" in started.headers) == (202, None, False)
    running = relay.poll(started.headers["location"])
    assert (running.status, running.body["properties"]["status"]) == (202, "Removing")
    assert running.headers["location"] == started.headers["location"]
    done = relay.poll(started.headers["location"])
    assert (done.status, done.body) == (200, None)
    assert relay.get(relay.group + CONNECTION, VERSION).code == "ResourceNotFound"


def test_a_missing_connection_is_the_providers_404(relay: Azure) -> None:
    reply = relay.get(f"{relay.group}{NAMESPACE}/hybridConnections/nothing", VERSION)
    assert (reply.status, reply.code, "x-ms-failure-cause" in reply.headers) == (404, "NotFound", False)


@pytest.mark.parametrize("name", ["short", "1starts-with-a-digit", "ends-with-", "under_score", "x" * 51])
def test_a_wrong_name_of_a_namespace_is_400(azure: Azure, name: str) -> None:
    path = azure.group + NAMESPACE.replace("amlarcrelay", name)
    reply = azure.put(path, VERSION, BODY)
    assert (reply.status, reply.code) == (400, "BadRequest")


@pytest.mark.parametrize("rights", [[], ["Manage"], ["Read"]])
def test_wrong_rights_are_400(relay: Azure, rights: list[str]) -> None:
    assert relay.put(relay.group + RULE, VERSION, {"properties": {"rights": rights}}).status == 400


def test_the_older_api_version_shows_less(relay: Azure) -> None:
    assert "status" not in relay.get(relay.group + NAMESPACE, "2017-04-01").body["properties"]
    assert "location" not in relay.get(relay.group + CONNECTION, "2017-04-01").body
