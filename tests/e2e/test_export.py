"""`export` as a user types it; what it writes is tested in tests/workflows and tests/resources/templates."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import CLUSTER
from tests.support.az import ROOT, Az
from tests.support.listings import listings

GUIDE = ROOT / "docs" / "fleet.md"

MANIFEST = (
    "apiVersion: amlarc/v1alpha1\nkind: Fleet\nmetadata: {name: plants}\nspec:\n"
    "  clusters: [{selector: {resourceGroups: [amlarc-rg]}}]\n"
    '  extension: {settings: {enableTraining: "True"}}\n'
)


def test_a_manifest_on_standard_output_and_in_a_file_is_valid(attached: Az, tmp_path: Path) -> None:
    shown = attached.must("ml", "arc", "export", *CLUSTER).stdout
    again = attached.must("amlarc", "export", *CLUSTER, "-o", "json", "--output-file", "fleet.yaml", folder=tmp_path)
    assert (tmp_path / "fleet.yaml").read_text(encoding="utf-8") == shown
    assert [one["name"] for one in again.object["spec"]["computes"]] == ["k8s-compute"]
    assert attached.must("amlarc", "config", "validate", "-f", "fleet.yaml", folder=tmp_path).code == 0


def test_the_guides_commands_run_in_their_order(installed: Az, tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    start = text.partition("\n## Export")[0].count("\n")
    consoles = [one for one in listings(GUIDE) if one.line > start and one.language == "console"]
    commands = [words for one in consoles for words, _ in one.commands()]
    exports = [words[1:] for words in commands if words[:4] == ["az", "ml", "arc", "export"]]
    assert len(exports) == 3
    for words in exports:
        installed.must(*words, folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"fleet.yaml", "fleet.json", "policy.json"}


def test_a_manifest_becomes_a_template_for_the_clusters_that_it_finds(az: Az, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(MANIFEST, encoding="utf-8")
    command = ("amlarc", "export", "-f", "fleet.yaml", "--format", "arm")
    done = az.must(*command, "--output-file", "plants.json", folder=tmp_path)
    assert done.stdout == ""
    template = json.loads((tmp_path / "plants.json").read_text(encoding="utf-8"))
    kinds = [one["type"].rpartition("/")[2] for one in template["resources"]]
    assert kinds.count("extensions") == 2
    assert kinds.count("hybridConnections") == 2


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "Name a manifest with --file, or clusters"),
        (("--all", "-c", "a", "-g", "b"), 2, "--cluster-name or --resource-id and --all cannot be used together"),
        (("-f", "examples/fleet.yaml"), 2, "examples/fleet.yaml is a manifest already"),
        (
            ("-f", "examples/fleet.yaml", "--format", "arm", "--output-file", "examples/fleet.yaml"),
            2,
            "is one of the files",
        ),
        (("-c", "amlarc-cluster"), 2, "--resource-group is required with --cluster-name"),
        (("-f", "missing.yaml", "--format", "arm"), 1, "missing.yaml"),
        (("-g", "amlarc-rg"), 3, "nothing to export in amlarc-rg"),
    ],
)
def test_what_cannot_be_exported_is_said(az: Az, options: tuple[str, ...], code: int, said: str) -> None:
    done = az("amlarc", "export", *options, folder=ROOT)
    assert (done.code, done.stdout) == (code, "")
    assert said in done.stderr
