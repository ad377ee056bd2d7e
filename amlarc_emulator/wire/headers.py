"""The headers that ARM puts on every answer: those that are always the same, and the ids to trace it by."""

import time
import uuid
from collections.abc import Mapping

COMMON = {
    "cache-control": "no-cache",
    "pragma": "no-cache",
    "expires": "-1",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
REGION = "EASTUS"


def tracing(asked: Mapping[str, str]) -> dict[str, str]:
    """The ids of an exchange; a caller sets the correlation id and asks for its own id back."""
    sent = asked.get("x-ms-correlation-request-id")
    request = str(uuid.uuid4())
    correlation = sent or request
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    ids = {
        "x-ms-request-id": request,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"{REGION}:{moment}:{request}",
    }
    if asked.get("x-ms-return-client-request-id", "").lower() == "true" and "x-ms-client-request-id" in asked:
        ids["x-ms-client-request-id"] = asked["x-ms-client-request-id"]
    return ids
