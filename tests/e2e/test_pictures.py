"""The pictures of the site, of real runs: `make docs` has them taken, into .run/pictures.

A recording is what was on a terminal, at moments: when something is asked, when the answer is typed, and at the end.
How long each is shown is a rule, so that no run looks slower than another.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Browser
from tests.browser.conftest import browser as browser
from tests.browser.test_report_page import CLIPPED, CROWDED
from tests.e2e.conftest import CLUSTER
from tests.e2e.test_fleet import MANIFEST
from tests.support.az import ROOT, Az
from tests.support.azure import Azure
from tests.support.terminal import Session, shell

pytestmark = pytest.mark.site
FOLDER = ROOT / ".run" / "pictures"
READ, TYPED, END = 1.5, 0.8, 6.0  # seconds
COLUMNS = 128


class Recorder:
    """Somebody at a shell, watched."""

    def __init__(self, screen: Session) -> None:
        self._screen = screen
        # The shell itself stays a simple one, whose echo is what was typed.
        screen.press(f'unset CI; stty cols {COLUMNS} rows 60; az() {{ TERM=xterm-256color command az "$@"; }}\n')
        screen.press("echo be''gin\n")
        screen.expect("\nbegin\n$ ")
        self._start = len(screen.seen) - len("$ ")
        self.frames: list[tuple[float, str]] = []

    def expect(self, text: str) -> None:
        """Wait for it."""
        self._screen.expect(text)

    def type(self, text: str) -> None:
        """What is on the screen, then with the text on it; then Enter."""
        self._take(READ)
        self._screen.press(text)
        if text:
            self._screen.expect(text)
            self._take(TYPED)
        self._screen.press("\n")
        self._screen.expect("\n")

    def end(self, last: str) -> None:
        """After the text `last` and the next prompt."""
        self._screen.expect(last)
        self._screen.expect("\n$ ")
        self._take(END)

    def _take(self, seconds: float) -> None:
        self.frames.append((seconds, self._screen.seen[self._start :]))

    def save(self, name: str, title: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        recording = {"title": title, "columns": COLUMNS, "frames": self.frames}
        (FOLDER / f"{name}.json").write_text(json.dumps(recording, indent=1), encoding="utf-8")


@pytest.fixture
def recorder(az: Az) -> Iterator[Recorder]:
    with shell(az) as screen:
        yield Recorder(screen)


def test_the_form_of_attach(installed: Az, recorder: Recorder) -> None:
    recorder.type("az ml arc attach --output none")
    for question, answer in (
        ("Workspace (number, name or part of a name): ", "amlarc-ws"),
        ("Compute name: ", "amlarc-compute"),
        ("Cluster (number, name or part of a name): ", "1"),
        ("Configuration file, JSON or YAML (Enter for none): ", ""),
        ("Attach the cluster? (y/N): ", "y"),
    ):
        recorder.expect(question)
        recorder.type(answer)
    recorder.end("Succeeded")
    recorder.save("attach", "az ml arc attach asks for the workspace, a name and the cluster, and attaches it")


def test_a_check_and_its_page(az: Az, recorder: Recorder, azure: Azure, browser: Browser) -> None:
    """An installation has failed."""
    error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed : pod healthcheck failed"}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    assert az("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True").code == 1
    recorder.type("az ml arc check -c amlarc-cluster -g amlarc-rg --only subscription cluster extension relay")
    recorder.end(" checks: ")
    recorder.save("check", "az ml arc check shows, group by group, what holds, what does not, why, and the fix")
    assert az("amlarc", "check", *CLUSTER, "-w", "amlarc-ws", "--output-file", "report.html").code == 1
    photograph(browser, az.config / "report.html", "check-report")


def test_the_page_of_a_fleet(az: Az, browser: Browser, tmp_path: Path) -> None:
    """The manifest of docs/fleet.md after its first wave."""
    (tmp_path / "fleet.yaml").write_text(MANIFEST, encoding="utf-8")
    az.must("amlarc", "apply", "-f", "fleet.yaml", "--wave", "1", "--yes", folder=tmp_path)
    assert az("amlarc", "status", "-f", "fleet.yaml", "--report", "fleet.html", folder=tmp_path).code == 2
    photograph(browser, tmp_path / "fleet.html", "fleet-status")


def photograph(browser: Browser, page: Path, name: str) -> None:
    """The upper part of a page, once nothing on it overlaps or is cut off."""
    assert page.is_file()
    browser.open(page, 1100)
    assert browser.run(CROWDED) == []
    assert browser.run(CLIPPED) == []
    FOLDER.mkdir(parents=True, exist_ok=True)
    assert browser.driver.save_screenshot(str(FOLDER / f"{name}.png"))
