"""What must never be said: the secrets of a run, in every form in which they may show."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote


def secrets(traffic: Iterable[Mapping[str, Any]]) -> set[str]:
    """Every value that Azure was sent as protected, and every key that it gave away."""
    found: set[str] = set()
    for line in traffic:
        body = line["requestBody"] or {}
        if isinstance(body, dict):
            found |= set(((body.get("properties") or {}).get("configurationProtectedSettings") or {}).values())
        answer = line["responseBody"]
        if line["url"].partition("?")[0].endswith(("/listKeys", "/sharedKeys")) and isinstance(answer, dict):
            found |= {value for key, value in answer.items() if key not in {"keyName", "error"}}
    return found


def forms(secret: str) -> set[str]:
    """A secret plain, in base64 (whatever comes before it), URL-encoded, and as JSON writes it."""
    encoded = {base64.b64encode(b"x" * shift + secret.encode())[4:-4].decode() for shift in range(3)}
    return {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], *encoded}


def leaked(said: str, traffic: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a text holds a secret of the traffic."""
    return any(form in said for secret in secrets(traffic) for form in forms(secret))
