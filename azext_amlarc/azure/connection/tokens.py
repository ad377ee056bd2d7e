"""Tokens stay at home: only hosts that the cloud's own description names get one, wherever a URL came from.

A URL that Azure gives (the next page, an operation, a redirection) may lead elsewhere: resource providers have hosts of
their own, and what a workspace says of itself can be written by whoever may write the workspace.
"""

from collections.abc import Collection
from typing import Any
from urllib.parse import urljoin

from azure.core.credentials import TokenCredential
from azure.core.pipeline.policies import HTTPPolicy
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from azext_amlarc.azure.connection.reading import UnreadableAnswer
from azext_amlarc.azure.connection.transport import host_of

_REDIRECTIONS = {301, 302, 303, 307, 308}
_MOST_REDIRECTIONS = 5


class AuthenticationPolicy(ARMChallengeAuthenticationPolicy):
    """Signs requests to hosts at home. With the option `anonymous` a request has no token wherever it goes."""

    def __init__(self, credential: TokenCredential, scopes: Collection[str], home: "Home") -> None:
        super().__init__(credential, *scopes)
        self._home = home

    def send(self, request: Any) -> Any:
        if request.context.options.pop("anonymous", False):
            request.context["anonymous"] = True
        if not request.context.get("anonymous") and self._home.has(request.http_request.url):
            return super().send(request)
        request.http_request.headers.pop("Authorization", None)
        return self.next.send(request)


class RedirectionPolicy(HTTPPolicy[Any, Any]):  # pylint: disable=too-few-public-methods  # azure-core's interface
    """Follows the redirections of reads, over https alone. Each step is signed, or not, by the policy below."""

    def send(self, request: Any) -> Any:
        sent = request.http_request
        for _ in range(_MOST_REDIRECTIONS + 1):
            response = self.next.send(request)
            to = response.http_response.headers.get("Location")
            if sent.method != "GET" or response.http_response.status_code not in _REDIRECTIONS or not to:
                return response
            sent.url = resolved(to, sent.url)
        raise UnreadableAnswer(f"{host_of(sent.url)} redirects without end.")


class Home:  # pylint: disable=too-few-public-methods
    """The hosts of a cloud: its resource manager with what is below it, and those of `more`.

    `more` are hosts, with a port where it is not 443, or domains, which begin with a dot.
    """

    def __init__(self, endpoint: str, more: Collection[str] = ()) -> None:
        self._manager = place(endpoint)
        self._more = [entry.lower() for entry in more]

    def has(self, url: str) -> bool:
        """Whether the URL leads to one of them, over https."""
        found = place(url)
        if found is None or self._manager is None:
            return False
        host, port = found
        if found == self._manager or (port == self._manager[1] and host.endswith(f".{self._manager[0]}")):
            return True
        return (host if port == 443 else f"{host}:{port}") in self._more or (port == 443 and self._is_below(host))

    def _is_below(self, host: str) -> bool:
        return any(host.endswith(entry) for entry in self._more if entry.startswith("."))


def place(url: str) -> tuple[str, int] | None:
    """Host and port as the connection will be made, which reads URLs as urllib3 does; None unless over https."""
    try:
        found = parse_url(url.strip())
    except (LocationParseError, ValueError):
        return None
    if (found.scheme or "").lower() != "https" or not found.host:
        return None
    return found.host.lower().rstrip("."), found.port or 443


def resolved(url: str, base: str) -> str:
    """A URL that Azure gave, as it stands or beside the one that it came from; UnreadableAnswer unless over https."""
    found = url if "://" in url else urljoin(base, url)
    if place(found) is None:
        shown = found.partition("?")[0][:200]
        raise UnreadableAnswer(f"{host_of(base)} names {shown!r} to go on with, which is no https URL.")
    return found
