"""The wall between our work and az: every failure leaves through here as one of az's own error classes."""

from typing import NoReturn

from azext_amlarc.errors import ArcError, InvalidInput, NotFound


def raise_for_az(error: Exception) -> NoReturn:
    """Raise what az prints as one clear message, and exits with 1 or, for something missing, 3."""
    from azure.cli.core import azclierror
    from azure.core.exceptions import AzureError, HttpResponseError
    from knack.util import CLIError

    from azext_amlarc.azure.connection.answers import unanswered

    if isinstance(error, CLIError):
        raise error
    if isinstance(error, ArcError):
        raise _class_for(error)(_with_notes(said(error), error), error.fix or None) from error
    if isinstance(error, HttpResponseError) and error.response is not None:
        raise _from_response(error) from error
    if isinstance(error, (AzureError, OSError)):
        raise azclierror.AzureConnectionError(
            _with_notes(unanswered(error), error),
            "Check the network, the proxy (HTTPS_PROXY) and the active cloud: az cloud show",
        ) from error
    raise azclierror.CLIInternalError(
        f"This is a fault of amlarc, not yours: {type(error).__name__}: {error}",
        "Run it again with --debug, which shows where, and report it.",
    ) from error


def _class_for(error: ArcError) -> type:
    from azure.cli.core import azclierror

    classes = {
        InvalidInput: azclierror.InvalidArgumentValueError,
        NotFound: azclierror.ResourceNotFoundError,
    }
    found: type = classes.get(type(error), azclierror.AzureResponseError)
    return found


def said(error: ArcError) -> str:
    """What a failure says, with its findings or its code."""
    if isinstance(error, InvalidInput) and error.findings:
        from azext_amlarc.validation.report.formats import as_text

        return f"{error.message}\n{as_text(error.findings)}"
    return _coded(error.code, error.message, error.correlation_id)


def _from_response(error: "HttpResponseError") -> Exception:  # type: ignore[name-defined]  # noqa: F821
    """ARM's own code and message, once, with its correlation id for Azure's support and what we know to do about it."""
    from azure.cli.core.util import get_error_type_by_status_code

    from azext_amlarc.azure.connection.answers import refusal

    said = refusal(error)
    made: Exception = get_error_type_by_status_code(str(error.status_code))(
        _with_notes(_coded(said.code, said.message, said.correlation_id), error), said.fix or None
    )
    return made


def _coded(code: str, message: str, correlation_id: str | None) -> str:
    text = f"({code}) {message}" if code else message
    return f"{text}\nCorrelation id: {correlation_id}" if correlation_id else text


def _with_notes(text: str, error: Exception) -> str:
    return "\n".join([text, *getattr(error, "__notes__", [])])
