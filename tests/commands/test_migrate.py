"""docs/migrate.md, row by row: the other tool has it, and our parser does what is said.

What the other tools have is in tests/cases/migrate/peers.json, with its sources.
"""

import json
import re
from inspect import getsource
from typing import Any

import pytest
from azure.mgmt.kubernetesconfiguration import models as extension_models
from azure.mgmt.kubernetesconfiguration.v2023_05_01.operations import _extensions_operations as extension_operations
from azure.mgmt.machinelearningservices import models as compute_models
from azure.mgmt.machinelearningservices.operations import _compute_operations as compute_operations

from tests.commands.parsing import Wrong, load, read
from tests.support.azure import ROOT

PAGE = (ROOT / "docs" / "migrate.md").read_text(encoding="utf-8")
PEERS: dict[str, Any] = json.loads((ROOT / "tests" / "cases" / "migrate" / "peers.json").read_text())
FLEET: dict[str, Any] = json.loads((ROOT / "azext_amlarc" / "validation" / "schemas" / "fleet.schema.json").read_text())
GROUP = "/subscriptions/123/resourceGroups/g"
CLUSTER = f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/c"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
EXTENSION_LINE, WORKSPACE_LINE = "-c c -g g", "-g g -w wsp -n k"
# Our commands that take the place of theirs, each with what it needs at least.
OURS = {
    "az k8s-extension": {
        "create": ("extension create", EXTENSION_LINE),
        "update": ("extension update", EXTENSION_LINE),
        "show": ("extension show", EXTENSION_LINE),
        "list": ("extension list", EXTENSION_LINE),
        "delete": ("extension delete", EXTENSION_LINE),
    },
    "az ml compute": {
        "attach": ("attach", f"{WORKSPACE_LINE} -c c"),
        "show": ("show", WORKSPACE_LINE),
        "list": ("list", "-g g -w wsp"),
        "detach": ("detach", WORKSPACE_LINE),
    },
}
SAMPLES = {
    "--auto-upgrade": "true",
    "--auto-upgrade-minor-version": "false",
    "--cluster-name": "c",
    "--cluster-type": "managedClusters",
    "--identity-type": "SystemAssigned",
    "--max-results": "9",
    "--namespace": "jobs",
    "--plan-name": "p",
    "--plan-product": "p",
    "--plan-publisher": "p",
    "--release-train": "stable",
    "--resource-id": CLUSTER,
    "--ssh-port": "22",
    "--tags": "a=b",
    "--version": "1.1.64",
    "-c": "c",
    "-i": IDENTITY,
    "--user-assigned-identities": IDENTITY,
    "-g": "g",
    "--resource-group": "g",
    "-w": "wsp",
    "--workspace-name": "wsp",
    "-r": "9",
}
FLAGS = {"--no-wait", "--force", "--yes", "-y"}


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str, table: int) -> list[list[str]]:
    """The rows of a section's table, counted from 0, cell by cell."""
    tables = re.findall(r"(?:^\|.*\n)+", section(title), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|\n").split("|")] for line in tables[table].splitlines()[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def options() -> list[tuple[str, str, str, str]]:
    """Tool, command, option and what is said of it, for each row."""
    return [
        (tool, command, option, here)
        for tool, ours in OURS.items()
        for cell, of, here, _ in rows(tool, 1)
        for command in (ours if of == "all" else of.split(", "))
        for option in words(cell)
    ]


def line(tool: str, command: str, option: str, value: str) -> str:
    """A command line of ours with another tool's option."""
    ours, needed = OURS[tool][command]
    if option in ("--file", "-f"):
        needed = "-g g -w wsp"
    if option == "--resource-id":
        needed = WORKSPACE_LINE
    return f"amlarc {ours} {needed} {option} {value}".strip()


@pytest.fixture
def files(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text(f"type: kubernetes\nname: k8s\nresource_id: {CLUSTER}\n")


def value_for(option: str, here: str) -> str:
    if option in FLAGS:
        return ""
    if "file" in option or option == "-f":
        return "file"
    if option in ("--name", "-n"):
        return "k"
    if here.startswith("one value"):
        return words(here)[0]
    if option.startswith(("--config", "--configuration")):
        return "enableTraining=True"
    return SAMPLES.get(option, "x")


@pytest.mark.parametrize(("tool", "command", "option", "here"), options())
def test_an_option_is_taken_or_refused_as_its_row_says(
    tool: str, command: str, option: str, here: str, files: None
) -> None:
    assert option in PEERS[tool][command]
    typed = line(tool, command, option, value_for(option, here))
    if here == "refused":
        with pytest.raises(Wrong) as caught:
            read(typed)
        assert caught.value.code == 2
        assert option in str(caught.value)
        return
    assert here == "the same" or here.startswith("one value: `")
    read(typed)
    if here.startswith("one value") and option != "-t":
        with pytest.raises(Wrong, match=f"Remove {option.replace('--cluster-rp', '--cluster-resource-provider')}"):
            read(line(tool, command, option, "other"))


@pytest.mark.parametrize("tool", ["az k8s-extension", "az ml compute"])
def test_every_option_of_the_other_tool_has_a_row(tool: str) -> None:
    said = {(command, option) for found, command, option, _ in options() if found == tool}
    assert said == {(command, option) for command in OURS[tool] for option in PEERS[tool][command]}


@pytest.mark.parametrize("tool", ["az k8s-extension", "az ml compute"])
def test_every_command_of_the_other_tool_has_its_own_here(tool: str) -> None:
    listed = rows(tool, 0)
    assert sorted(words(cell)[0] for cell, *_ in listed) == sorted(PEERS[tool])
    for _, here, why in listed:
        assert why
        assert load(f"ml arc {words(here)[0]}")


def test_an_argument_of_terraform_is_there_and_has_its_option_and_place_here() -> None:
    theirs = {argument for listed in PEERS["azurerm"].values() for argument in listed}
    listed = rows("Terraform and Bicep", 1)
    assert {words(cell)[0] for cell, *_ in listed} == theirs
    for _, option, place, why in listed:
        assert option or why
        assert_ours("extension create", option, place)


def test_a_resource_is_there_and_has_its_command_here() -> None:
    extensions = getsource(extension_operations)
    computes = getsource(compute_operations)
    of_azure = {
        re.sub(r"/\{\w+\}", "", path)
        for path in re.findall(r"/providers/(Microsoft\.[\w/{}.]+)", extensions + computes)
    }
    listed = rows("Terraform and Bicep", 0)
    assert {words(cell)[0] for cell, *_ in listed[:2]} == set(PEERS["azurerm"])
    assert {words(cell)[0] for cell, *_ in listed[2:]} <= of_azure
    for _, here, _ in listed:
        read(f"amlarc {words(here)[0]} {EXTENSION_LINE if 'extension' in here else '-c c ' + WORKSPACE_LINE}")


def test_a_property_of_arm_is_in_azures_models_and_has_its_option_and_place_here() -> None:
    known = {
        key.rpartition(".")[2]
        for model in (
            extension_models.Extension,
            compute_models.Kubernetes,
            compute_models.KubernetesProperties,
            compute_models.ComputeResource,
        )
        for key in (item["key"] for item in model._attribute_map.values())
    }
    listed = rows("Terraform and Bicep", 2)
    for at, (cell, option, place, why) in enumerate(listed):
        [name] = words(cell)
        assert name in known
        assert option or why
        assert_ours("extension create" if at < 7 else "attach", option, place)


def assert_ours(command: str, option: str, place: str) -> None:
    taken = {
        name
        for argument in load(f"ml arc {command}").arguments.values()
        for name in argument.type.settings.get("options_list") or [f"--{argument.name.replace('_', '-')}"]
    }
    assert set(words(option)) <= taken
    for path in words(place):
        outer, _, key = path.partition(".")
        definition = FLEET["properties"]["spec"] if outer == "spec" else FLEET["$defs"][outer]
        assert key in definition["properties"]


def test_what_is_exported_has_the_forms_that_are_named() -> None:
    forms = set(re.findall(r"--format (\w+)", section("Terraform and Bicep")))
    assert forms == {"terraform", "arm", "manifest"}
    for form in forms:
        read(f"amlarc export -c c -g g --format {form}")


@pytest.mark.parametrize("typed", re.findall(r"^az ml arc (.*)$", PAGE, re.MULTILINE))
def test_a_line_of_the_page_is_one_that_az_takes(typed: str) -> None:
    read(f"amlarc {typed.removesuffix(' -o table')}")
