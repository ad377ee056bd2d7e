"""The house has floors (docs/architecture.md): imports run down only, and never in a circle.

One list says which folder is on which floor. Each test names every offender at once.
"""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "azext_amlarc"

# From the top down. Folders of one floor do not import each other, but for the ground, whose modules are no rooms.
FLOORS = (
    ("commands", "sdk"),
    ("workflows",),
    ("azure", "kubernetes"),
    ("checks",),
    ("validation",),
    ("resources",),
    ("product",),
    ("errors", "findings", "wording", "background"),
)
GROUND = len(FLOORS) - 1
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

DOOR_TO_AZ = "commands"
PURE = ("checks", "validation", "resources", "product", "errors", "findings", "wording")
PURE_MAY_IMPORT = {"azext_amlarc", "cryptography", "jsonschema", "referencing", "yaml"}
# What the validator's own door and the files that users name are read with, and the process that judges by policies.
MAY_READ_FILES = {
    *("validation/__main__.py", "validation/files.py", "validation/documents.py"),
    "validation/guardrails/apart.py",
}
IO = {"open", "print", "input", "urlopen", "run", "Popen", "write_text", "write_bytes"}

MOST_MODULES, MOST_LINES, MEDIAN_LINES = 13, 60, 6
# Job files to start from are data for users, not modules of ours.
DATA = "workflows/job_files/src/"

# What these raise is read by users of the Python API, too.
SAID_BY_BOTH_DOORS = ("azure", "kubernetes", "workflows", "sdk", "validation", "resources", "product")
# Where settings of the command line come from; a part of a command; what only `check` prints.
SAID_BY_THE_COMMAND_LINE = (
    "validation/settings/codes.py: --config",
    "workflows/preflight.py: --workspace-group",
    "workflows/check.py: ",
)
COMMAND = re.compile(r"\b(az|kubectl) [a-z]")


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package is its __init__.py."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if not place(path).startswith(DATA)]
    return {dotted(path): path for path in paths}


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(module: str) -> str:
    """The folder or module at the top of the package that a module is in; empty for the package itself."""
    return module.removeprefix("azext_amlarc").lstrip(".").partition(".")[0]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """All that a module imports, those under TYPE_CHECKING and in functions too: a.b for `from a import b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def arrows() -> frozenset[tuple[str, str]]:
    """Which module of ours imports which."""
    return frozenset(
        (module, name if name in modules() else name.rpartition(".")[0])
        for module, path in modules().items()
        for name in imports(path)
        if name.partition(".")[0] == "azext_amlarc"
    )


def test_imports_run_down_only() -> None:
    offenders = [
        f"{module} -> {name}"
        for module, name in sorted(arrows())
        if room(module) and room(name) and room(module) != room(name)
        if FLOOR_OF[room(module)] >= FLOOR_OF[room(name)] and FLOOR_OF[room(module)] != GROUND
    ]
    assert offenders == []


def test_no_imports_make_a_circle() -> None:
    left = set(arrows())
    while left:
        free = {name for _, name in left} - {module for module, _ in left}
        kept = {(module, name) for module, name in left if name not in free}
        kept = {(module, name) for module, name in kept if module in {name for _, name in kept}}
        if kept == left:
            break
        left = kept
    assert sorted(f"{module} -> {name}" for module, name in left) == []


def test_only_the_command_line_imports_az_and_knack() -> None:
    offenders = [
        f"{place(path)}: {name}"
        for module, path in modules().items()
        if room(module) != DOOR_TO_AZ
        for name in imports(path)
        if name.startswith(("azure.cli", "knack"))
    ]
    assert offenders == []


def test_pure_floors_import_only_the_standard_library_and_the_like_of_them() -> None:
    offenders = [
        f"{place(path)}: {name}"
        for module, path in modules().items()
        if room(module) in PURE
        for name in imports(path)
        if name.partition(".")[0] not in {*sys.stdlib_module_names, *PURE_MAY_IMPORT}
    ]
    assert offenders == []


def test_pure_floors_do_no_io_but_read_their_own_data() -> None:
    offenders = [
        f"{place(path)}:{node.lineno}"
        for module, path in modules().items()
        if room(module) in PURE and place(path) not in MAY_READ_FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
        if (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in IO
    ]
    assert offenders == []


def test_folders_and_functions_are_small() -> None:
    folders: dict[str, int] = {}
    for path in modules().values():
        folders[place(path.parent)] = folders.get(place(path.parent), 0) + (path.name != "__init__.py")
    lengths = {
        f"{place(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules().values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    }
    assert {folder: number for folder, number in folders.items() if number > MOST_MODULES} == {}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_LINES


def said(path: Path) -> Iterator[str]:
    """The texts in a module that users can meet, all but its docstrings; X stands for what an f-string fills in."""
    met: set[int] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Expr):
            met.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            met.update(map(id, node.values))
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in met:
            yield node.value


def test_what_both_doors_say_names_no_option_outside_a_command_to_copy() -> None:
    offenders = [
        f"{place(path)}: {text}"
        for module, path in modules().items()
        if room(module) in SAID_BY_BOTH_DOORS and path.name != "__main__.py"
        for text in said(path)
        if re.search(r"(?<!\S)--[a-z]", text) and not COMMAND.search(text)
    ]
    assert [text for text in offenders if not text.startswith(SAID_BY_THE_COMMAND_LINE)] == []


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
    loaded = modules_after("from azext_amlarc.commands.az import loader, table")
    assert not loaded & {"azure.core.pipeline", "azure.mgmt.core", "jsonschema", "azext_amlarc.validation.settings"}


def test_checks_are_judged_without_a_kubernetes_client() -> None:
    loaded = modules_after("from azext_amlarc.checks import kubernetes")
    assert not loaded & {"lightkube", "httpx2", "msgspec", "azext_amlarc.kubernetes"}
