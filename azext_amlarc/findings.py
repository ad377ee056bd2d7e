"""What the validator says: findings with stable codes (docs/findings.md), in the order of the text they judge."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: an error stops the command, a warning does so under --strict, information never."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True)
class Rule:
    """A rule as docs/findings.md lists it: its stable code, what breaking it weighs, and its title."""

    code: str
    severity: Severity
    title: str


@dataclass(frozen=True)
class Finding:
    """One broken rule: where (file and position, or option), which (code), in one sentence, and how to mend it.

    `source` is a file's name as the user gave it, `<stdin>`, or an option such as `--config`; `path` is a JSON path
    such as `$.instanceTypes.gpu.resources`, or a setting's key; `line` and `column` count from 1 and are None where the
    source has no text.
    """

    code: str
    severity: Severity
    message: str
    fix: str = ""
    source: str = ""
    line: int | None = None
    column: int | None = None
    path: str = ""

    @property
    def place(self) -> str:
        """`file:line:column` as compilers write it, as much of it as is known."""
        parts = [self.source] + [str(number) for number in (self.line, self.column) if number is not None]
        return ":".join(part for part in parts if part)


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that must keep a command from sending anything."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
