"""The guide's two Python listings, and the notebook, run where there is no az."""

import ast
import json
import re
from pathlib import Path

import pytest

from tests.sdk.conftest import Run
from tests.support.az import VENV
from tests.support.azure import ROOT, Azure

GUIDES = sorted((ROOT.parent / "shared" / "source").glob("*.txt"))
EXAMPLES = ("attach.py", "attach_advanced.py")
IMPORTS = "from azext_amlarc.sdk import ComputeTarget, KubernetesCompute, Workspace\nimport os\n"
FLEET = """
apiVersion: amlarc/v1alpha1
kind: Fleet
metadata: {name: plants}
spec:
  clusters: [{name: edge-cluster, resourceGroup: rg}]
  extension: {settings: {enableTraining: "True"}}
  computes: [{workspace: amlarc-ws, name: "{cluster}"}]
"""
PRINTED = """creating new compute target...
Creating
SucceededProvisioning operation finished, operation "Succeeded"
{'creationTime': 'TIME', 'modifiedTime': 'TIME', 'provisioningState': 'Succeeded'}
"""


def without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "TIME", text)


def listing(number: int) -> str:
    """The guide's Python listing of that number, counted from 0."""
    if not GUIDES:
        pytest.skip("the guide is not beside this checkout")
    guide = GUIDES[0].read_text(encoding="utf-8")
    found: list[str] = re.findall(r"^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    return found[number]


def statements(code: str) -> str:
    """The code apart from layout, comments, its docstring and its imports."""
    body = [node for node in ast.parse(code).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del body[0]
    return ast.unparse(ast.Module(body, []))


def test_the_environment_of_the_examples_has_no_az(run: Run) -> None:
    for package in ("azure.cli", "knack", "pytest"):
        assert f"No module named '{package}'" in run("-c", f"import {package}").stderr


def test_what_the_wheel_installs_is_typed() -> None:
    assert (VENV / "extensions" / "amlarc" / "azext_amlarc" / "py.typed").is_file()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_attaches_and_finds_what_it_attached_when_run_again(run: Run, example: str) -> None:
    first = run(str(ROOT / "examples" / example))
    assert first.returncode == 0, first.stderr
    assert without_times(first.stdout) == PRINTED
    again = run(str(ROOT / "examples" / example))
    assert (again.returncode, again.stdout) == (0, "found compute target: amlarc-compute\n")


@pytest.mark.parametrize(("number", "example"), list(enumerate(EXAMPLES)))
def test_an_example_is_the_guides_listing_with_other_imports(number: int, example: str) -> None:
    assert statements((ROOT / "examples" / example).read_text()) == statements(listing(number))


@pytest.mark.parametrize("number", [0, 1])
def test_the_guides_own_listing_runs_with_only_the_import_lines_changed(run: Run, number: int, tmp_path: Path) -> None:
    lines = [line for line in listing(number).splitlines(True) if not line.startswith(("from ", "import "))]
    program = tmp_path / "listing.py"
    program.write_text(IMPORTS + "".join(lines), encoding="utf-8")
    done = run(str(program))
    assert done.returncode == 0, done.stderr
    assert without_times(done.stdout) == PRINTED


def test_the_advanced_example_warns_of_names_that_todays_clusters_do_not_hold(run: Run) -> None:
    warnings = run(str(ROOT / "examples" / "attach_advanced.py")).stderr.splitlines()
    assert [re.findall(r"AMLARC-D\d+ \S+", line) for line in warnings] == [
        ["AMLARC-D009 $.instanceTypes.gpu_instance:"],
        ["AMLARC-D009 $.instanceTypes.big_cpu_sku:"],
        ["AMLARC-D022 $.instanceTypes.big_cpu_sku:"],
    ]


def test_every_listing_of_the_documentation_runs(run: Run, tmp_path: Path) -> None:
    document = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    listings = re.findall(r"^```python\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    for shown, example in zip(listings, EXAMPLES, strict=False):
        assert statements(shown) == statements((ROOT / "examples" / example).read_text())
    program = tmp_path / "listings.py"
    program.write_text("\n".join(listings), encoding="utf-8")
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    done = run(str(program))
    assert done.returncode == 0, done.stderr
    attached, found, *_, installed, mended, applied, drift, refused = done.stdout.splitlines()[-9:]
    assert (attached[:16], found) == ("{'creationTime':", "found compute target: amlarc-compute")
    assert installed == "Installed 1.1.64"
    assert re.fullmatch(r"\d made, 0 failed: ?", mended)
    assert (applied, drift) == ("edge-cluster done", "{'edge-cluster': []}")
    assert refused.startswith("Refused The compute target 'amlarc-compute' uses the namespace 'default'")


def test_the_notebook_installs_the_extension_attaches_and_cleans_up(run: Run, azure: Azure, tmp_path: Path) -> None:
    notebook = json.loads((ROOT / "examples" / "attach.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    program = tmp_path / "notebook.py"
    program.write_text("\n".join(f"exec({cell!r})" for cell in cells))
    done = run(str(program))
    assert done.returncode == 0, done.stderr
    last_line = 'SucceededProvisioning operation finished, operation "Succeeded"\n'
    assert done.stdout == f"Creating\n{last_line}Creating\n{last_line}"
    written = [item["method"] for item in azure.traffic() if item["method"] != "GET"]
    assert written.count("DELETE") == 2
    resources = azure.state()["resources"]
    assert not [id_ for id_ in resources if "/edge-cluster/providers/" in id_ or "/computes/" in id_]
