"""The kinds of failure; each door turns them into its own: az's errors and exit codes, or Python exceptions."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding

_NOTHING_SENT = "Nothing was sent."


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


class Busy(Refused):
    """Something else is being done to the resource; nothing has been changed, and it can be tried again after that."""


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
        raise InvalidInput(f"{subject} ({_counted(errors)}). {_NOTHING_SENT}", findings=found)


def together(*steps: Callable[[], Any]) -> list[Any]:
    """What each step returns; InvalidInput with what is wrong in all of them, so that none hides another.

    A failure of another kind (nobody is signed in) is raised if the input is valid.
    """
    made: list[Any] = []
    refused: list[InvalidInput] = []
    failed: list[Exception] = []
    for step in steps:
        try:
            made.append(step())
        except InvalidInput as error:
            refused.append(error)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # Raised below.
            failed.append(error)
    if refused:
        raise refused[0] if len(refused) == 1 else _joined(refused)
    if failed:
        raise failed[0]
    return made


def _joined(refused: Sequence[InvalidInput]) -> InvalidInput:
    from azext_amlarc.findings import errors_in

    findings = [finding for error in refused for finding in error.findings]
    lines = [line for error in refused if not error.findings for line in _lines(error)]
    errors = len(errors_in(findings)) + len(lines)
    return InvalidInput("\n".join([f"Invalid input ({_counted(errors)}). {_NOTHING_SENT}", *lines]), findings=findings)


def _lines(error: InvalidInput) -> list[str]:
    """An error without findings: a line for each thing that is wrong, the last with the fix."""
    *before, last = [line for line in error.message.splitlines() if line != _NOTHING_SENT]
    return [*before, f"{last}\n    fix: {error.fix}" if error.fix else last]


def _counted(errors: int) -> str:
    return f"{errors} {'error' if errors == 1 else 'errors'}"
