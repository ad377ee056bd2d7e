"""docs/checks.md and the table of checks say the same, and the table leaves nobody without help."""

import re
import runpy
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from azext_amlarc.checks.check import Check
from azext_amlarc.checks.table import CHECKS
from azext_amlarc.product.steps import is_command
from tests.checks.results import RESULTS

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "checks.md").read_text(encoding="utf-8")

page = runpy.run_path(str(DOCS / "write_checks.py"))["page"]


def test_the_page_is_what_the_table_makes_of_it() -> None:
    assert page(CHECKS) == PAGE


def test_the_page_has_every_check_and_no_other() -> None:
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == [check.id for check in CHECKS]


def test_a_check_on_the_page_has_its_statement_phase_needs_link_and_fix() -> None:
    check = RESULTS[3].check
    assert page([check]).partition("\n## ")[2] == (
        "Providers\n\n### AMLARC-A011\n\n**Microsoft.Relay is registered**\n\n"
        "When: before and after the installation. Needs: nothing. "
        "[Documentation](https://learn.microsoft.com/azure/azure-arc/kubernetes/quickstart-connect-cluster)\n\n"
        "Fix:\n\n```console\naz ml arc check\n```\n\n"
        "`check --fix` leaves it to whoever manages these resources in Azure.\n"
    )


@pytest.mark.parametrize("field", ["id", "title"])
def test_no_two_checks_share_an_id_or_a_statement(field: str) -> None:
    assert [value for value, times in Counter(getattr(check, field) for check in CHECKS).items() if times > 1] == []


def test_the_checks_of_a_group_stand_together() -> None:
    names = [name for name, _ in groupby(CHECKS, lambda check: check.group)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_is_a_statement_with_a_fix_and_a_link(check: Check) -> None:
    assert re.fullmatch(r"AMLARC-[AK]\d{3}", check.id)
    assert check.title[0].isupper()
    assert check.title[-1] not in ".?!"
    assert check.fix
    assert all(step.text for step in check.fix)
    assert re.fullmatch(r"https://[^\s)]+", check.url)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_command_in_a_fix_can_be_pasted_as_it_stands(check: Check) -> None:
    commands = [step.text for step in check.fix if is_command(step)]
    parts = [part for command in commands for part in re.split(r"\s*(?:;|&&|\|)\s*", command)]
    assert [part for part in parts if not re.match(r"(az|kubectl|helm) ", part) or ", " in part] == []
