"""The wheel amlarc-emulator: what it holds, what it asks for, and that others can use it as its README says."""

import os
import re
import subprocess
import sys
import tomllib
import typing
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from amlarc_emulator import client
from amlarc_emulator.providers import TABLE
from amlarc_emulator.wire import faults
from tests.support.az import ROOT, VENV
from tests.support.azure import Azure
from tests.support.listings import listings

FOLDER = ROOT / "amlarc_emulator"
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))
SETUP = (ROOT / "setup.py").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
FLEET = """
apiVersion: amlarc/v1alpha1
kind: Fleet
metadata: {name: plants}
spec:
  clusters: [{name: amlarc-cluster, resourceGroup: amlarc-rg}]
  extension: {settings: {enableTraining: "True"}}
"""


def test_it_names_every_package_that_there_is() -> None:
    folders = {file.parent.relative_to(ROOT) for file in FOLDER.rglob("__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == {".".join(folder.parts) for folder in folders}


def test_it_asks_for_what_the_tests_run_with() -> None:
    ours = {one.name.lower(): one for one in map(Requirement, re.findall(r'"([\w-]+(?:\[\w+\])?[<>=~][^"]*)"', SETUP))}
    for text in PROJECT["project"]["dependencies"]:
        asked = Requirement(text)
        assert asked.name == "cryptography" or asked.specifier == ours[asked.name.lower()].specifier


def test_the_clients_faults_are_those_that_there_are() -> None:
    assert set(typing.get_type_hints(client.Fault)) == {*faults.SHAPE, "body"}


def test_the_clients_state_is_what_there_is(azure: Azure) -> None:
    assert set(azure.state()) == set(typing.get_type_hints(client.State))


def test_the_documents_list_every_type_and_every_control_call() -> None:
    rows = re.findall(r"^\| (Microsoft\.\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    shown = {f"{provider}/{path}" for provider, types in rows for path in re.findall(r"`([^`]+)`", types)}
    assert shown == {f"{one.provider}/{one.path}" for one in TABLE.values()}
    calls = re.findall(r"^\| `(?:GET|POST) /emulator/.+ \| (`.+`) \| .+ \|$", PAGE, re.MULTILINE)
    methods = {name for names in calls for name in re.findall(r"\w+", names)}
    assert methods == {"fault", "faults", "forget_faults", "allow", "state", "reset"}
    assert all(hasattr(client.LocalAzure, name) for name in methods)
    files = re.findall(r"`(tests/[\w/.]+)`", PAGE)
    assert len(files) >= 6
    assert all((ROOT / file).exists() for file in files)


def test_az_signs_in_as_its_readme_says(azure: Azure) -> None:
    names = {"ENDPOINT": f"{azure.endpoint}/", "CLIENT": azure.client_id, "SECRET": azure.client_secret}
    consoles = [one for one in listings(FOLDER / "README.md") if one.language == "console"]
    (program, shown), *commands = [words for words, _ in consoles[1].commands()]
    assert (program, shown) == (".", "azure/env.sh")
    assert [[names.get(word, word) for word in words] for words in commands] == [["az", *one] for one in azure.login]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make emulator` builds it, with times that a release fixes."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "-q", "--wheel", "--no-isolation", "--outdir", str(out), str(FOLDER)]
    subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.matrix
def test_it_holds_all_of_the_package_and_nothing_else(wheel: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", FOLDER.name], cwd=ROOT, capture_output=True, text=True, check=True)
    about_it = {f"{FOLDER.name}/pyproject.toml", f"{FOLDER.name}/README.md"}
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == set(tracked.stdout.split()) - about_it


@pytest.mark.matrix
def test_its_readmes_test_passes_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    site, project = tmp_path / "site", tmp_path / "project"
    with ZipFile(wheel) as archive:
        archive.extractall(site)
    project.mkdir()
    (example,) = [found.text for found in listings(FOLDER / "README.md") if found.language == "python"]
    where = "\n\ndef test_it_is_the_installed_one(local_azure):\n    assert SITE in amlarc_emulator.client.__file__\n"
    head = f"import amlarc_emulator.client\n\nSITE = {str(site)!r}\n"
    (project / "test_pipeline.py").write_text(head + example + where)
    (project / "fleet.yaml").write_text(FLEET)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "local_azure_options=--polls 1"],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(site),
            "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "AZURE_EXTENSION_DIR": str(VENV / "extensions"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout
