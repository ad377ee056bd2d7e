"""Microsoft.ServiceBus: namespaces, topics with their subscriptions, and the keys to them."""

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource
from amlarc_emulator.providers import messaging

PROVIDER = "Microsoft.ServiceBus"
SUBSCRIPTION = "microsoft.servicebus/namespaces/topics/subscriptions"
SKUS = {name.lower(): name for name in ("Basic", "Standard", "Premium")}
LATER = dict.fromkeys(("minimumTlsVersion", "publicNetworkAccess", "premiumMessagingPartitions"), "2022-10-01-preview")
FOR_EVER = "P10675199DT2H48M5.4775807S"
NEVER = "0001-01-01T00:00:00Z"
NAMESPACE: Json = {
    "premiumMessagingPartitions": 0,
    "minimumTlsVersion": "1.2",
    "publicNetworkAccess": "Enabled",
    "disableLocalAuth": False,
    "zoneRedundant": False,
}
TOPIC: Json = {
    "maxMessageSizeInKilobytes": 256,
    "defaultMessageTimeToLive": FOR_EVER,
    "maxSizeInMegabytes": 1024,
    "requiresDuplicateDetection": False,
    "duplicateDetectionHistoryTimeWindow": "PT10M",
    "enableBatchedOperations": True,
    "status": "Active",
    "supportOrdering": True,
    "autoDeleteOnIdle": FOR_EVER,
    "enablePartitioning": False,
    "enableExpress": False,
}
TOPIC_SUBSCRIPTION: Json = {
    "isClientAffine": False,
    "lockDuration": "PT1M",
    "requiresSession": False,
    "defaultMessageTimeToLive": FOR_EVER,
    "deadLetteringOnMessageExpiration": False,
    "deadLetteringOnFilterEvaluationExceptions": True,
    "maxDeliveryCount": 10,
    "status": "Active",
    "enableBatchedOperations": True,
    "autoDeleteOnIdle": FOR_EVER,
}
COUNTS = dict.fromkeys(
    (
        "activeMessageCount",
        "deadLetterMessageCount",
        "scheduledMessageCount",
        "transferMessageCount",
        "transferDeadLetterMessageCount",
    ),
    0,
)


def put_topic(call: Call) -> Reply:
    """PUT a topic: 200 at once; namespaces of the Basic tier have none."""
    messaging.check_name(call, messaging.ENTITY_NAME)
    if call.parent.body["sku"]["name"] == "Basic":
        raise _no_topics(name_of(call.parent.id))
    return messaging.kept(call, _topic(call.parent, call.body, call.existing))


def put_subscription(call: Call) -> Reply:
    """PUT a subscription of a topic: 200 at once."""
    messaging.check_name(call, messaging.SHORT_NAME)
    reply = messaging.kept(call, _subscription(call.body, call.existing))
    _count(call.cloud, call.parent)
    return reply


def delete_subscription(call: Call) -> Reply:
    """DELETE a subscription of a topic: 200 at once."""
    reply = messaging.delete_below(call)
    _count(call.cloud, call.parent)
    return reply


def seeded_topic(cloud: Cloud, id_: str, given: Json) -> tuple[Json, Json]:
    """A topic of a seed: its properties, and nothing hidden."""
    return _topic(messaging.namespace_of(cloud, id_), given, None), {}


def seeded_subscription(cloud: Cloud, id_: str, given: Json) -> tuple[Json, Json]:
    """A subscription of a seed, which its topic counts: its properties, and nothing hidden."""
    topic = cloud.state.get(id_.rpartition("/subscriptions/")[0])
    if topic is None:
        raise ValueError(f"the seed has no topic for {id_}")
    topic.properties["subscriptionCount"] += 1
    return _subscription(given, None), {}


def _chosen(body: Json) -> Json:
    """What a body decides of a namespace; the tier is Standard unless it says otherwise, in whatever casing."""
    asked = body.get("sku") or {}
    name = SKUS.get(str(asked.get("name", "Standard")).lower())
    if name is None:
        raise messaging.bad_request("The sku of a namespace must be Basic, Standard or Premium.")
    sku = {"name": name, "tier": name}
    if name == "Premium":
        sku["capacity"] = asked.get("capacity", 1)
    given = body.get("properties") or {}
    return {"sku": sku, "properties": {key: given.get(key, usual) for key, usual in NAMESPACE.items()}}


def _topic(namespace: Resource, body: Json, known: Resource | None) -> Json:
    premium = {"maxMessageSizeInKilobytes": 1024} if namespace.body["sku"]["name"] == "Premium" else {}
    own = {
        "sizeInBytes": 0,
        "subscriptionCount": known.properties["subscriptionCount"] if known else 0,
    }
    return {**_entity({**TOPIC, **premium}, body, known), **own}


def _subscription(body: Json, known: Resource | None) -> Json:
    given = body.get("properties") or {}
    forwarding = {key: given[key] for key in ("forwardTo", "forwardDeadLetteredMessagesTo") if given.get(key)}
    return {**_entity(TOPIC_SUBSCRIPTION, body, known), **forwarding, "messageCount": 0}


def _entity(usual: Json, body: Json, known: Resource | None) -> Json:
    """The properties of a topic or a subscription: those asked for, the usual ones otherwise, and Azure's own."""
    given = {key: item for key, item in (body.get("properties") or {}).items() if item is not None}
    now = messaging.now()
    return {
        **{key: given.get(key, value) for key, value in usual.items()},
        "createdAt": known.properties["createdAt"] if known else now,
        "updatedAt": now,
        "accessedAt": known.properties["accessedAt"] if known else NEVER,
        "countDetails": dict(COUNTS),
    }


def _count(cloud: Cloud, topic: Resource) -> None:
    topic.properties["subscriptionCount"] = len(cloud.state.of_kind(SUBSCRIPTION, topic.id))


def _no_topics(namespace: str) -> ArmError:
    message = f"SubCode=40000. Cannot operate on type Topic because the namespace '{namespace}' is using 'Basic' tier."
    return ArmError(400, "MessagingGatewayBadRequest", message, cause=None)


def _types_of(usual: Json) -> shapes.Shape:
    return {key: type(value) for key, value in usual.items()}


TOPICS = "namespaces/topics"
STATUS = shapes.Words(
    "Active", "Disabled", "Restoring", "SendDisabled", "ReceiveDisabled", "Creating", "Deleting", "Renaming", "Unknown"
)
WRITABLE: shapes.Shape = {
    **_types_of(NAMESPACE),
    "minimumTlsVersion": shapes.Words("1.0", "1.1", "1.2", "1.3"),
    "publicNetworkAccess": shapes.Words("Enabled", "Disabled", "SecuredByPerimeter"),
}
TOPIC_SHAPE: shapes.Shape = {**_types_of(TOPIC), "status": STATUS}
SUBSCRIPTION_SHAPE: shapes.Shape = {
    **_types_of(TOPIC_SUBSCRIPTION),
    "status": STATUS,
    "forwardTo": str,
    "forwardDeadLetteredMessagesTo": str,
}
TYPES = (
    messaging.Namespaces(PROVIDER, WRITABLE, _chosen, LATER).as_type(),
    messaging.rules(PROVIDER, "namespaces/authorizationRules"),
    messaging.below(PROVIDER, TOPICS, TOPIC_SHAPE, put_topic, seeded=seeded_topic),
    messaging.rules(PROVIDER, f"{TOPICS}/authorizationRules"),
    messaging.below(
        PROVIDER,
        f"{TOPICS}/subscriptions",
        SUBSCRIPTION_SHAPE,
        put_subscription,
        seeded=seeded_subscription,
        delete=delete_subscription,
    ),
)
