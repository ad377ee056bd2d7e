"""The Python API's exceptions, one for each kind of object, each with Azure's code and correlation id."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.connection import answers
from azext_amlarc.errors import ArcError, Refused, StillRunning
from azext_amlarc.wording import legible

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding


class ArcException(Exception):
    """What went wrong (`message`), and how to fix it (`fix`, which may be empty).

    `code` is Azure's; if the failure is not Azure's, it is InvalidInput, NotFound, Refused, StillRunning, or the class
    of the connection error. `correlation_id`, which Azure's support asks for, is None if no response had one.
    `findings` are the validator's.
    """

    def __init__(
        self,
        message: str,
        code: str,
        correlation_id: str | None = None,
        fix: str = "",
        findings: "Sequence[Finding]" = (),
    ) -> None:
        super().__init__(message, code, correlation_id, fix, findings)
        self.message = message
        self.code = code
        self.correlation_id = correlation_id
        self.fix = fix
        self.findings = tuple(findings)

    def __str__(self) -> str:
        from azext_amlarc.validation.report.text import as_text

        correlation = f"Correlation id: {self.correlation_id}" if self.correlation_id else ""
        lines = [f"({self.code}) {self.message}", as_text(self.findings), correlation, self.fix]
        return legible("\n".join(line for line in lines if line))


class WorkspaceException(ArcException):
    """Finding a workspace or listing its compute targets failed."""


class ComputeTargetException(ArcException):
    """An operation on a compute target failed."""


class ExtensionException(ArcException):
    """An operation on a cluster's extension failed."""


class FleetException(ArcException):
    """A manifest is not valid, or an operation on its fleet cannot begin."""


class ValidationException(ArcException):
    """The arguments of a validation are not valid."""


# Options that a fix may name, and what is said in their place here.
_SPELLED = {
    "add -t connectedClusters": "its id has Microsoft.Kubernetes/connectedClusters",
    "add -t managedClusters": "its id has Microsoft.ContainerService/managedClusters",
}


@contextmanager
def raised_as(kind: type[ArcException]) -> Iterator[None]:
    """Raise failures inside as `kind`, with the original error as the cause; Ctrl-C stays KeyboardInterrupt."""
    try:
        yield
    except (ArcError, AzureError, OSError) as error:
        raised = _interruption(error) or _translated(kind, error)
        for note in getattr(error, "__notes__", ()):
            raised.add_note(legible(note))
        raise raised from error


def _interruption(error: Exception) -> KeyboardInterrupt | None:
    """The Ctrl-C behind an interrupted wait: code that handles Azure's failures should not catch it."""
    cause = error.__context__
    if not isinstance(error, StillRunning) or not isinstance(cause, KeyboardInterrupt):
        return None
    return KeyboardInterrupt(f"{error.message} {error.fix}")


def _translated(kind: type[ArcException], error: Exception) -> ArcException:
    if isinstance(error, ArcError):
        name = Refused.__name__ if isinstance(error, Refused) else type(error).__name__
        code, findings = error.code or name, getattr(error, "findings", ())
        fix = error.fix
        for option, place in _SPELLED.items():
            fix = fix.replace(option, place)
        return kind(error.message, code, error.correlation_id or _of_the_cause(error), fix, findings)
    if isinstance(error, HttpResponseError) and answers.is_of_the_login(error):
        fix = "Sign in (az login), set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or pass a credential."
        return kind(error.message, type(error).__name__, fix=fix)
    if isinstance(error, HttpResponseError) and error.response is not None:
        refused = answers.refusal(error)
        return kind(refused.message, refused.code, refused.correlation_id, refused.fix)
    fix = "Check the network, the proxy (HTTPS_PROXY) and the cloud."
    return kind(answers.unanswered(error), type(error).__name__, fix=fix)


def _of_the_cause(error: ArcError) -> str | None:
    """The correlation id of the response that our own message replaces."""
    cause = error.__cause__
    return answers.correlation_id(cause.response) if isinstance(cause, HttpResponseError) else None
