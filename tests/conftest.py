"""Tests leave the user's own az alone: importing az's core makes its configuration folder.

A test that takes `azure` gets a local Azure as the seed has it (some folders have their own), one that takes `cluster`
a real API server that holds nothing yet; each worker starts one when the first asks.
Property-based tests try few examples in the normal run, many under HYPOTHESIS_PROFILE=long.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.az import ROOT
from tests.support.azure import Azure, running
from tests.support.cluster import Cluster, assets

os.environ["AZURE_CONFIG_DIR"] = str(ROOT / ".run" / "azure" / os.environ.get("PYTEST_XDIST_WORKER", "main"))

settings.register_profile("short", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


@pytest.fixture(scope="session")
def local_azure() -> Iterator[Azure]:
    """Operations end at the first poll. Its traffic stays below .run/arm: CI holds it against Azure's Swagger."""
    folder = ROOT / ".run" / "arm" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running(folder, "--polls", "0") as azure:
        yield azure


@pytest.fixture
def azure(local_azure: Azure) -> Azure:
    local_azure.reset()
    return local_azure


@pytest.fixture(scope="session")
def local_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Skips where there is no kube-apiserver to run."""
    found = assets()
    if found is None:
        pytest.skip("no kube-apiserver and etcd here: `make kube-assets` builds them with Go")
    cluster = Cluster.start(tmp_path_factory.mktemp("cluster"), found)
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(local_cluster: Cluster) -> Cluster:
    local_cluster.reset()
    return local_cluster
