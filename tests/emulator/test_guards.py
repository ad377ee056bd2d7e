"""Locks and disabled subscriptions, which stop writes before a provider sees them; roles, and identities that get them.

All of them can come from a seed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.azure import ROOT, Azure, running
from tests.support.emulated import (
    CLUSTER,
    DEFINITIONS,
    EXTENSION,
    FIRST,
    IDENTITIES,
    INSTALL,
    LOCKS,
    NAMESPACE,
    WORKSPACE,
    assign,
    attachment,
    install,
)

ROLES, IDENTITY = "2022-04-01", "2023-01-31"
OWN = "7e29a8f2-6b1f-4a0e-9f6e-2f5d2a8c0001"


def lock(azure: Azure, scope: str, level: str = "CanNotDelete") -> str:
    path = f"{scope}{LOCKS}/keep"
    assert azure.put(path, "2016-09-01", {"properties": {"level": level, "notes": "mine"}}).status == 201
    return path


def test_a_lock_is_made_read_listed_and_deleted(azure: Azure) -> None:
    path = lock(azure, azure.group + CLUSTER)
    shown = azure.get(path, "2020-05-01").body
    assert (shown["name"], shown["type"]) == ("keep", "Microsoft.Authorization/locks")
    assert shown["properties"] == {"level": "CanNotDelete", "notes": "mine"}
    assert (
        azure.put(path, "2020-05-01", {"properties": {"level": "readonly"}}).body["properties"]["level"] == "ReadOnly"
    )
    for scope in (azure.group + CLUSTER, azure.group, f"/subscriptions/{azure.subscription_id}"):
        assert [item["id"] for item in azure.get(scope + LOCKS, "2016-09-01").body["value"]] == [path]
    assert [azure.call("DELETE", path, "2016-09-01").status for _ in range(2)] == [200, 204]


@pytest.mark.parametrize("scope", ["", "/resourceGroups/amlarc-rg", f"/resourceGroups/amlarc-rg{CLUSTER}"])
def test_a_lock_against_deletion_holds_for_all_below_it(azure: Azure, scope: str) -> None:
    install(azure)
    locked = f"/subscriptions/{azure.subscription_id}{scope}"
    path = lock(azure, locked)
    for target in (azure.group + CLUSTER + EXTENSION, azure.group + CLUSTER, azure.group):
        refused = azure.call("DELETE", target, "2021-04-01" if target == azure.group else "2021-03-01")
        assert (refused.status, refused.code) == (409, "ScopeLocked")
        assert refused.message == (
            f"The scope '{target}' cannot perform delete operation because following scope(s) are locked: '{locked}'. "
            "Please remove the lock and try again."
        )
    assert azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL).status == 201
    azure.call("DELETE", path, "2016-09-01")
    assert azure.call("DELETE", azure.group + CLUSTER + EXTENSION, "2023-05-01").status == 202


def test_a_read_only_lock_takes_no_writes_and_no_actions(azure: Azure) -> None:
    azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    lock(azure, azure.group, "ReadOnly")
    rule = f"{azure.group}{NAMESPACE}/authorizationRules/RootManageSharedAccessKey"
    for method, path in (
        ("PUT", azure.group + NAMESPACE),
        ("PATCH", azure.group + NAMESPACE),
        ("POST", f"{rule}/listKeys"),
        ("DELETE", rule),
    ):
        assert (method, azure.call(method, path, "2021-11-01", {"location": "eastus"}).code) == (method, "ScopeLocked")
    assert azure.get(rule, "2021-11-01").status == 200


@pytest.mark.parametrize("level", ["Sometimes", 7, None, []])
def test_a_lock_of_no_known_level_is_400(azure: Azure, level: Any) -> None:
    path = f"{azure.group}{LOCKS}/keep"
    assert azure.put(path, "2016-09-01", {"properties": {"level": level}}).status == 400
    assert azure.get(path, "2016-09-01").status == 404


def test_built_in_roles_are_found_by_name_and_by_id(azure: Azure) -> None:
    query = {"$filter": "roleName eq 'Azure Relay Owner'"}
    [found] = azure.call("GET", azure.group + DEFINITIONS, ROLES, **query).body["value"]
    root = f"/subscriptions/{azure.subscription_id}"
    assert found["id"] == f"{root}{DEFINITIONS}/2787bf04-f1f5-4bfe-8383-c8a24483ee38"
    assert found["properties"]["permissions"][0]["actions"] == ["Microsoft.Relay/*"]
    assert azure.get(found["id"], ROLES).body == found
    missing = azure.get(f"{root}{DEFINITIONS}/{OWN}", ROLES)
    assert (missing.status, missing.code) == (404, "RoleDefinitionDoesNotExist")


def test_a_role_of_ones_own_is_made_found_and_deleted(azure: Azure) -> None:
    root = f"/subscriptions/{azure.subscription_id}"
    asked = {"roleName": "Attacher", "permissions": [{"actions": ["*/read"]}], "assignableScopes": [azure.group]}
    path = f"{root}{DEFINITIONS}/{OWN}"
    made = azure.put(path, ROLES, {"properties": asked})
    assert (made.status, made.body["properties"]["type"]) == (201, "CustomRole")
    query = {"$filter": "atScopeAndBelow() and type eq 'CustomRole'"}
    found = azure.call("GET", azure.group + DEFINITIONS, ROLES, **query).body["value"]
    assert [item["properties"]["roleName"] for item in found] == ["Attacher"]
    assert azure.call("GET", azure.group + DEFINITIONS, ROLES, **{"$filter": "name gt 1"}).status == 400
    assert [azure.call("DELETE", path, ROLES).status for _ in range(2)] == [200, 204]


def test_an_identity_is_made_read_changed_and_deleted(azure: Azure) -> None:
    path = f"{azure.group}{IDENTITIES}/trainer"
    made = azure.put(path, IDENTITY, {"location": "eastus"})
    spelled = path.replace("/resourceGroups/", "/resourcegroups/")
    assert (made.status, made.headers["location"], made.body["id"]) == (201, spelled, spelled)
    assert set(made.body["properties"]) == {"tenantId", "principalId", "clientId"}
    assert azure.put(path, IDENTITY, {"location": "eastus"}).body == made.body
    assert azure.call("PATCH", path, IDENTITY, {"tags": {"a": "b"}}).body["tags"] == {"a": "b"}
    assert azure.get(path, "2024-11-30").body["properties"]["isolationScope"] == "None"
    assert [azure.call("DELETE", path, IDENTITY).status for _ in range(2)] == [200, 204]


def test_a_compute_shows_the_ids_of_the_identity_that_it_is_given(azure: Azure) -> None:
    path = f"{azure.group}{IDENTITIES}/trainer"
    ids = azure.put(path, IDENTITY, {"location": "eastus"}).body["properties"]
    identity = {"type": "UserAssigned", "userAssignedIdentities": {path: {}}}
    body = {**attachment(azure), "identity": identity}
    shown = azure.put(f"{azure.group}{WORKSPACE}/computes/k8s", "2023-04-01", body).body["identity"]
    assert shown["userAssignedIdentities"][path] == {key: ids[key] for key in ("principalId", "clientId")}
    assert assign(azure, azure.group, principalId=ids["principalId"]).status == 201


def seed(**more: Any) -> dict[str, Any]:
    """The default seed with a subscription changed."""
    document: dict[str, Any] = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    [subscription] = document["subscriptions"]
    subscription["resources"] += more.pop("resources", [])
    subscription.update(more)
    return document


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Azure]:
    group = "/resourceGroups/amlarc-rg"
    resources = [
        {"id": f"{group}{CLUSTER}{LOCKS}/keep", "properties": {"notes": "of the seed"}},
        {"id": f"{LOCKS}/all", "properties": {"level": "ReadOnly"}},
        {"id": f"{DEFINITIONS}/{OWN}", "properties": {"roleName": "Attacher", "permissions": [{"actions": ["*"]}]}},
        {"id": f"{group}{IDENTITIES}/trainer", "location": "eastus", "properties": {"principalId": FIRST}},
    ]
    (tmp_path / "seed.json").write_text(json.dumps(seed(resources=resources)))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        yield azure


def test_locks_roles_and_identities_can_be_seeded(seeded: Azure) -> None:
    root = f"/subscriptions/{seeded.subscription_id}"
    levels = {item["name"]: item["properties"] for item in seeded.get(root + LOCKS, "2016-09-01").body["value"]}
    assert levels == {"keep": {"level": "CanNotDelete", "notes": "of the seed"}, "all": {"level": "ReadOnly"}}
    assert seeded.put(seeded.group + NAMESPACE, "2021-11-01", {"location": "eastus"}).code == "ScopeLocked"
    assert seeded.get(f"{root}{DEFINITIONS}/{OWN}", ROLES).body["properties"]["roleName"] == "Attacher"
    identity = seeded.get(f"{seeded.group}{IDENTITIES}/trainer", IDENTITY).body["properties"]
    assert (identity["principalId"], identity["tenantId"]) == (FIRST, seeded.ready["tenantId"])


@pytest.mark.parametrize(
    ("state", "written", "deleted"),
    [("Disabled", 409, 202), ("Deleted", 409, 202), ("Warned", 201, 202), ("PastDue", 201, 202)],
)
def test_the_state_of_a_subscription_can_be_seeded(tmp_path: Path, state: str, written: int, deleted: int) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(seed(state=state)))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        root = f"/subscriptions/{azure.subscription_id}"
        assert azure.get(root, "2022-12-01").body["state"] == state
        reply = azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
        assert reply.status == written
        assert written == 201 or reply.code == "ReadOnlyDisabledSubscription"
        assert azure.call("DELETE", azure.group + CLUSTER, "2021-10-01").status == deleted
