"""Many requests side by side stay within what Azure allows, and use all of it.

The other side is an Azure of the test's own: a bucket of tokens by its documentation.
"""

import heapq
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from azext_amlarc.azure.connection import governor
from azext_amlarc.azure.connection.governor import Bucket, Governor
from tests.support.stub import Answer, Seen, Stub, connect, stub

S1, S2 = "/subscriptions/one/resourceGroups/g", "/subscriptions/two/resourceGroups/g"


@dataclass
class Clock:
    """A time of the test's own, so that a busy machine changes nothing."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Tokens:
    """A bucket of tokens that fills at a rate; `take` says how many are left, or None if there was none."""

    clock: Clock
    size: float
    rate: float
    left: float = field(init=False)
    seen: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.size

    def take(self) -> int | None:
        self.left = min(self.size, self.left + self.rate * (self.clock.now - self.seen))
        self.seen = self.clock.now
        if self.left < 1:
            return None
        self.left -= 1
        return int(self.left)


@pytest.mark.parametrize("guess", [20.0, 160.0], ids=["guessed too low", "guessed too high"])
def test_all_that_azure_allows_is_used_and_hardly_anything_is_refused(
    monkeypatch: pytest.MonkeyPatch, guess: float
) -> None:
    """Eight callers send 150 requests, each answered after 20 ms."""
    clock = Clock()
    monkeypatch.setattr(governor, "time", clock)
    azure, bucket = Tokens(clock, size=30, rate=40), Bucket(guess)
    # When, who, and what for: None to send, otherwise what Azure says is left, or "none" for a refusal.
    events: list[tuple[float, int, int | str | None]] = [(0.0, caller, None) for caller in range(8)]
    answered = refused = 0
    while answered < 150:
        clock.now, caller, left = heapq.heappop(events)
        if left is None:
            pause = bucket.take()
            if pause:
                heapq.heappush(events, (clock.now + pause, caller, None))
            else:
                taken = azure.take()
                heapq.heappush(events, (clock.now + 0.02, caller, "none" if taken is None else taken))
            continue
        if isinstance(left, int):
            answered += 1
            bucket.leave(left)
        else:
            refused += 1
            bucket.refuse(0.02)
        heapq.heappush(events, (clock.now, caller, None))
    bound = (150 - 30) / 40
    assert clock.now < 1.6 * bound
    assert refused <= (3 if guess < 40 else 9)


def test_before_azure_has_said_anything_nobody_waits() -> None:
    bucket, began = Bucket(0.001), time.monotonic()
    for _ in range(100):
        bucket.enter()
    assert time.monotonic() - began < 1


def waited(bucket: Bucket) -> float:
    began = time.monotonic()
    bucket.enter()
    return time.monotonic() - began


def test_an_empty_bucket_is_waited_for_and_what_is_under_way_counts() -> None:
    bucket = Bucket(5.0)
    bucket.enter()
    bucket.enter()
    bucket.leave(5)  # another one is under way, and two are for others: two are left
    first, second, third = (waited(bucket) for _ in range(3))
    assert max(first, second) < 0.1
    assert 0.1 < third < 0.4


def test_whoever_waits_is_woken_by_an_answer_that_says_more() -> None:
    bucket = Bucket(0.01)
    bucket.enter()
    bucket.enter()
    bucket.leave(0)
    threading.Timer(0.2, bucket.leave, [9]).start()
    assert 0.1 < waited(bucket) < 2


def test_a_refusal_is_waited_for_and_halves_the_rate() -> None:
    bucket = Bucket(1000.0)
    bucket.enter()
    bucket.refuse(0.3)
    assert 0.2 < waited(bucket) < 1
    assert (bucket.rate, bucket.refused) == (500.0, 1)


def told(left: int, kind: str = "reads", status: int = 200, more: Mapping[str, str] | None = None) -> Answer:
    headers = {f"x-ms-ratelimit-remaining-subscription-{kind}": str(left), **(more or {})}
    return Answer(b"{}", {"content-type": "application/json", **headers}, status)


def test_each_subscription_and_kind_of_request_has_its_own_bucket() -> None:
    governor = Governor()
    buckets = [
        governor.bucket("GET", f"https://a{S1}?api-version=1"),
        governor.bucket("HEAD", f"https://a{S1.upper()}/x"),
        governor.bucket("PUT", f"https://a{S1}"),
        governor.bucket("POST", f"https://a{S1}/listKeys"),
        governor.bucket("DELETE", f"https://a{S1}"),
        governor.bucket("GET", f"https://a{S2}"),
        governor.bucket("POST", "https://a/providers/Microsoft.ResourceGraph/resources"),
    ]
    assert [next(place for place, one in enumerate(buckets) if one is it) for it in buckets] == [0, 0, 2, 2, 4, 5, 6]


def elapsed(server: Stub, *requests: tuple[str, str]) -> list[float]:
    """Seconds that each request took, one after the other, over one governed connection."""
    seconds = []
    with connect(server) as plain:
        azure = plain.shared(Governor())
        for method, path in requests:
            began = time.monotonic()
            azure.get(path) if method == "GET" else azure.put(path, {})
            seconds.append(time.monotonic() - began)
    return seconds


def test_azure_is_believed_by_kind_and_subscription() -> None:
    with stub() as server:
        server.answer(S1, told(0, "writes"), told(5, "writes"), method="PUT")
        server.reply("/subscriptions/", lambda _: told(9))
        first, write, read, other = elapsed(server, ("PUT", S1), ("GET", S1), ("GET", S2), ("PUT", S1))
    assert max(first, write, read) < 0.09
    assert 0.05 < other < 0.5  # the tenth of a second until a token has come, less what the others took


def test_the_scarcest_of_several_limits_counts() -> None:
    with stub() as server:
        server.answer(S1, told(50, more={"x-ms-ratelimit-remaining-subscription-global-reads": "0"}), told(50))
        server.reply("/subscriptions/", lambda _: told(9))
        assert elapsed(server, ("GET", S1), ("GET", S1))[1] > 0.03


def test_a_refusal_stops_its_bucket_for_as_long_as_azure_asks_and_no_other() -> None:
    with stub() as server, connect(server) as plain:
        server.answer(S1, told(0, status=429, more={"retry-after": "1"}))
        server.reply("/subscriptions/", lambda _: told(100))
        governor = Governor()
        azure = plain.shared(governor)
        times: dict[str, float] = {}
        began = time.monotonic()

        def get(name: str, path: str) -> None:
            azure.get(path)
            times[name] = time.monotonic() - began

        with ThreadPoolExecutor(3) as pool:
            pool.submit(get, "refused", S1)
            time.sleep(0.2)
            pool.submit(get, "beside", f"{S1}/x")
            pool.submit(get, "elsewhere", S2)
    assert times["elsewhere"] < 0.7
    assert min(times["refused"], times["beside"]) > 0.9
    assert governor.refused == 1


def test_resource_graph_says_its_quota_in_words_of_its_own() -> None:
    def answered(_: Seen) -> Answer:
        quota = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:01"}
        return Answer(b"{}", {"content-type": "application/json", **quota})

    with stub() as server, connect(server) as plain:
        server.reply("/providers/", answered)
        azure = plain.shared(Governor())
        azure.post("/providers/Microsoft.ResourceGraph/resources", body={})
        began = time.monotonic()
        azure.post("/providers/Microsoft.ResourceGraph/resources", body={})
        assert time.monotonic() - began > 0.9


def test_threads_that_share_a_connection_keep_as_many_open_as_there_are_requests_at_a_time() -> None:
    with stub() as server, connect(server) as plain:
        server.reply(
            "/subscriptions/", lambda _: Answer(b'{"name": "g"}', {"content-type": "application/json"}, late=0.02)
        )
        azure = plain.shared(Governor())
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda number: azure.get(f"{S1}/{number}")["name"], range(40)))
        transport = azure._options["transport"]
        assert found == ["g"] * 40
        assert len(transport._idle) <= 4
        transport.shut()
        assert transport._idle == []


def test_requests_that_are_refused_together_halve_the_rate_once_and_better_answers_let_it_grow() -> None:
    bucket = Bucket(64.0)
    for _ in range(10):
        bucket.enter()
    for _ in range(9):
        bucket.refuse(0.05)
    assert (bucket.rate, bucket.refused) == (32.0, 9)
    bucket.leave(50)
    assert bucket.rate == 40.0
    for _ in range(5):
        bucket.enter()
        bucket.leave(60)
    assert bucket.rate == 64.0


def test_reads_are_scarce_when_azure_says_that_few_are_left() -> None:
    governor = Governor()
    assert not governor.are_reads_scarce("one")
    for left, scarce in ((11999, False), (20, True)):
        bucket = governor.bucket("GET", f"https://a{S1}")
        bucket.enter()
        bucket.leave(left)
        assert (governor.are_reads_scarce("ONE"), governor.are_reads_scarce("two")) == (scarce, False)
