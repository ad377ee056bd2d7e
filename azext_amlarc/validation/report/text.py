"""Findings as text, which every command may have to print."""

from collections.abc import Iterable

from azext_amlarc.findings import Finding
from azext_amlarc.wording import in_line


def as_text(findings: Iterable[Finding]) -> str:
    """`file:line:column: severity CODE path: message`, with the fix on its own line."""
    return "\n".join(
        _headline(finding) + (f"\n    fix: {in_line(finding.fix)}" if finding.fix else "") for finding in findings
    )


def as_line(finding: Finding) -> str:
    """The finding and its fix on one line, for logs."""
    return _headline(finding) + (f"; {in_line(finding.fix)}" if finding.fix else "")


def _headline(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    path = f"{finding.path}: " if finding.path not in ("", "$") else ""
    return in_line(f"{place}{finding.severity} {finding.code} {path}{finding.message}")
