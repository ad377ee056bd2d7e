"""Texts of others within ours: whatever they hold is seen, and does nothing to a terminal."""

import json
from collections.abc import Callable

import pytest

from azext_amlarc.findings import Finding, Severity
from azext_amlarc.validation.report.formats import Report, render
from azext_amlarc.validation.report.text import as_line, as_text
from azext_amlarc.wording import in_line, legible, quoted

ESCAPE, BIDI = "\x1b]0;title\x07", "\u202egnp.exe\u202c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, jürgen, 東京", "plain, jürgen, 東京"),
        ("one\ntwo\tthree\r\nfour", "one\ntwo\tthree\nfour"),
        ("over\rwritten", r"over\rwritten"),
        (ESCAPE, r"\x1b]0;title\x07"),
        (BIDI, r"\u202egnp.exe\u202c"),
        ("\x9b2J\x7f\x85\u2028\u2066", r"\x9b2J\x7f\x85\u2028\u2066"),
        ("\u200b\ufeff\ud800\U000e0041", r"\u200b\ufeff\ud800\U000e0041"),
    ],
)
def test_what_a_terminal_acts_on_is_written_out(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_within_a_line_line_breaks_are_written_out_too() -> None:
    assert in_line("a\nb\tc\r\n") == r"a\nb\tc\r\n"
    assert in_line("abcdef", 3) == "abc…"


def test_a_quoted_text_is_legible() -> None:
    assert quoted(f"\x7f{ESCAPE}\n") == r'"\u007f\u001b]0;title\u0007\n"'


FINDING = Finding(
    "AMLARC-D001",
    Severity.ERROR,
    f"unknown key {ESCAPE}",
    f"a{BIDI}\nb",
    f"file\nb.json:1: {ESCAPE}",
    1,
    2,
    f"$.{BIDI}",
)


@pytest.mark.parametrize("write", [lambda: as_text([FINDING]), lambda: as_line(FINDING)])
def test_a_finding_is_its_own_lines_and_no_more(write: Callable[[], str]) -> None:
    lines = write().split("\n    fix: ")
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith(r"file\nb.json:1: \x1b]0;title\x07:1:2: error AMLARC-D001 $.\u202e")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_reports_are_legible_in_every_format(form: str) -> None:
    written = render(Report((FINDING.source,), (FINDING,)), form, [])
    assert all(character.isprintable() or character == "\n" for character in written)
    if form == "json":
        assert json.loads(written)["findings"][0]["message"] == FINDING.message
