"""Turns every failure into one of az's own error classes, or into exit code 2."""

import errno
from typing import TYPE_CHECKING, Any, NoReturn

from azext_amlarc.errors import ArcError, InvalidInput, NotFound, UsageError
from azext_amlarc.wording import in_line, legible

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

# What goes wrong on this machine: no network is asked for these.
_LOCAL = {
    errno.EACCES,
    errno.EBADF,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.EMFILE,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EPIPE,
    errno.EROFS,
}


def raise_for_az(error: Exception) -> NoReturn:
    """Raise an error that az prints as one message: it exits with 1, with 3 if something is missing, 2 for usage."""
    from azure.cli.core import azclierror
    from azure.core.exceptions import AzureError, HttpResponseError
    from knack.util import CLIError

    from azext_amlarc.azure.connection.answers import unanswered

    if isinstance(error, CLIError):
        raise error
    if isinstance(error, UsageError):
        _end_with_two(azclierror.ArgumentUsageError(legible(error.message), legible(error.fix) or None))
    if isinstance(error, ArcError):
        raise _class_for(error)(_with_notes(message_of(error), error), legible(error.fix) or None) from error
    if isinstance(error, HttpResponseError) and error.response is not None:
        raise _from_response(error) from error
    if isinstance(error, OSError) and error.errno in _LOCAL:
        name = in_line(str(error.filename)) if error.filename else "A file, or the terminal"
        raise azclierror.FileOperationError(_with_notes(f"{name} cannot be used: {error.strerror}", error)) from error
    if isinstance(error, (AzureError, OSError)):
        raise azclierror.AzureConnectionError(
            _with_notes(unanswered(error), error),
            "Check the network, the proxy (HTTPS_PROXY) and the active cloud: az cloud show",
        ) from error
    raise azclierror.CLIInternalError(
        legible(f"Internal error in amlarc: {type(error).__name__}: {error}"),
        "Run the command again with --debug to see where it fails, and report it.",
    ) from error


def _end_with_two(error: Any) -> NoReturn:
    """What az's parser does; it exits with 1 for the same error of a command that has begun."""
    error.print_error()
    error.send_telemetry()
    raise SystemExit(2)


def _class_for(error: ArcError) -> type:
    from azure.cli.core import azclierror

    classes = {
        InvalidInput: azclierror.InvalidArgumentValueError,
        NotFound: azclierror.ResourceNotFoundError,
    }
    found: type = classes.get(type(error), azclierror.AzureResponseError)
    return found


def message_of(error: ArcError) -> str:
    """The message with its findings, or with its code and correlation id."""
    if isinstance(error, InvalidInput) and error.findings:
        from azext_amlarc.validation.report.text import as_text

        return f"{error.message}\n{as_text(error.findings)}"
    return _coded(error.code, error.message, error.correlation_id)


def _from_response(error: "HttpResponseError") -> Exception:
    """az's error for the status, with ARM's code, message and correlation id, and the known fix."""
    from azure.cli.core.util import get_error_type_by_status_code

    from azext_amlarc.azure.connection.answers import refusal

    refused = refusal(error)
    found: Exception = get_error_type_by_status_code(str(error.status_code))(
        _with_notes(_coded(refused.code, refused.message, refused.correlation_id), error), legible(refused.fix) or None
    )
    return found


def _coded(code: str, message: str, correlation_id: str | None) -> str:
    text = f"({code}) {message}" if code else message
    return f"{text}\nCorrelation id: {correlation_id}" if correlation_id else text


def _with_notes(text: str, error: Exception) -> str:
    return legible("\n".join([text, *getattr(error, "__notes__", [])]))
