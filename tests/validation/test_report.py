"""Findings as people and programs read them."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation import document
from azext_amlarc.validation.documents import RULES
from azext_amlarc.validation.report.formats import FORMATS, Report, as_junit, as_sarif, render
from azext_amlarc.validation.report.text import as_line
from tests.support.golden import assert_golden
from tests.validation.documents import CASES

NAMES = (
    "invalid/D007-default-type-missing.json",
    "invalid/F007-deep.json",
    "warning/D009-guide-default.json",
    "valid/cpu.json",
)


def judged(strict: bool = False) -> Report:
    findings = (
        finding for name in NAMES for finding in document.read((CASES / "document" / name).read_bytes(), name).findings
    )
    nowhere = Finding("AMLARC-F018", Severity.ERROR, "file not found: a b.json", "check the path", "a b.json")
    return Report((*NAMES, "a b.json"), (*findings, nowhere), strict)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_as_it_was(form: str) -> None:
    assert_golden(f"validation-report.{form}", render(judged(), form, RULES) + "\n")


@pytest.mark.parametrize(
    ("severities", "strict", "code"),
    [
        ((), False, 0),
        ((Severity.INFO, Severity.WARNING), False, 0),
        ((Severity.INFO,), True, 0),
        ((Severity.WARNING,), True, 1),
        ((Severity.WARNING, Severity.ERROR), False, 1),
    ],
)
def test_the_exit_code_is_0_for_clean_or_warnings_and_1_for_errors(
    severities: tuple[Severity, ...], strict: bool, code: int
) -> None:
    findings = tuple(Finding("AMLARC-D001", severity, "message") for severity in severities)
    assert Report(("a.json",), findings, strict).exit_code == code


def test_a_line_for_logs_has_the_fix_in_it() -> None:
    finding = Finding("AMLARC-D001", Severity.ERROR, "no key", "leave it out", "a.json", 3, 4, "$.x")
    assert as_line(finding) == "a.json:3:4: error AMLARC-D001 $.x: no key; leave it out"


def test_sarif_has_what_the_standard_requires_and_consistent_indices() -> None:
    log = as_sarif(judged(), RULES)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert places[0]["region"] == {"startLine": 3, "startColumn": 26, "endLine": 3, "endColumn": 32}
    nowhere = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    assert places[-1] == {"artifactLocation": {"uri": "a%20b.json"}, "region": nowhere}


def test_sarif_has_what_code_scanning_demands_of_a_rule() -> None:
    (run,) = as_sarif(judged(), RULES)["runs"]
    assert run["tool"]["driver"]["semanticVersion"] == version("amlarc")
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["fullDescription"]["text"].endswith(".")
        assert rule["help"]["text"]
        assert rule["helpUri"].startswith("https://learn.microsoft.com/")


def test_an_annotation_is_one_line_whatever_the_finding_says() -> None:
    said = Finding("AMLARC-D001", Severity.WARNING, "a\n::error::b", "50%\r", "x,y:z.json", 2, 3, "$.\x1b[1m", 4)
    annotation, numbers = render(Report(("x,y:z.json",), (said,)), "github", RULES).split("\n")
    assert annotation == (
        "::warning title=AMLARC-D001,file=x%2Cy%3Az.json,line=2,col=3,endLine=2,endColumn=7"
        r"::$.\x1b[1m: a%0A::error::b%0Afix: 50%25\r"
    )
    assert numbers == "1 file: 0 errors, 1 warning"


def test_an_annotation_about_an_option_names_no_file() -> None:
    said = Finding("AMLARC-S005", Severity.ERROR, "no such setting", source="--config", path="enableTrainig")
    annotation = render(Report(("--config",), (said,)), "github", RULES).split("\n")[0]
    assert annotation == "::error title=AMLARC-S005::enableTrainig: no such setting"


@pytest.mark.parametrize("form", FORMATS)
def test_names_of_files_that_are_no_text_are_reported_in_every_format(form: str) -> None:
    name = b"caf\xe9.json".decode("utf-8", "surrogateescape")
    report = Report((name,), (Finding("AMLARC-F018", Severity.ERROR, "file not found", "check the path", name),))
    shown = {"sarif": "caf%E9.json", "json": "caf\\udce9.json"}.get(form, r"caf\udce9.json")
    assert shown in render(report, form, RULES)


def test_junit_counts_sources_and_fails_those_with_errors() -> None:
    suites = ElementTree.fromstring(as_junit(judged()))
    assert (suites.get("tests"), suites.get("failures")) == ("5", "3")
    cases: dict[str | None, Any] = {case.get("name"): case for case in suites.iter("testcase")}
    assert cases["valid/cpu.json"].find("failure") is None
    assert cases["warning/D009-guide-default.json"].find("failure") is None
    assert "AMLARC-D009" in cases["warning/D009-guide-default.json"].find("system-out").text
    assert "AMLARC-D007" in cases["invalid/D007-default-type-missing.json"].find("failure").text


def test_under_strict_warnings_fail_in_junit_too() -> None:
    assert ElementTree.fromstring(as_junit(judged(strict=True))).get("failures") == "4"


def test_junit_survives_what_xml_cannot_hold() -> None:
    finding = Finding("AMLARC-F018", Severity.ERROR, "file not found: \x1b[1m.json", source="\x1b[1m.json")
    suites = ElementTree.fromstring(as_junit(Report(("\x1b[1m.json",), (finding,))))
    assert [case.get("name") for case in suites.iter("testcase")] == [r"\x1b[1m.json"]


def test_a_rule_of_another_family_gets_its_title() -> None:
    rule = Rule("AMLARC-S999", Severity.WARNING, "a title")
    finding = Finding("AMLARC-S999", Severity.WARNING, "message", source="--config", path="key")
    log = as_sarif(Report(("--config",), (finding,)), [*RULES, rule])
    (listed,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert listed["shortDescription"] == {"text": "a title"}


def test_json_has_every_finding_with_every_field() -> None:
    content = json.loads(render(judged(), "json", RULES))
    assert {name: content[name] for name in ("valid", "errors", "warnings")} == {
        "valid": False,
        "errors": 3,
        "warnings": 1,
    }
    assert set(content["findings"][0]) == {
        "code",
        "severity",
        "message",
        "fix",
        "source",
        "line",
        "column",
        "path",
    }


def test_no_golden_file_names_this_machine() -> None:
    for path in (Path(__file__).parent.parent / "golden").glob("validation*"):
        assert str(Path.cwd()) not in path.read_text(encoding="utf-8")
