"""Microsoft.Relay: namespaces, hybrid connections, and the keys to both."""

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply
from amlarc_emulator.providers import messaging

PROVIDER = "Microsoft.Relay"


def put_connection(call: Call) -> Reply:
    """PUT a hybrid connection: 200 at once."""
    messaging.check_name(call, messaging.ENTITY_NAME)
    asked, known = call.body.get("properties") or {}, call.existing
    now = messaging.now()
    properties = {
        "createdAt": known.properties["createdAt"] if known else now,
        "updatedAt": now,
        "listenerCount": known.properties["listenerCount"] if known else 0,
        "requiresClientAuthorization": asked.get("requiresClientAuthorization", True),
    }
    if asked.get("userMetadata") is not None:
        properties["userMetadata"] = asked["userMetadata"]
    return messaging.kept(call, properties)


def seeded_connection(_cloud: Cloud, _id: str, given: Json) -> tuple[Json, Json]:
    """A hybrid connection of a seed: its properties, and nothing hidden."""
    now = messaging.now()
    defaults = {"createdAt": now, "updatedAt": now, "listenerCount": 0, "requiresClientAuthorization": True}
    return {**defaults, **given.get("properties", {})}, {}


def _chosen(_body: Json) -> Json:
    """Relay has one price."""
    return {"sku": {"name": "Standard", "tier": "Standard"}, "properties": {}}


CONNECTIONS = "namespaces/hybridConnections"
NAMESPACE: shapes.Shape = {"publicNetworkAccess": shapes.Words("Enabled", "Disabled", "SecuredByPerimeter")}
CONNECTION: shapes.Shape = {"requiresClientAuthorization": bool, "userMetadata": str}
TYPES = (
    messaging.Namespaces(PROVIDER, NAMESPACE, _chosen, {"status": "2021-11-01"}).as_type(),
    messaging.rules(PROVIDER, "namespaces/authorizationRules"),
    messaging.below(PROVIDER, CONNECTIONS, CONNECTION, put_connection, seeded=seeded_connection),
    messaging.rules(PROVIDER, f"{CONNECTIONS}/authorizationRules"),
)
