"""What checks import: neither side the other, and a write no more than it needs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = Path(__file__).parents[2] / "azext_amlarc" / "checks"


@pytest.mark.parametrize(("side", "other"), [("azure", "kubernetes"), ("kubernetes", "azure")])
def test_neither_side_imports_the_other(side: str, other: str) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (CHECKS / side).glob("*.py")}
    assert len(texts) > 5
    assert [name for name, text in texts.items() if f"azext_amlarc.checks.{other}" in text] == []


def test_no_text_cites_a_document_that_is_not_in_the_repository() -> None:
    package = CHECKS.parent
    cited = re.compile(r"product facts|facts, section|product\.md|field\.md")
    assert [path.name for path in package.rglob("*.py") if cited.search(path.read_text(encoding="utf-8"))] == []


def test_a_write_imports_neither_fixes_nor_known_errors_nor_settings_for_its_free_checks() -> None:
    probe = "import sys, azext_amlarc.workflows.check; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith(("azext_amlarc.checks.", "azext_amlarc.product."))}
    assert ours == {
        "azext_amlarc.checks.azure",
        "azext_amlarc.checks.azure.aks",
        "azext_amlarc.checks.azure.cluster",
        "azext_amlarc.checks.azure.facts",
        "azext_amlarc.checks.azure.workspace",
        "azext_amlarc.checks.check",
        "azext_amlarc.checks.given",
        "azext_amlarc.checks.selection",
        "azext_amlarc.product.clusters",
        "azext_amlarc.product.extension",
        "azext_amlarc.product.links",
        "azext_amlarc.product.steps",
    }
