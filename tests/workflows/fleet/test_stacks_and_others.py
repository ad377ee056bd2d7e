"""Deployment stacks where others have a hand in it: clusters as wanted, other runs, Azure's answers that stay away."""

import time
from dataclasses import replace
from threading import Thread
from typing import Any, cast

import pytest

from azext_amlarc.azure import deployment_stacks
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.running.apply import ENGINES, Engine, Options, carry_out
from azext_amlarc.workflows.fleet.running.board import Board
from azext_amlarc.workflows.fleet.running.earlier import AGAIN
from tests.support.azure import Azure
from tests.support.connecting import connect
from tests.support.fleets import (
    ANY,
    STACK,
    Show,
    TestDoor,
    apply,
    counts,
    entry,
    manifest_of,
    plan,
    read,
    stacks,
    subscription,
    verbs,
    writes,
)

DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
BUSY = {"error": {"code": "DeploymentStackInNonTerminalState", "message": "Wait until it has ended."}}


def two_to_change() -> dict[str, Any]:
    """The clusters of the first subscription by name, two of which get another setting."""
    named: list[dict[str, Any]] = [
        {"name": f"plant{number}", "resourceGroup": "amlarc-rg"} for number in (0, 2, 4, 6, 8, 10)
    ]
    for one in named[:2]:
        one["settings"] = {"installVolcano": "False"}
    return manifest_of(1, clusters=named)


def test_a_cluster_as_wanted_on_which_the_stack_fails_is_said_to_have_failed(fleet: Azure) -> None:
    apply(fleet, manifest_of(1), STACK)
    error = {"code": "ExtensionOperationFailed", "message": "Helm upgrade failed: timed out"}
    fleet.fault(method="PUT", operation="Failed", path="connectedClusters/plant10/", error=error)
    board, _ = apply(fleet, two_to_change(), ANY)
    assert counts(board) == {"failed": 1, "done": 2, "unchanged": 3}
    failed = entry(board, "plant10")
    assert (failed.error, failed.code) == (
        "extensions amlarc-compute: Helm upgrade failed: timed out",
        "ExtensionOperationFailed",
    )
    assert failed.notes == ["It was as wanted before: a deployment stack writes all clusters of its wave."]
    assert not board.is_good
    again, planned = apply(fleet, two_to_change(), ANY)
    assert (verbs(planned), counts(again)) == ({"retry": 1, "none": 5}, {"done": 1, "unchanged": 5})


def test_a_cluster_as_wanted_that_azure_does_not_reach_is_left_out_of_the_stack(fleet: Azure) -> None:
    apply(fleet, manifest_of(1), STACK)
    path = f"{fleet.group}/providers/Microsoft.Kubernetes/connectedClusters/plant10"
    body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPublicKeyCertificate": "MIIB"}}
    fleet.put(path, "2021-10-01", {"location": "eastus", **body})  # connected anew, and its agents not heard yet
    assert fleet.get(path, "2021-10-01").body["properties"]["connectivityStatus"] == "Connecting"
    fleet.fault(method="PUT", operation="never", path="connectedClusters/plant10/")
    board, _ = apply(fleet, two_to_change(), ANY, Show())
    assert counts(board) == {"done": 2, "unchanged": 4}
    managed = [one["id"] for one in stacks(fleet)["1 amlarc-plants-wave1"]["properties"]["resources"]]
    assert len(managed) == 5 * 5
    assert verbs(plan(fleet, two_to_change())) == {"none": 6}
    assert [line.rpartition("/")[2] for line in writes(fleet)].count("amlarc-plants-wave1") == 2


def test_two_runs_at_once_wait_for_each_other_and_come_to_the_same_end(fleet: Azure) -> None:
    first, second = Show(), Show()
    boards: list[Board] = []

    def run(show: Show) -> None:
        boards.append(apply(fleet, manifest_of(2), ANY, show)[0])

    threads = [Thread(target=run, args=(show,)) for show in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [counts(board) for board in boards] == [{"done": 12}] * 2
    assert verbs(plan(fleet, manifest_of(2))) == {"none": 12}


@pytest.mark.parametrize("answers", [{"status": 409, "body": BUSY}, {"reset": "before"}])
def test_a_stack_that_azure_does_not_take_yet_is_sent_later(fleet: Azure, answers: dict[str, Any]) -> None:
    fleet.fault(method="PUT", path="/deploymentStacks/", **answers)
    board, _ = apply(fleet, manifest_of(1), ANY)
    assert counts(board) == {"done": 6}
    assert len(writes(fleet)) == 2


def test_ctrl_c_while_clusters_are_prepared_sends_no_stack(fleet: Azure) -> None:
    class Stopping(Show):
        def show(self, board: Board) -> None:
            super().show(board)
            if not board.interrupted and any("deployment stack" in event for event in self.events):
                raise KeyboardInterrupt

    fleet.fault(method="GET", path="/Microsoft.KubernetesConfiguration$", delayMs=1500)
    began = time.monotonic()
    board, _ = apply(fleet, manifest_of(1), ANY, Stopping())
    assert time.monotonic() - began < 20
    assert (counts(board), writes(fleet)) == ({"waiting": 6}, [])


@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_ends_the_wait_for_what_an_earlier_run_has_sent(fleet: Azure, engine: Engine) -> None:
    class Stopping(Show):
        def show(self, board: Board) -> None:
            super().show(board)
            if not board.interrupted and any("sent by an earlier run" in event for event in self.events):
                raise KeyboardInterrupt

    fleet.fault(method="PUT", path="/plant0/.*/extensions/", operation="never")
    apply(fleet, manifest_of(1), replace(STACK, timeout=1))
    changed = manifest_of(1, extension={"settings": {"enableTraining": "True", "installVolcano": "False"}})
    board, _ = apply(fleet, changed, Options(engine=engine, timeout=60), Stopping())
    assert (counts(board), board.is_good, len(writes(fleet))) == ({"waiting": 6}, False, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_stack_is_at_for_all_that_is_known_is_not_written_to(fleet: Azure, engine: Engine) -> None:
    fleet.fault(method="PUT", path="/plant0/.*/extensions/", operation="never")
    apply(fleet, manifest_of(1), replace(STACK, timeout=1))
    changed = manifest_of(1, extension={"settings": {"enableTraining": "True", "installVolcano": "False"}})
    fleet.fault(method="GET", path="/deploymentStacks/amlarc", status=503, times=99)
    board, _ = apply(fleet, changed, Options(engine=engine))
    assert counts(board) == {"failed": 6}
    assert {(one.error.partition(":")[0], one.fix) for one in board} == {("How far Azure is can't be told", AGAIN)}
    assert len(writes(fleet)) == 1


def test_looks_at_a_stack_may_fail_now_and_then(fleet: Azure) -> None:
    fleet.fault(method="GET", path="/deploymentStacks/amlarc", status=503, skip=1, times=8)
    board, _ = apply(fleet, manifest_of(1), ANY)
    assert counts(board) == {"done": 6}
    fleet.reset()
    fleet.fault(method="GET", path="/deployments/.*/operations$", reset="before", times=99)
    board, _ = apply(fleet, manifest_of(1), ANY)
    assert {(one.error.partition(":")[0], one.fix) for one in board} == {("How far Azure is can't be told", AGAIN)}
    fleet.reset()
    error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed"}
    fleet.fault(method="PUT", operation="Failed", path="connectedClusters/plant0/", error=error)
    fleet.fault(method="GET", path="/amlarc-plant0-[^/]*/operations$", status=403, times=9)
    board, _ = apply(fleet, manifest_of(1), ANY)
    assert counts(board) == {"failed": 1, "done": 5}
    assert entry(board, "plant0").error.endswith(": Helm installation failed")


def test_who_may_not_deploy_to_a_group_gets_its_clusters_by_requests(fleet: Azure) -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "You may not deploy here."}}
    fleet.fault(method="PUT", path="/deployments/amlarc-plant2-", status=403, body=denied, times=2)
    board, _ = apply(fleet, manifest_of(1), STACK)
    assert (counts(board), entry(board, "plant2").fix) == (
        {"failed": 1, "done": 5},
        "Ask an Owner of the resource group for the role Contributor.",
    )
    board, _ = apply(fleet, manifest_of(1, clusters=two_to_change()["spec"]["clusters"]), ANY)
    assert (counts(board), verbs(plan(fleet, two_to_change()))) == ({"done": 2, "unchanged": 4}, {"none": 6})


def test_a_stack_that_hangs_can_be_given_up_as_the_report_says(fleet: Azure) -> None:
    fleet.fault(method="PUT", path="/plant0/.*/extensions/", operation="never")
    board, _ = apply(fleet, manifest_of(1), replace(ANY, timeout=1))
    fix = entry(board, "plant0").fix
    assert fix.startswith(f"{AGAIN} To give up what hangs: az deployment sub cancel -n amlarc-plants-wave1-")
    name = fix.split()[-3]
    fleet.call("POST", f"/subscriptions/{subscription(1)}/{DEPLOYMENTS}/{name}/cancel", "2025-04-01")
    changed = manifest_of(1, extension={"settings": {"enableTraining": "True", "installVolcano": "False"}})
    again, _ = apply(fleet, changed, replace(ANY, timeout=2))
    assert counts(again) == {"failed": 1, "done": 5}


def test_a_stack_that_azure_still_shows_as_it_was_has_not_ended_and_what_was_added_is_kept(fleet: Azure) -> None:
    apply(fleet, manifest_of(1), ANY)
    path = f"/subscriptions/{subscription(1)}/providers/Microsoft.Resources/deploymentStacks/amlarc-plants-wave1"
    old = fleet.get(path, "2025-07-01").body
    old["tags"]["owner"] = "us"
    old["properties"]["denySettings"] = {"mode": "denyDelete", "excludedPrincipals": ["a"]}
    fleet.fault(method="GET", path="/deploymentStacks/amlarc", status=200, times=3, body=old)
    error = {"code": "ExtensionOperationFailed", "message": "Helm upgrade failed"}
    fleet.fault(method="PUT", operation="Failed", path="connectedClusters/plant0/", error=error)
    board, _ = apply(fleet, two_to_change(), ANY)
    assert counts(board) == {"failed": 1, "done": 1, "unchanged": 4}
    made = stacks(fleet)["1 amlarc-plants-wave1"]
    assert made["tags"] == {"amlarc-fleet": "plants", "owner": "us"}
    assert made["properties"]["denySettings"].items() >= old["properties"]["denySettings"].items()


@pytest.mark.parametrize(("engine", "expected"), [(None, 1), ("direct", 1), ("stack", 3)])
def test_a_stack_that_hangs_holds_up_only_the_clusters_that_it_hangs_at(
    fleet: Azure, engine: Engine | None, expected: int
) -> None:
    waves = {"waves": [{"percent": 50}, {"percent": 100}], "maxFailures": 9}
    fleet.fault(method="PUT", path="/plant0/.*/extensions/", operation="never")
    board, _ = apply(fleet, manifest_of(1, rollout=waves), replace(ANY, timeout=2))
    assert counts(board) == {"failed": 1, "done": 5}
    settings = {"enableTraining": "True", "installVolcano": "False"}
    changed = manifest_of(1, rollout=waves, extension={"settings": settings})
    again, _ = apply(fleet, changed, replace(ANY, timeout=2, engine=engine))
    assert counts(again) == {"failed": expected, "done": 6 - expected}  # Azure takes no stack of the wave meanwhile
    assert entry(again, "plant0").error == "Azure is still deploying after 2 s."
    assert len([line for line in writes(fleet) if "/plant0/" in line]) == 0


@pytest.mark.parametrize("answer", [{"status": 503}, {"status": 409}, {"reset": "before"}])
def test_a_failure_that_may_be_gone_has_trying_again_as_its_fix(fleet: Azure, answer: dict[str, Any]) -> None:
    fleet.fault(method="PUT", path="/deploymentStacks/", times=9, **answer)
    board, _ = apply(fleet, manifest_of(1), ANY)
    assert {one.fix for one in board} == {"Run the same command again: it goes on where it stopped."}


@pytest.mark.parametrize("order", [1, -1])
def test_of_all_that_was_asked_of_a_resource_what_failed_counts(order: int) -> None:
    class Listing:
        def get_all(self, _collection: str) -> list[dict[str, Any]]:
            states = [("Create", "Running"), ("Create", "Succeeded"), ("Action", "Failed"), ("Read", "Succeeded")]
            target = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Relay/namespaces/n"}
            message = {"error": {"code": "Forbidden", "message": "No."}}
            return [
                {"properties": {"provisioningOperation": what, "provisioningState": state, "targetResource": target}}
                | ({"statusMessage": message} if state == "Failed" else {})
                for what, state in states
            ][::order]

    [outcome] = deployment_stacks.outcomes(cast("AzureClient", Listing()), "deployment").values()
    assert outcome.state == "failed"


@pytest.mark.parametrize("engine", ENGINES)
def test_roles_of_an_identity_that_came_while_nobody_watched_are_given_by_the_next_run(
    fleet: Azure, engine: Engine
) -> None:
    computes = [{"workspace": "amlarc-ws", "name": "k8s-{cluster}", "identity": {"type": "SystemAssigned"}}]
    data = manifest_of(1, access={"workspaceIdentity": "grant"}, computes=computes)
    planned = plan(fleet, data)
    apply(fleet, manifest_of(1, computes=computes), ANY)  # what Azure has done of the plan by itself
    members, contents = read(data)
    with connect(fleet) as azure:
        options = Options(engine=engine)
        connections = Connections(azure)
        board = carry_out(connections, TestDoor(), Show(), planned, members, contents=contents, options=options)
    assert counts(board) == {"done": 6}
    of_computes = [line for line in writes(fleet) if "/storageaccounts/" in line and "/roleassignments/" in line]
    assert len(of_computes) == len(set(of_computes)) == 6
