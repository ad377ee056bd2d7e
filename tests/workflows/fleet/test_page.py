"""The page of a fleet as text; tests/browser looks at it as a person does."""

import re

from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.checks.check import Status
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.workflows.fleet.plan import ClusterPlan, Item, Verb
from azext_amlarc.workflows.fleet.report.page import Heading, applied
from azext_amlarc.workflows.fleet.running.board import Board, State
from tests.checks.test_page import Reader

SUB = "00000000-0000-0000-0000-000000000001"
HEADING = Heading("plants", "az ml arc apply", "2026-11-26 18:00:00 UTC", "0.1.0")
ANY_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


def board(*names: str) -> Board:
    """A board of clusters that have something to do, each of them done."""
    work = Item("extension", "amlarc-compute", "id", Verb.CREATE)
    made = Board([ClusterPlan(ClusterId(SUB, "rg", "connectedClusters", name), 1, (work,)) for name in names])
    for entry in made:
        entry.state, entry.seconds, entry.done = State.DONE, 12.0, ["create extension amlarc-compute"]
    return made


def fail(made: Board, name: str, error: str, fix: str = "") -> None:
    entry = next(one for one in made if one.id.name == name)
    entry.state, entry.error, entry.fix, entry.step = State.FAILED, error, fix, "create amlarc-compute"


def test_failures_come_first_with_reason_and_fix_and_each_cluster_has_a_cell() -> None:
    made = board("a", "b", "c")
    fail(made, "c", "Helm failed.", "Look at the pods.")
    page = Reader(applied(made, HEADING))
    cells = [attributes for tag, attributes in page.tags if tag == "a" and "title" in attributes]
    assert [(cell["title"], cell["data-status"]) for cell in cells] == [
        ("c: failed", "fail"),
        ("a: done", "pass"),
        ("b: done", "pass"),
    ]
    assert [cell["href"] for cell in cells] == ["#c0", "#c1", "#c2"]
    assert {"c0", "c1", "c2"} <= {attributes.get("id") for _, attributes in page.tags}
    order = [page.text.index(text) for text in ("c: failed", "Helm failed.", "Look at the pods.", "a: done")]
    assert order == sorted(order)
    assert "3 clusters: 1 failed, 2 done." in page.text


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_every_text_is_shown_as_it_is_and_none_is_markup(name: str, error: str, fix: str) -> None:
    made = board(name)
    fail(made, name, error, fix)
    page = Reader(applied(made, HEADING))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "img", "object", "embed", "form"}
    assert all(attributes.keys().isdisjoint({"style", "onclick", "onerror"}) for _, attributes in page.tags)
    for text in (name, error, fix):
        assert text in page.text


def test_the_page_loads_and_runs_nothing() -> None:
    page = applied(board("a"), HEADING)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:;" in page
    assert not re.search(r"url\(|@import|\bsrc=|<script", page)


def test_a_thousand_clusters_make_a_page_that_can_be_sent() -> None:
    page = applied(board(*(f"plant{number}" for number in range(1000))), HEADING)
    assert page.count(f'data-status="{Status.PASS}" title=') == 1000
    assert len(page) < 1_000_000
