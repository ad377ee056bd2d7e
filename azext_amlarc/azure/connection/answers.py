"""What Azure says when it does not do what was asked for: read in one place, said by each door in its own way."""

from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from azext_amlarc.azure.connection import envelopes
from azext_amlarc.azure.connection.envelopes import Envelope
from azext_amlarc.azure.connection.reading import UnreadableAnswer, content_of, not_json
from azext_amlarc.azure.connection.transport import AnswerTooLarge
from azext_amlarc.product.hints import hint_for


@dataclass(frozen=True)
class Refusal:
    """Azure's own code and message, the id that its support asks for, and what is known to do about it."""

    code: str
    message: str
    correlation_id: str | None
    fix: str


def refusal(error: HttpResponseError) -> Refusal:
    """What an answer that is an error says; without a code of Azure's the status stands for it."""
    told = envelope(error)
    code = told.code or str(error.status_code)
    message = told.text or _without_words(error)
    return Refusal(code, message, correlation_id(error.response), hint_for(code, message))


def envelope(error: HttpResponseError) -> Envelope:
    """The error that an answer holds, whatever its shape; an empty one where there is none."""
    return envelopes.read(content_of(error.response)) if error.response is not None else Envelope()


def is_of_the_login(error: HttpResponseError) -> bool:
    """Whether there was no token to send, rather than a refusal of Azure's."""
    if not isinstance(error, ClientAuthenticationError):
        return False
    response: Any = error.response
    return response is None or "Authorization" not in response.request.headers


def correlation_id(response: Any) -> str | None:
    """The id under which Azure's support finds an exchange and all that it set off; None where there is none."""
    found: str | None = response.headers.get("x-ms-correlation-request-id") if response is not None else None
    return found


def unanswered(error: Exception) -> str:
    """What is said of a request that got no answer, or none that can be used."""
    if isinstance(error, UnreadableAnswer | AnswerTooLarge):
        return error.message
    return f"Azure could not be reached: {why_unreached(error)}"


def why_unreached(error: Exception) -> str:
    """Why there was no answer: the innermost reason, since requests wraps urllib3's, which wraps the system's."""
    inner = getattr(error, "inner_exception", None) or error
    return envelopes.cut(str(getattr(inner, "message", None) or inner))


def _without_words(error: HttpResponseError) -> str:
    """For an error answer that is no error of Azure's: a page of a proxy, or nothing at all."""
    if error.response is not None and content_of(error.response).strip():
        return f"{not_json(error.response)}."
    return error.reason or "Azure gave no reason."
