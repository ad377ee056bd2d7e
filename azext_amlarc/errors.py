"""The kinds of failure; each door turns them into its own: az's errors and exit codes, or Python exceptions."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding


class ArcError(Exception):
    """What went wrong, in one sentence, how to fix it, and a stable code if there is one.

    `correlation_id`, which Azure's support asks for, is that of the failed write, if Azure has answered it.
    """

    def __init__(self, message: str, fix: str = "", code: str = "", correlation_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.code = code
        self.correlation_id = correlation_id


class InvalidInput(ArcError):
    """The user's input is invalid; nothing has been sent. Carries the validator's findings, if there are any."""

    def __init__(self, message: str, fix: str = "", code: str = "", findings: "Sequence[Finding]" = ()) -> None:
        super().__init__(message, fix, code)
        self.findings = tuple(findings)


class UsageError(ArcError):
    """Options are missing or cannot be used together; az exits with 2."""

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class NotFound(ArcError):
    """Something the user named does not exist."""


class Refused(ArcError):
    """The existing state does not allow the request; nothing has been changed."""


class Denied(ArcError):
    """A Kubernetes API server rejected the credentials (401) or the request (403)."""


class Unreachable(ArcError):
    """A server gave no usable answer: network, DNS, TLS, timeout, or something else that answers there."""


class Garbled(Unreachable):
    """A server's answer is not what it should be, is too large, or breaks off; others may still be good."""


class WriteFailed(ArcError):
    """Azure accepted a write and then failed or cancelled it: Azure's own code and message."""


class StillRunning(ArcError):
    """The wait ended (timeout or Ctrl-C) while Azure is still working; the fix says how to follow it."""


def stop_at_errors(subject: str, findings: "Iterable[Finding]") -> None:
    """Raise InvalidInput with all of `findings` if one is an error. `subject` is such as "Invalid settings"."""
    from azext_amlarc.findings import errors_in

    found = tuple(findings)
    errors = len(errors_in(found))
    if errors:
        counted = f"{errors} {'error' if errors == 1 else 'errors'}"
        raise InvalidInput(f"{subject} ({counted}). Nothing was sent.", findings=found)
