"""docs/findings.md lists every code but those of settings, once, as the code has it."""

from pathlib import Path

import pytest

from azext_amlarc.findings import Rule
from azext_amlarc.validation import document, manifest, names
from azext_amlarc.validation.document import manifests
from azext_amlarc.validation.guardrails import policy, rulesfile
from azext_amlarc.validation.text import reading

PAGE = Path(__file__).parent.parent.parent / "docs/findings.md"
RULES = sorted(
    {*reading.RULES, *document.RULES, *names.RULES, *manifests.RULES, *manifest.RULES, *policy.RULES, *rulesfile.RULES},
    key=lambda rule: rule.code,
)


def rows() -> dict[str, list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| AMLARC-")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_page_has_the_rule_with_an_example_and_a_fix(rule: Rule) -> None:
    weight, title, bad, fix = rows()[rule.code]
    assert (weight, title) == (rule.severity, rule.title)
    assert bad
    assert fix


def test_the_page_has_no_code_of_ours_that_does_not_exist() -> None:
    ours = {code for code in rows() if code[7] in "FDNCMPR"}
    assert ours == {rule.code for rule in RULES}
