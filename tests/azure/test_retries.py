"""When a request is sent again: policy alone; tests/faults breaks whole commands."""

import logging
import socket
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.connection import retries
from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.azure.connection.writing import recorded
from tests.support.azure import Azure
from tests.support.connecting import Diary, Login, connect
from tests.support.stub import Answer, Seen, stub
from tests.support.stub import connect as connect_to

GROUP = "/resourceGroups/amlarc-rg"


def read_group(azure: Azure) -> str:
    with connect(azure) as arm:
        return str(arm.get(azure.group)["name"])


@pytest.mark.parametrize(
    "fault", [{"status": code} for code in (408, 429, 500, 502, 503, 504)] + [{"reset": "after"}, {"truncate": True}]
)
def test_what_passes_is_tried_four_times(azure: Azure, fault: dict[str, Any]) -> None:
    azure.fault(path=f"{GROUP}$", times=3, **fault)
    assert read_group(azure) == "amlarc-rg"


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503}, {"reset": "before"}, {"truncate": True}])
def test_a_fifth_try_is_never_made(azure: Azure, fault: dict[str, Any]) -> None:
    azure.fault(path=f"{GROUP}$", times=1000, **fault)
    with pytest.raises(Exception, match=r"(?i)too many|unavailable|connection|incomplete"):
        read_group(azure)
    assert len(azure.traffic()) == 4


def test_whoever_is_in_haste_asks_once_and_gives_up_on_an_azure_that_never_answers(azure: Azure) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with AzureClient(Cloud(endpoint, (f"{endpoint}/.default",)), Login(azure), "s", once=True) as arm:
            with pytest.raises(AzureError, match="timed out"):
                arm.get("/subscriptions/s")
            with arm.clone() as twin, pytest.raises(AzureError, match="timed out"):
                twin.get("/subscriptions/s")
        silent.setblocking(False)
        for _ in range(2):
            silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.parametrize("status", [409, 429, 503])
def test_with_retry_after_azure_says_when_and_is_asked_as_often_as_ten_times(azure: Azure, status: int) -> None:
    azure.fault(path=f"{GROUP}$", status=status, retryAfter=1, times=9)
    assert read_group(azure) == "amlarc-rg"
    azure.fault(path=f"{GROUP}$", status=status, retryAfter=1, times=1000)
    with pytest.raises(HttpResponseError):
        read_group(azure)
    assert len(azure.traffic()) == 20


def test_nobody_waits_longer_than_arms_longest_retry_after(azure: Azure) -> None:
    azure.fault(path=f"{GROUP}$", status=429, retryAfter=601)
    with pytest.raises(HttpResponseError, match="too many requests"):
        read_group(azure)
    assert len(azure.traffic()) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 501])
def test_a_refusal_is_an_answer(azure: Azure, status: int) -> None:
    azure.fault(path=f"{GROUP}$", status=status)
    with pytest.raises(HttpResponseError):
        read_group(azure)
    assert len(azure.traffic()) == 1


def test_a_long_pause_that_azure_asks_for_is_said_once_a_request(azure: Azure) -> None:
    azure.fault(path=f"{GROUP}$", status=429, retryAfter=7, times=3)
    diary = Diary()
    with connect(azure) as first, first.clone(watcher=diary) as arm:
        arm.get(azure.group)
        assert diary.told == ["Azure is busy; retrying in 7 s, as it asks"]
        azure.fault(path=f"{GROUP}$", status=429, retryAfter=8)
        with arm.clone() as connection:
            connection.get(azure.group)
        assert diary.told[1:] == ["Azure is busy; retrying in 8 s, as it asks"]


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """What the work itself has logged; azure-core logs each request where the level says so."""
    return [(level, message) for name, level, message in caplog.record_tuples if name == "azext_amlarc.azure"]


def test_a_long_pause_is_in_the_log_where_nobody_watches(azure: Azure, caplog: pytest.LogCaptureFixture) -> None:
    azure.fault(path=f"{GROUP}$", status=429, retryAfter=6)
    read_group(azure)
    assert logged(caplog) == [(logging.WARNING, "Azure is busy; retrying in 6 s, as it asks")]


@pytest.mark.parametrize("fault", [{"status": 429, "retryAfter": 5}, {"status": 503}, {"reset": "before"}])
def test_a_short_pause_is_not_worth_a_word(
    azure: Azure, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    azure.fault(path=f"{GROUP}$", **fault)
    read_group(azure)
    assert logged(caplog) == []


@pytest.mark.parametrize("first", ["no answer", "a gateway's word"])
def test_a_write_that_may_have_taken_effect_is_possible_although_nobody_could_be_reached_afterwards(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setattr(retries, "SECOND", 0.001)
    with stub() as server, connect_to(server) as arm:

        def last_word(_seen: Seen) -> Answer:
            server.close()
            if first == "no answer":
                raise OSError
            return Answer.of({"error": {"code": "GatewayTimeout"}}, 504, connection="close")

        server.reply("/resourceGroups/g", last_word)
        with pytest.raises(AzureError) as caught, recorded(arm.writes, "resource group g"):
            arm.put("/subscriptions/s/resourceGroups/g", {})
        assert len(server.seen) == 1
    assert "refused" in str(caught.value)
    assert arm.writes.lines == ["possibly resource group g (Azure's response was lost)"]


def test_a_write_that_never_left_is_not_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECOND", 0.001)
    with stub() as server, connect_to(server) as arm:
        server.close()
        with pytest.raises(AzureError, match="refused"), recorded(arm.writes, "resource group g"):
            arm.put("/subscriptions/s/resourceGroups/g", {})
    assert arm.writes.lines == []


def test_pauses_grow_and_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECOND", 1.0)
    for tries, told, least in ((1, None, 0.8), (2, None, 1.6), (3, None, 3.2), (1, 7.0, 7.0), (9, 7.0, 7.0)):
        found = {retries.pause(tries, told) for _ in range(50)}
        assert len(found) > 1
        assert least <= min(found) <= max(found) <= least * 1.25
