"""One local Azure and one signed-in az a worker; every test starts from the seed."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.az import ROOT, Az
from tests.azure import Azure


@pytest.fixture(scope="session")
def local_azure() -> Iterator[Azure]:
    """Its traffic stays below .run/e2e: CI holds it against Azure's Swagger."""
    folder = ROOT / ".run" / "e2e" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    azure = Azure.start(folder, "--polls", "0")
    yield azure
    azure.stop()


@pytest.fixture(scope="session")
def signed_in(local_azure: Azure) -> Az:
    az = Az(local_azure)
    az.sign_in(local_azure)
    return az


@pytest.fixture
def azure(local_azure: Azure) -> Azure:
    local_azure.reset()
    return local_azure


@pytest.fixture
def az(signed_in: Az, azure: Azure) -> Az:
    return signed_in


@pytest.fixture
def installed(az: Az) -> Az:
    """An az whose cluster has the extension."""
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    return az


CLUSTER = ("-c", "amlarc-cluster", "-g", "amlarc-rg")
WORKSPACE = ("-w", "amlarc-ws", "-g", "amlarc-rg")
ADVANCED = str(ROOT / "examples" / "attach-advanced.json")
