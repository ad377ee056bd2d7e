"""The page of results as text; tests/browser looks at it as a person does."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.checks.check import Result, Status, Verdict
from azext_amlarc.checks.report.page import Heading, html
from azext_amlarc.product.steps import Command, Note, command
from tests.checks.results import HEADING, RESULTS, result
from tests.support.golden import assert_golden

ANY_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]))
ANY_FIX = st.lists(st.builds(Note, ANY_TEXT) | st.builds(Command, st.lists(ANY_TEXT).map(tuple))).map(tuple)
ANY_RESULT = st.builds(
    result,
    ANY_TEXT,
    ANY_TEXT,
    ANY_TEXT,
    st.builds(Verdict, st.sampled_from(Status), ANY_TEXT, ANY_FIX, st.lists(ANY_TEXT).map(tuple)),
)


class Reader(HTMLParser):
    """The page's elements, and its text without markup."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def of(verdict: Verdict) -> str:
    return html([result("AMLARC-A001", "Cluster", "the cluster is connected", verdict)], HEADING)


def test_the_page_is_as_it_was() -> None:
    assert_golden("check.html", html(RESULTS, HEADING))


@given(ANY_RESULT)
def test_every_text_is_shown_as_it_is_and_none_is_markup(any_result: Result) -> None:
    page = Reader(html([any_result], HEADING))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "img", "object", "embed", "form"}
    assert all(attributes.keys().isdisjoint({"style", "onclick", "onerror"}) for _, attributes in page.tags)
    check, verdict = any_result.check, any_result.verdict
    shown = page.text.replace("`", "")
    steps = (step.text for step in verdict.fix)
    for text in (check.id, check.group, check.title, verdict.message, *steps, *verdict.evidence):
        assert text.replace("`", "") in shown


def test_the_heading_is_escaped_too() -> None:
    page = html([], Heading("<b>", '"w"', "R&D", "2026-11-23T21:04:00Z", "<1>"))
    assert "<h1>&lt;b&gt;</h1>" in page
    assert "<dd>&quot;w&quot;</dd>" in page
    assert "<dd>R&amp;D</dd>" in page
    assert "amlarc &lt;1&gt;." in page


def test_what_is_not_known_of_the_heading_is_left_out() -> None:
    page = html([], Heading("lab-berlin", "", "", "", "0.1.0"))
    assert "<dt>" not in page


def test_the_page_loads_and_runs_nothing() -> None:
    page = html(RESULTS, HEADING)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:;" in page
    assert not re.search(r"url\(|@import|\bsrc=|<script", page)
    links = [attributes["href"] or "" for _, attributes in Reader(page).tags if "href" in attributes]
    assert {link.partition(":")[0] for link in links if not link.startswith("#")} == {"https", "data"}


def test_every_link_within_the_page_leads_somewhere() -> None:
    tags = Reader(html(RESULTS, HEADING)).tags
    places = {f"#{attributes['id']}" for _, attributes in tags if "id" in attributes}
    links = {attributes["href"] for _, attributes in tags if (attributes.get("href") or "").startswith("#")}
    assert links <= places
    assert "#AMLARC-A030" in links


def test_commands_of_a_fix_stand_in_boxes_and_notes_between_them() -> None:
    fix = (
        Note("Register `Microsoft.Relay`:"),
        command("az provider register -n Microsoft.Relay"),
        command("kubectl get pods -n {name}", name="a b"),
        Note("Then wait."),
    )
    assert (
        "<p>Register <code>Microsoft.Relay</code>:</p>"
        "<pre><code>az provider register -n Microsoft.Relay</code></pre>"
        "<pre><code>kubectl get pods -n &#x27;a b&#x27;</code></pre>"
        "<p>Then wait.</p>"
    ) in of(Verdict(Status.FAIL, "no", fix))


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        ("fail error warn pass", "1 of 4 checks failed"),
        ("error warn pass", "1 of 3 checks could not run"),
        ("warn pass pass", "Nothing failed, 1 of 3 checks warned"),
        ("pass skipped", "1 of 2 checks passed, none failed"),
        ("skipped", "Nothing was checked"),
        ("", "Nothing was checked"),
    ],
)
def test_the_outcome_is_one_sentence(statuses: str, sentence: str) -> None:
    results = [result("A", "Group", "a", Verdict(Status(status), "why")) for status in statuses.split()]
    assert f"<title>lab-berlin: {sentence}</title>" in html(results, HEADING)
