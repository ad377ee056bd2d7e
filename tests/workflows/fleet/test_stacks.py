"""Fleets on Azure's own engine: deployment stacks come to the same end as requests of our own."""

import json
import re
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from azext_amlarc.errors import Refused
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.resources.templates import arm
from azext_amlarc.workflows.fleet import export, saved
from azext_amlarc.workflows.fleet.door import Work
from azext_amlarc.workflows.fleet.manifests import load
from azext_amlarc.workflows.fleet.report.wording import board_objects, board_text
from azext_amlarc.workflows.fleet.running.apply import ENGINES, Engine, Options
from azext_amlarc.workflows.fleet.running.board import Board
from tests.support.azure import Azure
from tests.support.connecting import connect, connect_cluster
from tests.support.fleets import (
    ANY,
    OWN_STRING,
    STACK,
    Show,
    TestDoor,
    apply,
    counts,
    end,
    entry,
    manifest_of,
    plan,
    stacks,
    subscription,
    verbs,
    with_own_relay,
    writes,
)

EXTENSION = "providers/Microsoft.KubernetesConfiguration/extensions/amlarc-compute"


def test_a_fleet_comes_to_the_same_end_by_stacks_as_by_requests_of_our_own(fleet: Azure) -> None:
    data = manifest_of(2, computes=[{"workspace": "amlarc-ws", "name": "k8s-{cluster}", "namespace": "ml"}])
    seeded = [*fleet.state()["resources"]]
    apply(fleet, data)
    directly = end(fleet, seeded)
    fleet.reset()
    show = Show()
    board, planned = apply(fleet, data, STACK, show)
    assert (verbs(planned), counts(board)) == ({"create": 12}, {"done": 12})
    assert end(fleet, seeded) == directly
    assert [line.rpartition("/")[2] for line in writes(fleet)] == ["amlarc-plants-wave1"] * 2
    assert entry(board, "plant0").done == ["create extension amlarc-compute", "create compute target k8s-plant0"]
    assert any(event.startswith("plant0: deployment stack: ") for event in show.events)
    made = stacks(fleet)
    assert [*made] == ["1 amlarc-plants-wave1", "2 amlarc-plants-wave1"]
    assert {one["properties"]["actionOnUnmanage"]["resources"] for one in made.values()} == {"detach"}
    assert [len(one["properties"]["resources"]) for one in made.values()] == [6 * 5] * 2
    assert verbs(plan(fleet, data)) == {"none": 12}
    board, _ = apply(fleet, data, STACK)
    assert (counts(board), len(writes(fleet))) == ({"unchanged": 12}, 2)


def test_a_template_that_is_exported_deploys_to_the_same_end(fleet: Azure, tmp_path: Path) -> None:
    seeded = [*fleet.state()["resources"]]
    apply(fleet, manifest_of(1), STACK)
    by_stack = end(fleet, seeded)
    fleet.reset()
    deployed(fleet, tmp_path, manifest_of(1))
    assert end(fleet, seeded) == by_stack


def test_roles_are_given_by_requests_by_stacks_and_by_the_exported_template_alike(fleet: Azure, tmp_path: Path) -> None:
    computes = [{"workspace": "amlarc-ws", "name": "k8s-{cluster}", "identity": {"type": "SystemAssigned"}}]
    data = manifest_of(1, access={"workspaceIdentity": "grant"}, computes=computes)
    seeded = [*fleet.state()["resources"]]
    apply(fleet, data)
    directly = with_roles(fleet, seeded)
    roles = [key for key in directly if key.startswith("role ")]
    assert len(roles) >= 6 * 3
    fleet.reset()
    board, _ = apply(fleet, data, STACK)
    assert counts(board) == {"done": 6}
    assert with_roles(fleet, seeded) == directly
    managed = json.dumps(stacks(fleet)["1 amlarc-plants-wave1"]["properties"]["resources"]).lower()
    assert managed.count("/roleassignments/") == 6 * 3
    changed = {"settings": {"enableTraining": "True", "installVolcano": "False"}}
    again, _ = apply(fleet, {**data, "spec": {**data["spec"], "extension": changed}}, STACK)
    assert counts(again) == {"done": 6}
    kept = json.dumps(stacks(fleet)["1 amlarc-plants-wave1"]["properties"]["resources"]).lower()
    assert kept.count("/roleassignments/") == 6 * 3
    fleet.reset()
    exported = deployed(fleet, tmp_path, data)
    assert exported.notes == (
        "The roles of the compute targets' identities, which come with them, are not part of this: give them with "
        "az ml arc check --fix.",
    )
    of_computes = [key for key in roles if "/computes/" in key]
    assert with_roles(fleet, seeded) == {key: one for key, one in directly.items() if key not in of_computes}
    with connect(fleet) as azure:
        text = export.of_manifest(azure, load(str(tmp_path / "fleet.json")), "terraform").text
    assert text.count("Microsoft.Authorization/roleAssignments@2022-04-01") == 6 * 3


def with_roles(azure: Azure, seeded: Collection[str]) -> dict[str, Any]:
    """What there is beyond the seed; roles by what they are and whose, since the ids of principals are made up."""
    there = {key: item["body"] for key, item in azure.state()["resources"].items()}
    owners = {body["identity"]["principalId"]: key for key, body in there.items() if body.get("identity")}
    found = {}
    for key, made in end(azure, seeded).items():
        if "/roleassignments/" not in key:
            found[key] = made
            continue
        own = there[key]["properties"]
        scope, role = key.partition("/providers/microsoft.authorization/")[0], own["roleDefinitionId"]
        found[f"role {scope} {role} {owners[own['principalId']]}"] = None
    return found


def deployed(fleet: Azure, folder: Path, data: dict[str, Any]) -> export.Exported:
    """The exported template of the manifest, deployed as a user would."""
    path = f"{fleet.group}/providers/Microsoft.Resources/deployments/exported"
    (folder / "fleet.json").write_text(json.dumps(data), encoding="utf-8")
    with connect(fleet) as azure:
        made = export.of_manifest(azure, load(str(folder / "fleet.json")), "arm")
    fleet.put(path, "2021-04-01", {"properties": {"mode": "Incremental", "template": made.data}})
    for _ in range(500):
        state = fleet.get(path, "2021-04-01").body["properties"]["provisioningState"]
        if state not in ("Accepted", "Running"):
            break
        time.sleep(0.02)
    assert state == "Succeeded"
    return made


def test_only_a_stack_with_something_to_do_is_written_and_it_keeps_what_is_as_wanted(fleet: Azure) -> None:
    apply(fleet, manifest_of(2), STACK)
    named: list[dict[str, Any]] = [
        {"name": f"plant{number}", "resourceGroup": "amlarc-rg"} for number in (0, 2, 4, 6, 8, 10)
    ]
    named[0]["settings"] = {"installVolcano": "False"}
    selector = manifest_of(2)["spec"]["clusters"]
    before = len(writes(fleet))
    board, planned = apply(fleet, manifest_of(2, clusters=[*named, *selector]), STACK)
    assert (verbs(planned), counts(board)) == ({"change": 1, "none": 11}, {"done": 1, "unchanged": 11})
    assert len(writes(fleet)) == before + 1
    assert len(stacks(fleet)["1 amlarc-plants-wave1"]["properties"]["resources"]) == 6 * 5
    assert verbs(plan(fleet, manifest_of(2, clusters=[*named, *selector]))) == {"none": 12}


def test_what_fails_on_one_cluster_is_said_with_its_reason_and_the_others_are_done(fleet: Azure) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed: pod healthcheck failed"}
    fleet.fault(method="PUT", operation="Failed", path="connectedClusters/plant0/", error=error)
    bad = {"error": {"code": "Bad", "message": "No."}}
    fleet.fault(method="PUT", path="/computes/k8s-plant3", status=400, body=bad)
    board, _ = apply(fleet, manifest_of(2, rollout={"maxFailures": 9}), STACK)
    assert counts(board) == {"failed": 2, "done": 10}
    failed = entry(board, "plant0")
    assert (failed.error, failed.code) == (
        "extensions amlarc-compute: Helm installation failed: pod healthcheck failed",
        "ExtensionOperationFailed",
    )
    assert failed.fix
    assert failed.correlation_id
    assert (entry(board, "plant3").error, entry(board, "plant3").code) == ("computes k8s-plant3: No.", "Bad")
    again, _ = apply(fleet, manifest_of(2), STACK)
    assert counts(again) == {"done": 2, "unchanged": 10}
    assert verbs(plan(fleet, manifest_of(2))) == {"none": 12}


def test_a_subscription_that_refuses_stacks_and_a_missing_workspace_leave_the_others_alone(fleet: Azure) -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "You may not write stacks."}}
    fleet.fault(method="PUT", path=f"{subscription(2)}/.*/deploymentStacks/", status=403, body=denied)
    board, _ = apply(fleet, manifest_of(2, rollout={"maxFailures": 9}), STACK)
    assert counts(board) == {"failed": 6, "done": 6}
    assert {one.code for one in board if one.state == "failed"} == {"AuthorizationFailed"}
    fleet.reset()
    computes = [{"workspace": "nowhere", "resourceGroup": "amlarc-rg", "name": "k8s-{cluster}"}]
    board, _ = apply(fleet, manifest_of(2, computes=computes), STACK)
    assert counts(board) == {"blocked": 12}
    assert not stacks(fleet)


def test_what_leaves_the_manifest_is_detached_or_deleted_by_requests_of_our_own(fleet: Azure) -> None:
    apply(fleet, manifest_of(1), STACK)
    named: list[dict[str, Any]] = [{"name": f"plant{number}", "resourceGroup": "amlarc-rg"} for number in (0, 2, 4)]
    named[0]["settings"] = {"installVolcano": "False"}
    before = len(writes(fleet))
    board, planned = apply(fleet, manifest_of(1, clusters=named, onRemoval="delete"), STACK)
    assert (verbs(planned), counts(board)) == ({"change": 1, "detach": 3, "none": 2}, {"done": 4, "unchanged": 2})
    sent = [line.partition(" ")[0] for line in writes(fleet)[before:]]
    assert sorted(sent) == ["DELETE"] * 6 + ["PUT"]
    made = stacks(fleet)["1 amlarc-plants-wave1"]["properties"]
    assert (len(made["resources"]), len(made["deletedResources"])) == (3 * 5, 0)
    assert sum("/computes/" in key for key in fleet.state()["resources"]) == 3


def test_waves_and_gates_come_one_after_the_other_and_failures_end_the_rollout(fleet: Azure) -> None:
    waves = {"waves": [{"tags": {"ring": "canary"}}, {"percent": 100}], "gate": ["check"]}
    data = manifest_of(1, rollout=waves)
    board, _ = apply(fleet, data, Options(wave=1, engine="stack"))
    assert counts(board) == {"waiting": 4, "done": 2}
    assert entry(board, "plant0").done[-1] == "gate check"
    board, _ = apply(fleet, data, STACK)
    assert counts(board) == {"done": 4, "unchanged": 2}
    assert [*stacks(fleet)] == ["1 amlarc-plants-wave1", "1 amlarc-plants-wave2"]
    fleet.reset()
    bad = {"error": {"code": "Bad", "message": "No."}}
    fleet.fault(method="PUT", path="connectedClusters/plant0/", status=400, body=bad)
    show = Show()
    board, _ = apply(fleet, data, STACK, show)
    assert counts(board) == {"failed": 1, "waiting": 4, "done": 1}
    assert show.told[-1] == "1 cluster failed, and the manifest allows 0: nothing new begins."


def test_protected_values_go_as_secure_parameters_and_are_nowhere_else(
    fleet: Azure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = OWN_STRING.format("S3CR3T")
    monkeypatch.setenv("RELAY", secret)
    manifest = manifest_of(1, extension=with_own_relay("RELAY"))
    (tmp_path / "fleet.json").write_text(json.dumps(manifest), encoding="utf-8")
    show = Show()
    with connect(fleet) as azure:
        work = Work(azure, load(str(tmp_path / "fleet.json")))
        board = work.apply(TestDoor(), lambda _: show, STACK)
        resent = Work(azure, work.manifest).resending().apply(TestDoor(), lambda _: show, STACK)
    assert counts(board) == counts(resent) == {"done": 6}
    [sent, again] = [item["requestBody"] for item in fleet.traffic() if item["method"] == "PUT"]
    assert sent["properties"]["parameters"] == {"relayServerConnectionString": {"value": secret}}
    assert again["properties"].pop("denySettings").items() >= sent["properties"].pop("denySettings").items()
    assert sent["properties"] == again["properties"]
    assert "S3CR3T" not in json.dumps(sent["properties"]["template"])
    shown = f"{stacks(fleet)}{board_text(board)}{json.dumps(board_objects(board))}{show.told}{show.events}"
    assert "S3CR3T" not in shown
    hidden = [item["hidden"] for key, item in fleet.state()["resources"].items() if "/extensions/" in key]
    protected = [one["configurationProtectedSettings"] for one in hidden]
    assert {(one["relayServerConnectionString"], one["relayserver.relayConnectionString"]) for one in protected} == {
        (secret, secret)
    }


def test_protected_settings_that_only_a_cluster_has_are_read_again_and_sent_along(fleet: Azure) -> None:
    with_bus = {"settings": {"enableTraining": "True", "servicebus.enabled": "True"}}
    apply(fleet, manifest_of(1, extension=with_bus))
    before = {key: item["hidden"] for key, item in fleet.state()["resources"].items() if "/extensions/" in key}
    changed = manifest_of(1, extension={"settings": {"enableTraining": "True", "installVolcano": "False"}})
    board, _ = apply(fleet, changed, STACK)
    assert counts(board) == {"done": 6}
    after = {key: item["hidden"] for key, item in fleet.state()["resources"].items() if "/extensions/" in key}
    assert after == before


def test_what_has_changed_since_the_plan_is_left_out_and_told(fleet: Azure) -> None:
    apply(fleet, manifest_of(1), STACK)
    settings = {"enableTraining": "True", "installVolcano": "False"}
    changed = manifest_of(1, extension={"settings": settings}, rollout={"maxFailures": 1})
    target = f"{fleet.group}/providers/Microsoft.Kubernetes/connectedClusters/plant2/{EXTENSION}"

    class Meddling(Show):
        def tell(self, text: str) -> None:
            if text.startswith("Wave 1"):
                body = {"properties": {"configurationSettings": {"a.b": "c"}}}
                theirs = fleet.call("PATCH", target, "2023-05-01", body)
                for _ in range(2):
                    fleet.poll(theirs.headers["azure-asyncoperation"])
            super().tell(text)

    board, _ = apply(fleet, changed, STACK, Meddling())
    assert counts(board) == {"failed": 1, "done": 5}
    assert entry(board, "plant2").error.endswith("extension amlarc-compute: it has changed since")
    assert fleet.get(target, "2023-05-01").body["properties"]["configurationSettings"]["a.b"] == "c"


def test_ctrl_c_begins_no_later_wave_and_waits_for_what_runs(fleet: Azure) -> None:
    waves = {"waves": [{"tags": {"ring": "canary"}}, {"percent": 100}]}

    class Stopping(Show):
        def show(self, board: Board) -> None:
            super().show(board)
            if not board.interrupted and any(event.startswith("plant0: deployment stack: ") for event in self.events):
                raise KeyboardInterrupt

    board, _ = apply(fleet, manifest_of(1, rollout=waves), STACK, Stopping())
    assert (counts(board), board.interrupted, board.is_good) == ({"waiting": 4, "done": 2}, True, False)
    again, _ = apply(fleet, manifest_of(1, rollout=waves), STACK)
    assert counts(again) == {"done": 4, "unchanged": 2}


def test_a_saved_plan_is_carried_out_by_stacks_also_where_one_subscription_is_throttled(
    fleet: Azure, tmp_path: Path
) -> None:
    (tmp_path / "fleet.json").write_text(json.dumps(manifest_of(2)), encoding="utf-8")
    for _ in range(3):
        fleet.fault(method="PUT", path=f"/subscriptions/{subscription(2)}/", status=429, retryAfter=1)
    path = str(tmp_path / "plan.json")
    with connect(fleet) as azure:
        work = Work(azure, load(str(tmp_path / "fleet.json")))
        work.save(path, work.plan())
        board = Work(azure, work.manifest).apply(TestDoor(), lambda _: Show(), STACK, saved.load(path))
        again = Work(azure, work.manifest).apply(TestDoor(), lambda _: Show(), STACK, saved.load(path))
    assert (counts(board), counts(again)) == ({"done": 12}, {"unchanged": 12})
    assert {key: len(one["properties"]["resources"]) for key, one in stacks(fleet).items()} == {
        "1 amlarc-plants-wave1": 30,
        "2 amlarc-plants-wave1": 30,
    }


def test_too_many_failures_in_one_subscription_keep_the_stacks_of_others_from_being_sent(fleet: Azure) -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "You may not write stacks."}}
    fleet.fault(method="PUT", path=f"{subscription(1)}/.*/deploymentStacks/", status=403, body=denied)
    fleet.fault(method="GET", path=f"{subscription(2)}/.*/deploymentStacks/amlarc", status=429, retryAfter=3)
    board, _ = apply(fleet, manifest_of(2), STACK)
    assert counts(board) == {"failed": 6, "waiting": 6}
    assert not stacks(fleet)


def test_a_cluster_that_somebody_else_is_writing_to_holds_up_no_other_and_is_done_in_the_end(fleet: Azure) -> None:
    apply(fleet, manifest_of(1))
    target = f"{fleet.group}/providers/Microsoft.Kubernetes/connectedClusters/plant2/{EXTENSION}"
    theirs = fleet.call("PATCH", target, "2023-05-01", {"properties": {"configurationSettings": {"a.b": "c"}}})
    ending = Timer(4, lambda: [fleet.poll(theirs.headers["azure-asyncoperation"]) for _ in range(2)])
    ending.start()
    settings, before, show = {"enableTraining": "True", "installVolcano": "False"}, len(writes(fleet)), Show()
    board, _ = apply(fleet, manifest_of(1, extension={"settings": settings}), STACK, show)
    ending.join()
    assert counts(board) == {"done": 6}
    assert [line.rpartition("/")[2] for line in writes(fleet)[before:]] == ["amlarc-plants-wave1", "amlarc-compute"]
    found = fleet.get(target, "2023-05-01").body["properties"]["configurationSettings"]
    assert (found["a.b"], found["installVolcano"]) == ("c", "False")
    assert [one.partition(":")[0] for one in show.events if ": done" in one][-1] == "plant2"


@pytest.mark.parametrize("tags", [{}, {"amlarc-fleet": "Plants"}])
def test_a_stack_of_somebody_else_with_the_same_name_is_left_as_it_is(fleet: Azure, tags: dict[str, str]) -> None:
    path = f"{subscription(1)}/providers/Microsoft.Resources/deploymentStacks/amlarc-plants-wave1"
    empty = {"$schema": arm.OF_SUBSCRIPTION, "contentVersion": "1.0.0.0", "resources": []}
    guarded = {"template": empty, "actionOnUnmanage": {"resources": "detach"}, "denySettings": {"mode": "denyDelete"}}
    theirs = {"location": "eastus", "tags": tags, "properties": guarded}
    assert (
        fleet.put(f"/subscriptions/{path}", API_VERSIONS["Microsoft.Resources/deploymentStacks"], theirs).status == 201
    )
    board, _ = apply(fleet, manifest_of(2, rollout={"maxFailures": 9}), STACK)
    assert counts(board) == {"failed": 6, "done": 6}
    refused = entry(board, "plant0")
    assert refused.error.startswith("The deployment stack amlarc-plants-wave1 is not this fleet's: it ")
    assert refused.fix.endswith("tag it amlarc-fleet=plants.")
    kept = stacks(fleet)["1 amlarc-plants-wave1"]
    assert (kept["tags"], kept["properties"]["denySettings"]["mode"]) == (tags, "denyDelete")


def test_more_than_one_cluster_is_changed_by_stacks_and_a_single_one_by_requests(fleet: Azure, tmp_path: Path) -> None:
    show, names = Show(), [{"name": f"plant{number}", "resourceGroup": "amlarc-rg"} for number in (0, 2)]
    board, _ = apply(fleet, manifest_of(1, clusters=names), ANY, show)
    assert (counts(board), show.told) == ({"done": 2}, ["Wave 1: 2 clusters to change of 2, by deployment stacks"])
    assert [line.rpartition("/")[2] for line in writes(fleet)] == ["amlarc-plants-wave1"]
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps(manifest_of(1)), encoding="utf-8")
    with connect(fleet) as azure:
        door = TestDoor()
        assert counts(Work(azure, load(str(path))).apply(door, lambda _: show, ANY)) == {"done": 4, "unchanged": 2}
        warned = "Deployment stacks also write 2 clusters that are as wanted already; the direct engine does not."
        assert door.shown[0].splitlines()[0] == warned
    named: list[dict[str, Any]] = [
        {"name": "plant4", "resourceGroup": "amlarc-rg", "settings": {"installVolcano": "False"}}
    ]
    before = len(writes(fleet))
    board, _ = apply(fleet, manifest_of(1, clusters=[*named, *manifest_of(1)["spec"]["clusters"]]), ANY)
    assert counts(board) == {"done": 1, "unchanged": 5}
    assert [line.rpartition("/")[2] for line in writes(fleet)[before:]] == ["amlarc-compute"]


DENIED = {"error": {"code": "AuthorizationFailed", "message": "You may not write it."}}
UNKNOWN = {"error": {"code": "NoRegisteredProviderFound", "message": "No such API version here."}}


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("PUT", "/deploymentStacks/", 403, DENIED),
        ("GET", "/deploymentStacks", 403, DENIED),
        ("GET", "/deploymentStacks", 400, UNKNOWN),
    ],
)
def test_where_azure_takes_no_stacks_requests_of_our_own_do_the_work_unless_stacks_are_asked_for(
    fleet: Azure, method: str, path: str, status: int, body: dict[str, dict[str, str]]
) -> None:
    show = Show()
    fleet.fault(method=method, path=path, status=status, body=body, times=99)
    board, _ = apply(fleet, manifest_of(1), STACK)
    assert counts(board) == {"failed": 6}
    assert {one.code for one in board} == {body["error"]["code"]}
    assert [line for line in writes(fleet) if "deploymentstacks" not in line] == []
    board, _ = apply(fleet, manifest_of(1), ANY, show)
    assert counts(board) == {"done": 6}
    said = f"({body['error']['code']}) {body['error']['message']}"
    assert f"Wave 1 is changed without a deployment stack: {said}" in show.events
    assert not stacks(fleet)
    assert verbs(plan(fleet, manifest_of(1))) == {"none": 6}


def test_a_stack_that_azure_refuses_for_another_reason_fails(fleet: Azure) -> None:
    fleet.fault(method="PUT", path="/deploymentStacks/", status=400, body={"error": {"code": "Bad", "message": "No."}})
    board, _ = apply(fleet, manifest_of(1), ANY)
    assert (counts(board), {one.error for one in board}) == ({"failed": 6}, {"No."})


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_wait_for_a_stack_that_an_earlier_run_has_sent(fleet: Azure, engine: Engine) -> None:
    class Leaving(Show):
        def show(self, board: Board) -> None:
            super().show(board)
            if len(self.told) < 3 and any(event.startswith("plant0: deployment stack: ") for event in self.events):
                raise KeyboardInterrupt

    board, _ = apply(fleet, manifest_of(1), STACK, Leaving())  # Ctrl-C twice: Azure goes on
    assert "running" in counts(board)
    again, _ = apply(fleet, manifest_of(1), Options(engine=engine))
    assert set(counts(again)) <= {"done", "unchanged"}
    assert len(writes(fleet)) == 1
    assert verbs(plan(fleet, manifest_of(1))) == {"none": 6}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_stack_is_still_at_after_the_timeout_is_not_written_to(fleet: Azure, engine: Engine) -> None:
    fleet.fault(method="PUT", path="/plant0/.*/extensions/", operation="never")
    for chosen, others in ((STACK, "done"), (Options(engine=engine), "unchanged")):
        show = Show()
        board, _ = apply(fleet, manifest_of(1), replace(chosen, timeout=1), show)
        assert counts(board) == {"failed": 1, others: 5}
        assert entry(board, "plant0").error == "Azure is still deploying after 1 s."
    assert len(writes(fleet)) == 1
    assert any("plant0: wait for amlarc-plants-wave1, sent by an earlier run" in event for event in show.events)


def test_two_clusters_for_which_one_name_is_made_up_never_share_a_relay_unseen(fleet: Azure, tmp_path: Path) -> None:
    for name in ("e-1", "e1", "f-1", "f1"):
        connect_cluster(fleet, name)
    ours = [{"name": name, "resourceGroup": "amlarc-rg"} for name in ("e-1", "e1", "f1", "plant0")]
    data = manifest_of(1, clusters=ours, rollout={"waves": [{"percent": 50}, {"percent": 100}]})
    del data["spec"]["computes"]
    (tmp_path / "fleet.json").write_text(json.dumps(data), encoding="utf-8")
    with connect(fleet) as azure, pytest.raises(Refused, match=r"Several clusters would have one Microsoft\.Relay"):
        export.of_manifest(azure, load(str(tmp_path / "fleet.json")), "terraform")
    before = len(writes(fleet))
    board, _ = apply(fleet, data, STACK)  # what a template cannot say is done by requests
    assert counts(board) == {"done": 4}
    sent = [line.partition("/providers/")[2] for line in writes(fleet)[before:]]
    assert len([line for line in sent if line.startswith("microsoft.resources/deploymentstacks/")]) == 1
    spaces = [line.rpartition("/")[2] for line in sent if re.fullmatch("microsoft.relay/namespaces/[^/]+", line)]
    # One of the two takes the name that both may have, the other one finds it in use; f-1 has nothing installed.
    assert sorted(re.sub("(?<=arce1).*|00.*", "", name) for name in set(spaces)) == ["arce1", "e1", "f1"]
    ends = [key.split("/")[-3] for key in fleet.state()["resources"] if re.search("/hybridconnections/[^/]+$", key)]
    assert len(ends) == len(set(ends))


def test_a_relay_whose_name_somebody_else_has_gets_another_one_by_requests(fleet: Azure) -> None:
    theirs = {"error": {"code": "BadRequest", "message": "The specified name is not available. TrackingId:1"}}
    fleet.fault(method="PUT", path="/namespaces/plant2[^/]*$", status=400, body=theirs, times=2)
    board, _ = apply(fleet, manifest_of(1), STACK)
    assert counts(board) == {"done": 6}
    relays = [line.rpartition("/")[2] for line in writes(fleet) if re.search(r"/namespaces/[^/]*plant2[^/]*$", line)]
    assert [name.startswith("arcplant2") for name in relays] == [False, True]
    assert verbs(plan(fleet, manifest_of(1))) == {"none": 6}
    settled = len(writes(fleet))
    assert counts(apply(fleet, manifest_of(1), STACK)[0]) == {"unchanged": 6}
    assert len(writes(fleet)) == settled


def test_a_cluster_that_cannot_be_read_is_said_to_be_and_not_to_have_changed(fleet: Azure) -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "You may not read it."}}
    fleet.fault(method="GET", path="plant2/.*/extensions$", status=403, times=9, body=denied)
    board, _ = apply(fleet, manifest_of(1, rollout={"maxFailures": 1}), STACK)
    assert counts(board) == {"failed": 1, "done": 5}
    unread = entry(board, "plant2")
    assert unread.error == "(AuthorizationFailed) You may not read it."
    assert unread.fix == "Run the same command again: what is on the cluster could not be read."
