"""Our names and parameters beside azureml-core's own, and what we send people to beside azure-ai-ml's.

Theirs are recorded (tests/golden/azureml-names.json): `make test-peers` holds the record against the packages.
"""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

import azext_amlarc.sdk as sdk
from azext_amlarc.sdk import ComputeStatus, ComputeTarget, KubernetesCompute, Workspace
from azext_amlarc.sdk.elsewhere import OF_COMPUTE_TARGET, OF_MODULE, OF_WORKSPACE
from tests.sdk.conftest import CLUSTER, Run
from tests.support.azure import ROOT

CORE: dict[str, Any] = json.loads((ROOT / "tests" / "golden" / "azureml-names.json").read_text())
OURS: dict[str, Any] = {
    "Workspace": Workspace,
    "KubernetesCompute": KubernetesCompute,
    "KubernetesComputeStatus": ComputeStatus,
}
METHODS = [(kind, name) for kind in OURS for name in CORE[kind] if CORE[kind][name] is not None]
# Parameters that we have not, and why.
UNTAKEN = {
    ("Workspace", "__init__", "sku"): "azureml-core ignores it itself",
    ("Workspace", "__init__", "tags"): "it was for a new workspace, which azure-ai-ml makes",
    ("Workspace", "get", "id"): "Azure Resource Manager knows a workspace by its name",
}
# Not in azureml-core 1.61, but in its other kinds of compute, which notebooks fall back on.
OF_OTHER_COMPUTES = {"provisioning_configuration"}


def own(kind: Any) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("kind", "elsewhere"), [("Workspace", OF_WORKSPACE), ("KubernetesCompute", OF_COMPUTE_TARGET)])
def test_every_public_name_is_ours_or_says_what_to_use_instead(kind: str, elsewhere: dict[str, str]) -> None:
    theirs = {name for name in CORE[kind] if not name.startswith("_")}
    if kind == "KubernetesCompute":
        theirs |= set(CORE["attributes"])
    assert theirs - own(OURS[kind]) - set(elsewhere) == set()
    assert set(elsewhere) & own(OURS[kind]) == set()
    assert set(elsewhere) - theirs <= OF_OTHER_COMPUTES


def test_every_name_to_import_is_ours_or_says_what_to_use_instead() -> None:
    theirs = {name for names in CORE["modules"].values() for name in names}
    assert theirs - set(sdk.__all__) - set(OF_MODULE) == set()
    assert set(OF_MODULE) & set(sdk.__all__) == set()


@pytest.mark.parametrize(("kind", "name"), [item for item in METHODS if item[1] in {"__init__", *own(OURS[item[0]])}])
def test_every_parameter_is_taken(kind: str, name: str) -> None:
    parameters = inspect.signature(getattr(OURS[kind], name)).parameters
    theirs = [parameter for parameter in CORE[kind][name] if not parameter.startswith("_") or parameter == "_file_name"]
    assert {
        parameter for parameter in theirs if parameter not in parameters and (kind, name, parameter) not in UNTAKEN
    } == set()


@pytest.mark.parametrize(("kind", "name"), [item for item in METHODS if item[1] in {"__init__", *own(OURS[item[0]])}])
def test_no_parameter_is_demanded_that_azureml_core_does_not_know(kind: str, name: str) -> None:
    parameters = inspect.signature(getattr(OURS[kind], name)).parameters.values()
    demanded = {item.name for item in parameters if item.default is item.empty and item.name != "self"}
    assert demanded <= set(CORE[kind][name])


def test_every_reason_is_needed() -> None:
    for kind, name, parameter in UNTAKEN:
        assert parameter in CORE[kind][name]
        assert parameter not in inspect.signature(getattr(OURS[kind], name)).parameters


def test_what_we_send_people_to_is_in_azure_ai_ml() -> None:
    texts = [*OF_WORKSPACE.values(), *OF_COMPUTE_TARGET.values(), *OF_MODULE.values()]
    named = {found for text in texts for found in re.findall(r"MLClient\.(\w+)(?:\.(\w+))?", text)}
    assert len(named) > 10
    for collection, method in named:
        assert collection in CORE["MLClient"]
        assert not method or method in CORE["MLClient"][collection]


def test_a_target_serializes_to_the_same_keys(ws: Workspace) -> None:
    configuration = KubernetesCompute.attach_configuration(CLUSTER, identity_type="SystemAssigned")
    ComputeTarget.attach(ws, "k8s", configuration).wait_for_completion()
    found = ComputeTarget(ws, "k8s").serialize()
    assert shape({**found, "tags": found["tags"] or {}}) == CORE["serialized"]


def shape(value: Any) -> Any:
    return {key: shape(item) for key, item in value.items()} if isinstance(value, dict) else None


def lines(column: int) -> list[str]:
    """A column of docs/migrate.md's table of lines: azureml-core's is 0, ours 1."""
    section = (ROOT / "docs" / "migrate.md").read_text(encoding="utf-8").split("\n## azureml-core\n")[1]
    table = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| `")]
    return [line.split("|")[1 + column].strip().strip("`") for line in table]


def test_the_lines_that_programs_of_azureml_core_become_run(run: Run, tmp_path: Path) -> None:
    before = [
        "import os",
        f"subscription, group, resource_id = '123', 'rg', {CLUSTER!r}",
        "login = None",
    ]
    program = tmp_path / "moved.py"
    program.write_text("\n".join([*before, *lines(1)]), encoding="utf-8")
    done = run(str(program))
    assert done.returncode == 0, done.stderr
    last_line = 'Provisioning operation finished, operation "Succeeded"'
    printed = done.stdout.splitlines()
    assert (printed[0], printed[1:3], printed[-1]) == (
        "amlarc-ws eastus 123 rg",
        ["Creating", f"Succeeded{last_line}"],
        f"Succeeded{last_line}",
    )
    assert len(printed) == 5


def test_only_imports_differ_in_the_lines_of_azureml_core() -> None:
    pairs = list(zip(lines(0), lines(1), strict=True))
    assert len(pairs) > 20
    assert [theirs for theirs, ours in pairs if theirs != ours and not theirs.startswith("from azureml.")] == []
    for theirs, _ in pairs:
        module, _, names = theirs.removeprefix("from ").partition(" import ")
        if theirs.startswith("from ") and module in CORE["modules"]:
            assert set(names.split(", ")) <= set(CORE["modules"][module])
