"""A local Azure with a small fleet, whose traffic is left below .run/fleet: CI holds it against Azure's Swagger."""

import os
import shutil
from collections.abc import Iterator

import pytest

from azext_amlarc.azure.connection import retries
from azext_amlarc.workflows.fleet.running import lanes, work
from tests.support.az import ROOT
from tests.support.azure import Azure, without_unknown
from tests.support.fleets import fleet_azure

SIZE = 12


@pytest.fixture(scope="session")
def fleet_of_twelve() -> Iterator[Azure]:
    """Twelve clusters in two subscriptions; operations end at the second poll."""
    folder = ROOT / ".run" / "fleet" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with fleet_azure(folder, SIZE, "--polls", "1", subscriptions=2) as azure:
        yield azure
    without_unknown(folder / "traffic.jsonl")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(retries, "SECOND", 0.01)


@pytest.fixture
def fleet(fleet_of_twelve: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """The same as it was at the start, without the pauses that a real Azure needs."""
    monkeypatch.setattr(lanes, "_POLLS", 1000.0)
    monkeypatch.setattr(work, "_BUSY_PAUSE", 0.1)
    monkeypatch.setattr(work, "_FIRST_LOOK", 0.01)
    monkeypatch.setattr("azext_amlarc.azure.connection.waiting.FIRST_PAUSE", 0.05)
    fleet_of_twelve.reset()
    return fleet_of_twelve
