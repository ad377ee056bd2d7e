"""The page of a fleet in a real browser, at two widths: its cells, and what is wrong without a click."""

from pathlib import Path

import pytest

from azext_amlarc.workflows.fleet.report.page import applied
from tests.browser.conftest import Browser
from tests.browser.test_report_page import CLIPPED, CROWDED, FAINT, LONG, WIDTHS, written
from tests.workflows.fleet.test_page import HEADING, board, fail


@pytest.fixture
def page(tmp_path: Path) -> Path:
    made = board(*(f"plant-{number}" for number in range(300)), LONG)
    fail(made, "plant-7", "(ExtensionOperationFailed) pod healthcheck failed\n" + LONG * 2, "Look at the pods.")
    fail(made, LONG, LONG * 3, LONG)
    return written(tmp_path, applied(made, HEADING))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overlaps_is_cut_or_faint(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.open(page, width, scheme)
    assert browser.run(CROWDED) == []
    assert browser.run(CLIPPED) == []
    assert browser.run(FAINT) == []
    assert browser.complaints() == []


def test_each_cluster_is_a_cell_that_leads_to_it_and_failures_come_first(browser: Browser, page: Path) -> None:
    browser.open(page)
    cells = browser.all(".cells a")
    assert len(cells) == 301
    assert [cell.get_dom_attribute("data-status") for cell in cells[:3]] == ["fail", "fail", "pass"]
    sizes = "return [...document.querySelectorAll('.cells a')].map(cell => cell.getBoundingClientRect().width)"
    assert min(browser.run(sizes)) >= 16
    assert browser.first(".result h3 span") == "plant-7: failed"
    assert "pod healthcheck failed" in browser.first(".result pre")
    assert browser.first(".result .fix p") == "Look at the pods."
    cells[0].click()
    assert browser.run("return location.hash") == "#c0"


def test_the_filter_shows_failures_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.one("label[for=show-fail]").click()
    assert len(browser.texts(".result h3")) == 2
