"""A release, installed as its users do: from a URL, by name from an index, beside az and beside other extensions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from release.index import index
from release.wheels import Wheel
from tests.release.conftest import Az
from tests.support.az import ROOT, VENV

STAND_IN = """
from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import CliCommandType


def stand_in():
    return "{name}"


class Loader(AzCommandsLoader):
    __module__ = "azext_{module}"

    def load_command_table(self, args):
        handlers = CliCommandType(operations_tmpl="azext_{module}#{{}}")
        with self.command_group("{group}", custom_command_type=handlers) as group:
            group.custom_command("stand-in", "stand_in")
        return self.command_table

    def load_arguments(self, command):
        pass


COMMAND_LOADER_CLS = Loader
"""
OTHERS = {"k8s-extension": "k8s-extension", "connectedk8s": "connectedk8s", "ml": "ml", "aks-preview": "aks"}
VALIDATE = ("config", "validate", "--file", str(ROOT / "examples" / "fleet.yaml"))


def names(az: Az) -> list[tuple[str, str]]:
    return [(one["name"], one["version"]) for one in az.must("extension", "list").object]


def test_the_checksums_are_true(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    listed = {line.split()[1] for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
    assert listed == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}


def test_it_is_installed_from_a_url(az: Az, published: tuple[str, Path], wheel: Wheel) -> None:
    az.must("extension", "add", "--yes", "--source", f"{published[0]}/{wheel.name}")
    assert names(az) == [("amlarc", wheel.metadata["Version"])]
    assert az.must("ml", "arc", *VALIDATE).code == 0


def test_it_is_installed_by_name_from_an_index_and_verified(az: Az, published: tuple[str, Path], wheel: Wheel) -> None:
    url, shown = published
    entries = index([wheel], url)
    az.must("config", "set", f"extension.index_url={url}/index.json")
    entry = entries["extensions"]["amlarc"][0]
    (shown / "index.json").write_text(json.dumps(entries), encoding="utf-8")
    available = az.must("extension", "list-available").object
    assert [(one["name"], one["version"], one["installed"], one["preview"]) for one in available] == [
        ("amlarc", wheel.metadata["Version"], False, False)
    ]

    wrong = {"formatVersion": "1", "extensions": {"amlarc": [{**entry, "sha256Digest": "0" * 64}]}}
    (shown / "index.json").write_text(json.dumps(wrong), encoding="utf-8")
    refused = az("extension", "add", "--yes", "--name", "amlarc")
    assert (refused.code, "checksum" in refused.stderr) == (1, True)

    (shown / "index.json").write_text(json.dumps(entries), encoding="utf-8")
    az.must("extension", "add", "--yes", "--name", "amlarc")
    assert names(az) == [("amlarc", wheel.metadata["Version"])]


def test_pip_finds_no_conflict_beside_what_az_requires(folder: Path, wheel: Wheel, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    subprocess.run([sys.executable, "-m", "venv", str(beside)], check=True)
    (packages,) = beside.glob("lib/python*/site-packages")
    (packages / "az.pth").write_text(f"{next(VENV.glob('lib/python*/site-packages'))}\n", encoding="utf-8")
    pip = [str(beside / "bin" / "python"), "-m", "pip"]
    subprocess.run([*pip, "install", "-q", str(folder / wheel.name)], check=True)
    added = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")}
    assert "amlarc" in added
    assert "azure_core" not in added  # az's own will do
    done = subprocess.run([*pip, "check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "No broken requirements found.\n")


@pytest.fixture
def crowded(az: Az, folder: Path, wheel: Wheel) -> Az:
    """An az with stand-ins for the extensions that our users have, and with ours."""
    for name, group in OTHERS.items():
        module = name.replace("-", "_")
        package = az.folder / "extensions" / name / f"azext_{module}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(STAND_IN.format(name=name, module=module, group=group), encoding="utf-8")
        (package / "azext_metadata.json").write_text('{"azext.minCliCoreVersion": "2.0.0"}', encoding="utf-8")
        info = package.parent / f"{module}-9.9.9.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9.9\n", encoding="utf-8")
    az.must("extension", "add", "--yes", "--source", str((folder / wheel.name).resolve()))
    return az


def test_it_works_beside_the_extensions_of_the_field(crowded: Az) -> None:
    crowded.must("ml", "arc", "-h")  # makes the index of commands
    for words in (("ml", "arc"), ("amlarc",)):
        ours = crowded.must(*words, *VALIDATE)
        assert "WARNING" not in ours.stderr
    for name, group in OTHERS.items():
        theirs = crowded.must(group, "stand-in")
        assert (theirs.object, theirs.stderr) == (name, "")
    assert "get-credentials" in crowded.must("aks", "-h").stdout
