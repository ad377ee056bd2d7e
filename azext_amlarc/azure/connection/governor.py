"""Keeps many requests side by side within what Azure allows, by what Azure says of it.

Azure Resource Manager has a bucket of tokens for each subscription and kind of request (reads, writes, deletes), which
fills at a steady rate, and says with each answer how many are left. How large a bucket is differs by subscription, so
it is not assumed. https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
Resource Graph counts the queries of a user in a window of seconds.
https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Condition, Lock
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.policies import HTTPPolicy

from azext_amlarc.azure.connection.retries import read_retry_after

# Tokens a second, as Azure documents them. They only bridge the time between two answers, each of which corrects what
# has been reckoned meanwhile: a rate that is too low costs little. A refusal halves it, answers that say that there is
# more than was reckoned let it grow again.
_RATES = {"reads": 25.0, "writes": 10.0, "deletes": 10.0}
_LEAST, _GROWTH = 1.0, 1.25
_PLENTY = 200.0  # tokens that last for seconds
_WHOLE = 1.0 - 1e-6  # a token, as far as sums of fractions go
_KEPT = 2.0  # tokens that are left alone: answers overtake each other, and other clients take theirs
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_GRAPH = "/providers/microsoft.resourcegraph/"
_LEFT = re.compile(r"x-ms-ratelimit-remaining-(?:subscription|tenant)(?:-global)?-(?:reads|writes|deletes)", re.I)
_QUOTA, _QUOTA_RESETS = "x-ms-user-quota-remaining", "x-ms-user-quota-resets-after"


@dataclass
class Bucket:  # pylint: disable=too-many-instance-attributes
    """The requests of one kind in one subscription: who may send the next one, and when."""

    rate: float
    refused: int = 0
    usual: float = field(init=False)
    _left: float | None = None
    _seen: float = 0.0
    _opens: float = 0.0
    _under_way: int = 0
    _turn: Lock = field(default_factory=Lock, repr=False)
    _state: Condition = field(default_factory=Condition, repr=False)

    def __post_init__(self) -> None:
        self.usual = self.rate

    @property
    def left(self) -> float | None:
        """The tokens that are left as far as is known; None as long as Azure has not said."""
        return self._left

    def enter(self) -> None:
        """Return when a request may be sent: at once as long as Azure has not said how many are left."""
        with self._turn, self._state:  # one waits, the others stand in line behind
            while (pause := self.take()) > 0:
                self._state.wait(pause)

    def refuse(self, pause: float) -> None:
        """Azure has refused a request: nobody may send one for so long (s), and fewer after that."""
        with self._state:
            self.refused += 1
            if time.monotonic() >= self._opens:  # those that were refused together are one refusal
                self.rate = max(self.rate / 2, min(_LEAST, self.usual))
        self.leave(0.0, pause)

    def leave(self, left: float | None = None, pause: float | None = None) -> None:
        """A request has been answered: how many are left, and for how long nobody may send one (s)."""
        with self._state:
            self._under_way -= 1
            now = time.monotonic()
            if left is not None:  # Azure may not have counted those that are under way
                found = left - self._under_way - _KEPT
                if self._left is not None and found > max(self._left, 1.0):
                    self.rate = min(self.rate * _GROWTH, self.usual)
                self._left, self._seen = found, now
            if pause is not None:
                self._opens = max(self._opens, now + pause)
            self._state.notify()

    def take(self) -> float:
        """Take a token, or say how long to wait for one (s); 0 if it was taken."""
        now = time.monotonic()
        if now < self._opens:
            return self._opens - now
        if self._left is not None:
            self._left += self.rate * (now - self._seen)
            self._seen = now
            if self._left < _WHOLE:
                return (1.0 - self._left) / self.rate
            self._left -= 1.0
        self._under_way += 1
        return 0.0


class Governor:
    """The buckets of all subscriptions, shared by all connections of a command."""

    def __init__(self) -> None:
        self._buckets = dict[tuple[str, str], Bucket]()
        self._lock = Lock()

    def bucket(self, method: str, url: str) -> Bucket:
        """The bucket that a request takes its token from."""
        path = urlsplit(url).path.lower()
        kind = _KINDS.get(method, "writes")
        parts = path.split("/")
        owner = "graph" if path.startswith(_GRAPH) else parts[2] if parts[1:2] == ["subscriptions"] else ""
        with self._lock:
            if (owner, kind) not in self._buckets:
                self._buckets[owner, kind] = Bucket(_RATES[kind])
            return self._buckets[owner, kind]

    def are_reads_scarce(self, subscription_id: str) -> bool:
        """Whether polls should be spread, for what precedes a write to have its reads."""
        left = self.bucket("GET", f"https:///subscriptions/{subscription_id}").left
        return left is not None and left < _PLENTY

    @property
    def refused(self) -> int:
        """How many requests Azure has refused because there were too many."""
        return sum(bucket.refused for bucket in self._buckets.values())


class GovernorPolicy(HTTPPolicy[Any, Any]):  # pylint: disable=too-few-public-methods  # azure-core's interface
    """Sends each request, and each try of it, when its turn has come."""

    def __init__(self, governor: Governor) -> None:
        super().__init__()
        self._governor = governor

    def send(self, request: Any) -> Any:
        bucket = self._governor.bucket(request.http_request.method, request.http_request.url)
        bucket.enter()
        try:
            response = self.next.send(request)
        except BaseException:
            bucket.leave()
            raise
        answer = response.http_response
        if answer.status_code == 429:
            bucket.refuse(read_retry_after(answer.headers) or 1.0)
        else:
            bucket.leave(*_told(answer.headers))
        return response


def _told(headers: Mapping[str, str]) -> tuple[float | None, float | None]:
    """How many requests are left, the scarcest kind of them, and for how long to send none (s)."""
    quota = _number(headers.get(_QUOTA))
    if quota is not None:
        return None, _seconds(headers.get(_QUOTA_RESETS)) if quota < 1 else None
    counts = [_number(value) for name, value in headers.items() if _LEFT.fullmatch(name)]
    return min((count for count in counts if count is not None), default=None), None


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None


def _seconds(span: str | None) -> float | None:
    """Seconds of hh:mm:ss."""
    found = re.fullmatch(r"(\d{1,3}):(\d{2}):(\d{2})(?:\.\d+)?", span or "")
    return int(found[1]) * 3600.0 + int(found[2]) * 60 + int(found[3]) if found else None
