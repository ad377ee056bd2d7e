"""The few ways in which our work fails; the door turns each into what az prints and an exit code."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding


class ArcError(Exception):
    """What went wrong, in one sentence, what to do about it, and a stable code where there is one.

    `correlation_id` is that of the write it is about, where Azure has answered that: what Azure's support asks for.
    """

    def __init__(self, message: str, fix: str = "", code: str = "", correlation_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.code = code
        self.correlation_id = correlation_id


class InvalidInput(ArcError):
    """Something the user gave breaks a rule; nothing has been sent. Carries every finding where there are several."""

    def __init__(self, message: str, fix: str = "", code: str = "", findings: "Sequence[Finding]" = ()) -> None:
        super().__init__(message, fix, code)
        self.findings = tuple(findings)


class UsageError(ArcError):
    """Options that don't go together, or that are missing; az prints it and exits with 2."""

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class NotFound(ArcError):
    """Something the user named does not exist."""


class Refused(ArcError):
    """What exists forbids what was asked for; nothing has been changed."""


class Denied(ArcError):
    """A Kubernetes API server does not know who asks (401), or does not let them do it (403)."""


class Unreachable(ArcError):
    """A server gives no answer that can be trusted and understood: network, name, TLS, time."""


class WriteFailed(ArcError):
    """Azure accepted a write and then failed or cancelled it: Azure's own code and message."""


class StillRunning(ArcError):
    """We stopped waiting (time is up, or Ctrl-C) while Azure goes on; the fix says how to follow it."""


def stop_at_errors(subject: str, findings: "Iterable[Finding]") -> None:
    """InvalidInput with all of `findings` where one is an error: nothing may be sent then."""
    from azext_amlarc.findings import errors_in

    found = tuple(findings)
    errors = len(errors_in(found))
    if errors:
        counted = f"{errors} {'error' if errors == 1 else 'errors'}"
        raise InvalidInput(f"{subject}: {counted}; nothing was sent.", findings=found)
