"""The validator's findings, with stable codes (docs/findings.md)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An error stops the command, a warning does so with --strict, info never."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Rule(NamedTuple):
    """A rule as docs/findings.md lists it: its stable code, the severity of its findings, and its title."""

    code: str
    severity: Severity
    title: str


class Finding(NamedTuple):
    """One broken rule: its code, where it is broken, a message of one clause, and the fix.

    `source` is a file's name as the user gave it, `<stdin>`, or an option such as `--config`; `path` is a JSONPath
    such as `$.instanceTypes.gpu.resources`, or a setting's key; `line` and `column` count from 1, and are None if the
    source has no text; `width` is how many characters from there it is about. Message and fix start in lower case and
    have no final period, like a compiler's.
    """

    code: str
    severity: Severity
    message: str
    fix: str = ""
    source: str = ""
    line: int | None = None
    column: int | None = None
    path: str = ""
    width: int = 1

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        parts = [self.source] + [str(number) for number in (self.line, self.column) if number is not None]
        return ":".join(part for part in parts if part)


def position_of(finding: Finding) -> tuple[int, int]:
    """Line and column, to sort by; what has none comes first."""
    return finding.line or 0, finding.column or 0


def family(code: str) -> str:
    """The letter of a code; an organization's own codes are of the family of policies."""
    return code.removeprefix("AMLARC-")[:1] if code.startswith("AMLARC-") else "P"


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that must stop a command before it sends anything."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
