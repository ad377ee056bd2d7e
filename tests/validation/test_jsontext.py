"""JSON positions: those of the standard parser, and those of values."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.validation.text import jsontext
from tests.validation.documents import anything

PIECES = [
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\r\n",
    "a",
    "1",
    "-",
    ".",
    "e",
    "\\",
    "null",
    "NaN",
    "é",
    "😀",
    '"k"',
]


def standard_error(text: str) -> tuple[int, int] | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    return None


def found_error(text: str) -> tuple[int | None, int | None] | None:
    reading = jsontext.parse(text, "f")
    return None if reading.usable else (reading.findings[0].line, reading.findings[0].column)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_syntax_error_is_where_the_standard_parser_says(text: str) -> None:
    assert found_error(text) == standard_error(text)


@given(anything, st.integers(0, 300), st.sampled_from(["", "}", ",", "#", "'", "\n"]))
def test_a_spoilt_document_fails_where_the_standard_parser_says(value: Any, at: int, insert: str) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    spoilt = text[:at] + insert + text[at + 1 :]
    assert found_error(spoilt) == standard_error(spoilt)


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for step, member in members for inner in every_path(member, (*path, step)))]


def at_path(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@given(anything, st.sampled_from([None, 0, 3]), st.booleans())
def test_each_value_is_at_its_reported_position(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    paths = every_path(value)
    spots = jsontext.spots(text, paths)
    lines = text.split("\n")
    for path in paths:
        line, column, width = spots[path].value
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == at_path(value, path)
        if not isinstance(at_path(value, path), dict | list):
            assert json.loads(rest[:width]) == at_path(value, path)
        if path and isinstance(path[-1], str):
            line, column, width = spots[path].key
            assert json.loads(lines[line - 1][column - 1 : column - 1 + width]) == path[-1]


def test_positions_are_worked_out_for_the_wanted_paths_alone() -> None:
    spots = jsontext.spots('{"a": {"b": 1.50}, "c": [true]}', [("a", "b"), ("c", 0)])
    assert spots == {
        ("a", "b"): ((1, 8, 3), (1, 13, 4), "1.50"),
        ("c", 0): ((1, 26, 4), (1, 26, 4), "true"),
    }


def test_duplicates_are_found_at_any_depth_and_in_each_object_by_itself() -> None:
    findings = jsontext.parse('{"a": {"x": 1}, "a": {"x": 2, "x": 3}, "b": [{"x": 1}, {"x": 1}]}', "f").findings
    assert [(finding.line, finding.column, finding.path) for finding in findings] == [(1, 17, "$.a"), (1, 31, "$.a.x")]


def test_a_hundred_levels_are_read_and_one_more_is_refused() -> None:
    assert jsontext.parse("[" * 100 + "]" * 100, "f").usable
    (finding,) = jsontext.parse("[" * 101 + "]" * 101, "f").findings
    assert (finding.code, finding.line, finding.column) == ("AMLARC-F010", 1, 101)


def test_nesting_beyond_any_stack_is_refused() -> None:
    (finding,) = jsontext.parse('{"a":[' * 1_000_000, "f").findings
    assert (finding.code, finding.column) == ("AMLARC-F010", 301)


@pytest.mark.parametrize("number", ["9" * 400, "1e400", "-1e309", "1" * 5000])
def test_a_number_beyond_a_double_is_a_finding_and_does_not_raise(number: str) -> None:
    findings = jsontext.parse(f'{{"a": {number}}}', "f").findings
    assert [(finding.code, finding.column) for finding in findings] == [("AMLARC-F009", 7)]


@pytest.mark.parametrize("number", ["9" * 308, "1e308", "-0", "1.5E-400"])
def test_other_numbers_are_as_the_standard_parser_has_them(number: str) -> None:
    assert jsontext.parse(number, "f").data == json.loads(number)
