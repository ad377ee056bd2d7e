"""ARM's error responses: code, message, correlation id, known fix."""

from typing import TYPE_CHECKING, Any, NamedTuple

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from azext_amlarc.azure.connection.reading import UnreadableAnswer, content_of, not_json
from azext_amlarc.azure.connection.transport import AnswerTooLarge

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.envelopes import Envelope


class Refusal(NamedTuple):
    """Azure's code and message, the correlation id, which Azure's support asks for, and the known fix."""

    code: str
    message: str
    correlation_id: str | None
    fix: str


def refusal(error: HttpResponseError) -> Refusal:
    """The content of an error response; the HTTP status replaces a missing code.

    It may answer any request: only codes that mean the same everywhere in Azure bring a fix.
    """
    from azext_amlarc.product.known_errors import advice_for_request
    from azext_amlarc.product.steps import sentence

    told = envelope(error)
    code = told.code or str(error.status_code)
    message = told.text or _without_words(error)
    return Refusal(code, message, correlation_id(error.response), sentence(advice_for_request(code, message)))


def envelope(error: HttpResponseError) -> "Envelope":
    """The error in a response, whatever its shape; an empty one without a response."""
    from azext_amlarc.azure.connection import envelopes

    return envelopes.read(content_of(error.response)) if error.response is not None else envelopes.Envelope()


def is_of_the_login(error: HttpResponseError) -> bool:
    """Whether there was no token to send, rather than a refusal by Azure."""
    if not isinstance(error, ClientAuthenticationError):
        return False
    response: Any = error.response
    return response is None or "Authorization" not in response.request.headers


def correlation_id(response: Any) -> str | None:
    """The id by which Azure's support finds a request and everything it caused; None if there is none."""
    found: str | None = response.headers.get("x-ms-correlation-request-id") if response is not None else None
    return found


def explained(error: AzureError) -> str:
    """Why a request failed, whether or not Azure answered it."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        return refusal(error).message
    return unanswered(error)


def with_code(error: Exception) -> str:
    """The same, with Azure's code where it has answered."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        refused = refusal(error)
        return f"({refused.code}) {refused.message}"
    return unanswered(error)


def unanswered(error: Exception) -> str:
    """The message for a request without a response, or without a usable one."""
    if isinstance(error, UnreadableAnswer | AnswerTooLarge):
        return error.message
    return f"Azure could not be reached: {_why_unreached(error)}"


def _why_unreached(error: Exception) -> str:
    """Why there was no response: the innermost error, since requests wraps urllib3's, which wraps the system's."""
    from azext_amlarc.azure.connection import envelopes

    inner = getattr(error, "inner_exception", None) or error
    return envelopes.cut(str(getattr(inner, "message", None) or inner))


def _without_words(error: HttpResponseError) -> str:
    """For an error response that is not Azure's: a proxy's page, or nothing at all."""
    if error.response is not None and content_of(error.response).strip():
        return f"{not_json(error.response)}."
    return error.reason or "Azure gave no reason."
