"""Permissions, the assignments of roles, and a service principal that may not do everything."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.azure import ROOT, Azure, Reply, running
from tests.support.emulated import (
    ASSIGNMENTS,
    CLUSTER,
    EXTENSION,
    FIRST,
    INSTALL,
    MANAGED,
    NAMESPACE,
    STRANGER,
    assign,
    install,
    principal,
    role,
)

VERSION = "2022-04-01"
PERMISSIONS = "/providers/Microsoft.Authorization/permissions"
SECOND = "e4e8abba-da19-3a0c-b99b-62deba742304"


def names(reply: Reply) -> list[str]:
    return [item["name"] for item in reply.body["value"]]


@pytest.mark.parametrize("scope", ["", "/resourceGroups/amlarc-rg", f"/resourceGroups/amlarc-rg{CLUSTER}"])
def test_permissions_are_those_of_the_principal(azure: Azure, scope: str) -> None:
    path = f"/subscriptions/{azure.subscription_id}{scope}{PERMISSIONS}"
    usual = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
    assert azure.get(path, VERSION).body["value"] == [usual]
    azure.allow("*/read", but=["Microsoft.Relay/*"])
    [shown] = azure.get(path, VERSION).body["value"]
    assert (shown["actions"], shown["notActions"]) == (["*/read"], ["Microsoft.Relay/*"])


def test_permissions_of_a_missing_resource_are_404(azure: Azure) -> None:
    assert azure.get(f"{azure.group}{CLUSTER}x{PERMISSIONS}", VERSION).code == "ResourceNotFound"


def test_an_assignment_is_made_read_and_deleted(azure: Azure) -> None:
    made = assign(azure, azure.group, roleDefinitionId=role(azure, azure.group))
    assert (made.status, made.body["name"], made.body["type"]) == (
        201,
        FIRST,
        "Microsoft.Authorization/roleAssignments",
    )
    properties = made.body["properties"]
    assert (properties["scope"], properties["roleDefinitionId"]) == (azure.group, role(azure))
    assert (properties["principalType"], properties["createdBy"]) == ("ServicePrincipal", None)
    path = f"{azure.group}{ASSIGNMENTS}/{FIRST}"
    assert azure.get(path, VERSION).body["properties"]["createdBy"] == properties["updatedBy"]
    gone = azure.call("DELETE", path, VERSION)
    assert (gone.status, gone.body["name"]) == (200, FIRST)
    assert azure.call("DELETE", path, VERSION).status == 204
    assert azure.get(path, VERSION).code == "RoleAssignmentNotFound"


def test_a_role_is_assigned_once(azure: Azure) -> None:
    assign(azure, azure.group)
    for name in (FIRST, SECOND):
        again = assign(azure, azure.group, name)
        assert (again.status, again.code) == (409, "RoleAssignmentExists")
    other = assign(azure, azure.group, principalId=principal(azure, MANAGED))
    assert (other.status, other.code) == (409, "RoleAssignmentUpdateNotPermitted")
    assert assign(azure, azure.group + CLUSTER, SECOND).status == 201


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"principalId": STRANGER}, "PrincipalNotFound"),
        ({"principalType": "User"}, "UnmatchedPrincipalType"),
        ({"principalId": None}, "BadRequestFormat"),
        ({"principalId": "me"}, "InvalidPrincipalId"),
        ({"roleDefinitionId": "Contributor"}, "InvalidRoleDefinitionId"),
    ],
)
def test_a_wrong_assignment_is_400(azure: Azure, properties: dict[str, Any], code: str) -> None:
    reply = assign(azure, azure.group, **properties)
    assert (reply.status, reply.code) == (400, code)


def test_the_name_of_an_assignment_is_a_guid(azure: Azure) -> None:
    assert assign(azure, azure.group, "mine").code == "InvalidRoleAssignmentId"


def test_a_new_principal_is_taken_with_its_type(azure: Azure) -> None:
    refused = assign(azure, azure.group, principalId=STRANGER)
    assert refused.message.startswith("Principal f88b1edf0fa140bb8cd57486794ccf10 does not exist in the directory ")
    made = assign(azure, azure.group, principalId=STRANGER, principalType="ServicePrincipal")
    assert (made.status, made.body["properties"]["principalId"]) == (201, STRANGER)


def test_the_identity_of_an_extension_is_a_principal(azure: Azure) -> None:
    install(azure)
    assert assign(azure, azure.group, principalId=principal(azure, CLUSTER + EXTENSION)).status == 201


def test_assignments_are_listed_near_a_scope(azure: Azure) -> None:
    subscription, cluster = f"/subscriptions/{azure.subscription_id}", azure.group + CLUSTER
    assign(azure, subscription, FIRST)
    assign(azure, cluster, SECOND, principalId=principal(azure, MANAGED))
    assert names(azure.get(azure.group + ASSIGNMENTS, VERSION)) == [FIRST, SECOND]
    assert names(azure.get(cluster + ASSIGNMENTS, VERSION)) == [FIRST, SECOND]
    assert names(azure.get(azure.group + MANAGED + ASSIGNMENTS, VERSION)) == [FIRST]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("atScope()", [FIRST]),
        ("principalId eq '{}'", [SECOND]),
        ("assignedTo('{}')", [SECOND]),
        ("atScope() and assignedTo('{}')", []),
    ],
)
def test_a_filter_chooses_assignments(azure: Azure, query: str, found: list[str]) -> None:
    assign(azure, azure.group, FIRST)
    assign(azure, azure.group + CLUSTER, SECOND, principalId=principal(azure, MANAGED))
    wanted = {"$filter": query.format(principal(azure, MANAGED))}
    assert names(azure.call("GET", azure.group + ASSIGNMENTS, VERSION, **wanted)) == found


def test_an_unknown_filter_is_400(azure: Azure) -> None:
    reply = azure.call("GET", azure.group + ASSIGNMENTS, VERSION, **{"$filter": "roleName eq 'Reader'"})
    assert (reply.status, reply.code) == (400, "UnsupportedQuery")


def test_an_assignment_goes_with_its_resource(azure: Azure) -> None:
    install(azure)
    extension = azure.group + CLUSTER + EXTENSION
    assign(azure, extension)
    azure.call("DELETE", extension, "2023-05-01", forceDelete="true")
    assert azure.get(azure.group + ASSIGNMENTS, VERSION).body["value"] == []


def test_what_isnt_granted_is_403(azure: Azure) -> None:
    azure.allow("*/read")
    assert azure.get(azure.group + CLUSTER, "2021-10-01").status == 200
    refused = azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    assert refused.message == (
        f"The client '{azure.client_id}' with object id '00000000-0000-0000-0000-00000000b0b0' does not have "
        f"authorization to perform action 'Microsoft.Relay/namespaces/write' over scope '{azure.group}{NAMESPACE}' or "
        "the scope is invalid. If access was recently granted, please refresh your credentials."
    )
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    assert (azure.group + NAMESPACE).lower() not in azure.state()["resources"]


RULE = f"{NAMESPACE}/authorizationRules/RootManageSharedAccessKey"


@pytest.mark.parametrize(
    ("method", "path", "action", "scope"),
    [
        ("GET", "", "Microsoft.Resources/subscriptions/read", ""),
        ("GET", "/resourcegroups", "Microsoft.Resources/subscriptions/resourceGroups/read", ""),
        ("PUT", "/resourcegroups/a", "Microsoft.Resources/subscriptions/resourceGroups/write", "/resourcegroups/a"),
        ("GET", "/providers/Microsoft.Relay", "Microsoft.Resources/subscriptions/providers/read", None),
        ("POST", "/providers/Microsoft.Relay/register", "Microsoft.Relay/register/action", ""),
        ("GET", "/providers/Microsoft.Relay/namespaces", "Microsoft.Relay/namespaces/read", ""),
        ("GET", f"/resourceGroups/a{CLUSTER}", "Microsoft.Kubernetes/connectedClusters/read", None),
        ("PATCH", f"/resourceGroups/a{CLUSTER}", "Microsoft.Kubernetes/connectedClusters/write", None),
        (
            "DELETE",
            f"/resourceGroups/a{CLUSTER}{EXTENSION}",
            "Microsoft.KubernetesConfiguration/extensions/delete",
            None,
        ),
        (
            "GET",
            f"/resourceGroups/a{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions",
            "Microsoft.KubernetesConfiguration/extensions/read",
            f"/resourceGroups/a{CLUSTER}",
        ),
        (
            "POST",
            f"/resourceGroups/a{RULE}/listKeys",
            "Microsoft.Relay/namespaces/authorizationRules/listKeys/action",
            f"/resourceGroups/a{RULE}",
        ),
    ],
)
def test_each_request_asks_for_its_action(azure: Azure, method: str, path: str, action: str, scope: str | None) -> None:
    azure.allow()
    root = f"/subscriptions/{azure.subscription_id}"
    refused = azure.call(method, root + path, "2021-04-01")
    over = root + (path if scope is None else scope)
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    assert f"to perform action '{action}' over scope '{over}' or" in refused.message


def test_grants_have_wildcards_exceptions_and_no_case(azure: Azure) -> None:
    azure.allow("microsoft.relay/*/WRITE", "*/read", but=["Microsoft.Relay/namespaces/hybridConnections/*"])
    assert azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"}).status == 200
    assert azure.get(azure.group + NAMESPACE, "2021-11-01").status == 200
    for method in ("PUT", "GET"):
        path = f"{azure.group}{NAMESPACE}/hybridConnections/c"
        assert azure.call(method, path, "2021-11-01", {} if method == "PUT" else None).status == 403


def test_polling_an_operation_is_an_action_too(azure: Azure) -> None:
    started = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    azure.allow("*/read", but=["Microsoft.KubernetesConfiguration/extensions/operations/read"])
    assert azure.poll(started.headers["azure-asyncoperation"]).code == "AuthorizationFailed"


def test_what_the_caller_sees_of_tenants_and_subscriptions_needs_no_grant(azure: Azure) -> None:
    azure.allow()
    assert [azure.get(path, "2022-12-01").status for path in ("/tenants", "/subscriptions")] == [200, 200]


def test_a_reset_gives_everything_back(azure: Azure) -> None:
    azure.allow()
    assert azure.get(azure.group, "2021-04-01").status == 403
    azure.reset()
    assert azure.get(azure.group, "2021-04-01").status == 200


@pytest.mark.parametrize("grant", [[], {"actions": "*"}, {"actions": [1]}, {"permissions": []}, b"{"])
def test_a_grant_that_makes_no_sense_is_refused(azure: Azure, grant: object) -> None:
    assert azure.send("POST", "/emulator/principal", grant).status == 400
    assert azure.get(azure.group, "2021-04-01").status == 200


def test_assigned_to_finds_the_roles_of_groups_of_groups(tmp_path: Path) -> None:
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    inner, outer = "5e1c0000-0000-0000-0000-00000000000A", "5e1c0000-0000-0000-0000-00000000000b"
    seed["groups"] = {outer: [inner], inner: [seed["servicePrincipal"]["objectId"].upper()], SECOND: []}
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        me = seed["servicePrincipal"]["objectId"]
        made = assign(azure, azure.group, principalId=outer, principalType="Group")
        assert (made.status, made.body["properties"]["principalType"]) == (201, "Group")
        assign(azure, azure.group, SECOND, principalId=SECOND, principalType="Group")
        path = f"{azure.group}{ASSIGNMENTS}"
        assert names(azure.call("GET", path, VERSION, **{"$filter": f"assignedTo('{me}')"})) == [FIRST]
        assert names(azure.call("GET", path, VERSION, **{"$filter": f"principalId eq '{me}'"})) == []
        wrong = assign(azure, azure.group + CLUSTER, SECOND, principalId=outer, principalType="ServicePrincipal")
        assert (wrong.status, wrong.code) == (400, "UnmatchedPrincipalType")


def test_what_a_workspace_names_can_be_given_roles_on(azure: Azure) -> None:
    store = f"{azure.group}/providers/Microsoft.Storage/storageAccounts/amlarcws"
    assert assign(azure, store).status == 201
    assert assign(azure, f"{store}2").code == "ParentResourceNotFound"
    assert names(azure.get(f"{azure.group}{ASSIGNMENTS}", VERSION)) == [FIRST]
