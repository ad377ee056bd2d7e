"""Reports of files: text, JSON, SARIF 2.1.0, JUnit XML, and the exit code."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation.report import junit
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.wording import number

FORMATS = ("text", "json", "sarif", "junit")

_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


@dataclass(frozen=True)
class Report:
    """What was validated, and the findings; with `strict`, warnings fail as errors do."""

    sources: tuple[str, ...]
    findings: tuple[Finding, ...]
    strict: bool = False

    @property
    def failing(self) -> list[Finding]:
        """The findings that make the exit code 1."""
        severities = (Severity.ERROR, Severity.WARNING) if self.strict else (Severity.ERROR,)
        return [finding for finding in self.findings if finding.severity in severities]

    @property
    def exit_code(self) -> int:
        """0 if there are at most warnings, 1 if there are errors; with `strict`, 1 for warnings too."""
        return 1 if self.failing else 0

    def count(self, severity: Severity) -> int:
        """The number of findings of that severity."""
        return sum(finding.severity is severity for finding in self.findings)


def render(report: Report, form: str, rules: Sequence[Rule]) -> str:
    """The report in one of FORMATS, ready to print; SARIF takes its titles from `rules`."""
    if form == "text":
        return as_text(report.findings) + ("\n" if report.findings else "") + summary(report)
    if form == "junit":
        return as_junit(report)
    content = as_sarif(report, rules) if form == "sarif" else as_object(report)
    return _escaped(json.dumps(content, indent=2, ensure_ascii=False))


def _escaped(text: str) -> str:
    """The JSON with escapes for what JSON allows in strings, and a terminal would act on."""
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)


def summary(report: Report) -> str:
    """One line: the number of files (of sources, if options are among them), errors and warnings."""
    options = any(source.startswith("--") for source in report.sources)
    files = number(len(report.sources), "source" if options else "file")
    errors, warnings = report.count(Severity.ERROR), report.count(Severity.WARNING)
    if not errors and not warnings:
        return f"{files}: valid"
    return f"{files}: {number(errors, 'error')}, {number(warnings, 'warning')}"


def as_dicts(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One plain object for each finding: code, severity, message, fix, source, line, column, path."""
    return [vars(finding) | {"severity": str(finding.severity)} for finding in findings]


def as_object(report: Report) -> dict[str, Any]:
    """The report as one JSON object: whether it passes, its sources, counts and findings."""
    return {
        "valid": report.exit_code == 0,
        "sources": list(report.sources),
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "findings": as_dicts(report.findings),
    }


def as_sarif(report: Report, rules: Sequence[Rule]) -> dict[str, Any]:
    """A SARIF 2.1.0 log with one run (https://docs.oasis-open.org/sarif/sarif/v2.1.0/); paths are percent-encoded."""
    broken = {finding.code for finding in report.findings}
    listed = sorted((rule for rule in rules if rule.code in broken), key=lambda rule: rule.code)
    index = {rule.code: position for position, rule in enumerate(listed)}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "amlarc", "rules": [_sarif_rule(rule) for rule in listed]}},
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(finding, index) for finding in report.findings],
            }
        ],
    }


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.severity]},
    }


def _sarif_result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    fix = f" Fix: {finding.fix}" if finding.fix else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": f"{finding.message}.{fix}"},
        "locations": [_sarif_location(finding)],
    }
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    return result


def _sarif_location(finding: Finding) -> dict[str, Any]:
    from urllib.parse import quote

    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(finding.source.replace("\\", "/"), errors="surrogateescape")}
    }
    if finding.line is not None:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column or 1}
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return location


def as_junit(report: Report) -> str:
    """JUnit XML: one test case for each source, with failing findings as its failure and the rest as its output."""
    failing = report.failing
    cases = tuple(junit.Case(source, tuple(_notes(report, source, failing))) for source in report.sources)
    return junit.xml([junit.Suite("amlarc", "amlarc", cases)])


def _notes(report: Report, source: str, failing: list[Finding]) -> Iterable[junit.Note]:
    broken = [finding for finding in failing if finding.source == source]
    passing = [finding for finding in report.findings if finding.source == source and finding not in broken]
    if broken:
        yield junit.Note("failure", as_text(broken), f"{number(len(broken), 'finding')}: {broken[0].code}")
    if passing:
        yield junit.Note("system-out", as_text(passing))
