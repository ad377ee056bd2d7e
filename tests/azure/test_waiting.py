"""Waiting for an operation: when it is looked at, and what is said when it is given up."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from azure.core.exceptions import ServiceResponseTimeoutError

from azext_amlarc.azure.connection.retries import read_retry_after
from azext_amlarc.azure.connection.waiting import Operation, Poll, wait_until
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.errors import ArcError, StillRunning, WriteFailed


class Clock:
    """A watcher whose pauses take no time, and which remembers them."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.pauses: list[float] = []
        self.told: list[str] = []

    def seen(self, state: str, elapsed: float) -> None:
        self.states.append(state)

    def tell(self, text: str) -> None:
        self.told.append(text)

    def rest(self, seconds: float) -> None:
        self.pauses.append(seconds)


def operation(look: Callable[[], Poll[str]], pause: float | None = None) -> Operation[str]:
    def reason(last: str | None) -> ArcError:
        return WriteFailed(f"it ended as {last}")

    return Operation("doing the work", "begun", look, lambda: "read", reason, "Run it again.", pause)


def looks(*states: str, pause: float | None = None) -> Callable[[], Poll[str]]:
    left = iter(states)
    return lambda: Poll(next(left), pause=pause)


def test_the_first_look_is_at_once_and_the_result_is_read_when_no_look_brought_it() -> None:
    clock = Clock()
    assert operation(looks("Succeeded")).wait(clock, 60) == "read"
    assert (clock.states, clock.pauses) == (["Succeeded"], [])


def test_a_look_that_brings_the_resource_saves_the_read() -> None:
    assert operation(lambda: Poll("Succeeded", "seen")).wait(Clock(), 60) == "seen"


def test_without_retry_after_the_pause_is_a_second_at_first() -> None:
    clock = Clock()
    operation(looks("Creating", "Creating", "Succeeded")).wait(clock, 60)
    assert clock.pauses == [1.0, 1.0]


def test_retry_after_is_honoured_from_the_write_on() -> None:
    clock = Clock()
    operation(looks("Creating", "Succeeded", pause=7.0), pause=5.0).wait(clock, 60)
    assert clock.pauses == [5.0, 7.0]


def test_a_retry_after_of_a_day_is_announced_once_and_capped_by_the_timeout() -> None:
    clock = Clock()
    operation(looks("Creating", "Creating", "Succeeded", pause=86400.0), pause=7.0).wait(clock, 600)
    assert clock.told == ["Azure asks to wait 86400 s before the next poll; waiting 600 s, until the timeout"]
    assert clock.pauses[0] == 7.0
    assert all(599 < pause <= 600 for pause in clock.pauses[1:])


def test_a_retry_after_within_the_timeout_is_announced_if_it_is_long() -> None:
    clock = Clock()
    operation(looks("Creating", "Succeeded", pause=45.0)).wait(clock, 600)
    assert (clock.told, clock.pauses) == (["Azure asks to wait 45 s before the next poll"], [45.0])


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("1.5", 1.5, 1.5),
        ("0", 0, 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 1e8, 1e12),
    ],
)
def test_retry_after_is_a_number_or_a_date(told: str, least: float, most: float) -> None:
    assert least <= (read_retry_after({"Retry-After": told}) or 0) <= most


def test_retry_after_as_a_date_is_the_time_until_it() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 <= (read_retry_after({"Retry-After": in_an_hour}) or 0) <= 3600


@pytest.mark.parametrize("told", ["", "soon", "-1", "²", "1e9", "9" * 400, "inf", "nan", "7 s", "32 Oct 2015", "\x00"])
def test_a_retry_after_that_is_neither_is_none(told: str) -> None:
    assert read_retry_after({"Retry-After": told}) is None


def test_a_look_that_gets_no_answer_in_time_does_not_end_a_wait() -> None:
    seen = iter([Poll("Creating"), None, None, Poll("Updating"), None, None, Poll("Succeeded", "end")])

    def look() -> Poll[str]:
        found = next(seen)
        if found is None:
            raise ServiceResponseTimeoutError("nothing came")
        return found

    clock = Clock()
    assert operation(look).wait(clock, 60) == "end"
    assert clock.states == ["Creating", "Creating", "Creating", "Updating", "Updating", "Updating", "Succeeded"]


def test_looks_that_never_get_an_answer_end_it() -> None:
    def look() -> Poll[str]:
        raise ServiceResponseTimeoutError("nothing came")

    with pytest.raises(ServiceResponseTimeoutError):
        operation(look).wait(Clock(), 60)


@pytest.mark.parametrize("word", ["", "succeeded", "Succeeded"])
def test_no_word_at_all_is_success(word: str) -> None:
    assert operation(looks(word)).wait(Clock(), 60) == "read"


@pytest.mark.parametrize("word", ["Failed", "Canceled", "canceled"])
def test_a_bad_end_is_raised_with_its_reason(word: str) -> None:
    with pytest.raises(WriteFailed, match="it ended as None"):
        operation(looks(word)).wait(Clock(), 60)


def test_time_that_is_up_says_what_was_seen_and_how_to_go_on() -> None:
    with pytest.raises(StillRunning) as caught:
        operation(looks("Creating", "Creating")).wait(Clock(), 0)
    assert caught.value.message == "Azure is still doing the work after 0 s; the last state was Creating."
    assert caught.value.fix == "Run it again."


def test_what_else_has_to_be_ready_is_waited_for_after_a_good_end_alone() -> None:
    waited: list[Watcher] = []
    good, bad = (
        operation(looks(word))._replace(then=lambda watcher, _: waited.append(watcher))
        for word in ("Succeeded", "Failed")
    )
    clock = Clock()
    assert good.wait(clock, 60) == "read"
    with pytest.raises(WriteFailed):
        bad.wait(Clock(), 60)
    assert waited == [clock]


def test_ctrl_c_explains_that_azure_goes_on() -> None:
    def interrupted() -> Poll[str]:
        raise KeyboardInterrupt

    with pytest.raises(StillRunning, match=r"Interrupted\. Azure is still doing the work\."):
        operation(interrupted).wait(Clock(), 60)


class Sleeper:
    """A clock that jumps when the machine sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("azext_amlarc.azure.connection.watcher.time.monotonic", lambda: self.now)

    def looks(self, *polls: tuple[str, float]) -> Callable[[], Poll[str]]:
        """Polls with these states, each of which takes so many seconds."""
        left = iter(polls)

        def look() -> Poll[str]:
            state, taken = next(left)
            self.now += taken
            return Poll(state)

        return look


def test_a_machine_that_slept_during_a_poll_asks_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = Sleeper(monkeypatch)
    assert operation(sleeper.looks(("Creating", 7200), ("Succeeded", 0))).wait(Clock(), 600) == "read"
    with pytest.raises(WriteFailed):
        operation(sleeper.looks(("Creating", 7200), ("Failed", 0))).wait(Clock(), 600)


def test_a_machine_that_slept_gives_up_when_azure_is_still_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = Sleeper(monkeypatch)
    with pytest.raises(StillRunning, match=r"after 600 s; the last state was Updating\."):
        operation(sleeper.looks(("Creating", 7200), ("Updating", 7200), ("Succeeded", 0))).wait(Clock(), 600)


def test_what_has_to_be_ready_afterwards_gets_time_after_a_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper, given = Sleeper(monkeypatch), list[float]()
    slept = operation(sleeper.looks(("Succeeded", 7200)))._replace(then=lambda _, left: given.append(left))
    slept.wait(Clock(), 600)
    slept = operation(sleeper.looks(("Succeeded", 5)))._replace(then=lambda _, left: given.append(left))
    slept.wait(Clock(), 600)
    assert given == [60.0, 595.0]


def test_a_condition_is_read_once_more_after_a_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    look = Sleeper(monkeypatch).looks(("Creating", 7200), ("Succeeded", 0))
    found = wait_until(look, lambda seen: seen is not None and seen.is_done, str, Clock(), timeout=600, interval=None)
    assert found == Poll("Succeeded")


def test_who_waits_for_many_operations_gets_the_pauses_and_sleeps_them_itself() -> None:
    states, clock = iter(["Creating", "Creating", "Succeeded"]), Clock()

    def waiting() -> Generator[float, None, None]:
        found = yield from operation(lambda: Poll(next(states), "seen"), pause=7.0).pauses(clock, 600)
        clock.tell(found)

    pauses = list(waiting())
    assert (pauses, clock.pauses) == ([7.0, 1.0, 1.0], [])
    assert (clock.states, clock.told) == (["Creating", "Creating", "Succeeded"], ["seen"])
