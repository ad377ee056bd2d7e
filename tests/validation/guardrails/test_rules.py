"""Rules files: which findings are seen otherwise, where, why and until when; and what they cannot decide."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.commands.inputs.document import read_document
from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Severity
from azext_amlarc.sdk import ValidationException, validate
from azext_amlarc.validation import files
from azext_amlarc.validation.documents import validate_documents
from azext_amlarc.validation.guardrails import grading, policy, rulesfile
from azext_amlarc.validation.report.formats import Report, render, summary
from azext_amlarc.validation.report.text import as_text
from tests.support.az import ROOT
from tests.support.golden import assert_golden
from tests.validation.documents import CASES

WRONG = sorted((CASES / "rules" / "invalid").iterdir())
TODAY = date(2026, 11, 26)
OLD = "the cluster runs a 2021 version"
# An error (the namespace) and a warning (the name).
DOCUMENT = {
    "namespace": "Team_A",
    "defaultInstanceType": "gpu_a",
    "instanceTypes": {
        "gpu_a": {"resources": {side: {"cpu": "1", "memory": "1Gi"} for side in ("requests", "limits")}},
    },
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a document in it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "clusters" / "edge").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    Path("clusters/edge/attach.json").write_text(json.dumps(DOCUMENT, indent=1))
    return tmp_path


def entry(code: str, severity: str = "off", reason: str = OLD, **others: Any) -> dict[str, Any]:
    return {"code": f"AMLARC-{code}", "severity": severity, "reason": reason, **others}


def write(*entries: dict[str, Any], name: str = ".amlarc.yaml") -> None:
    Path(name).write_text(json.dumps({"rules": entries}, indent=1))


def report(*names: str, **options: Any) -> Report:
    return validate_documents(names or ["clusters/edge/attach.json"], **options)


def codes(found: Report) -> list[str]:
    return [f"{one.severity} {one.code.removeprefix('AMLARC-')}" for one in found.findings]


def test_without_a_rules_file_all_is_as_it_was() -> None:
    assert codes(report()) == ["error N007", "warning D009"]


def test_a_finding_is_turned_off_and_another_one_seen_otherwise_with_the_reason() -> None:
    write(entry("D009"), entry("N007", "warning", "renamed in January"))
    found = report()
    assert codes(found) == ["warning N007"]
    assert found.findings[0].fix.endswith("; warning by .amlarc.yaml:8: renamed in January")
    assert (found.exit_code, found.excepted) == (0, 1)
    assert summary(found) == "1 file: 0 errors, 1 warning, 1 turned off"
    assert json.loads(render(found, "json", []))["turnedOff"] == 1


def test_a_warning_can_be_made_an_error() -> None:
    write(entry("D009", "error"), entry("N007"))
    assert codes(report()) == ["error D009"]
    assert report().exit_code == 1


@pytest.mark.parametrize(
    ("scope", "is_off"),
    [
        ({"files": ["clusters/edge/attach.json"]}, True),
        ({"files": ["clusters/*.json"]}, True),
        ({"files": ["*/other.json", "*.json"]}, True),
        ({"files": ["attach.json"]}, False),
        ({"files": ["../*"]}, False),
        ({"path": "$.instanceTypes"}, True),
        ({"path": "$.instanceTypes.gpu_a"}, True),
        ({"path": "$.instanceTypes.gpu"}, False),
        ({"path": "$.namespace"}, False),
        ({"until": "2999-01-01"}, True),
        ({"until": "2021-01-01"}, False),
    ],
    ids=str,
)
def test_an_entry_is_about_its_files_its_path_and_its_time(scope: dict[str, Any], is_off: bool) -> None:
    write(entry("D009", **scope))
    assert ("warning D009" not in codes(report())) is is_off


@pytest.mark.parametrize(("until", "codes_then"), [("2026-11-26", []), ("2026-11-25", ["AMLARC-D009", "AMLARC-R005"])])
def test_the_last_day_still_counts_and_what_is_over_is_said(until: str, codes_then: list[str]) -> None:
    write(entry("D009", until=until))
    before = Report(
        ("clusters/edge/attach.json",),
        (Finding("AMLARC-D009", Severity.WARNING, "a", "b", "clusters/edge/attach.json", 1, 1, "$.instanceTypes.a"),),
    )
    found = grading.graded(before, None, "D", TODAY)
    assert [one.code for one in found.findings] == codes_then
    if codes_then:
        last = found.findings[-1]
        assert (last.source, last.line, last.message) == (
            ".amlarc.yaml",
            3,
            f"the last day for AMLARC-D009 was 2026-11-25: {OLD}",
        )


def test_what_is_of_no_use_is_said_where_this_run_can_know_it() -> None:
    write(
        entry("D010"),  # may be of use to a file that this run has not seen
        entry("D011", files=["clusters/*"]),
        entry("D012", files=["others/*"]),
        entry("S005"),  # about settings
        entry("D009"),
    )
    assert codes(report()) == ["error N007", "info R006", "warning R006"]
    assert [one.line for one in report().findings[1:]] == [3, 8]


def test_the_nearest_rules_file_counts_and_none_beyond_the_repository(folder: Path) -> None:
    (folder.parent / ".amlarc.yaml").write_text('{"rules": []}')
    try:
        assert files.above("clusters/edge/attach.json", ".amlarc.yaml") is None
        write(entry("D009"))
        assert files.above("clusters/edge/attach.json", ".amlarc.yaml") == ".amlarc.yaml"
        write(entry("N007"), name="clusters/.amlarc.yaml")
        assert codes(report()) == ["warning D009"]
    finally:
        (folder.parent / ".amlarc.yaml").unlink()


def test_the_rules_file_beside_a_configuration_counts_where_only_a_manifest_names_it() -> None:
    target = {"name": "{cluster}-k8s", "workspace": "plants-ws", "resourceGroup": "ml-rg"}
    spec = {
        "clusters": [{"selector": {"resourceGroups": ["plants-rg"]}}],
        "computes": [{**target, "config": "clusters/edge/attach.json"}],
    }
    manifest = {"apiVersion": "amlarc/v1alpha1", "kind": "Fleet", "metadata": {"name": "plants"}, "spec": spec}
    Path("fleet.json").write_text(json.dumps(manifest))
    assert codes(report("fleet.json")) == ["error N007", "warning D009"]
    write(entry("D009"), entry("N007"), name="clusters/edge/.amlarc.yaml")
    found = report("fleet.json")
    assert (codes(found), found.excepted) == ([], 2)


@pytest.mark.parametrize("kind", ["dangling", "loop", "folder", "pipe"])
def test_a_rules_file_that_is_no_file_is_a_finding(folder: Path, kind: str) -> None:
    rules = folder / ".amlarc.yaml"
    make: dict[str, Callable[[], None]] = {
        "dangling": lambda: rules.symlink_to("nowhere.yaml"),
        "loop": lambda: rules.symlink_to(rules.name),
        "folder": rules.mkdir,
        "pipe": lambda: os.mkfifo(rules),
    }
    make[kind]()
    about = [one.code for one in report().findings if one.source.endswith(rules.name)]
    assert about == [{"dangling": "AMLARC-F018", "folder": "AMLARC-F019"}.get(kind, "AMLARC-F021")]


def test_a_file_of_another_name_is_named() -> None:
    write(entry("D009"), name="rules.json")
    assert codes(report(rules="rules.json")) == ["error N007"]
    assert codes(report(rules="none.json"))[2:] == ["error F018"]


def test_a_folder_is_validated_without_its_rules_file() -> None:
    write(entry("D009"))
    assert report(".").sources == ("./clusters/edge/attach.json",)


def test_options_and_standard_input_have_the_rules_of_the_folder_that_the_user_is_in() -> None:
    write(entry("S005"))
    found = grading.graded(
        Report(("--config",), (Finding("AMLARC-S005", Severity.ERROR, "a", source="--config"),)), None, "S"
    )
    assert found.findings == ()


@pytest.mark.usefixtures("in_this_process")
def test_a_violation_of_a_policy_is_excepted_by_its_own_code() -> None:
    Path("policy.json").write_text('{"properties": {"namespace": {"const": "ml", "x-amlarc-code": "ACME-NAMES-1"}}}')
    write({"code": "ACME-NAMES-1", "severity": "info", "reason": "moved in January"}, entry("N007"), entry("D009"))
    assert [one.code for one in report(policies=["policy.json"]).findings] == ["ACME-NAMES-1"]
    assert report(policies=["policy.json"]).exit_code == 0


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.name)
def test_what_is_wrong_with_a_rules_file_has_the_code_of_its_file_and_a_place(path: Path) -> None:
    found = report(rules=str(path))
    said = [one for one in found.findings if one.source == str(path)]
    assert {one.code for one in said} == {f"AMLARC-{path.name.partition('-')[0]}"}
    assert all(one.line and one.column and one.fix for one in said)
    assert found.exit_code == 1


def test_the_findings_about_rules_files_are_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    attach = Path("clusters/edge/attach.json").absolute()
    monkeypatch.chdir(CASES / "rules" / "invalid")
    found = [one for path in WRONG for one in report(str(attach), rules=path.name).findings if one.source == path.name]
    assert_golden("rules-faults.txt", as_text(found) + "\n")


def test_secrets_files_policies_and_rules_files_themselves_are_not_to_be_decided() -> None:
    kept = {"AMLARC-S015", "AMLARC-S061", "AMLARC-M008", "AMLARC-F003", "AMLARC-P002", "AMLARC-P005", "AMLARC-R001"}
    assert kept <= grading._FIXED
    assert not {"AMLARC-D009", "AMLARC-N007", "AMLARC-S005", policy.BROKEN.code} & grading._FIXED


@pytest.mark.usefixtures("in_this_process")
def test_before_a_write_no_rules_file_is_asked() -> None:
    Path("policy.json").write_text('{"properties": {"namespace": {"const": "ml"}}}')
    write(entry("N007"), entry("D009"), entry("P001"))
    assert codes(report(policies=["policy.json"])) == []
    with pytest.raises(InvalidInput) as caught:
        read_document("clusters/edge/attach.json", None, policy=["policy.json"])
    assert [one.code for one in caught.value.findings] == ["AMLARC-N007", "AMLARC-D009", "AMLARC-P001"]


@pytest.mark.usefixtures("in_this_process")
def test_the_python_api_validates_with_rules_and_policies() -> None:
    write(entry("N007"), entry("D009"))
    Path("policy.json").write_text('{"required": ["nothing"]}')
    assert validate("clusters/edge/attach.json")["valid"] is True
    assert validate(["clusters"], rules=Path(".amlarc.yaml"), strict=True)["turnedOff"] == 2
    assert [one["code"] for one in validate(["clusters"], policy="policy.json")["findings"]] == ["AMLARC-P001"]
    with pytest.raises(ValidationException, match="rules: expected the path of a file"):
        validate("clusters", rules=1)  # type: ignore[arg-type]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_no_value_in_a_rules_file_is_a_traceback(value: Any) -> None:
    keys = ("code", "severity", "files", "path", "reason", "until")
    for key in keys:
        write({**entry("D009"), key: value})
        found = rulesfile.read(".amlarc.yaml", {rule.code: rule for rule in grading._JUDGED}, grading._FIXED)
        assert bool(found.entries) is not bool(found.findings)
    Path(".amlarc.yaml").write_text(json.dumps({"rules": value}))
    report()


@pytest.mark.parametrize(("alone", "code", "said"), [((), 0, "2 turned off"), (("-I", "-S"), 1, "AMLARC-F017")])
def test_the_hook_of_pre_commit_finds_it(alone: tuple[str, ...], code: int, said: str) -> None:
    write(entry("N007"), entry("D009"))
    command = [sys.executable, *alone, str(ROOT / "scripts" / "validate"), "clusters/edge/attach.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert said in done.stdout


def test_a_rules_file_costs_nothing_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "graded", None)
    assert codes(report()) == ["error N007", "warning D009"]
