"""Beside the official `ml` extension, which shares the group `ml`: a stand-in for it that is slow to import."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import CLUSTER
from tests.support.az import VENV, Az, Result

STAND_IN = """
import os, pathlib, time
from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import CliCommandType
from knack.help_files import helps

pathlib.Path(os.environ["STAND_IN_IMPORTED"]).touch()
time.sleep(0.3)
helps["ml"] = "type: group\\nshort-summary: The stand-in's own words.\\n"
helps["ml compute"] = "type: group\\nshort-summary: Computes of the stand-in.\\n"
helps["ml compute list"] = "type: command\\nshort-summary: List computes.\\n"


def list_computes():
    return ["from the stand-in"]


class Loader(AzCommandsLoader):
    __module__ = "azext_standin"

    def load_command_table(self, args):
        handlers = CliCommandType(operations_tmpl="azext_standin#{}")
        with self.command_group("ml", is_experimental="STAND_IN_EXPERIMENTAL" in os.environ):
            pass
        with self.command_group("ml compute", custom_command_type=handlers) as group:
            group.custom_command("list", "list_computes")
        return self.command_table

    def load_arguments(self, command):
        pass


COMMAND_LOADER_CLS = Loader
"""


class Installation:
    """A folder of extensions, filled in one order or the other, and an az that has it."""

    def __init__(self, az: Az, folder: Path) -> None:
        self.az = az
        self.extensions = folder / "extensions"
        self.extensions.mkdir()
        self.config = folder / "azure"
        shutil.copytree(az.config, self.config, ignore=shutil.ignore_patterns("commands", "output", "*.log"))
        self.mark = folder / "stand-in-was-imported"

    def add_ours(self) -> None:
        (self.extensions / "amlarc").symlink_to(VENV / "extensions" / "amlarc")
        self._forget_the_index()

    def add_stand_in(self) -> None:
        package = self.extensions / "ml" / "azext_standin"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(STAND_IN)
        (package / "azext_metadata.json").write_text(json.dumps({"azext.minCliCoreVersion": "2.0.0"}))
        info = self.extensions / "ml" / "ml-9.9.9.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ml\nVersion: 9.9.9\n")
        self._forget_the_index()

    def _forget_the_index(self) -> None:
        """What `az extension add` does, and the next command makes it again."""
        for index in self.config.glob("*ndex*.json"):
            index.unlink()
        self.run("ml", "-h")
        self.mark.unlink(missing_ok=True)

    def run(self, *arguments: str, experimental: bool = False) -> Result:
        flag = {"STAND_IN_EXPERIMENTAL": "1"} if experimental else {}
        variables = {
            "AZURE_CONFIG_DIR": str(self.config),
            "AZURE_EXTENSION_DIR": str(self.extensions),
            "STAND_IN_IMPORTED": str(self.mark),
        }
        return self.az(*arguments, variables={**variables, **flag})


@pytest.fixture(params=["ours first", "theirs first"])
def both(request: pytest.FixtureRequest, az: Az, tmp_path: Path) -> Installation:
    installation = Installation(az, tmp_path)
    steps = [installation.add_ours, installation.add_stand_in]
    for step in steps if request.param == "ours first" else reversed(steps):
        step()
    return installation


def test_both_work_and_nothing_is_said_but_the_object(both: Installation) -> None:
    ours = both.run("ml", "arc", "extension", "list", *CLUSTER)
    assert (ours.code, ours.object, ours.stderr) == (0, [], "")
    theirs = both.run("ml", "compute", "list")
    assert (theirs.code, theirs.object) == (0, ["from the stand-in"])


def test_the_group_keeps_their_help_and_flags_and_lists_ours(both: Installation) -> None:
    shown = both.run("ml", "-h", experimental=True).stdout
    assert "The stand-in's own words." in shown
    assert "experimental" in shown
    assert "compute" in shown
    assert "Train Azure Machine Learning models on any Kubernetes cluster." in shown


def test_our_own_group_does_not_import_theirs(both: Installation) -> None:
    assert both.run("amlarc", "extension", "list", *CLUSTER).code == 0
    assert not both.mark.exists()
    both.run("ml", "arc", "extension", "list", *CLUSTER)
    assert both.mark.exists()


def test_each_works_alone(az: Az, tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours, theirs = Installation(az, tmp_path / "ours"), Installation(az, tmp_path / "theirs")
    ours.add_ours()
    assert ours.run("ml", "arc", "extension", "list", *CLUSTER).code == 0
    assert "Manage Azure Machine Learning resources." in ours.run("ml", "-h").stdout
    theirs.add_stand_in()
    assert theirs.run("ml", "compute", "list").code == 0
    assert os.path.exists(theirs.mark)
