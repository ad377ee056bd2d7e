"""What the Python API raises: one class for each thing one works with, all with Azure's code and correlation id."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.connection.answers import correlation_id, is_of_the_login, refusal, unanswered
from azext_amlarc.errors import ArcError, StillRunning

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding


class ArcException(Exception):
    """What went wrong (`message`), and what to do about it (`fix`, which may be empty).

    `code` is Azure's own; where the failure is not Azure's it is InvalidInput, NotFound, Refused, StillRunning, or the
    class of the error on the way to Azure. `correlation_id` is what Azure's support asks for, None where no answer
    had one. `findings` are the validator's, one a broken rule.
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
        from azext_amlarc.validation.report.formats import as_text

        correlation = f"Correlation id: {self.correlation_id}" if self.correlation_id else ""
        lines = [f"({self.code}) {self.message}", as_text(self.findings), correlation, self.fix]
        return "\n".join(line for line in lines if line)


class WorkspaceException(ArcException):
    """Finding a workspace, or looking at what is in it, failed."""


class ComputeTargetException(ArcException):
    """Work on a compute target failed."""


class ExtensionException(ArcException):
    """Work on a cluster's extension failed."""


@contextmanager
def raised_as(kind: type[ArcException]) -> Iterator[None]:
    """Whatever fails inside leaves as `kind`, with the failure itself as its cause; Ctrl-C stays KeyboardInterrupt."""
    try:
        yield
    except (ArcError, AzureError, OSError) as error:
        made = _interruption(error) or _translated(kind, error)
        for note in getattr(error, "__notes__", ()):
            made.add_note(note)
        raise made from error


def _interruption(error: Exception) -> KeyboardInterrupt | None:
    """The Ctrl-C behind an interrupted wait: whoever handles failures of Azure does not mean to handle that."""
    cause = error.__context__
    if not isinstance(error, StillRunning) or not isinstance(cause, KeyboardInterrupt):
        return None
    return KeyboardInterrupt(f"{error.message} {error.fix}")


def _translated(kind: type[ArcException], error: Exception) -> ArcException:
    if isinstance(error, ArcError):
        code, findings = error.code or type(error).__name__, getattr(error, "findings", ())
        return kind(error.message, code, error.correlation_id or _of_the_cause(error), error.fix, findings)
    if isinstance(error, HttpResponseError) and is_of_the_login(error):
        fix = "Sign in (az login), set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give a credential."
        return kind(error.message, type(error).__name__, fix=fix)
    if isinstance(error, HttpResponseError) and error.response is not None:
        said = refusal(error)
        return kind(said.message, said.code, said.correlation_id, said.fix)
    fix = "Check the network, the proxy (HTTPS_PROXY) and the cloud."
    return kind(unanswered(error), type(error).__name__, fix=fix)


def _of_the_cause(error: ArcError) -> str | None:
    """The id of the answer that our own words stand for."""
    cause = error.__cause__
    return correlation_id(cause.response) if isinstance(cause, HttpResponseError) else None
