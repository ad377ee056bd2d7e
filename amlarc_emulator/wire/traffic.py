"""The record of every exchange, one JSON line each, with the secrets of the login masked."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlencode

MASK = "***"
SECRETS = re.compile(r"(client_secret|client_assertion|access_token|refresh_token|id_token|password)", re.IGNORECASE)


class Traffic:
    """Writes exchanges to a file, each flushed at once."""

    def __init__(self, file: Path) -> None:
        self._file: TextIO = file.open("a", encoding="utf-8")

    def write(
        self,
        method: str,
        url: str,
        request: tuple[Mapping[str, str], bytes],
        reply: tuple[int | None, Mapping[str, str], bytes],
        fault: str | None,
        began: float,
    ) -> None:
        """Record one exchange; headers and body of the request, then status, headers and body of the reply.

        `began` and, in the record, `ended` are seconds of one clock: they tell which exchanges waited for which.
        """
        line = {
            "method": method,
            "url": url,
            "requestHeaders": _without_tokens(request[0]),
            "requestBody": _body(*request),
            "status": reply[0],
            "responseHeaders": dict(reply[1]),
            "responseBody": _body(*reply[1:]),
            "fault": fault,
            "began": began,
            "ended": time.monotonic(),
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _without_tokens(headers: Mapping[str, str]) -> dict[str, str]:
    shown = dict(headers)
    if "authorization" in shown:
        shown["authorization"] = f"{shown['authorization'].partition(' ')[0]} {MASK}"
    return shown


def _body(headers: Mapping[str, str], content: bytes) -> Any:
    """JSON as such, everything else as text; None when there is none."""
    if not content:
        return None
    text = content.decode("utf-8", "replace")
    if "form-urlencoded" in headers.get("content-type", ""):
        return urlencode([(key, MASK if SECRETS.fullmatch(key) else value) for key, value in parse_qsl(text)])
    try:
        return _masked(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _masked(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {key: MASK if SECRETS.fullmatch(key) else value for key, value in body.items()}
