"""Every example under cases/settings has the findings that its folder and name say."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.findings import Finding, Severity, errors_in
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings import RULES, ClusterFacts, Judgement
from azext_amlarc.validation.settings.breakage import what_breaks

CASES = Path(__file__).parents[2] / "cases" / "settings"
INVALID = sorted((CASES / "invalid").glob("*.json"))
WARNING = sorted((CASES / "warning").glob("*.json"))
VALID = sorted((CASES / "valid").glob("*.json"))


@cache
def read(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    unheard = set(case) - {
        "config", "configFile", "protected", "protectedFile", "cluster", "files", "allowUnknown", "installed",
        "derived",
    }  # fmt: skip
    assert not unheard, unheard
    return case


def judged(path: Path, pem_files: Mapping[str, bytes], now: datetime) -> tuple[list[Finding], Judgement]:
    case = read(path)
    parts = [
        settings.parse_pairs(case.get("config", [])),
        settings.from_mapping(case.get("configFile", {}), "settings.json"),
        settings.parse_pairs(case.get("protected", []), "--config-protected", protected=True),
        settings.from_mapping(case.get("protectedFile", {}), "secrets.json", protected=True),
    ]
    judgement = settings.judge(
        [setting for part, _ in parts for setting in part],
        cluster=cluster(case),
        allow_unknown=case.get("allowUnknown", False),
        files={name: pem_files[kind] for name, kind in case.get("files", {}).items()},
        now=now,
        derived=case.get("derived"),
        incomplete=bool(errors_in([finding for _, found in parts for finding in found])),
    )
    findings = [finding for _, found in parts for finding in found] + list(judgement.findings)
    if "installed" in case:
        findings += what_breaks(case["installed"], {**judgement.plain, **judgement.protected})
    return findings, judgement


def cluster(case: dict[str, Any]) -> ClusterFacts | None:
    facts = case.get("cluster")
    return facts and ClusterFacts(facts["clusterType"], facts.get("nodeCount"), facts.get("distribution"))


def codes(findings: list[Finding], severity: Severity) -> set[str]:
    return {finding.code for finding in findings if finding.severity is severity}


def code_of(path: Path) -> str:
    match = re.match(r"AMLARC-S\d{3}(?=-)", path.name)
    return match[0] if match else ""


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_example_has_the_error_that_its_name_says_and_no_other(
    path: Path, pem_files: Mapping[str, bytes], now: datetime
) -> None:
    findings, _ = judged(path, pem_files, now)
    assert codes(findings, Severity.ERROR) == {code_of(path)}


@pytest.mark.parametrize("path", WARNING, ids=lambda path: path.stem)
def test_a_warning_example_has_the_warning_that_its_name_says_and_no_error(
    path: Path, pem_files: Mapping[str, bytes], now: datetime
) -> None:
    findings, _ = judged(path, pem_files, now)
    assert codes(findings, Severity.ERROR) == set()
    assert code_of(path) in codes(findings, Severity.WARNING)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_example_has_neither_errors_nor_warnings(
    path: Path, pem_files: Mapping[str, bytes], now: datetime
) -> None:
    findings, _ = judged(path, pem_files, now)
    assert codes(findings, Severity.ERROR) | codes(findings, Severity.WARNING) == set()
    assert not code_of(path) or code_of(path) in codes(findings, Severity.INFO)


@pytest.mark.parametrize("path", [*INVALID, *WARNING, *VALID], ids=lambda path: path.stem)
def test_every_finding_says_what_is_wrong_where_and_how_to_fix_it(
    path: Path, pem_files: Mapping[str, bytes], now: datetime
) -> None:
    for finding in judged(path, pem_files, now)[0]:
        assert finding.message.strip(" .") == finding.message
        assert not finding.fix.endswith(".")
        assert finding.fix
        assert finding.source in ("--config", "--config-protected", "settings.json", "secrets.json")


def test_every_rule_has_an_example() -> None:
    assert {rule.code for rule in RULES} == {code_of(path) for path in [*INVALID, *WARNING, *VALID]} - {""}


def test_the_examples_are_many() -> None:
    assert len([*INVALID, *WARNING, *VALID]) >= 150


def test_every_rule_has_its_own_code_and_title() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.title for rule in RULES}) == len(RULES)


def test_the_codes_are_in_order() -> None:
    listed = [rule.code for rule in RULES]
    assert listed == sorted(listed)
