"""What Azure says when it does not do what was asked for: read in one place, said by each door in its own way."""

from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError

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
    code = (error.error.code if error.error else None) or str(error.status_code)
    message = (error.error.message if error.error else None) or error.reason or "Azure gave no reason."
    return Refusal(code, message, correlation_id(error.response), hint_for(code, message))


def correlation_id(response: Any) -> str | None:
    """The id under which Azure's support finds an exchange and all that it set off; None where there is none."""
    found: str | None = response.headers.get("x-ms-correlation-request-id") if response is not None else None
    return found


def why_unreached(error: Exception) -> str:
    """Why there was no answer: the innermost reason, since requests wraps urllib3's, which wraps the system's."""
    inner = getattr(error, "inner_exception", None) or error
    return str(getattr(inner, "message", None) or inner)
