"""Microsoft.Authorization/roleDefinitions: the built-in roles of this field, and those that users made."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from amlarc_emulator.arm import clock, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource, ResourceType

PROVIDER = "Microsoft.Authorization"
KIND = "microsoft.authorization/roledefinitions"
# Of Azure's some hundred: those that clusters, workspaces and whoever manages them are given.
BUILT_IN: list[Json] = json.loads(Path(__file__).with_name("roles.json").read_text(encoding="utf-8"))
PARTS = ("actions", "notActions", "dataActions", "notDataActions")
WRITABLE: shapes.Shape = {
    **dict.fromkeys(("roleName", "description", "type"), str),
    "permissions": [{part: [str] for part in PARTS}],
    "assignableScopes": [str],
}
CLAUSE = re.compile(r"(roleName|type) eq '([^']*)'", re.IGNORECASE)
SCOPE = re.compile(r"atScopeAndBelow\(\)|atScope\(\)", re.IGNORECASE)

Test = Callable[[Json], bool]


def get(call: Call) -> Reply:
    """GET a definition, built in or made, by its GUID at whatever scope."""
    return Reply(200, _shown(call, _found(call)))


def list_definitions(call: Call) -> Reply:
    """GET the definitions at a scope, or those of them that `$filter` lets through."""
    tests = _tests(call.query.get("$filter", ""))
    shown = [_shown(call, item) for item in _all(call.cloud) if _is_at(item, call.parent.id)]
    return Reply(200, {"value": [item for item in shown if all(test(item["properties"]) for test in tests)]})


def put(call: Call) -> Reply:
    """PUT a definition of one's own: always 201."""
    asked = call.body.get("properties", {})
    if not asked.get("roleName") or not asked.get("assignableScopes"):
        raise _malformed(call, "")
    if any(item.id.endswith(f"/{call.name}") for item in _built_in()):
        raise ArmError(403, "RoleDefinitionUpdateNotPermitted", "A built-in role can't be changed.", cause=None)
    id_ = call.existing.id if call.existing else call.id
    return Reply(201, _shown(call, call.cloud.state.add(_new(call.cloud, id_, asked))))


def delete(call: Call) -> Reply:
    """DELETE a definition of one's own: 200 with what it was."""
    shown = _shown(call, call.resource)
    call.cloud.state.remove(call.resource.id)
    return Reply(200, shown)


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """A role that users made, assignable where it is unless `given` says otherwise."""
    scope = id_.rpartition("/providers/")[0]
    asked = {"roleName": name_of(id_), "assignableScopes": [scope], **given.get("properties", {})}
    return _new(cloud, id_, shapes.read(WRITABLE, asked))


def _new(cloud: Cloud, id_: str, asked: Json) -> Resource:
    now, who = clock.stamp(), cloud.state.principal["objectId"]
    properties = {
        "roleName": asked["roleName"],
        "type": "CustomRole",
        "description": asked.get("description", ""),
        "assignableScopes": asked["assignableScopes"],
        "permissions": [{part: one.get(part, []) for part in PARTS} for one in asked.get("permissions", []) if one],
        **{"createdOn": now, "updatedOn": now, "createdBy": who, "updatedBy": who},
    }
    return Resource(id_, KIND, {"properties": properties})


def _built_in() -> list[Resource]:
    moment = "2015-02-02T21:55:09.8806423Z"
    made = {"createdOn": moment, "updatedOn": moment, "createdBy": None, "updatedBy": None}
    root = f"/providers/{PROVIDER}/roleDefinitions"
    return [Resource(f"{root}/{role['name']}", KIND, {"properties": {**role["role"], **made}}) for role in BUILT_IN]


def _all(cloud: Cloud) -> list[Resource]:
    return [*_built_in(), *cloud.state.of_kind(KIND)]


def _found(call: Call) -> Resource:
    known = [
        item
        for item in (*_built_in(), *call.cloud.state.of_kind(KIND))
        if name_of(item.id).lower() == call.name.lower()
    ]
    if not known:
        raise _missing(call)
    return known[0]


def _is_at(role: Resource, scope: str) -> bool:
    scopes = [item.rstrip("/").lower() for item in role.properties["assignableScopes"]]
    return any(f"{scope.lower()}/".startswith(f"{item}/") for item in scopes)


def _shown(call: Call, role: Resource) -> Json:
    """A definition as Azure shows it: at the subscription, wherever it is asked for."""
    name, subscription = name_of(role.id), place(call.parent.id).subscription
    id_ = f"/subscriptions/{subscription}/providers/{PROVIDER}/roleDefinitions/{name}"
    return {"properties": role.properties, "id": id_, "type": f"{PROVIDER}/roleDefinitions", "name": name}


def _tests(text: str) -> list[Test]:
    return [_test(clause, text) for clause in re.split(r"\s+and\s+", text.strip()) if clause]


def _test(clause: str, text: str) -> Test:
    match = CLAUSE.fullmatch(clause)
    if match is None and SCOPE.fullmatch(clause) is None:
        raise ArmError(400, "UnsupportedQuery", f"The filter '{text}' is not supported.", cause=None)
    if match is None:
        return lambda _role: True
    key, wanted = {"rolename": "roleName", "type": "type"}[match[1].lower()], match[2].lower()
    return lambda role: str(role[key]).lower() == wanted


def _malformed(_call: Call, _message: str) -> ArmError:
    return ArmError(400, "BadRequestFormat", "The request was incorrectly formatted.", cause=None)


def _missing(call: Call) -> ArmError:
    message = f"The specified role definition with ID '{call.name}' does not exist."
    return ArmError(404, "RoleDefinitionDoesNotExist", message, cause=None)


TYPES = (
    ResourceType(
        provider=PROVIDER,
        path="roleDefinitions",
        get=get,
        put=put,
        delete=delete,
        listed=list_definitions,
        missing=_missing,
        seeded=seeded,
        scopes=(),
        shape=shapes.resource(WRITABLE),
        malformed=_malformed,
    ),
)
