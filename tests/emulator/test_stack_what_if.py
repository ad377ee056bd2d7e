"""What-if of deployment stacks: what a write would change, what would leave, and what Azure was recorded to say."""

from typing import Any

from tests.emulator.deploying import STACKS, STACKS_VERSION, extension, identity, relay, stack, template
from tests.emulator.test_stacks import DELETE, ended, write
from tests.support.azure import Azure

RESULTS = f"{STACKS}WhatIfResults"


def what_if(azure: Azure, document: Any, action: Any = None, **more: Any) -> dict[str, Any]:
    """The properties of a result with the changes of each property."""
    own = {"deploymentStackResourceId": f"{azure.group}{STACKS}/s", "retentionInterval": "P1D", **more}
    path = f"{azure.group}{RESULTS}/w"
    started = azure.put(path, STACKS_VERSION, stack(document, action, **own))
    assert started.status in (200, 201), started.body
    assert started.body["properties"]["provisioningState"] == "initializing"
    ended(azure, started)
    found: dict[str, Any] = azure.call("POST", f"{path}/whatIf", STACKS_VERSION).body["properties"]
    return found


def by_name(found: dict[str, Any]) -> dict[str, Any]:
    return {item["id"].rpartition("/")[2]: item for item in found["changes"]["resourceChanges"]}


def test_it_says_what_a_write_would_create_change_delete_and_leave_alone(azure: Azure) -> None:
    write(azure, stack(template(identity("same"), identity("changed"), identity("gone"))))
    before = azure.state()["resources"]
    edited = identity("changed", tags={"ring": "canary"})
    found = what_if(azure, template(identity("same"), edited, relay("new-relay")), DELETE)
    changes = by_name(found)
    assert {name: item["changeType"] for name, item in changes.items()} == {
        "same": "noChange",
        "changed": "modify",
        "new-relay": "create",
        "gone": "delete",
    }
    assert changes["changed"]["resourceConfigurationChanges"]["delta"] == [
        {"path": "tags.ring", "changeType": "create", "after": "canary"}
    ]
    assert changes["new-relay"]["managementStatusChange"] == {"before": "unmanaged", "after": "managed"}
    assert changes["gone"]["managementStatusChange"] == {"before": "managed", "after": "unmanaged"}
    assert {id_: item for id_, item in azure.state()["resources"].items() if "whatif" not in id_} == before
    assert by_name(what_if(azure, template(identity("same"))))["gone"]["changeType"] == "detach"


def test_the_resource_itself_shows_no_properties_and_goes_at_once(azure: Azure) -> None:
    what_if(azure, template(identity("one")))
    path = f"{azure.group}{RESULTS}/w"
    [change] = azure.get(path, STACKS_VERSION).body["properties"]["changes"]["resourceChanges"]
    assert (change["changeType"], "resourceConfigurationChanges" in change) == ("create", False)
    assert [item["name"] for item in azure.get(path.rpartition("/")[0], STACKS_VERSION).body["value"]] == ["w"]
    assert azure.call("DELETE", path, STACKS_VERSION).status == 200
    assert azure.get(path, STACKS_VERSION).status == 404
    assert azure.call("DELETE", path, STACKS_VERSION).status == 204


def test_what_a_provider_refuses_and_a_template_that_is_wrong(azure: Azure) -> None:
    refused = by_name(what_if(azure, template(extension("nowhere"))))["amlarc-compute"]
    assert (refused["changeType"], "parent resource" in refused["unsupportedReason"]) == ("unsupported", True)
    wrong = what_if(azure, template(identity("a", dependsOn=["nowhere"])))
    assert (wrong["provisioningState"], wrong["error"]["code"], "changes" in wrong) == (
        "failed",
        "InvalidTemplate",
        False,
    )
    missing = stack(template(), retentionInterval="P1D")
    assert azure.put(f"{azure.group}{RESULTS}/w", STACKS_VERSION, missing).code == "InvalidRequestContent"


def test_a_stack_that_does_not_exist_yet_is_told_as_azure_told_it(azure: Azure) -> None:
    """Recorded with az's own tests: a template without resources, all deny settings, api-version 2025-07-01."""
    deny: dict[str, Any] = {
        "mode": "denyDelete",
        "excludedPrincipals": ["01010000-0000-0000-0000-000000001111"],
        "excludedActions": ["action1", "action2"],
        "applyToChildScopes": True,
    }
    found = what_if(azure, template(), DELETE, denySettings=deny, validationLevel="ProviderNoRbac")
    assert found["changes"] == {
        "resourceChanges": [],
        "denySettingsChange": {
            "after": {**deny, "mode": "DenyDelete"},
            "delta": [
                {"path": "Mode", "changeType": "create", "after": "DenyDelete"},
                {"path": "ApplyToChildScopes", "changeType": "create", "after": "True"},
                {
                    "path": "ExcludedPrincipals",
                    "changeType": "array",
                    "children": [{"path": "0", "changeType": "create", "after": deny["excludedPrincipals"][0]}],
                },
                {
                    "path": "ExcludedActions",
                    "changeType": "array",
                    "children": [
                        {"path": "0", "changeType": "create", "after": "action1"},
                        {"path": "1", "changeType": "create", "after": "action2"},
                    ],
                },
            ],
        },
        "deploymentScopeChange": {},
    }
    assert (found["deploymentStackLastModified"], found["diagnostics"]) == ("0001-01-01T00:00:00+00:00", [])
    assert found["actionOnUnmanage"] == {**DELETE, "resourcesWithoutDeleteSupport": "fail"}
