"""One local Azure and one signed-in az a worker; every test starts from the seed."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amlarc_emulator.client import State
from tests.support.az import ROOT, Az
from tests.support.azure import Azure, running, without_unknown


@pytest.fixture(scope="session")
def local_azure() -> Iterator[Azure]:
    """Its traffic stays below .run/e2e: CI holds it against Azure's Swagger."""
    folder = ROOT / ".run" / "e2e" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    azure = Azure.start(folder, "--polls", "0")
    yield azure
    azure.stop()
    without_unknown(folder / "traffic.jsonl")


@pytest.fixture(scope="session")
def signed_in(local_azure: Azure) -> Iterator[Az]:
    with Az(local_azure).forking() as az:
        az.sign_in(local_azure)
        yield az


@pytest.fixture
def azure(local_azure: Azure) -> Azure:
    local_azure.reset()
    return local_azure


@pytest.fixture
def az(signed_in: Az, azure: Azure) -> Az:
    return signed_in


@dataclass(frozen=True)
class Installation:
    """The first `extension create` on a connected cluster: what there is after it, and the exchanges that it took."""

    state: State
    traffic: list[dict[str, Any]]


@pytest.fixture(scope="session")
def installation(local_azure: Azure, signed_in: Az) -> Installation:
    """Made once a worker."""
    local_azure.reset()
    signed_in.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    return Installation(local_azure.state(), local_azure.traffic())


@pytest.fixture(scope="session")
def state_installed(installation: Installation) -> State:
    """What there is after the extension has been installed."""
    return installation.state


@pytest.fixture(scope="session")
def state_attached(local_azure: Azure, signed_in: Az, state_installed: State) -> State:
    """What there is after the cluster has been attached, too."""
    local_azure.reset(state_installed)
    signed_in.must("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, *CLUSTER[:2], "--config", ADVANCED)
    return local_azure.state()


@pytest.fixture
def installed(state_installed: State, az: Az, azure: Azure) -> Az:
    """An az whose cluster has the extension."""
    azure.reset(state_installed)
    return az


@pytest.fixture
def attached(state_attached: State, az: Az, azure: Azure) -> Az:
    """An az whose compute target has the types gpu_instance (the default) and big_cpu_sku."""
    azure.reset(state_attached)
    return az


CLUSTER = ("-c", "amlarc-cluster", "-g", "amlarc-rg")
WORKSPACE = ("-w", "amlarc-ws", "-g", "amlarc-rg")
# The guide's own, whose names of 2021 lead to a warning each.
ADVANCED = str(ROOT / "tests/cases/document/warning/D009-guide-advanced.json")


@pytest.fixture(scope="session")
def crowded_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """Another local Azure: several groups with clusters in every state, four workspaces, two items in a page.

    Its traffic is not left for armcheck: Azure's Swagger does not have the parameter that its own nextLinks bring.
    """
    seed = str(Path(__file__).with_name("clusters.json"))
    with running(tmp_path_factory.mktemp("azure"), "--polls", "1", "--page-size", "2", "--seed", seed) as azure:
        yield azure


@pytest.fixture(scope="session")
def signed_in_there(crowded_azure: Azure) -> Iterator[Az]:
    with Az(crowded_azure).forking() as az:
        az.sign_in(crowded_azure)
        yield az


@pytest.fixture
def crowd(crowded_azure: Azure, signed_in_there: Az) -> Az:
    """An az for the Azure with many clusters, as its seed has it."""
    crowded_azure.reset()
    return signed_in_there
