"""How many queries a caller has: 15 in each window of 5 seconds, as Azure documents it."""

import math
import time
from dataclasses import dataclass

from amlarc_emulator.providers.resource_graph import refusals

QUERIES, SECONDS = 15, 5.0


@dataclass
class Quota:
    """The window of the one caller that there is. It always counts; it refuses only if it is `enforced`."""

    enforced: bool
    began: float = 0.0
    used: int = 0

    def take(self) -> None:
        """Count a query; raises 429 where the window is used up."""
        now = time.monotonic()
        if now - self.began >= SECONDS:
            self.began, self.used = now, 0
        if self.enforced and self.used >= QUERIES:
            raise refusals.throttled(self._seconds_left)
        self.used += 1

    def reset(self) -> None:
        """Begin a new window with the next query."""
        self.began, self.used = 0.0, 0

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells about the window."""
        left = str(max(0, QUERIES - self.used))
        return {
            "x-ms-user-quota-remaining": left,
            "x-ms-user-quota-resets-after": f"00:00:{self._seconds_left:02d}",
            "x-ms-ratelimit-remaining-tenant-resource-requests": left,
        }

    @property
    def _seconds_left(self) -> int:
        return max(1, math.ceil(self.began + SECONDS - time.monotonic()))
