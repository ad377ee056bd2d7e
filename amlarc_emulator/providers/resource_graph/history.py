"""What the graph knew some seconds ago: Azure's is behind ARM by seconds, sometimes by minutes (`--graph-lag`)."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from amlarc_emulator.arm.model import Cloud
from amlarc_emulator.providers.resource_graph.tables import Row, rows

FRACTION = 10  # a change may be seen later than the lag by this part of it, while requests come thick and fast


class Sample(NamedTuple):
    """All rows, as they were from a moment on."""

    moment: float
    rows: list[Row]


@dataclass
class History:
    """The rows of the last `lag` seconds."""

    lag: float
    samples: deque[Sample] = field(default_factory=deque)
    touched: float = 0.0

    def start(self, cloud: Cloud) -> None:
        """Begin with what there is, as if it had been there for ever."""
        self.samples.clear()
        if self.lag:
            self.samples.append(Sample(float("-inf"), rows(cloud)))

    def note(self, cloud: Cloud) -> None:
        """Keep the rows after a request that may have changed something."""
        self.touched = time.monotonic()
        if self.lag and self.touched - self.samples[-1].moment >= self.lag / FRACTION:
            self.samples.append(Sample(self.touched, rows(cloud)))

    def rows(self, cloud: Cloud) -> list[Row]:
        """What the graph knows now."""
        if not self.lag:
            return rows(cloud)
        if self.touched > self.samples[-1].moment:
            self.samples.append(Sample(self.touched, rows(cloud)))
        known = time.monotonic() - self.lag
        while len(self.samples) > 1 and self.samples[1].moment <= known:
            self.samples.popleft()
        return self.samples[0].rows
