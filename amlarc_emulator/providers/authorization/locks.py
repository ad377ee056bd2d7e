"""Microsoft.Authorization/locks. What they forbid, `amlarc_emulator.arm.guards` does."""

from amlarc_emulator.arm import guards, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource, ResourceType

PROVIDER = "Microsoft.Authorization"
LEVELS = shapes.Words("NotSpecified", guards.CAN_NOT_DELETE, guards.READ_ONLY)
WRITABLE: shapes.Shape = {"level": LEVELS, "notes": str, "owners": [{"applicationId": str}]}


def put(call: Call) -> Reply:
    """PUT a lock: 201 for a new one, 200 for one that exists."""
    known, asked = call.existing, call.body.get("properties", {})
    if "level" not in asked:
        raise _malformed(call, "The level of a lock is required.")
    given = {key: asked[key] for key in WRITABLE if key in asked}
    id_ = known.id if known else call.id
    lock = call.cloud.state.add(Resource(id_, guards.LOCK, {"properties": given}))
    return Reply(200 if known else 201, call.shown(lock))


def delete(call: Call) -> Reply:
    """DELETE a lock: 200 at once."""
    call.cloud.state.remove(call.resource.id)
    return Reply(200)


def seeded(_cloud: Cloud, id_: str, given: Json) -> Resource:
    """A lock against deletion, unless `given` says otherwise."""
    properties = shapes.read(WRITABLE, {"level": guards.CAN_NOT_DELETE, **given.get("properties", {})})
    return Resource(id_, guards.LOCK, {"properties": properties})


def _malformed(_call: Call, message: str) -> ArmError:
    return ArmError(400, "InvalidRequestContent", f"The lock is not valid: {message}")


def _missing(call: Call) -> ArmError:
    return ArmError(404, "LockNotFound", f"The lock '{call.name}' could not be found.")


TYPES = (
    ResourceType(
        provider=PROVIDER,
        path="locks",
        put=put,
        delete=delete,
        missing=_missing,
        seeded=seeded,
        scopes=(),
        shape=shapes.resource(WRITABLE),
        malformed=_malformed,
    ),
)
