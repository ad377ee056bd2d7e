"""`support bundle` with the real az: what it prints, and what it refuses."""

import json
import os
import re
import stat
import zipfile
from pathlib import Path

import pytest

from tests.e2e.conftest import CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.cluster import Cluster
from tests.support.secrets import leaked

BUNDLE = ("amlarc", "support", "bundle", *CLUSTER)


def test_a_bundle_is_written_and_its_parts_are_shown(
    installed: Az, azure: Azure, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.load("checked.yaml")
    kubeconfig = ("--kubeconfig", str(cluster.kubeconfig()))
    made = installed.must(*BUNDLE, *WORKSPACE[:2], *kubeconfig, "--output-file", "ticket.zip", folder=tmp_path)
    assert made.object["file"] == "ticket.zip"
    assert [part["name"] for part in made.object["parts"]] == [
        "versions", "azure", "checks", "cluster", "logs", "summary",
    ]  # fmt: skip
    assert "Collecting cluster" in made.stderr
    assert stat.S_IMODE((tmp_path / "ticket.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "ticket.zip") as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    versions = json.loads(files["versions.json"])
    assert versions["extensions"]["amlarc"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", versions["az"])
    [extension] = json.loads(files["azure/extension.json"])
    assert extension == installed.must("amlarc", "extension", "show", *CLUSTER).object
    assert len(json.loads(files["azure/relay.json"])) == 2
    assert "extension amlarc" in files["summary.md"]
    assert not leaked("".join(files.values()), azure.traffic())


def test_without_a_cluster_and_a_name_the_file_is_named(az: Az, tmp_path: Path) -> None:
    shown = az.must(*BUNDLE, "--no-logs", "-o", "table", folder=tmp_path).stdout
    [file] = os.listdir(tmp_path)
    assert re.fullmatch(r"amlarc-support-amlarc-cluster-\d{14}\.zip", file)
    assert re.search(r"^cluster +0 +No kubeconfig was given\.$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--no-logs", "--tail", "5"), 2, "--no-logs and --tail cannot be used together"),
        (("--tail", "0"), 2, "expected a number from 1 to 100000"),
        (("--output-file", "-"), 2, "a bundle is not written to standard output"),
        (("--output-file", "."), 1, ". exists and is no file."),
        (("-n", "k8s"), 2, "--workspace-name is required with --name"),
        (("--kubeconfig", "missing"), 1, "missing"),
    ],
)
def test_what_cannot_be_is_refused(az: Az, tmp_path: Path, options: tuple[str, ...], code: int, said: str) -> None:
    ended = az(*BUNDLE, *options, folder=tmp_path)
    assert (ended.code, said in ended.stderr) == (code, True), ended.stderr
    assert os.listdir(tmp_path) == []
