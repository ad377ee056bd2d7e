"""Deployment stacks: what they own, what becomes of what leaves them, and their end."""

import time
from pathlib import Path
from typing import Any

import pytest

from amlarc_emulator.templates import relaxed
from tests.emulator.deploying import (
    FILE,
    IN_GROUP,
    SECRET,
    STACKS,
    VERSION,
    extension,
    identity,
    nested,
    relay,
    template,
)
from tests.emulator.deploying import STACKS_VERSION as API
from tests.emulator.deploying import stack as body
from tests.support.azure import Azure, Reply, running
from tests.support.emulated import CLUSTER, EXTENSION, INSTALL

IDENTITIES = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
DETACH = {"resources": "detach"}
DELETE = {"resources": "delete", "resourceGroups": "delete", "managementGroups": "delete"}


def ended(azure: Azure, started: Reply) -> Reply:
    """The last answer of an operation."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        reply = azure.poll(started.headers["azure-asyncoperation"])
        if reply.body["status"] in ("succeeded", "failed", "canceled"):
            return reply
        time.sleep(0.01)
    raise AssertionError(f"still running: {reply.body}")


def write(azure: Azure, sent: object, scope: str = "") -> dict[str, Any]:
    """Write a stack to its end; its properties."""
    path = f"{scope or azure.group}{STACKS}/s"
    started = azure.put(path, API, sent)
    assert started.status in (200, 201), started.body
    assert started.body["properties"]["provisioningState"] == "initializing"
    last = ended(azure, started)
    found: dict[str, Any] = azure.get(path, API).body["properties"]
    assert found["provisioningState"] == last.body["status"]
    return found


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"].rpartition("/")[2] for item in items]


def exists(azure: Azure, name: str) -> bool:
    return azure.get(f"{azure.group}{IDENTITIES}/{name}", "2023-01-31").status == 200


def test_a_stack_owns_what_its_template_deploys(azure: Azure) -> None:
    values = {
        "cluster": {"value": "amlarc-cluster"},
        "workspace": {"value": "amlarc-ws"},
        "serviceBus": {"value": SECRET},
    }
    deny = {"mode": "denyDelete", "excludedActions": ["*/read"], "applyToChildScopes": True}
    sent = body(relaxed.parse(FILE.read_bytes()), parameters=values, denySettings=deny, description="one cluster")
    found = write(azure, sent)
    assert found["provisioningState"] == "succeeded"
    assert names(found["resources"])[3:5] == ["amlarc-compute", "k8s-training"]
    assert {(item["status"], item["denyStatus"]) for item in found["resources"]} == {("managed", "denyDelete")}
    assert found["outputs"]["extension"]["value"] == "1.1.64"
    assert found["denySettings"] == deny
    assert found["parameters"]["serviceBus"] == {"type": "securestring"}
    assert found["parameters"]["cluster"] == {"type": "string", "value": "amlarc-cluster"}
    assert found["deploymentId"].startswith(f"{azure.group}{IN_GROUP}/s-20")
    assert azure.get(found["deploymentId"], VERSION).body["properties"]["provisioningState"] == "Succeeded"
    shown = azure.get(f"{azure.group}{STACKS}/s", API)
    assert (shown.body["type"], shown.body["tags"]) == ("Microsoft.Resources/deploymentStacks", {"of": "a test"})
    assert SECRET not in str(shown.body) + str(azure.get(f"{azure.group}{STACKS}", API).body)
    exported = azure.call("POST", f"{azure.group}{STACKS}/s/exportTemplate", API).body["template"]
    assert exported == sent["properties"]["template"]


def test_what_leaves_a_stack_is_detached_or_deleted_as_it_says(azure: Azure) -> None:
    both = template(identity("stays"), identity("goes"), relay("goes-relay"))
    write(azure, body(both))
    found = write(azure, body(template(identity("stays"), relay("goes-relay"))))
    assert (names(found["resources"]), names(found["detachedResources"])) == (["stays", "goes-relay"], ["goes"])
    assert found["deletedResources"] == found["failedResources"] == []
    assert exists(azure, "goes")
    found = write(azure, body(template(identity("new")), DELETE))
    assert (names(found["resources"]), sorted(names(found["deletedResources"]))) == (["new"], ["goes-relay", "stays"])
    assert (exists(azure, "stays"), exists(azure, "goes"), exists(azure, "new")) == (False, True, True)
    assert azure.get(f"{azure.group}/providers/Microsoft.Relay/namespaces/goes-relay", "2021-11-01").status == 404


def test_what_is_below_something_is_deleted_before_it(azure: Azure) -> None:
    connection = {
        "type": "Microsoft.Relay/namespaces/hybridConnections",
        "apiVersion": "2021-11-01",
        "name": "the-relay/c",
        "dependsOn": ["the-relay"],
        "properties": {},
    }
    write(azure, body(template(relay("the-relay"), connection)))
    found = write(azure, body(template(), DELETE))
    assert sorted(names(found["deletedResources"])) == ["c", "the-relay"]


def test_a_deployment_that_fails_leaves_the_stack_what_it_had_and_what_was_deployed(azure: Azure) -> None:
    write(azure, body(template(identity("old"))))
    found = write(azure, body(template(identity("new"), extension("nowhere")), DELETE))
    assert found["provisioningState"] == "failed"
    assert sorted(names(found["resources"])) == ["new", "old"]
    assert exists(azure, "old")
    error = found["error"]
    assert error["code"] == "DeploymentStackDeploymentFailed"
    assert (error["details"][0]["code"], error["details"][0]["details"][0]["code"]) == (
        "DeploymentFailed",
        "ParentResourceNotFound",
    )
    assert write(azure, body(template(identity("new")), DELETE))["provisioningState"] == "succeeded"
    assert not exists(azure, "old")


def test_a_template_that_is_wrong_fails_the_stack(azure: Azure) -> None:
    found = write(azure, body(template(identity("a", dependsOn=["nowhere"]))))
    assert (found["provisioningState"], found["resources"]) == ("failed", [])
    [detail] = found["error"]["details"]
    assert (detail["code"], "'nowhere' is not defined" in detail["message"]) == ("InvalidTemplate", True)


def test_what_cannot_be_deleted_stays_and_is_named_with_its_reason(azure: Azure) -> None:
    write(azure, body(template(identity("goes"), identity("kept"))))
    lock = {"properties": {"level": "CanNotDelete"}}
    path = f"{azure.group}{IDENTITIES}/kept/providers/Microsoft.Authorization/locks/l"
    azure.put(path, "2020-05-01", lock)
    found = write(azure, body(template(), DELETE))
    assert found["error"]["code"] == "DeploymentStackDeleteResourcesFailed"
    assert names(found["deletedResources"]) == ["goes"]
    [failed] = found["failedResources"]
    assert (names([failed]), failed["error"]["code"]) == (["kept"], "ScopeLocked")
    assert [(names([item])[0], item["status"]) for item in found["resources"]] == [("kept", "deleteFailed")]
    azure.call("DELETE", path, "2020-05-01")
    assert names(write(azure, body(template(), DELETE))["deletedResources"]) == ["kept"]


def test_a_compute_target_is_not_deleted_without_being_told_what_of_its_cluster(azure: Azure) -> None:
    azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    compute = {
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "apiVersion": "2023-04-01",
        "name": "amlarc-ws/k8s",
        "location": "eastus",
        "properties": {"computeType": "Kubernetes", "resourceId": azure.group + CLUSTER},
    }
    azure.get(azure.group + CLUSTER + EXTENSION, "2023-05-01")
    azure.get(azure.group + CLUSTER + EXTENSION, "2023-05-01")
    assert write(azure, body(template(compute)))["provisioningState"] == "succeeded"
    found = write(azure, body(template(), DELETE))
    assert "underlyingResourceAction" in found["failedResources"][0]["error"]["message"]
    assert names(write(azure, body(template(), DETACH))["detachedResources"]) == ["k8s"]


def test_a_stack_that_is_deleted_takes_with_it_what_it_is_told(azure: Azure) -> None:
    path = f"{azure.group}{STACKS}/s"
    write(azure, body(template(identity("kept"))))
    gone = azure.call("DELETE", path, API)
    assert (gone.status, gone.body) == (200, None)
    assert exists(azure, "kept")
    write(azure, body(template(identity("kept"), identity("too"))))
    gone = azure.call("DELETE", path, API, **{"unmanageAction.Resources": "delete"})
    assert (gone.status, gone.body, "location" in gone.headers) == (202, None, False)
    assert ended(azure, gone).body["status"] == "succeeded"
    missing = azure.get(path, API)
    assert (missing.status, missing.code) == (404, "DeploymentStackResourceNotFound")
    assert not exists(azure, "kept")
    assert azure.call("DELETE", path, API).status == 204


def test_a_stack_of_a_subscription_owns_groups_and_has_an_action_for_them(azure: Azure) -> None:
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-11-01",
        "name": "fleet",
        "location": "eastus",
    }
    within = nested("within", template(identity("one")), resourceGroup="fleet", dependsOn=["fleet"])
    root = f"/subscriptions/{azure.subscription_id}"
    sent = {**body(template(group, within), {"resources": "delete", "resourceGroups": "detach"}), "location": "eastus"}
    found = write(azure, sent, scope=root)
    assert names(found["resources"]) == ["fleet", "one"]
    found = write(azure, {**sent, **{"properties": {**sent["properties"], "template": template()}}}, scope=root)
    assert (names(found["detachedResources"]), names(found["deletedResources"])) == (["fleet"], ["one"])
    sent["properties"]["actionOnUnmanage"] = DELETE
    write(azure, sent, scope=root)
    gone = azure.call(
        "DELETE",
        f"{root}{STACKS}/s",
        API,
        **{"unmanageAction.Resources": "delete", "unmanageAction.ResourceGroups": "delete"},
    )
    assert ended(azure, gone).body["status"] == "succeeded"
    assert azure.get(f"{root}/resourceGroups/fleet", "2021-04-01").code == "ResourceGroupNotFound"
    assert azure.put(f"{root}{STACKS}/s", API, body(template())).code == "LocationRequired"


def test_a_stack_can_deploy_to_a_group_from_its_subscription(azure: Azure) -> None:
    root = f"/subscriptions/{azure.subscription_id}"
    sent = {**body(template(identity("one")), deploymentScope=azure.group), "location": "eastus"}
    assert write(azure, sent, scope=root)["resources"][0]["id"] == f"{azure.group}{IDENTITIES}/one"
    assert azure.get(f"{azure.group}{STACKS}", API).body["value"] == []


def test_validation_says_what_would_be_deployed_and_why_not(azure: Azure) -> None:
    path = f"{azure.group}{STACKS}/s/validate"
    accepted = azure.call("POST", path, API, body(template(identity("one"))))
    assert (accepted.status, accepted.body) == (202, None)
    result = [azure.poll(accepted.headers["location"]) for _ in range(2)][-1]
    assert (result.status, names(result.body["properties"]["validatedResources"])) == (200, ["one"])
    refused = azure.call("POST", path, API, body(template(identity("a", dependsOn=["nowhere"]))))
    assert (refused.status, refused.code) == (400, "InvalidTemplate")
    assert azure.get(f"{azure.group}{STACKS}/s", API).status == 404


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"denySettings": {"mode": "none"}, "template": template()}, "InvalidRequestContent"),
        ({"actionOnUnmanage": DETACH, "template": template()}, "InvalidRequestContent"),
        ({"actionOnUnmanage": {"resources": "burn"}, "denySettings": {"mode": "none"}}, "InvalidRequestContent"),
        (
            {"actionOnUnmanage": DETACH, "denySettings": {"mode": "none", "excludedPrincipals": ["p"] * 6}},
            "InvalidRequestContent",
        ),
    ],
)
def test_a_body_that_is_wrong_is_refused(azure: Azure, properties: Any, code: str) -> None:
    for reply in (
        azure.put(f"{azure.group}{STACKS}/s", API, {"properties": properties}),
        azure.call("POST", f"{azure.group}{STACKS}/s/validate", API, {"properties": properties}),
    ):
        assert (reply.status, reply.code) == (400, code), reply.body


def test_a_stack_at_work_takes_no_other_write_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    arguments = ("--state", str(tmp_path / "state.json"), "--operation-seconds", "0.6", "--polls", "0")
    azure = Azure.start(tmp_path, *arguments)
    path = f"{azure.group}{STACKS}/s"
    started = azure.put(path, API, body(template(relay("the-relay"), identity("later", dependsOn=["the-relay"]))))
    again = azure.put(path, API, body(template()))
    assert (again.status, again.code) == (409, "DeploymentStackInNonTerminalState")
    time.sleep(0.2)
    azure.kill()
    url = started.headers["azure-asyncoperation"].removeprefix(azure.endpoint)
    with running(tmp_path, *arguments) as restarted:
        deadline = time.monotonic() + 15
        while restarted.send("GET", url).body["status"] != "succeeded" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert names(restarted.get(path, API).body["properties"]["resources"]) == ["the-relay", "later"]
