"""A local Azure that holds what the guide's listings name, and the Python API pointed at it.

The examples run as programs of their own, in an environment that holds what the wheel requires with its extra `sdk`
and nothing else: no az there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from azext_amlarc.sdk import Workspace
from tests.support.azure import ROOT, Azure, running, without_unknown
from tests.support.connecting import Login

GROUP = "/subscriptions/123/resourceGroups/rg"
CLUSTER = f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
EDGE_CLUSTER = f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/edge-cluster"
CONFIG = {"subscription_id": "123", "resource_group": "rg", "workspace_name": "amlarc-ws"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def local_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """In a folder of its own, so that two runs at once leave each other alone; its traffic is left below .run/sdk."""
    folder = tmp_path_factory.mktemp("azure")
    with running(folder, "--polls", "1", "--seed", str(Path(__file__).with_name("seed.json"))) as azure:
        yield azure
    left = ROOT / ".run" / "sdk" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    left.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "traffic.jsonl", left)
    without_unknown(left / "traffic.jsonl")


@pytest.fixture
def azure(local_azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    local_azure.reset()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(local_azure.ca_file))
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", local_azure.python_env["ARM_CLOUD_METADATA_URL"])
    return local_azure


@pytest.fixture
def ws(azure: Azure) -> Workspace:
    return Workspace("123", "rg", "amlarc-ws", credential=Login(azure))


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with this package and with what a user gets who installs its wheel with the extra `sdk`."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "azext_amlarc").symlink_to(ROOT / "azext_amlarc")
    for name in sorted(required("amlarc", "sdk") - {"amlarc"}):
        for file in distribution(name).files or ():
            if ".." not in file.parts:
                link = folder / file
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(str(distribution(name).locate_file(file)))
    return folder


def required(name: str, extra: str = "") -> set[str]:
    """The distribution, and all that it needs, that these need, and so on."""
    found: dict[str, Distribution] = {}
    waiting = [(name, extra)]
    while waiting:
        name, extra = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            needs = [Requirement(text) for text in found[name].requires or ()]
            wanted = [need for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]
            waiting += [(_normal(need.name), ",".join(need.extras)) for need in wanted]
    return set(found)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture
def run(azure: Azure, packages: Path, tmp_path: Path) -> Run:
    """Run a program as a user would: signed in through the environment, beside the workspace's config.json."""
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(packages),
        **azure.python_env,
    }

    def program(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", *arguments]  # -S: without the packages of this Python
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )

    return program
