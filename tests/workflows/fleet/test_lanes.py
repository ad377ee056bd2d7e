"""Work on many clusters side by side: how many at a time, in how many threads, and what stops it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from azext_amlarc.workflows.fleet.running import lanes
from azext_amlarc.workflows.fleet.running.lanes import Control, Start, Work


@dataclass
class Log:
    """Which work ran, where, and how many at a time."""

    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    most: int = 0

    def work(self, name: str, pauses: list[float], then: Callable[[], None] = lambda: None) -> Start:
        def run() -> Work:
            self.begun.append(name)
            self.most = max(self.most, len(self.begun) - len(self.ended))
            for pause in pauses:
                self.threads.add(threading.get_ident())
                yield pause
            self.ended.append(name)
            then()

        return run


def run(works: Mapping[str, Sequence[Start]], most: int, control: Control, tick: Callable[[], None]) -> None:
    lanes.wait(lanes.begin(works, most, control), tick)


@pytest.fixture(autouse=True)
def _polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_POLLS", 1000.0)


def test_a_few_threads_run_as_much_as_may_run_at_a_time() -> None:
    log = Log()
    began = time.monotonic()
    run({"s": [log.work(str(n), [0.2, 0.2]) for n in range(60)]}, 30, Control(), lambda: None)
    assert sorted(log.ended) == sorted(map(str, range(60)))
    assert log.most == 30
    assert len(log.threads) <= 8
    assert time.monotonic() - began < 20


def test_a_lane_that_is_held_up_holds_up_no_other() -> None:
    log, gate, seen = Log(), threading.Event(), list[str]()

    def held() -> Work:
        gate.wait(20)
        yield 0.0

    others = [log.work(f"b{n}", [0.01], gate.set if n == 4 else lambda: None) for n in range(5)]
    run({"a": [held] * 20, "b": others}, 10, Control(), lambda: seen.append("tick"))
    assert len(log.ended) == 5
    assert seen


def test_when_stopped_nothing_new_begins_and_what_runs_ends() -> None:
    log, control = Log(), Control()
    works = [log.work(str(n), [0.05], control.stop if n == 0 else lambda: None) for n in range(50)]
    run({"s": works}, 3, control, lambda: None)
    assert log.begun == log.ended or sorted(log.begun) == sorted(log.ended)
    assert 1 <= len(log.begun) < 10


def test_nothing_to_do_is_over_at_once() -> None:
    run({"s": []}, 5, Control(), lambda: None)


def test_polls_are_spread_only_where_reads_are_scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_POLLS", 0.5)
    log, began = Log(), time.monotonic()
    lanes.wait(lanes.begin({"s": [log.work("x", [0.01])]}, 5, Control(), lambda _: False), lambda: None)
    assert time.monotonic() - began < 1.5
    lanes.wait(lanes.begin({"s": [log.work("y", [0.01])]}, 5, Control(), lambda name: name == "s"), lambda: None)
    assert time.monotonic() - began > 2
