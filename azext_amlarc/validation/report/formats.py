"""Reports of files: text, JSON, SARIF, JUnit XML, annotations of GitHub Actions, and the exit code."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.wording import legible_json, number

if TYPE_CHECKING:
    from azext_amlarc.validation.report.github import Annotation, Command
    from azext_amlarc.validation.report.junit import Note
    from azext_amlarc.validation.report.sarif import Level, SarifResult

FORMATS = ("text", "json", "sarif", "junit", "github")

_SARIF_LEVELS: "dict[Severity, Level]" = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}
_COMMANDS: "dict[Severity, Command]" = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


@dataclass(frozen=True)
class Report:
    """What was validated, and the findings; with `strict`, warnings fail as errors do.

    `own_rules` are those of the user's own policies; `excepted` is how many findings rules files have turned off.
    """

    sources: tuple[str, ...]
    findings: tuple[Finding, ...]
    strict: bool = False
    own_rules: tuple[Rule, ...] = ()
    excepted: int = 0

    @property
    def all_sources(self) -> tuple[str, ...]:
        """What was validated, and what else the findings are about: the files that a manifest names."""
        return tuple(dict.fromkeys((*self.sources, *(finding.source for finding in self.findings))))

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
    if form == "github":
        return as_annotations(report)
    content = as_sarif(report, rules) if form == "sarif" else as_object(report)
    return legible_json(json.dumps(content, indent=2, ensure_ascii=False))


def summary(report: Report) -> str:
    """One line: the number of files (of sources, if options are among them), errors and warnings."""
    options = any(source.startswith("--") for source in report.sources)
    files = number(len(report.sources), "source" if options else "file")
    errors, warnings = report.count(Severity.ERROR), report.count(Severity.WARNING)
    off = f", {report.excepted} turned off" if report.excepted else ""
    if not errors and not warnings:
        return f"{files}: valid{off}"
    return f"{files}: {number(errors, 'error')}, {number(warnings, 'warning')}{off}"


def as_dicts(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One plain object for each finding: code, severity, message, fix, source, line, column, path."""
    names = ("code", "severity", "message", "fix", "source", "line", "column", "path")
    return [
        {name: getattr(finding, name) for name in names} | {"severity": str(finding.severity)} for finding in findings
    ]


def as_object(report: Report) -> dict[str, Any]:
    """The report as one JSON object: whether it passes, its sources, counts and findings."""
    return {
        "valid": report.exit_code == 0,
        "sources": list(report.sources),
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        **({"turnedOff": report.excepted} if report.excepted else {}),
        "findings": as_dicts(report.findings),
    }


def as_sarif(report: Report, rules: Sequence[Rule]) -> dict[str, Any]:
    """A SARIF log of the findings; paths are percent-encoded."""
    from azext_amlarc.product import links
    from azext_amlarc.validation.report import sarif

    known = [
        sarif.SarifRule(rule.code, rule.title, _SARIF_LEVELS[rule.severity], links.of(rule.code))
        for rule in (*rules, *report.own_rules)
    ]
    return sarif.log(known, [_sarif_result(finding) for finding in report.findings])


def _sarif_result(finding: Finding) -> "SarifResult":
    from azext_amlarc.validation.report.sarif import SarifResult

    fix = f" Fix: {finding.fix}" if finding.fix else ""
    return SarifResult(
        finding.code,
        _SARIF_LEVELS[finding.severity],
        f"{finding.message}.{fix}",
        finding.source,
        finding.line or 1,
        finding.column or 1,
        finding.width,
        finding.path,
    )


def as_annotations(report: Report) -> str:
    """An annotation of GitHub Actions for each finding, and the summary in plain words."""
    return "\n".join([*(str(_annotation(finding)) for finding in report.findings), summary(report)])


def _annotation(finding: Finding) -> "Annotation":
    from azext_amlarc.validation.report.github import Annotation

    place = f"{finding.path}: " if finding.path not in ("", "$") else ""
    fix = f"\nfix: {finding.fix}" if finding.fix else ""
    return Annotation(
        _COMMANDS[finding.severity],
        finding.code,
        f"{place}{finding.message}{fix}",
        "" if finding.source.startswith(("-", "<")) else finding.source,
        finding.line,
        finding.column,
        finding.width,
    )


def as_junit(report: Report) -> str:
    """JUnit XML: one test case for each source, with failing findings as its failure and the rest as its output."""
    from azext_amlarc.validation.report import junit

    failing = report.failing
    cases = tuple(junit.Case(source, tuple(_notes(report, source, failing))) for source in report.sources)
    return junit.xml([junit.Suite("amlarc", "amlarc", cases)])


def _notes(report: Report, source: str, failing: list[Finding]) -> "Iterable[Note]":
    from azext_amlarc.validation.report.junit import Note

    broken = [finding for finding in failing if finding.source == source]
    passing = [finding for finding in report.findings if finding.source == source and finding not in broken]
    if broken:
        yield Note("failure", as_text(broken), f"{number(len(broken), 'finding')}: {broken[0].code}")
    if passing:
        yield Note("system-out", as_text(passing))
