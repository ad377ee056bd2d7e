"""`config` and `settings`: the validator through az, without a request."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ADVANCED
from tests.support.az import ROOT, Az
from tests.support.azure import Azure

CASES = ROOT / "tests" / "cases"


@pytest.fixture(autouse=True)
def no_request(azure: Azure) -> Iterator[None]:
    yield
    assert azure.traffic() == []


def test_a_valid_file_ends_with_zero_and_with_one_when_warnings_count(az: Az) -> None:
    result = az.must("amlarc", "config", "validate", "-f", ADVANCED)
    assert "D009-guide-advanced.json:5:7: warning AMLARC-D009" in result.stdout
    assert result.stdout.endswith("1 file: 0 errors, 2 warnings\n")
    assert az("amlarc", "config", "validate", "-f", ADVANCED, "--strict").code == 1


def test_every_finding_of_every_file_is_reported_and_the_exit_code_is_the_same_for_every_form(az: Az) -> None:
    files = (str(CASES / "document/valid/cpu.json"), str(CASES / "document/invalid/F012-list.json"))
    text = az("amlarc", "config", "validate", "-f", *files)
    assert text.code == 1
    assert "F012-list.json:1:1: error AMLARC-F012" in text.stdout
    assert text.stdout.endswith("2 files: 1 error, 0 warnings\n")
    assert text.stderr == ""  # the summary is said once
    as_json = az("amlarc", "config", "validate", "-f", *files, "-o", "json")
    assert as_json.code == 1
    assert [finding["code"] for finding in as_json.object["findings"]] == ["AMLARC-F012"]
    table = az("amlarc", "config", "validate", "-f", *files, "-o", "table")
    assert table.code == 1
    assert "AMLARC-F012" in table.stdout
    sarif = az("amlarc", "config", "validate", "-f", *files, "--format", "sarif")
    assert sarif.code == 1
    assert sarif.object["runs"][0]["results"][0]["ruleId"] == "AMLARC-F012"
    junit = az("amlarc", "config", "validate", "-f", *files, "--format", "junit")
    assert junit.code == 1
    assert junit.stdout.startswith("<?xml")


def test_standard_input(az: Az) -> None:
    result = az("amlarc", "config", "validate", "-f", "-", stdin='{"namespace": "Default"}')
    assert result.code == 1
    assert "<stdin>:1:15: error AMLARC-N007" in result.stdout


def test_the_schema_is_printed_whole(az: Az) -> None:
    shown = az.must("amlarc", "config", "schema").object
    assert shown == json.loads((ROOT / "azext_amlarc/validation/schemas/attach.schema.json").read_text())


def test_what_init_writes_is_valid(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "attach.yaml"
    kind = ("--gpu", "a100", "--gpus", "4", "--cpu", "8", "--memory", "64Gi", "--selector", "pool=a100")
    assert az.must("amlarc", "config", "init", "-f", str(file), *kind).stdout == ""
    assert az.must("amlarc", "config", "validate", "-f", str(file), "--strict").stdout == "1 file: valid\n"


def test_convert_there_and_back(az: Az, tmp_path: Path) -> None:
    there = az.must("amlarc", "config", "convert", "-f", ADVANCED, "--to", "instancetype")
    assert [item["metadata"]["name"] for item in there.object["items"]][:2] == ["gpu-instance", "big-cpu-sku"]
    assert "AMLARC-C003" in there.stderr
    file = tmp_path / "types.json"
    file.write_text(there.stdout)
    back = az.must("amlarc", "config", "convert", "-f", str(file), "--from", "instancetype").object
    assert sorted(back["instanceTypes"]) == ["big-cpu-sku", "gpu-instance"]


def test_the_catalogue(az: Az) -> None:
    table = az.must("amlarc", "settings", "list", "--workload", "training", "-o", "table").stdout
    assert "\nenableTraining " in table
    assert "\nenableInference " not in table
    assert az.must("amlarc", "settings", "show", "-n", "reuseExistingPromOp").object["replacedBy"] == ["installPromOp"]
    missing = az("amlarc", "settings", "show", "-n", "enabletraning")
    assert missing.code == 3
    assert "Did you mean enableTraining?" in missing.stderr


def test_settings_are_judged_as_create_judges_them(az: Az) -> None:
    assert az.must("amlarc", "settings", "validate", "--config", "enableTraining=True").code == 0
    config = ("enableInference=True", "inferenceRouterServiceType=LoadBalancer", "allowInsecureConnections=True",
              "inferenceRouterHA=True")  # fmt: skip
    assert az("amlarc", "settings", "validate", "--config", *config).code == 0
    small = az("amlarc", "settings", "validate", "--config", *config, "--node-count", "1", "-o", "json")
    assert small.code == 1
    assert [finding["code"] for finding in small.object["findings"] if finding["severity"] == "error"] == [
        "AMLARC-S027"
    ]
