"""Microsoft.Authorization/permissions and /roleAssignments: what the caller may do somewhere, and who has which role.

Assignments are kept and shown as Azure does, but give no rights: those of the service principal come from the seed.
"""

import re
import uuid
from collections.abc import Callable

from amlarc_emulator.arm import clock, rights, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource, ResourceType

PROVIDER = "Microsoft.Authorization"
USER_ASSIGNED = "microsoft.managedidentity/userassignedidentities"
WORKSPACE = "microsoft.machinelearningservices/workspaces"
ASSIGNMENT = "microsoft.authorization/roleassignments"
OPTIONAL = ("condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description")
OF_PRINCIPAL = re.compile(r"principalid eq '([^']+)'")
ASSIGNED_TO = re.compile(r"assignedto\('([^']+)'\)")

WRITABLE: shapes.Shape = {
    **dict.fromkeys(("roleDefinitionId", "principalId", *OPTIONAL), str),
    "principalType": shapes.Words("User", "Group", "ServicePrincipal", "ForeignGroup", "Device"),
}

Test = Callable[[Resource], bool]


def list_permissions(call: Call) -> Reply:
    """GET the permissions of the caller, which are the same everywhere."""
    grant = rights.granted(call.cloud.state.principal)
    return Reply(200, {"value": [{**grant, "dataActions": [], "notDataActions": []}]})


def list_assignments(call: Call) -> Reply:
    """GET the assignments at a scope, above and below it, or those of them that `$filter` lets through."""
    tests = _tests(call, call.query.get("$filter", ""))
    items = call.cloud.state.of_kind(ASSIGNMENT)
    found = [item for item in items if all(test(item) for test in tests)]
    return Reply(200, {"value": [call.shown(item) for item in found]})


def put(call: Call) -> Reply:
    """PUT an assignment: 201, or 409 when the principal has that role at that scope already, under any name."""
    asked, role = _asked(call)
    if call.existing and not _same(call.existing, asked["principalId"], role):
        message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise ArmError(409, "RoleAssignmentUpdateNotPermitted", message, cause=None)
    if any(_same(item, asked["principalId"], role) for item in _at(call.cloud, call.parent.id)):
        raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.", cause=None)
    principal_type = _principal_type(call.cloud, asked)
    now, who = clock.stamp(), call.cloud.state.principal["objectId"]
    properties = {
        "roleDefinitionId": role,
        "principalId": asked["principalId"],
        "principalType": principal_type,
        "scope": call.parent.id,
        **{key: asked.get(key) for key in OPTIONAL},
        "createdOn": now,
        "updatedOn": now,
        "createdBy": who,
        "updatedBy": who,
    }
    assignment = call.cloud.state.add(Resource(call.id, ASSIGNMENT, {"properties": properties}))
    shown = call.shown(assignment)
    # Azure doesn't return who created it before it is read again.
    return Reply(201, {**shown, "properties": {**properties, "createdBy": None}})


def delete(call: Call) -> Reply:
    """DELETE an assignment: 200 with what it was."""
    shown = call.shown(call.resource)
    call.cloud.state.remove(call.resource.id)
    return Reply(200, shown)


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """An assignment to a service principal, unless `given` says otherwise."""
    now, who = clock.stamp(), cloud.state.principal["objectId"]
    properties = {
        "principalType": "ServicePrincipal",
        "scope": id_.rpartition("/providers/")[0],
        **dict.fromkeys(OPTIONAL),
        "createdOn": now,
        "updatedOn": now,
        "createdBy": who,
        "updatedBy": who,
        **given["properties"],
    }
    return Resource(id_, ASSIGNMENT, {"properties": properties})


def _tests(call: Call, text: str) -> list[Test]:
    here = call.parent.id.lower()

    def is_above(item: Resource) -> bool:
        return f"{here}/".startswith(item.properties["scope"].lower() + "/")

    def is_near(item: Resource) -> bool:
        return is_above(item) or item.properties["scope"].lower().startswith(f"{here}/")

    words = [word.strip().lower() for word in text.split(" and ") if word.strip()]
    near = is_above if "atscope()" in words else is_near
    return [near, *(_of_principal(call.cloud, word, text) for word in words if word != "atscope()")]


def _of_principal(cloud: Cloud, word: str, text: str) -> Test:
    """Those of a principal itself; `assignedTo` adds those of the groups that it is in."""
    itself, assigned = OF_PRINCIPAL.fullmatch(word), ASSIGNED_TO.fullmatch(word)
    if itself is None and assigned is None:
        message = (
            f"The filter '{text}' is not supported. Supported filters are either 'atScope()' or 'principalId eq "
            "'{value}'' or 'assignedTo('{value}')'."
        )
        raise ArmError(400, "UnsupportedQuery", message, cause=None)
    wanted = {itself[1]} if itself else _with_groups(cloud, assigned[1] if assigned else "")
    return lambda item: item.properties["principalId"].lower() in wanted


def _with_groups(cloud: Cloud, principal: str) -> set[str]:
    """A principal and every group that it is a member of, at once or through other groups."""
    found, fresh = {principal}, {principal}
    while fresh:
        members = {group.lower(): {it.lower() for it in ids} for group, ids in cloud.state.groups.items()}
        fresh = {group for group, ids in members.items() if ids & fresh} - found
        found |= fresh
    return found


def _asked(call: Call) -> tuple[Json, str]:
    """The properties in the body, and the role as Azure spells it: at the subscription, wherever it was named."""
    asked = call.body.get("properties") or {}
    if not all(isinstance(asked.get(key), str) for key in ("principalId", "roleDefinitionId")):
        raise _malformed(call, "")
    for kind, id_ in (("assignment", call.name), ("definition", name_of(asked["roleDefinitionId"]))):
        if not _is_guid(id_):
            message = f"The role {kind} ID '{id_}' is not valid. The role {kind} ID must be a GUID."
            raise ArmError(400, f"InvalidRole{kind.capitalize()}Id", message, cause=None)
    if not _is_guid(asked["principalId"]):
        message = "A valid principal ID must be provided for role assignment."
        raise ArmError(400, "InvalidPrincipalId", message, cause=None)
    subscription, role = place(call.id).subscription, name_of(asked["roleDefinitionId"])
    return asked, f"/subscriptions/{subscription}/providers/{PROVIDER}/roleDefinitions/{role}"


def _principal_type(cloud: Cloud, asked: Json) -> str:
    """The type of the principal, which the request must have if the directory doesn't know the principal yet."""
    principal, told = asked["principalId"], asked.get("principalType")
    bare = principal.replace("-", "")
    known = _directory(cloud).get(principal.lower())
    if known and told not in (None, known):
        message = (
            f"The PrincipalId '{bare}' has type '{known}' , which is different from specified PrinciaplType '{told}'."
        )
        raise ArmError(400, "UnmatchedPrincipalType", message, cause=None)
    if not known and told is None:
        message = (
            f"Principal {bare} does not exist in the directory {cloud.state.tenant}. Check that you have the correct "
            "principal ID. If you are creating this principal and then immediately assigning a role, this error might "
            "be related to a replication delay. In this case, set the role assignment principalType property to a "
            "value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
        )
        raise ArmError(400, "PrincipalNotFound", message, cause=None)
    return told or known or "ServicePrincipal"


def _directory(cloud: Cloud) -> dict[str, str]:
    """The types of the principals that exist: the one that signs in, identities of resources, their own, and groups."""
    identities = [item.body.get("identity") or {} for item in cloud.state.resources.values()]
    users = [user for identity in identities for user in identity.get("userAssignedIdentities", {}).values()]
    ids = [item["principalId"] for item in [*identities, *users] if "principalId" in item]
    own = [item.properties["principalId"] for item in cloud.state.of_kind(USER_ASSIGNED)]
    services = dict.fromkeys(
        [cloud.state.principal["objectId"].lower(), *map(str.lower, [*ids, *own])], "ServicePrincipal"
    )
    return services | dict.fromkeys(map(str.lower, cloud.state.groups), "Group")


def _at(cloud: Cloud, scope: str) -> list[Resource]:
    items = cloud.state.of_kind(ASSIGNMENT, scope)
    return [item for item in items if item.properties["scope"].lower() == scope.lower()]


def _same(assignment: Resource, principal: str, role: str) -> bool:
    has = assignment.properties
    return (has["principalId"].lower(), has["roleDefinitionId"].lower()) == (principal.lower(), role.lower())


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _malformed(_call: Call, _message: str) -> ArmError:
    return ArmError(400, "BadRequestFormat", "The request was incorrectly formatted.", cause=None)


def _beside_workspace(cloud: Cloud, id_: str) -> Resource | None:
    """What a workspace names as its own, and which is kept by its id only: its storage account and its registry."""
    named = {
        str(workspace.properties.get(key)).lower()
        for workspace in cloud.state.of_kind(WORKSPACE)
        for key in ("storageAccount", "containerRegistry")
    }
    return Resource(id_, "named", {"properties": {}}) if id_.lower() in named else None


def _missing(call: Call) -> ArmError:
    return ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{call.name}' is not found.", cause=None)


TYPES = (
    ResourceType(
        provider=PROVIDER,
        path="permissions",
        listed=list_permissions,
        scopes=(),
    ),
    ResourceType(
        provider=PROVIDER,
        path="roleAssignments",
        put=put,
        delete=delete,
        listed=list_assignments,
        missing=_missing,
        seeded=seeded,
        scopes=(),
        implied=_beside_workspace,
        shape=shapes.resource(WRITABLE),
        malformed=_malformed,
    ),
)
