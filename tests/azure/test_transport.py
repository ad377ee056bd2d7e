"""An answer that trickles, never comes or never ends is said to, in bounded time and memory."""

import gzip
import json
import time

import pytest
from azure.core.exceptions import AzureError, ServiceResponseTimeoutError

from azext_amlarc.azure.connection import transport
from azext_amlarc.azure.connection.transport import AnswerTooLarge
from tests.support.connecting import Diary
from tests.support.stub import Answer, connect, stub

BIG = json.dumps({"properties": {"x": "y" * 9_000_000}}).encode()
JSON = {"content-type": "application/json"}
# As users have them.
READ_SECONDS, WRITE_SECONDS, SAID_AFTER = transport.READ_SECONDS, transport.WRITE_SECONDS, transport.SAID_AFTER


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.4)
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.8)
    monkeypatch.setattr(transport, "SAID_AFTER", 0.2)


def test_nobody_hears_nothing_for_thirty_seconds_and_azures_own_minute_is_waited_for() -> None:
    assert max(READ_SECONDS, SAID_AFTER) < 30
    assert WRITE_SECONDS > 60


@pytest.mark.parametrize(
    "slow",
    [
        Answer(b'{"name": "group", "x": "0123456789"}', JSON, pace=0.1),
        Answer(b'{"name": "group"}', JSON, late=3),
    ],
    ids=["trickles", "never comes"],
)
def test_an_answer_that_takes_too_long_is_given_up_and_its_host_named(slow: Answer) -> None:
    with stub() as server, connect(server) as azure:
        server.answer("/subscriptions/s", slow, times=9)
        began = time.monotonic()
        with pytest.raises(ServiceResponseTimeoutError, match=rf"^{server.host} did not answer within 0 s"):
            azure.get("/subscriptions/s")
        assert time.monotonic() - began < 2


def test_a_write_that_takes_long_is_said_to_and_waited_for() -> None:
    diary = Diary()
    with stub() as server, connect(server, watcher=diary) as azure:
        server.answer("/subscriptions/s", Answer(b'{"name": "group"}', JSON, late=0.4))
        assert azure.put("/subscriptions/s", {}) == {"name": "group"}
        assert diary.told == [f"{server.host} has not answered for 0 s; still waiting"]


def test_a_quick_write_is_not_worth_a_word() -> None:
    diary = Diary()
    with stub() as server, connect(server, watcher=diary) as azure:
        server.answer("/subscriptions/s", Answer(b'{"name": "group"}', JSON))
        azure.put("/subscriptions/s", {})
        time.sleep(0.3)
    assert diary.told == []


@pytest.mark.parametrize(
    "big",
    [Answer(BIG, JSON), Answer(gzip.compress(BIG), {**JSON, "content-encoding": "gzip"})],
    ids=["as it is", "packed"],
)
def test_an_answer_beyond_azures_own_cap_is_not_read_to_its_end(big: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 20)
    with stub() as server, connect(server) as azure:
        server.answer("/subscriptions/s", big, times=9)
        with pytest.raises(
            AnswerTooLarge, match=rf"^{server.host} answered with more than 8 MB, which Azure never does"
        ):
            azure.get("/subscriptions/s")


def test_a_large_answer_that_azure_may_give_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 20)
    with stub() as server, connect(server) as azure:
        server.answer("/subscriptions/s", Answer.of({"name": "y" * 8_000_000}))
        assert len(azure.get("/subscriptions/s")["name"]) == 8_000_000


def test_a_connection_that_ends_with_its_answer_is_read_to_the_end() -> None:
    with stub() as server, connect(server) as azure:
        server.answer("/subscriptions/s", Answer.of({"name": "y" * 300_000}, connection="close"), times=2)
        assert [len(azure.get("/subscriptions/s")["name"]) for _ in range(2)] == [300_000] * 2


def test_an_answer_in_pieces_without_a_length_is_read() -> None:
    with stub() as server, connect(server) as azure:
        chunked = Answer(b'5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n', {**JSON, "transfer-encoding": "chunked"})
        server.answer("/subscriptions/s", chunked)
        assert azure.get("/subscriptions/s") == {"a": 1}


def test_whatever_is_too_slow_is_an_error_of_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall in each door knows those."""
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.3)
    with stub() as server, connect(server) as azure:
        server.answer("/subscriptions/s", Answer(b"{}", JSON, late=2), times=9)
        with pytest.raises(AzureError, match="did not answer"):
            azure.put("/subscriptions/s", {})
