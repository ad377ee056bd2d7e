"""How many requests ARM takes: a token bucket for each subscription and kind of operation, and for the tenant.

Sizes and rates are those that Microsoft documents for all subscriptions since 2024, for a caller in a region. The texts
of the refusal and its ten seconds are from published traces.
"""

import time
from dataclasses import dataclass, field

from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import place
from amlarc_emulator.arm.model import State

KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
WRITES = "writes"
# How many requests at once, and how many more each second.
RATES = {"reads": (250, 25), WRITES: (200, 10), "deletes": (200, 10)}
GLOBAL = 15  # a subscription has this many times the allowance of one caller in one region
QUERIES = "/providers/microsoft.resourcegraph/"  # their POSTs only read
RETRY_AFTER = 10


@dataclass
class Bucket:
    """A token bucket: `size` requests at once, `rate` more each second."""

    size: float
    rate: float
    level: float = field(init=False)
    filled: float = field(default_factory=lambda: time.monotonic())

    def __post_init__(self) -> None:
        self.level = self.size

    def left(self) -> int:
        """How many requests it has now."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.filled) * self.rate)
        self.filled = now
        return int(self.level)

    def take(self) -> bool:
        """Take one request out; False if there is none."""
        if self.left() < 1:
            return False
        self.level -= 1
        return True


@dataclass
class Allowance:
    """What is left to the caller. It always counts; it refuses only if it is `enforced`."""

    state: State
    enforced: bool
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def take(self, method: str, path: str) -> None:
        """Count a request; raises 429 when there is none left of its kind."""
        subscription, kind = _counted(method, path)
        taken = self._bucket(subscription, kind).take()
        if subscription:
            self._bucket(subscription, f"global-{kind}").take()
        if self.enforced and not taken:
            raise self._refusal(subscription, kind)

    def headers(self, method: str, path: str) -> dict[str, str]:
        """The rate limit headers of an answer."""
        subscription, kind = _counted(method, path)
        names = (kind, f"global-{kind}") if subscription else (kind,)
        scope = "subscription" if subscription else "tenant"
        return {
            f"x-ms-ratelimit-remaining-{scope}-{name}": str(self._bucket(subscription, name).left()) for name in names
        }

    def _bucket(self, subscription: str, name: str) -> Bucket:
        size, rate = RATES[name.removeprefix("global-")]
        times = GLOBAL if name.startswith("global-") else 1
        return self.buckets.setdefault((subscription, name), Bucket(size * times, rate * times))

    def _refusal(self, subscription: str, kind: str) -> ArmError:
        scope, id_ = ("subscription", subscription) if subscription else ("tenant", self.state.tenant)
        message = (
            f"Number of '{kind.removesuffix('s')}' requests for {scope} '{id_}' actor "
            f"'{self.state.principal['objectId']}' exceeded. Please try again after '{RETRY_AFTER}' seconds after "
            "additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information."
        )
        headers = {"retry-after": str(RETRY_AFTER)}
        return ArmError(429, f"{scope.capitalize()}RequestsThrottled", message, headers=headers)


def _counted(method: str, path: str) -> tuple[str, str]:
    """The subscription ("" for the tenant) and the kind that a request counts for."""
    kind = "reads" if path.lower().startswith(QUERIES) else KINDS.get(method, WRITES)
    return place(path).subscription.lower(), kind
