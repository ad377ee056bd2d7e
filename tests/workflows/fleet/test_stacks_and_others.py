"""Deployment stacks where others have a hand in it: clusters as wanted, other runs, Azure's answers that stay away."""

from typing import Any

import pytest

from azext_amlarc.azure.connection import retries
from tests.support.azure import Azure
from tests.support.fleets import Show, apply, counts, manifest_of, plan, verbs, writes
from tests.workflows.fleet.test_stacks import ANY, STACK, entry, stacks


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECOND", 0.01)


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
    there = fleet.get(path, "2021-10-01").body
    fleet.put(path, "2021-10-01", {**there, "properties": {"connectivityStatus": "Offline"}})
    fleet.fault(method="PUT", operation="never", path="connectedClusters/plant10/")
    board, _ = apply(fleet, two_to_change(), ANY, Show())
    assert counts(board) == {"done": 2, "unchanged": 4}
    managed = [one["id"] for one in stacks(fleet)["1 amlarc-plants-wave1"]["properties"]["resources"]]
    assert len(managed) == 5 * 5
    assert verbs(plan(fleet, two_to_change())) == {"none": 6}
    assert [line.rpartition("/")[2] for line in writes(fleet)].count("amlarc-plants-wave1") == 2
