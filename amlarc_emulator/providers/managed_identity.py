"""Microsoft.ManagedIdentity: user-assigned identities."""

import uuid

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.core import location_in
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource, ResourceType

PROVIDER = "Microsoft.ManagedIdentity"
KIND = "microsoft.managedidentity/userassignedidentities"
ISOLATION_SINCE = "2024-11-30"
WRITABLE: shapes.Shape = {"isolationScope": shapes.Words("None", "Regional")}


def put(call: Call) -> Reply:
    """PUT an identity: 201 with a relative Location for a new one; 200 for one that exists, which keeps its ids."""
    location, known = location_in(call.body), call.existing
    if known:
        return _changed(call, known, call.body.get("tags", {}))
    identity = call.cloud.state.add(_new(call.cloud, call.id, location, call.body))
    return Reply(201, call.shown(identity), {"location": _spelled(identity.id)})


def patch(call: Call) -> Reply:
    """PATCH an identity: its tags are replaced."""
    return _changed(call, call.resource, call.body.get("tags"))


def delete(call: Call) -> Reply:
    """DELETE an identity: 200 at once."""
    call.cloud.state.remove(call.resource.id)
    return Reply(200)


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """An identity with ids of its own, unless `given` says otherwise."""
    identity = _new(cloud, id_, given["location"], given)
    identity.properties.update(given.get("properties", {}))
    return identity


def show(identity: Resource, version: str) -> Json:
    """The identity without what its api-version doesn't have."""
    hidden = () if version >= ISOLATION_SINCE else WRITABLE
    return {**identity.body, "properties": {key: it for key, it in identity.properties.items() if key not in hidden}}


def assigned(cloud: Cloud, id_: str) -> Json:
    """What a resource shows of an identity that it is given: the identity's ids, or new ones if it doesn't exist."""
    found = cloud.state.get(id_)
    ids = found.properties if found and found.kind == KIND else _ids()
    return {key: ids[key] for key in ("principalId", "clientId")}


def _new(cloud: Cloud, id_: str, location: str, given: Json) -> Resource:
    properties = {"isolationScope": "None", **given.get("properties", {}), "tenantId": cloud.state.tenant, **_ids()}
    return Resource(id_, KIND, {"location": location, "tags": given.get("tags", {}), "properties": properties})


def _changed(call: Call, identity: Resource, tags: Json | None) -> Reply:
    identity.body["tags"] = identity.body["tags"] if tags is None else tags
    isolation = call.body.get("properties", {}).get("isolationScope")
    identity.properties["isolationScope"] = isolation or identity.properties["isolationScope"]
    return Reply(200, call.shown(identity))


def _ids() -> Json:
    return {"principalId": str(uuid.uuid4()), "clientId": str(uuid.uuid4())}


def _spelled(id_: str) -> str:
    return id_.replace("/resourceGroups/", "/resourcegroups/")


TYPES = (
    ResourceType(
        provider=PROVIDER,
        path="userAssignedIdentities",
        put=put,
        patch=patch,
        delete=delete,
        show=show,
        seeded=seeded,
        spell=_spelled,
        shape=shapes.resource(WRITABLE),
    ),
)
