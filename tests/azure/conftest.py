"""One local Azure a worker, whose operations end at the first look; every test starts from the seed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.azure import Azure, running

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def local_azure() -> Iterator[Azure]:
    """Its traffic stays below .run/arm: CI holds it against Azure's Swagger."""
    folder = ROOT / ".run" / "arm" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running(folder, "--polls", "0") as azure:
        yield azure


@pytest.fixture
def azure(local_azure: Azure) -> Azure:
    local_azure.reset()
    return local_azure
