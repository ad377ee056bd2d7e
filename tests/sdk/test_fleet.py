"""Fleets from Python: the same as on the command line, as objects."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.sdk import Fleet, FleetException
from tests.support.azure import Azure
from tests.support.connecting import Login

MANIFEST: dict[str, Any] = {
    "apiVersion": "amlarc/v1alpha1",
    "kind": "Fleet",
    "metadata": {"name": "plants"},
    "spec": {
        "clusters": [{"name": name, "resourceGroup": "rg"} for name in ("amlarc-cluster", "edge-cluster")],
        "extension": {"settings": {"enableTraining": "True"}},
        "computes": [{"workspace": "amlarc-ws", "name": "{cluster}"}],
    },
}


def fleet_in(folder: Path, azure: Azure, **spec: Any) -> Fleet:
    file = folder / "fleet.json"
    file.write_text(json.dumps({**MANIFEST, "spec": {**MANIFEST["spec"], **spec}}), encoding="utf-8")
    return Fleet(file, "123", Login(azure))


def test_a_fleet_is_planned_applied_and_looked_at(
    azure: Azure, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "azext_amlarc.sdk")
    fleet = fleet_in(tmp_path, azure)
    plan = fleet.plan(out=tmp_path / "plan.json")
    assert (fleet.name, plan["hasChanges"]) == ("plants", True)
    assert [(one["name"], one["action"]) for one in plan["clusters"]] == [
        ("amlarc-cluster", "create"),
        ("edge-cluster", "create"),
    ]
    done = fleet.apply(tmp_path / "plan.json", yes=True)
    assert {one["name"]: one["state"] for one in done} == {"amlarc-cluster": "done", "edge-cluster": "done"}
    assert any("edge-cluster: deployment stack: " in message for message in caplog.messages)
    assert fleet.plan()["hasChanges"] is False
    assert {one["name"]: (one["state"], one["drift"]) for one in fleet.status()} == {
        "amlarc-cluster": ("in sync", []),
        "edge-cluster": ("in sync", []),
    }


def test_a_fleet_is_applied_by_deployment_stacks_unless_they_are_not_wanted(azure: Azure, tmp_path: Path) -> None:
    fleet = fleet_in(tmp_path, azure)
    state = azure.state()
    for engine, by_stacks in (("stack", True), (None, True), ("direct", False)):
        azure.reset(state)
        assert {one["state"] for one in fleet.apply(yes=True, engine=engine)} == {"done"}
        sent = [item["url"] for item in azure.traffic() if item["method"] == "PUT"]
        assert (["/deploymentStacks/amlarc-plants-wave1?" in url for url in sent] == [True]) is by_stacks
        assert fleet.plan()["hasChanges"] is False
    with pytest.raises(FleetException, match="engine: it is one of direct, stack"):
        fleet.apply(yes=True, engine="policy")


def test_what_fails_on_one_cluster_is_in_its_state(azure: Azure, tmp_path: Path) -> None:
    body = {"error": {"code": "Bad", "message": "No."}}
    azure.fault(method="PUT", path="/edge-cluster/", status=400, body=body)
    done = fleet_in(tmp_path, azure).apply(yes=True)
    assert [(one["name"], one["state"], one["code"], one["error"]) for one in done] == [
        ("edge-cluster", "failed", "Bad", "authorizationRules azureml_rw: No."),
        ("amlarc-cluster", "done", None, None),
    ]


def test_nothing_is_changed_without_agreement_and_nothing_to_do_needs_none(azure: Azure, tmp_path: Path) -> None:
    fleet = fleet_in(tmp_path, azure)
    with pytest.raises(FleetException, match="Pass yes=True"):
        fleet.apply()
    assert not [item for item in azure.traffic() if item["method"] == "PUT"]
    fleet.apply(yes=True)
    assert {one["state"] for one in fleet.apply()} == {"unchanged"}


def test_a_manifest_that_is_not_valid_is_refused_with_its_findings(azure: Azure, tmp_path: Path) -> None:
    with pytest.raises(FleetException) as invalid:
        fleet_in(tmp_path, azure, extension={"settings": {"enableTrainig": "True"}})
    assert [finding.line is not None for finding in invalid.value.findings] == [True]
    assert invalid.value.code == "InvalidInput"


@pytest.mark.parametrize("arguments", [{"wave": 0}, {"concurrency": -1}, {"wave": "one"}, {"timeout": "x"}, {"yes": 1}])
def test_wrong_arguments_are_refused_before_anything_is_sent(
    azure: Azure, tmp_path: Path, arguments: dict[str, Any]
) -> None:
    with pytest.raises(FleetException):
        fleet_in(tmp_path, azure).apply(**arguments)
    assert azure.traffic() == []
