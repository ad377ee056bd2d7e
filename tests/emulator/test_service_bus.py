"""Service Bus namespaces, topics, their subscriptions, and their keys."""

from typing import Any

import pytest

from tests.support.azure import Azure
from tests.support.emulated import BUS, RIGHTS, STANDARD, TOPIC, TOPIC_SUBSCRIPTION

VERSION = "2022-10-01-preview"
# What `az k8s-extension` asks for.
STATES = {"properties": {"maxSizeInMegabytes": 5120, "defaultMessageTimeToLive": "P60D"}}
READER = {"properties": {"lockDuration": "PT30S", "maxDeliveryCount": 1, "defaultMessageTimeToLive": "P14D"}}


@pytest.fixture
def bus(azure: Azure) -> Azure:
    """A namespace with a topic, a subscription and a rule."""
    azure.put(azure.group + BUS, VERSION, STANDARD)
    azure.put(azure.group + TOPIC, VERSION, STATES)
    azure.put(azure.group + TOPIC_SUBSCRIPTION, VERSION, READER)
    azure.put(f"{azure.group}{TOPIC}/authorizationRules/reader", VERSION, {"properties": {"rights": ["Listen"]}})
    return azure


def keys(azure: Azure, rule: str, action: str = "listKeys", body: object = None) -> dict[str, Any]:
    reply = azure.call("POST", f"{azure.group}{rule}/{action}", VERSION, body)
    assert reply.status == 200
    found: dict[str, Any] = reply.body
    return found


def test_a_namespace_becomes_active_without_an_operation(azure: Azure) -> None:
    made = azure.put(azure.group + BUS, VERSION, STANDARD)
    assert (made.status, made.body["type"], made.body["location"]) == (
        200,
        "Microsoft.ServiceBus/Namespaces",
        "West US 2",
    )
    assert not {"azure-asyncoperation", "location"} & set(made.headers)
    replies = [made, *(azure.get(azure.group + BUS, VERSION) for _ in range(2))]
    states = [reply.body["properties"] for reply in replies]
    assert [(state["provisioningState"], state["status"]) for state in states] == [
        ("Created", "Activating"),
        ("Created", "Activating"),
        ("Succeeded", "Active"),
    ]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, {"name": "Standard", "tier": "Standard"}),
        ({"sku": {"name": "STANDARD"}}, {"name": "Standard", "tier": "Standard"}),
        ({"sku": {"name": "Basic", "tier": "Basic"}}, {"name": "Basic", "tier": "Basic"}),
        ({"sku": {"name": "Premium", "capacity": 2}}, {"name": "Premium", "tier": "Premium", "capacity": 2}),
    ],
)
def test_a_namespace_has_a_tier(azure: Azure, asked: dict[str, Any], shown: dict[str, Any]) -> None:
    assert azure.put(azure.group + BUS, VERSION, {"location": "westus2", **asked}).body["sku"] == shown


def test_an_unknown_tier_is_400(azure: Azure) -> None:
    reply = azure.put(azure.group + BUS, VERSION, {"location": "westus2", "sku": {"name": "Gold"}})
    assert (reply.status, reply.code) == (400, "BadRequest")
    assert azure.get(azure.group + BUS, VERSION).status == 404


def test_the_basic_tier_has_no_topics_until_it_is_changed(azure: Azure) -> None:
    azure.put(azure.group + BUS, VERSION, {"location": "westus2", "sku": {"name": "Basic"}})
    refused = azure.put(azure.group + TOPIC, VERSION, STATES)
    assert (refused.status, refused.code) == (400, "MessagingGatewayBadRequest")
    assert "the namespace 'amlarcbus' is using 'Basic' tier" in refused.message
    azure.put(azure.group + BUS, VERSION, STANDARD)
    assert azure.put(azure.group + TOPIC, VERSION, STATES).status == 200


def test_a_topic_is_what_was_asked_for_and_the_usual_otherwise(bus: Azure) -> None:
    topic = bus.get(bus.group + TOPIC, VERSION).body
    assert (topic["type"], topic["location"]) == ("Microsoft.ServiceBus/namespaces/topics", "westus2")
    shown = topic["properties"]
    assert (shown["maxSizeInMegabytes"], shown["defaultMessageTimeToLive"]) == (5120, "P60D")
    assert (shown["maxMessageSizeInKilobytes"], shown["supportOrdering"], shown["status"]) == (256, True, "Active")
    assert shown["autoDeleteOnIdle"] == "P10675199DT2H48M5.4775807S"


def test_a_topic_of_the_premium_tier_takes_larger_messages(azure: Azure) -> None:
    azure.put(azure.group + BUS, VERSION, {"location": "westus2", "sku": {"name": "Premium"}})
    assert azure.put(azure.group + TOPIC, VERSION, {}).body["properties"]["maxMessageSizeInKilobytes"] == 1024


def test_a_topic_counts_its_subscriptions(bus: Azure) -> None:
    def count() -> int:
        found: int = bus.get(bus.group + TOPIC, VERSION).body["properties"]["subscriptionCount"]
        return found

    assert count() == 1
    bus.put(bus.group + TOPIC, VERSION, STATES)
    assert count() == 1
    assert [bus.call("DELETE", bus.group + TOPIC_SUBSCRIPTION, VERSION).status for _ in range(2)] == [200, 204]
    assert count() == 0


def test_a_subscription_is_what_was_asked_for_and_the_usual_otherwise(bus: Azure) -> None:
    subscription = bus.get(bus.group + TOPIC_SUBSCRIPTION, VERSION).body
    shown = subscription["properties"]
    assert subscription["type"] == "Microsoft.ServiceBus/namespaces/topics/subscriptions"
    assert (shown["lockDuration"], shown["maxDeliveryCount"], shown["defaultMessageTimeToLive"]) == ("PT30S", 1, "P14D")
    assert (shown["requiresSession"], shown["enableBatchedOperations"], shown["messageCount"]) == (False, True, 0)
    listed = bus.get(f"{bus.group}{TOPIC}/subscriptions", VERSION).body["value"]
    assert [item["name"] for item in listed] == ["compute-scheduler-jobstate"]


def test_only_the_rule_of_a_topic_names_it_in_the_connection_string(bus: Azure) -> None:
    root = keys(bus, f"{BUS}/authorizationRules/RootManageSharedAccessKey")
    assert root["primaryConnectionString"] == (
        "Endpoint=sb://amlarcbus.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;"
        f"SharedAccessKey={root['primaryKey']}"
    )
    reader = keys(bus, f"{TOPIC}/authorizationRules/reader")
    assert reader["secondaryConnectionString"] == (
        "Endpoint=sb://amlarcbus.servicebus.windows.net/;SharedAccessKeyName=reader;"
        f"SharedAccessKey={reader['secondaryKey']};EntityPath=jobstate-updatedby-computeprovider"
    )


def test_making_it_again_keeps_keys(bus: Azure) -> None:
    rule = f"{BUS}/authorizationRules/azureml_rw"
    bus.put(bus.group + rule, VERSION, RIGHTS)
    before = keys(bus, rule)
    bus.put(bus.group + BUS, VERSION, STANDARD)
    bus.put(bus.group + rule, VERSION, RIGHTS)
    assert keys(bus, rule) == before
    renewed = keys(bus, rule, "regenerateKeys", {"keyType": "SecondaryKey"})
    assert (renewed["primaryKey"], renewed["secondaryKey"] == before["secondaryKey"]) == (before["primaryKey"], False)


def test_a_deleted_namespace_takes_all_with_it(bus: Azure) -> None:
    started = bus.call("DELETE", bus.group + BUS, VERSION)
    assert (started.status, started.body) == (202, None)
    running = bus.poll(started.headers["location"])
    assert (running.status, running.body["type"], running.body["properties"]["status"]) == (
        202,
        "Microsoft.ServiceBus/Namespaces",
        "Removing",
    )
    assert bus.poll(started.headers["location"]).status == 200
    assert not [id_ for id_ in bus.state()["resources"] if "servicebus/namespaces" in id_]


@pytest.mark.parametrize(
    "path",
    [
        BUS.replace("amlarcbus", "short"),
        BUS.replace("amlarcbus", "1starts-with-a-digit"),
        BUS.replace("amlarcbus", "x" * 51),
        f"{BUS}/topics/-starts-with-a-hyphen",
        f"{BUS}/topics/{'x' * 261}",
        f"{TOPIC}/subscriptions/{'x' * 51}",
    ],
)
def test_a_wrong_name_is_400(bus: Azure, path: str) -> None:
    reply = bus.put(bus.group + path, VERSION, STANDARD)
    assert (reply.status, reply.code) == (400, "BadRequest")


def test_a_missing_topic_is_the_providers_404(bus: Azure) -> None:
    reply = bus.get(f"{bus.group}{BUS}/topics/nothing", VERSION)
    assert (reply.status, reply.code, "x-ms-failure-cause" in reply.headers) == (404, "NotFound", False)


def test_the_older_api_version_shows_less(bus: Azure) -> None:
    shown = bus.get(bus.group + BUS, "2021-11-01").body["properties"]
    assert shown["disableLocalAuth"] is False
    assert not {"minimumTlsVersion", "publicNetworkAccess", "premiumMessagingPartitions"} & set(shown)
