"""A fixed sample of the matrix, storms, and faults under the real az: what `make test` runs of all this."""

from collections.abc import Callable

import pytest

from tests.faults import state
from tests.faults.commands import ATTACH, COMMANDS, DELETE, DETACH, TRAINING, UPDATE, Command
from tests.faults.matrix import AGAIN, AT_ONCE, Bench, Figures, Spot
from tests.support.az import Az

Told = Callable[[str, str, Figures], None]

EXTENSION, COMPUTE = "/extensions/amlarc-compute$", "/computes/k8s-compute$"


def last_write(bench: Bench, command: Command) -> Spot:
    return [spot for spot in bench.spots(command) if spot.method not in {"GET", "POST"}][-1]


@pytest.mark.parametrize("fault", ["429, Retry-After: 1", "reset before", "reset after", "claims"])
@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_broken_write_reaches_what_was_wanted_at_once(bench: Bench, command: Command, fault: str) -> None:
    assert bench.broken(command, last_write(bench, command), fault) == AT_ONCE


@pytest.mark.parametrize("fault", ["Failed", "Canceled"])
@pytest.mark.parametrize("command", [TRAINING, UPDATE, DELETE, ATTACH, DETACH], ids=str)
def test_a_write_that_azure_fails_is_reached_by_the_same_command_again(
    bench: Bench, command: Command, fault: str
) -> None:
    assert bench.broken(command, last_write(bench, command), fault) == AGAIN


@pytest.mark.parametrize("fault", [{"reset": "after"}, {"truncate": True}], ids=["reset", "truncated"])
@pytest.mark.parametrize(
    ("command", "method", "path"),
    [
        (TRAINING, "PUT", EXTENSION),
        (UPDATE, "PATCH", EXTENSION),
        (ATTACH, "PUT", COMPUTE),
        (DETACH, "DELETE", COMPUTE),
        (DELETE, "DELETE", EXTENSION),
    ],
    ids=str,
)
def test_a_write_whose_answer_is_lost_is_joined_and_not_sent_twice(
    bench: Bench, command: Command, method: str, path: str, fault: dict[str, object]
) -> None:
    bench.prepare(command)
    seen = len(bench.azure.traffic())
    bench.azure.fault(method=method, path=path, **fault)
    bench.door.must(command)
    sent = [line["method"] for line in bench.azure.traffic()[seen:]]
    assert sent.count(method) == len([spot for spot in bench.spots(command) if spot.method == method])


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_storm_without_retry_after_gets_four_tries_and_a_clean_error(bench: Bench, method: str) -> None:
    bench.prepare(TRAINING)
    before = state.resources(bench.azure)
    bench.azure.fault(method=method, path=EXTENSION, status=429, times=1000)
    outcome = bench.door.run(TRAINING)
    tries = [line for line in bench.azure.traffic() if line["fault"]]
    assert len(tries) == 4
    assert outcome.said.startswith("(TooManyRequests) Too many requests.")
    bench.azure.send("DELETE", "/emulator/faults")
    assert bench.judged(TRAINING, before, outcome) == AGAIN


def test_a_command_whose_operation_never_ends_says_how_to_follow_it(bench: Bench) -> None:
    bench.prepare(TRAINING)
    bench.azure.fault(method="PUT", path=EXTENSION, operation="never")
    said = bench.door.run(TRAINING, timeout=1).said
    assert "Azure is still installing the extension 'amlarc-compute' after 1 s" in said
    assert "az ml arc extension wait -n amlarc-compute" in said


def test_a_resource_made_before_a_failure_is_named(bench: Bench) -> None:
    bench.prepare(TRAINING)
    bench.azure.fault(method="PUT", path=EXTENSION, operation="Failed", error={"code": "X", "message": "Helm failed."})
    said = bench.door.run(TRAINING).said
    assert "(X) Installing the extension 'amlarc-compute' failed: Helm failed." in said
    assert "Sent so far: Relay namespace /subscriptions/" in said
    assert "; extension amlarc-compute on /subscriptions/" in said


def test_the_real_az_joins_a_write_whose_answer_was_lost(bench: Bench, az: Az) -> None:
    bench.prepare(TRAINING)
    bench.azure.fault(method="PUT", path=EXTENSION, reset="after")
    az.must(*TRAINING.argv())
    assert [line["method"] for line in bench.azure.traffic() if "/extensions/" in line["url"]].count("PUT") == 1


def test_the_real_az_prints_one_error_and_goes_on_when_asked_again(bench: Bench, az: Az) -> None:
    bench.spots(TRAINING)
    bench.prepare(TRAINING)
    bench.azure.fault(method="PUT", path=EXTENSION, operation="Failed", error={"code": "X", "message": "Helm failed."})
    failed = az(*TRAINING.argv())
    assert (failed.code, failed.stdout) == (1, "")
    assert failed.stderr.count("ERROR:") == 1
    assert "Traceback" not in failed.stderr
    assert "amlarccluster000000000000000000000000000000075a1d2" in failed.stderr
    az.must(*TRAINING.argv())
    assert state.resources(bench.azure) == bench.wanted["create"]


def test_the_real_az_answers_a_challenge_for_more_claims(bench: Bench, az: Az) -> None:
    bench.prepare(DETACH)
    bench.azure.fault(path=COMPUTE, claims=True)
    az.must(*DETACH.argv())
    assert not any("/computes/" in id_ for id_ in state.resources(bench.azure))
