"""Applies rules files to the findings of a validation, and says which of their entries have expired or have no effect.

It affects reports only: the validation before a write never reads a rules file.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from azext_amlarc.findings import Finding, Rule, Severity, family
from azext_amlarc.validation import document, files, manifest, names, settings
from azext_amlarc.validation.guardrails import policy, rulesfile
from azext_amlarc.validation.guardrails.rulesfile import Entry, RulesFile
from azext_amlarc.validation.manifest import shape
from azext_amlarc.validation.report.formats import Report
from azext_amlarc.validation.settings import codes
from azext_amlarc.validation.text import reading as text

_JUDGED = (*document.RULES, *names.RULES, *manifest.RULES, *settings.RULES, policy.BROKEN)
# What could not be read hides what else is wrong; a secret in the wrong place stays one, whatever anybody decides; and
# policies and rules files do not decide about their own faults.
_SECRETS = (codes.MISPLACED_SECRET, codes.CONTENTS, shape.PLAIN)
_FIXED = frozenset(rule.code for rule in (*text.RULES, *_SECRETS, *policy.RULES, *rulesfile.RULES)) - {
    policy.BROKEN.code
}


class _Use(NamedTuple):
    """An entry of a rules file, and whether it was of use."""

    file: RulesFile
    entry: Entry
    used: list[Finding]


def graded(report: Report, rules: str | None, families: str, today: date | None = None) -> Report:
    """The report as its rules files say: the one named `rules`, or the nearest above each source.

    `families` are the letters of the codes that this validation can find: other entries may be of use elsewhere.
    """
    day = today or datetime.now(UTC).date()
    known = {rule.code: rule for rule in _JUDGED}
    sources = report.all_sources
    paths = {source: rules or files.above(source, files.RULES_FILE) for source in sources}
    read = {path: rulesfile.read(path, known, _FIXED) for path in dict.fromkeys(paths.values()) if path}
    if not read:
        return report
    uses = [_Use(file, entry, []) for file in read.values() for entry in file.entries]
    own = {source: [use for use in uses if use.file.source == paths[source]] for source in sources}
    kept = tuple(_graded(report.findings, own, day))
    said = [one for file in read.values() for one in file.findings] + list(
        _told(uses, own, report.sources, families, day)
    )
    return replace(
        report,
        sources=(*report.sources, *dict.fromkeys(one.source for one in said if one.source not in report.sources)),
        findings=(*kept, *said),
        own_rules=(*report.own_rules, *rulesfile.RULES),
        excepted=sum(len(use.used) for use in uses if use.entry.severity is None),
    )


def _graded(findings: Iterable[Finding], own: dict[str, list[_Use]], day: date) -> Iterator[Finding]:
    """The findings that are left, with the severities that they should have; the last entry that fits decides."""
    for finding in findings:
        fitting = [use for use in own.get(finding.source, ()) if _is_about(use, finding, day)]
        for use in fitting:
            use.used.append(finding)
        if not fitting:
            yield finding
            continue
        file, entry, _ = fitting[-1]
        if entry.severity is not None:
            by = f"{entry.severity} by {file.source}:{entry.position.line}: {entry.reason}"
            yield finding._replace(severity=entry.severity, fix=f"{finding.fix}; {by}" if finding.fix else by)


def _is_about(use: _Use, finding: Finding, day: date) -> bool:
    entry = use.entry
    is_there = finding.path == entry.path or finding.path.startswith((f"{entry.path}.", f"{entry.path}["))
    return (
        finding.code == entry.code
        and (not entry.path or is_there)
        and _has(use, finding.source)
        and not _is_over(entry, day)
    )


def _is_over(entry: Entry, day: date) -> bool:
    return entry.until is not None and entry.until < day


def _has(use: _Use, source: str) -> bool:
    """Whether the entry is about this file; its names are relative to the rules file, and * stands for / too."""
    if not use.entry.files:
        return True
    folder = os.path.dirname(os.path.abspath(use.file.source))
    place = os.path.relpath(os.path.abspath(source), folder).replace(os.sep, "/")
    return any(fnmatchcase(place, name) or source == name for name in use.entry.files)


def _told(
    uses: Sequence[_Use], own: dict[str, list[_Use]], sources: Sequence[str], families: str, day: date
) -> Iterator[Finding]:
    """What is to be said of entries: those that are about no file of this run are left alone."""
    for use in uses:
        _, entry, used = use
        about = [source for source in sources if use in own[source] and _has(use, source)]
        if not about:
            continue
        if _is_over(entry, day):
            message = f"the last day for {entry.code} was {entry.until}: {entry.reason}"
            yield _at(use, rulesfile.EXPIRED, message, "correct what it is about, or decide anew")
        elif not used and family(entry.code) in families:
            found = _at(use, rulesfile.UNUSED, f"there is no finding {entry.code} for this", "delete the entry")
            # One without files is about all of the folder, of which this run may have seen a part.
            yield found if entry.files else found._replace(severity=Severity.INFO)


def _at(use: _Use, rule: Rule, message: str, fix: str) -> Finding:
    return text.finding(rule, message, fix, use.file.source, use.entry.position, path=use.entry.where)
