"""The client and the local Azure, each killed at every request; then the same command again."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from threading import Thread

import pytest

from tests.faults.commands import COMMANDS, MENDING, SCALING, Command
from tests.faults.matrix import Bench, Figures, Spot
from tests.support.az import VENV, Az

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.timeout(900),  # a command of forty requests is killed forty times
    # az's sign-in library leaves its connections to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*unclosed <ssl.SSLSocket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]

HELD_MS = 400
SECONDS = 20

Told = Callable[[str, str, Figures], None]


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_the_client_killed_at_every_request(bench: Bench, az: Az, told: Told, command: Command) -> None:
    """What the request asks for happens all the same: it is under way when az dies."""
    told(str(command), "client killed", _killed(bench, az, command, bench.spots(command)))


@pytest.mark.parametrize("command", [*SCALING, *MENDING], ids=str)
@pytest.mark.usefixtures("gate")
def test_the_client_killed_at_every_write_to_azure_and_to_the_cluster(
    bench: Bench, az: Az, told: Told, command: Command
) -> None:
    """Between two writes nothing changes: one killed there leaves what one killed at the first of them does."""
    writes = [spot for spot in bench.spots(command) if spot.writes]
    assert writes
    told(str(command), "client killed at writes", _killed(bench, az, command, writes))


def _killed(bench: Bench, az: Az, command: Command, spots: Sequence[Spot]) -> Figures:
    """How the same command ended after each of these requests was the last of a first run."""
    figures = Figures()
    for spot in spots:
        bench.prepare(command)
        _hold(bench, spot)
        process = subprocess.Popen(
            [str(VENV / "bin" / "az"), *command.argv()],
            env=az.environment,
            cwd=az.config,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_until_held(bench, spot)
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
        time.sleep(HELD_MS / 1000)
        figures.add(spot, bench.run_again(command))
    return figures


@pytest.mark.parametrize("command", [*COMMANDS, *(one for one in MENDING if not one.needs_cluster)], ids=str)
def test_azure_killed_at_every_request(bench: Bench, told: Told, command: Command) -> None:
    """The request does not take effect, and Azure is back at the same port with all that came before it."""
    figures = Figures()
    for spot in bench.spots(command):
        bench.prepare(command)
        before = bench.found(command)
        _hold(bench, spot)
        killer = Thread(target=_kill_once_held, args=(bench, spot))
        killer.start()
        first = bench.door.run(command)
        killer.join()
        bench.restart()
        figures.add(spot, bench.judged(command, before, first))
    told(str(command), "Azure killed", figures)


def _hold(bench: Bench, spot: Spot) -> None:
    bench.fault(spot, {"delayMs": HELD_MS})


def _kill_once_held(bench: Bench, spot: Spot) -> None:
    _wait_until_held(bench, spot)
    bench.azure.kill()


def _wait_until_held(bench: Bench, spot: Spot) -> None:
    deadline = time.monotonic() + SECONDS
    while bench.is_to_come(spot):
        assert time.monotonic() < deadline, "the request never came"
        time.sleep(0.01)
