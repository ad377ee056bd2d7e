"""The headers that ARM puts on every answer: ids to trace it by, and what is left of the caller's allowance."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

COMMON = {
    "cache-control": "no-cache",
    "pragma": "no-cache",
    "expires": "-1",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
REGION = "EASTUS"
GLOBAL = 15  # a subscription has this many times the allowance of one caller in one region


@dataclass
class Bucket:
    """A token bucket: `size` requests at once, `rate` more each second. It counts but never refuses."""

    size: int
    rate: float
    level: float = field(init=False)
    filled: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.size

    def take(self) -> int:
        """Take one request out; how many are left."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.filled) * self.rate)
        self.filled = now
        self.level = max(0, self.level - 1)
        return int(self.level)


def _own() -> dict[str, Bucket]:
    return {"reads": Bucket(250, 25), "writes": Bucket(200, 10), "deletes": Bucket(200, 10)}


def _global() -> dict[str, Bucket]:
    return {name: Bucket(bucket.size * GLOBAL, bucket.rate * GLOBAL) for name, bucket in _own().items()}


@dataclass(frozen=True)
class Allowance:
    """What is left to a caller, of reads, writes and deletes."""

    own: dict[str, Bucket] = field(default_factory=_own)
    shared: dict[str, Bucket] = field(default_factory=_global)

    def headers(self, method: str) -> dict[str, str]:
        """The rate limit headers after one more request with this method."""
        name = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        left = {f"x-ms-ratelimit-remaining-subscription-{name}": self.own[name].take()}
        left[f"x-ms-ratelimit-remaining-subscription-global-{name}"] = self.shared[name].take()
        return {key: str(value) for key, value in left.items()}


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
