"""`plan`, `apply` and `status` with the real az; docs/fleet.md is walked."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.az import ROOT, VENV, Az
from tests.support.azure import Azure
from tests.support.fleets import writes
from tests.support.golden import assert_steady, steady
from tests.support.listings import listings
from tests.support.terminal import CTRL_C, session

GUIDE = ROOT / "docs" / "fleet.md"
# Of the sections that are walked here; tests/e2e/test_export.py has that of `export`.
LISTINGS = [one for one in listings(GUIDE) if one.line < GUIDE.read_text().partition("\n## Export")[0].count("\n")]
MANIFEST = next(listing.text for listing in LISTINGS if listing.remark == "fleet.yaml")


def wait_for_deployment(azure: Azure, name: str) -> None:
    path = f"{azure.group}/providers/Microsoft.Resources/deployments/{name}"
    for _ in range(200):
        state = azure.get(path, "2021-04-01").body["properties"]["provisioningState"]
        if state not in ("Accepted", "Running"):
            break
        time.sleep(0.05)
    assert state == "Succeeded"


def wait_for_traffic(azure: Azure, there_is: Callable[[], bool]) -> None:
    """Until the program has asked for something, and there is what is waited for."""
    deadline, before = time.monotonic() + 30, len(azure.traffic())
    while not (len(azure.traffic()) > before and there_is()) and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleet.yaml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


@pytest.mark.timeout(300)
def test_the_guide_of_fleets_is_walked(az: Az, azure: Azure, tmp_path: Path) -> None:
    for listing in LISTINGS:
        if listing.language == "yaml" and listing.remark:
            (tmp_path / listing.remark).write_text(listing.text, encoding="utf-8")
        for (program, *arguments), shown in listing.commands() if listing.language == "console" else ():
            assert program == "az"
            printed = az.must(*arguments, folder=tmp_path).stdout
            assert not shown or steady(printed) == steady(shown), listing.line


def test_every_listing_of_the_guide_is_run_or_is_part_of_a_manifest() -> None:
    for listing in LISTINGS:
        if listing.language == "yaml":
            assert listing.remark == "fleet.yaml" or "protected" in yaml.safe_load(listing.text)
        else:
            assert listing.language == "console"


def test_what_is_printed_and_how_it_ends(az: Az, azure: Azure, folder: Path) -> None:
    planned = az("amlarc", "plan", "-f", "fleet.yaml", "--detailed-exitcode", folder=folder)
    assert planned.code == 2
    assert_steady("fleet-plan.txt", planned.stdout)
    assert_steady("fleet-plan.json", az.must("amlarc", "plan", "-f", "fleet.yaml", "-o", "json", folder=folder).stdout)
    azure.fault(method="PUT", path="/edge-cluster/", status=400, body={"error": {"code": "Bad", "message": "No."}})
    applied = az("amlarc", "apply", "-f", "fleet.yaml", "--yes", "--report", "fleet.html", folder=folder)
    assert applied.code == 1
    assert_steady("fleet-apply.txt", re.sub(r"Correlation id: \S+", "Correlation id: <id>", applied.stdout))
    assert "Wave 1: 1 cluster to change of 1, by deployment stacks\n" in applied.stderr
    assert "amlarc-cluster: deployment stack (0:00)" in applied.stderr
    page = (folder / "fleet.html").read_text()
    assert "edge-cluster: failed" in page
    assert "<script" not in page
    stood = az("amlarc", "status", "-f", "fleet.yaml", "-o", "json", "--report", "status.html", folder=folder)
    assert stood.code == 2
    assert "<p>az ml arc apply -f fleet.yaml</p>" in (folder / "status.html").read_text()
    assert_steady("fleet-status.json", stood.stdout)
    again = az.must("amlarc", "apply", "-f", "fleet.yaml", "--yes", "-o", "json", folder=folder)
    applied_objects = [{**one, "seconds": 0} for one in again.object]
    assert_steady("fleet-apply.json", json.dumps(applied_objects, indent=2) + "\n")
    assert len(writes(azure)) == len(set(writes(azure)))


def test_a_wrong_manifest_and_a_missing_file_are_said_and_nothing_is_asked(az: Az, azure: Azure, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(MANIFEST.replace("onRemoval: detach", "onRemoval: detatch"))
    wrong = az("amlarc", "apply", "-f", "wrong.yaml", "--yes", folder=folder)
    assert wrong.code == 1
    assert re.search(r"wrong\.yaml:\d+:\d+: error AMLARC-\w+ \$\.spec\.onRemoval", wrong.stderr)
    assert 'did you mean "detach"?' in wrong.stderr
    assert az("amlarc", "plan", "-f", "missing.yaml", folder=folder).code == 1
    assert az("amlarc", "apply", "--plan", "fleet.yaml", "--yes", folder=folder).code == 1
    assert azure.traffic() == []


def test_on_a_terminal_it_asks_once_and_draws_a_table(az: Az, azure: Azure, folder: Path) -> None:
    with session(az, "amlarc", "apply", "-f", "fleet.yaml", folder=folder) as screen:
        screen.expect("2 to create")
        screen.answer("Apply this? (y/N):", "y")
        result = screen.end()
    assert result.code == 0
    assert "2 clusters: 2 done." in result.stdout
    assert re.search(r"Cluster +Step +State +Elapsed", result.stderr)
    assert re.search(r"amlarc-cluster +deployment stack", result.stderr)
    with session(az, "amlarc", "apply", "-f", "fleet.yaml", folder=folder) as screen:
        assert screen.end().code == 0  # nothing to do: nobody is asked
    (folder / "fleet.yaml").write_text(MANIFEST.replace('"True"}', '"True", installVolcano: "True"}'))
    with session(az, "amlarc", "apply", "-f", "fleet.yaml", folder=folder) as screen:
        screen.answer("Apply this? (y/N):", "n")
        assert screen.end().code == 1


def test_ctrl_c_begins_nothing_new_and_a_second_one_leaves_at_once(az: Az, azure: Azure, folder: Path) -> None:
    azure.fault(method="PUT", path="/amlarc-cluster/.*/extensions/", operation="never")
    with session(az, "amlarc", "apply", "-f", "fleet.yaml", "--yes", folder=folder) as screen:
        screen.expect("deployment stack")
        wait_for_traffic(azure, lambda: bool(writes(azure)))
        screen.press(CTRL_C)
        screen.expect("Interrupted: nothing new begins; waiting for what runs.")
        screen.press(CTRL_C)
        began = time.monotonic()
        result = screen.end()
    assert time.monotonic() - began < 10
    assert result.code == 1
    assert "Left at once. Azure goes on with what it has begun" in result.stderr
    assert "amlarc-cluster (amlarc-rg): still running in Azure" in result.stdout
    assert "1 still running in Azure, 1 not begun" in result.stdout


def test_killed_it_goes_on_where_it_stopped_and_writes_nothing_twice(az: Az, azure: Azure, folder: Path) -> None:
    for wait in (0.3, 0.9):
        process = subprocess.Popen(
            [str(VENV / "bin" / "az"), "amlarc", "apply", "-f", "fleet.yaml", "--yes"],
            env=az.environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_traffic(azure, lambda: bool(writes(azure)))
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    az.must("amlarc", "apply", "-f", "fleet.yaml", "--yes", folder=folder)
    assert az("amlarc", "plan", "-f", "fleet.yaml", "--detailed-exitcode", folder=folder).code == 0
    sent = writes(azure)
    assert sent[0].endswith("/deploymentstacks/amlarc-plants-wave1")
    assert len(sent) == len(set(sent))


def test_what_is_exported_needs_no_change(az: Az, azure: Azure, folder: Path) -> None:
    az.must("amlarc", "apply", "-f", "fleet.yaml", "--yes", folder=folder)
    az.must(
        "amlarc", "export", "-c", "edge-cluster", "-g", "amlarc-rg", "--output-file", "exported.yaml", folder=folder
    )
    before = len(writes(azure))
    planned = az("amlarc", "plan", "-f", "exported.yaml", "--detailed-exitcode", folder=folder)
    assert (planned.code, planned.stdout.splitlines()[-1]) == (0, "Plan for edge-cluster: 1 cluster: 1 unchanged.")
    assert len(writes(azure)) == before


def test_what_azure_has_deployed_from_the_exported_template_needs_no_change(az: Az, azure: Azure, folder: Path) -> None:
    export = ("amlarc", "export", "-f", "fleet.yaml", "--format", "arm", "--output-file", "template.json")
    az.must(*export, folder=folder)
    # az itself would wait half a minute between two looks.
    az.must("deployment", "group", "create", "-g", "amlarc-rg", "-f", "template.json", "--no-wait", folder=folder)
    wait_for_deployment(azure, "template")
    before = len(writes(azure))
    planned = az("amlarc", "plan", "-f", "fleet.yaml", "--detailed-exitcode", folder=folder)
    assert (planned.code, planned.stdout) == (0, "Plan for plants: 2 clusters: 2 unchanged.\n")
    assert len(writes(azure)) == before
    assert sum("/extensions/" in key for key in azure.state()["resources"]) == 2
