"""The house has floors (docs/architecture.md): door, work, pure. Arrows point down only."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "azext_amlarc"
MODULES = sorted(path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py"))
DOOR = ("azext_amlarc/commands/",)
PURE = ("azext_amlarc/validation/", "azext_amlarc/checks/")
PURE_MAY_IMPORT = {"azext_amlarc.validation", "azext_amlarc.checks", "jsonschema", "cryptography", "yaml"}

# What these raise is read by users of the Python API, too.
SAID_BY_BOTH_DOORS = (
    "azext_amlarc/azure/",
    "azext_amlarc/kubernetes/",
    "azext_amlarc/sdk/",
    "azext_amlarc/validation/",
)
COMMAND = re.compile(r"\b(az|kubectl) [a-z]")


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((PACKAGE.parent / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(module: Path, places: tuple[str, ...]) -> bool:
    return module.as_posix().startswith(places)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_door_imports_az_and_knack(module: Path) -> None:
    found = [name for name in imports(module) if name.startswith(("azure.cli", "knack"))]
    assert not found or is_in(module, DOOR)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_nobody_but_the_door_and_the_loader_imports_the_door(module: Path) -> None:
    found = [name for name in imports(module) if name.startswith("azext_amlarc.commands")]
    assert not found or is_in(module, (*DOOR, "azext_amlarc/__init__.py"))


@pytest.mark.parametrize("module", [module for module in MODULES if is_in(module, PURE)], ids=str)
def test_pure_modules_import_only_the_standard_library_and_their_like(module: Path) -> None:
    if module.name == "__main__.py":  # the validator's own door: it reads files and writes reports
        return
    foreign = [
        name
        for name in imports(module)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == allowed or name.startswith(f"{allowed}.") for allowed in PURE_MAY_IMPORT)
    ]
    assert foreign == []


@pytest.mark.parametrize("module", [module for module in MODULES if is_in(module, PURE)], ids=str)
def test_pure_modules_do_no_io_but_read_their_own_data(module: Path) -> None:
    text = (PACKAGE.parent / module).read_text(encoding="utf-8")
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    forbidden = {"open", "print", "input", "urlopen", "run", "Popen", "write_text", "write_bytes"}
    assert module.name == "__main__.py" or not called & forbidden


def said(module: Path) -> Iterator[str]:
    """The texts in a module that users can meet, all but its docstrings; X stands for what an f-string fills in."""
    met: set[int] = set()
    for node in ast.walk(ast.parse((PACKAGE.parent / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr):
            met.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            met.update(map(id, node.values))
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in met:
            yield node.value


@pytest.mark.parametrize("module", [module for module in MODULES if is_in(module, SAID_BY_BOTH_DOORS)], ids=str)
def test_what_both_doors_say_names_no_option_outside_a_command_to_copy(module: Path) -> None:
    if module.name == "__main__.py":
        return
    named = {text for text in said(module) if re.search(r"(?<!\S)--[a-z]", text) and not COMMAND.search(text)}
    assert named <= {"--config"}  # where settings of the command line come from


def modules_after(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_neither_az_nor_azure() -> None:
    assert not {name for name in modules_after("import azext_amlarc") if name.startswith(("azure", "knack"))}


def test_the_python_api_imports_what_attaching_needs_and_no_more() -> None:
    loaded = modules_after("import azext_amlarc.sdk")
    later = {
        "azext_amlarc.azure.extension.install",
        "azext_amlarc.azure.supporting",
        "azext_amlarc.validation.settings",
        "azure.identity",
        "azure.mgmt.kubernetesconfiguration",
        "azure.mgmt.machinelearningservices",
        "msal",
    }
    assert not loaded & later


def test_the_command_table_imports_no_sdk_and_no_validator() -> None:
    loaded = modules_after("from azext_amlarc.commands import loader, table")
    assert not loaded & {"azure.core.pipeline", "azure.mgmt.core", "jsonschema", "azext_amlarc.validation.settings"}


def test_checks_are_judged_without_a_kubernetes_client() -> None:
    loaded = modules_after("from azext_amlarc.checks import kubernetes")
    assert not loaded & {"lightkube", "httpx2", "msgspec", "azext_amlarc.kubernetes"}
