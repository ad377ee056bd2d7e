"""Ctrl-C, and SIGTERM as CI sends it, explain themselves: what goes on in Azure, what was written, how to go on."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import CLUSTER
from tests.support.az import VENV, Az
from tests.support.azure import Azure

CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
DELAY_MS = 2000


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def interrupted(az: Az, azure: Azure, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """Runs `extension create` until `reached`, sends a signal, and gives what was said on stderr."""

    def run(reached: Callable[[], bool]) -> str:
        errors = tmp_path / "stderr"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [str(VENV / "bin" / "az"), *CREATE],
                env=az.environment,
                cwd=az.config,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                # A shell's background job ignores Ctrl-C, and so would what it starts.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )
            deadline = time.monotonic() + 30
            while not reached():
                assert time.monotonic() < deadline, "what it is waited for was never seen"
                time.sleep(0.05)
            time.sleep(0.3)
            process.send_signal(request.param)
            assert process.wait(20) == 1
        return errors.read_text()

    yield run
    time.sleep(DELAY_MS / 1000)  # what Azure still holds belongs to this test


def has_seen(azure: Azure, request: str) -> bool:
    seen = (f"{line['method']} {line['url'].rpartition('/providers/')[2]}" for line in azure.traffic())
    return any(line.startswith(request) for line in seen)


def test_during_the_installation(interrupted: Callable[..., str], azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    said = interrupted(lambda: has_seen(azure, "PUT Microsoft.KubernetesConfiguration/extensions"))
    assert "Interrupted. Azure is still installing the extension 'amlarc-compute'." in said
    assert "az ml arc extension wait -n amlarc-compute" in said
    assert "Traceback" not in said


def test_while_the_relay_is_made(interrupted: Callable[..., str], azure: Azure, az: Az) -> None:
    azure.fault(method="PUT", path="/hybridConnections/", delayMs=DELAY_MS)
    said = interrupted(lambda: has_seen(azure, "PUT Microsoft.Relay/namespaces"))
    assert "Sent so far: Relay namespace" in said
    assert "Run the same command again to continue." in said
    assert "Traceback" not in said
    assert az.must(*CREATE).object["installState"] == "Installed"


def test_while_azure_answers_a_write(interrupted: Callable[..., str], azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", delayMs=DELAY_MS)
    said = interrupted(lambda: not azure.faults())
    assert "Interrupted. Sent so far: Relay namespace" in said
    assert "; possibly extension amlarc-compute on /subscriptions/" in said
    assert "Traceback" not in said


def test_before_anything_is_written(interrupted: Callable[..., str], azure: Azure) -> None:
    azure.fault(method="GET", path="/connectedClusters/amlarc-cluster$", delayMs=DELAY_MS)
    said = interrupted(lambda: not azure.faults())
    assert "Interrupted. Nothing was changed." in said
    assert "Traceback" not in said
