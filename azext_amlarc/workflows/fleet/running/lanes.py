"""Runs the work on many clusters side by side: a lane for each subscription, so that none waits for another's limits.

A cluster's work is a generator that yields pauses (s) in which nothing is to be done for it. So a few threads serve as
many clusters as Azure works on at a time.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread

Work = Generator[float, None, None]
Start = Callable[[], Work]

# Requests of a lane at a time; Azure's rates allow ten writes a second, which take a tenth of one.
_THREADS = 8
# Polls of a lane a second: half of the reads that Azure allows, the rest is for what has to be read before a write.
_POLLS = 12.0
_TICK = 0.2


@dataclass
class Control:
    """Whether new work may begin (`stopped`), and whether what has begun may take a next step (`interrupted`)."""

    stopped: bool = False
    interrupted: bool = False

    def stop(self) -> None:
        """Begin nothing new; what has begun goes on to its end."""
        self.stopped = True

    def interrupt(self) -> None:
        """Begin nothing new, not even a next step."""
        self.stopped = self.interrupted = True


@dataclass
class Lane:  # pylint: disable=too-many-instance-attributes
    """The work in one subscription, `most` of it at a time."""

    waiting: deque[Start]
    most: int
    control: Control
    spreads: Callable[[], bool] = lambda: True
    _due: list[tuple[float, int, Work]] = field(default_factory=list)
    _running: int = 0
    _number: int = 0
    _changed: Condition = field(default_factory=Condition)

    @property
    def is_over(self) -> bool:
        with self._changed:
            return self._is_over()

    def begin(self) -> None:
        """Start the lane's threads; they end with the work, or with the program."""
        for _ in range(min(_THREADS, len(self.waiting))):
            Thread(target=self._serve, daemon=True).start()

    def _is_over(self) -> bool:
        return not self._running and (self.control.stopped or not self.waiting)

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            self._advance(work)

    def _next(self) -> Work | None:
        """The work that is due, else new work, as soon as there is any; None when all is over."""
        with self._changed:
            while not self._is_over():
                left = self._due[0][0] - time.monotonic() if self._due else _TICK
                if self._due and left <= 0:
                    return heapq.heappop(self._due)[2]
                if self.waiting and self._running < self.most and not self.control.stopped:
                    self._running += 1
                    return self.waiting.popleft()()
                self._changed.wait(min(left, _TICK))
            self._changed.notify_all()
            return None

    def _advance(self, work: Work) -> None:
        try:
            pause = next(work)
        except StopIteration:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
            return
        with self._changed:
            self._number += 1
            spread = max(pause, self._running / _POLLS) if self.spreads() else pause
            heapq.heappush(self._due, (time.monotonic() + spread, self._number, work))
            self._changed.notify()


def begin(
    works: Mapping[str, Sequence[Start]], most: int, control: Control, spreads: Callable[[str], bool] = lambda _: True
) -> list[Lane]:
    """The lanes of everything, begun: `most` at a time altogether, shared out by how much there is in each.

    `spreads` says whether the pauses of a lane are spread, so that it polls no more often than Azure allows.
    """
    total = sum(map(len, works.values()))
    lanes = [
        Lane(deque(starts), max(1, round(most * len(starts) / total)), control, partial(spreads, name))
        for name, starts in works.items()
        if starts
    ]
    for lane in lanes:
        lane.begin()
    return lanes


def wait(lanes: Sequence[Lane], tick: Callable[[], None]) -> None:
    """Return when all is over; `tick` is called often, in this thread. Interrupted, the work goes on in its threads."""
    while not all(lane.is_over for lane in lanes):
        tick()
        time.sleep(_TICK / 4)
    tick()
