"""Ctrl-C explains itself: what goes on in Azure, what had been written, how to go on."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import CLUSTER
from tests.support.az import VENV, Az
from tests.support.azure import Azure

CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")


@pytest.fixture
def interrupted(az: Az, azure: Azure, tmp_path: Path) -> Callable[[str], str]:
    """Runs `extension create` until a request is seen, presses Ctrl-C, and gives what was said on stderr."""

    def run(request: str) -> str:
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
            while not any(f"{line['method']} {line['url']}".startswith(request) for line in _seen(azure)):
                assert time.monotonic() < deadline, f"no {request} was seen"
                time.sleep(0.05)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 1
        return errors.read_text()

    return run


def _seen(azure: Azure) -> list[dict[str, str]]:
    return [{**line, "url": line["url"].rpartition("/providers/")[2]} for line in azure.traffic()]


def test_during_the_installation(interrupted: Callable[[str], str], azure: Azure) -> None:
    azure.fault(method="PUT", path="/extensions/", operation="never")
    said = interrupted("PUT Microsoft.KubernetesConfiguration/extensions")
    assert "Interrupted. Azure is still installing the extension 'amlarc-compute'." in said
    assert "az ml arc extension wait -n amlarc-compute" in said
    assert "Traceback" not in said


def test_while_the_relay_is_made(interrupted: Callable[[str], str], azure: Azure, az: Az) -> None:
    azure.fault(method="PUT", path="/hybridConnections/", delayMs=3000)
    said = interrupted("PUT Microsoft.Relay/namespaces")
    assert "Sent so far: Relay namespace" in said
    assert "Run the same command again to continue." in said
    assert "Traceback" not in said
    assert az.must(*CREATE).object["installState"] == "Installed"
