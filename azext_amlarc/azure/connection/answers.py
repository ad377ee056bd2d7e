"""ARM's error responses: code, message, correlation id, known fix."""

from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError


@dataclass(frozen=True)
class Refusal:
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

    code = (error.error.code if error.error else None) or str(error.status_code)
    message = (error.error.message if error.error else None) or error.reason or "Azure gave no reason."
    return Refusal(code, message, correlation_id(error.response), sentence(advice_for_request(code, message)))


def correlation_id(response: Any) -> str | None:
    """The id by which Azure's support finds a request and everything it caused; None if there is none."""
    found: str | None = response.headers.get("x-ms-correlation-request-id") if response is not None else None
    return found


def why_unreached(error: Exception) -> str:
    """Why there was no response: the innermost error, since requests wraps urllib3's, which wraps the system's."""
    inner = getattr(error, "inner_exception", None) or error
    return str(getattr(inner, "message", None) or inner)
