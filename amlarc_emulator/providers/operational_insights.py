"""Microsoft.OperationalInsights: Log Analytics workspaces and their keys.

A workspace has no operation to poll: a new one is "Creating" until a few GETs later. Its PUT answers with a Location,
which is only the workspace itself, so that following it tells nothing.
"""

import base64
import re
import secrets
import uuid

from amlarc_emulator.arm import clock, errors, operations, shapes
from amlarc_emulator.arm.core import LOCATIONS, location_in
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Call, Cloud, Json, Operation, Reply, Resource, ResourceType

ENDED_BADLY = ("Failed", "Canceled")
NO_KEYS = ("2021-12-01-preview", "2022-10-01", "2023-09-01")  # api-versions whose Swagger has no sharedKeys
KIND = "microsoft.operationalinsights/workspaces"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]")
SKUS = {
    name.lower(): name
    for name in (
        "Free", "Standard", "Premium", "PerNode", "PerGB2018", "Standalone", "CapacityReservation", "LACluster",
    )
}  # fmt: skip
# What a body may set: objects that are merged, and plain values.
PARTS = ("features", "workspaceCapping")
SETTINGS = (
    "retentionInDays",
    "publicNetworkAccessForIngestion",
    "publicNetworkAccessForQuery",
    "forceCmkForQuery",
    "defaultDataCollectionRuleResourceId",
)
ACCESS = shapes.Words("Enabled", "Disabled", "SecuredByPerimeter")
WRITABLE: shapes.Shape = {
    "sku": {"name": str, "capacityReservationLevel": int},
    "retentionInDays": int,
    "publicNetworkAccessForIngestion": ACCESS,
    "publicNetworkAccessForQuery": ACCESS,
    "forceCmkForQuery": bool,
    "defaultDataCollectionRuleResourceId": str,
    "workspaceCapping": {"dailyQuotaGb": float},
    "features": {
        "enableDataExport": bool,
        "immediatePurgeDataOn30Days": bool,
        "enableLogAccessUsingOnlyResourcePermissions": bool,
        "clusterResourceId": str,
        "disableLocalAuth": bool,
    },
}
# The api-versions that every answer of the provider names.
SUPPORTED = "2015-03-20, 2020-08-01, 2020-10-01, 2021-06-01, 2022-10-01, 2023-09-01"


def put(call: Call) -> Reply:
    """PUT: 201 and "Creating" for a new workspace; 200 for one that exists, which keeps its id and its keys."""
    if not NAME.fullmatch(call.name):
        raise _bad_request(f"The workspace name '{call.name}' is not valid.")
    location = location_in(call.body)
    known = call.existing
    if known and known.properties["provisioningState"] not in ENDED_BADLY:
        return _changed(call, known, call.body.get("tags") or {})
    workspace = known or call.cloud.state.add(_new(call.id, location, call.body))
    workspace.properties["provisioningState"] = "Creating"
    operations.begin(call.cloud, workspace, "create", "Creating", ending=call.ending)
    itself = f"{call.cloud.endpoint}{workspace.id}?api-version={call.version}"
    return Reply(201, call.shown(workspace), {"location": itself})


def patch(call: Call) -> Reply:
    """PATCH: synchronous; tags are replaced, properties merged."""
    return _changed(call, call.resource, call.body.get("tags"))


def delete(call: Call) -> Reply:
    """DELETE: 200 at once."""
    call.cloud.state.remove(call.resource.id)
    return Reply(200)


def shared_keys(call: Call) -> Reply:
    """POST sharedKeys: both keys."""
    workspace = call.resource
    if call.version in NO_KEYS:
        location, known = workspace.body["location"], [word for word in call.type.versions if word not in NO_KEYS]
        raise errors.unsupported_version(location, call.version, "workspaces/sharedKeys", known, LOCATIONS)
    return Reply(200, workspace.hidden)


def ended(_cloud: Cloud, workspace: Resource, operation: Operation) -> None:
    """A created workspace is ready, or isn't."""
    workspace.properties["provisioningState"] = operation.status
    workspace.etag = _etag()


def seeded(_cloud: Cloud, id_: str, given: Json) -> Resource:
    """A workspace that is ready, unless `given` says otherwise."""
    workspace = _new(id_, given["location"], given)
    workspace.properties.update({"provisioningState": "Succeeded", **given.get("properties", {})})
    return workspace


def show(workspace: Resource, version: str) -> Json:
    """The workspace; the api-versions before 2022-10-01 spell its etag in another casing."""
    return {**workspace.body, "etag" if version >= "2022-10-01" else "eTag": workspace.etag}


def _new(id_: str, location: str, given: Json) -> Resource:
    now = clock.stamp()
    properties = {
        "customerId": str(uuid.uuid4()),
        "provisioningState": "Creating",
        "sku": {"name": "PerGB2018", "lastSkuUpdate": now},
        "retentionInDays": 30,
        "features": {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": True},
        "workspaceCapping": {
            "dailyQuotaGb": -1.0,
            "quotaNextResetTime": f"{clock.stamp(0, days=1)[:13]}:00:00Z",
            "dataIngestionStatus": "RespectQuota",
        },
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "createdDate": now,
        "modifiedDate": now,
    }
    tags = {"tags": given["tags"]} if given.get("tags") else {}
    keys = {"primarySharedKey": _new_key(), "secondarySharedKey": _new_key()}
    workspace = Resource(id_, KIND, {"properties": properties, "location": location, **tags}, keys)
    _settle(workspace, given)
    return workspace


def _changed(call: Call, workspace: Resource, tags: Json | None) -> Reply:
    _settle(workspace, call.body)
    if tags is not None:
        workspace.body["tags"] = tags
    return Reply(200, call.shown(workspace))


def _settle(workspace: Resource, body: Json) -> None:
    """Apply the values in a body, if it has any."""
    asked = {key: item for key, item in (body.get("properties") or {}).items() if item is not None}
    properties, now = workspace.properties, clock.stamp()
    if "sku" in asked:
        properties["sku"] = {**asked["sku"], "name": _sku(asked["sku"]), "lastSkuUpdate": now}
    for key in PARTS:
        properties[key] |= asked.get(key, {})
    properties.update({key: asked[key] for key in SETTINGS if key in asked})
    properties["modifiedDate"] = now
    workspace.etag = _etag()


def _sku(asked: Json) -> str:
    name = SKUS.get(str(asked.get("name")).lower())
    if name is None:
        raise _bad_request(f"The sku of a workspace must be one of {', '.join(SKUS.values())}.")
    return name


def _bad_request(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message, cause=None)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _etag() -> str:
    return f'"{uuid.uuid4()}"'


TYPES = (
    ResourceType(
        provider="Microsoft.OperationalInsights",
        path="workspaces",
        put=put,
        patch=patch,
        delete=delete,
        # Templates list the keys of a workspace as those of any resource: listKeys(ID, VERSION).primarySharedKey.
        actions={"sharedkeys": shared_keys, "listkeys": shared_keys},
        show=show,
        ended=ended,
        seeded=seeded,
        headers=lambda call: {"api-supported-versions": SUPPORTED},
        shape=shapes.resource(WRITABLE, identity=shapes.IDENTITY, etag=str),
    ),
)
