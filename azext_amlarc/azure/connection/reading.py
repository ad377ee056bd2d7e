"""One reader of all answers, ours and the SDKs': JSON in Azure's shape, or an error that says who answered what."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.policies import ContentDecodePolicy, SansIOHTTPPolicy

from azext_amlarc.azure.connection.transport import host_of

P = ParamSpec("P")
T = TypeVar("T")

_TEXTS = ("id", "name", "type", "location")
_OBJECTS = ("properties", "tags", "identity", "sku", "systemData")
_SHAPES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class UnreadableAnswer(ServiceResponseError):
    """An answer that is no JSON, or none of Azure's shape: what it was, from which host. What was sent may be done."""


class AnswerPolicy(SansIOHTTPPolicy[Any, Any]):
    """Parses every answer once, where the SDKs look for it; UnreadableAnswer for one that is no error and no JSON."""

    def on_response(self, request: Any, response: Any) -> None:
        answer = response.http_response
        is_error = answer.status_code >= 400
        response.context[ContentDecodePolicy.CONTEXT_NAME] = _lenient(answer) if is_error else parsed(answer)


def content_of(response: Any) -> bytes:
    """The body of an answer of either kind that azure-core has."""
    content: bytes = response.body() or b""
    return content


def parsed(response: Any) -> dict[str, Any] | None:
    """The JSON object of an answer, as Azure's all are, None for an empty one.

    UnreadableAnswer for anything else, and for a redirection.
    """
    url = str(response.request.url)
    if 300 <= response.status_code < 400:
        to = host_of(response.headers.get("Location") or "") or "nowhere"
        raise UnreadableAnswer(f"{host_of(url)} redirects to {to} (status {response.status_code}).{_MAYBE}")
    content = content_of(response)
    if not content.strip():
        return None
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableAnswer(f"{not_json(response)}.{_MAYBE}") from None
    if data is None:
        return None
    if not isinstance(data, dict):
        kind = _KINDS.get(type(data), "value")
        raise UnreadableAnswer(f"{host_of(url)} answered with a JSON {kind}, not with an object.{_MAYBE}")
    return _checked(data, url)


def json_object(response: Any) -> dict[str, Any]:
    """The JSON object of an answer; UnreadableAnswer for an empty one, too."""
    data = parsed(response)
    if data is None:
        raise UnreadableAnswer(f"{host_of(str(response.request.url))} gave an empty answer.{_MAYBE}")
    return data


def _checked(data: dict[str, Any], url: str) -> dict[str, Any]:
    """What every resource of Azure has: texts are texts and objects are objects, where they are given."""
    wrong = [name for name in _TEXTS if not isinstance(data.get(name), str | None)]
    wrong += [name for name in _OBJECTS if not isinstance(data.get(name), dict | None)]
    if wrong:
        kind = "a text" if wrong[0] in _TEXTS else "an object"
        raise UnreadableAnswer(f"{host_of(url)} answered with a resource whose {wrong[0]} is not {kind}.")
    return data


def items(page: Mapping[str, Any], url: str) -> list[dict[str, Any]]:
    """The resources on a page of a list."""
    found = page.get("value") or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UnreadableAnswer(f"{host_of(url)} answered with a list whose value is not one.")
    return [_checked(item, url) for item in found]


def not_json(response: Any) -> str:
    """What an answer is that is no JSON, with its first words."""
    from azext_amlarc.azure.connection import envelopes

    content = content_of(response)
    words = envelopes.excerpt(content)
    said = f": {words}" if words else ""
    return f"{host_of(str(response.request.url))} answered with {_kind(content)}, not with JSON{said}"


def understood(call: Callable[P, T]) -> Callable[P, T]:
    """For functions that take an answer apart: one that lacks what all of its kind have is UnreadableAnswer.

    Their first argument is the connection, or has it.
    """

    @wraps(call)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except _SHAPES as error:
            azure: Any = getattr(args[0], "azure", args[0])
            host = host_of(azure.cloud.endpoint)
            raise UnreadableAnswer(f"{host} answered in an unexpected shape ({_said(error)}).") from error

    return reading


_MAYBE = " A proxy, a firewall or a captive portal may have answered for Azure."
_KINDS = {list: "list", str: "text", int: "number", float: "number", bool: "value"}


def _lenient(response: Any) -> Any:
    try:
        return json.loads(content_of(response).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _kind(content: bytes) -> str:
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "an HTML page"
    return "XML" if start.startswith(b"<") else "text"


def _said(error: Exception) -> str:
    from azext_amlarc.azure.connection import envelopes

    kind = type(error).__name__
    return f"{kind}: {envelopes.cut(str(error), 200)}"
