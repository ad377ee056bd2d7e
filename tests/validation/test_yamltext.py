"""YAML under the rules of JSON."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from azext_amlarc.validation import document
from azext_amlarc.validation.text import parsing, yamltext
from azext_amlarc.validation.text.reading import Reading
from tests.validation.documents import mutated, well_shaped


def parse(text: str, source: str) -> Reading:
    """The reading of a text that is one document."""
    return parsing.only_one(yamltext.parse_all(text, source), source)


def position(finding: Any) -> tuple[str, int, int]:
    return finding.code, finding.line, finding.column


@given(well_shaped())
def test_a_document_means_the_same_in_yaml_and_in_json(made: dict[str, Any]) -> None:
    in_json = document.read(json.dumps(made).encode(), "a.json")
    in_yaml = document.read(yaml.safe_dump(made, default_style='"').encode(), "a.yaml")
    assert in_yaml.document == in_json.document
    assert sorted(f.code for f in in_yaml.findings) == sorted(f.code for f in in_json.findings)


@given(mutated())
def test_json_is_yaml(made: dict[str, Any]) -> None:
    text = json.dumps(made)
    reading = parse(text, "a.yaml")
    if reading.usable and not reading.findings:
        assert reading.data == json.loads(text)


def test_positions_are_those_of_the_text() -> None:
    reading = parse("a:\n  - b: é\n    😀: [x, 010x]\n", "f")
    spots = reading.spots([("a", 0, "b"), ("a", 0, "😀", 1)])
    assert spots["a", 0, "b"] == ((2, 5, 1), (2, 8, 1), "é")
    assert spots["a", 0, "😀", 1] == ((3, 12, 4), (3, 12, 4), "010x")


def test_merged_keys_yield_to_own_ones_and_are_no_duplicates() -> None:
    reading = parse("a: &a {x: p, y: q}\nb: {<<: *a, x: r}\n", "f")
    assert reading.findings == ()
    assert reading.data == {"a": {"x": "p", "y": "q"}, "b": {"x": "r", "y": "q"}}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", False),
        ("Yes", True),
        ("~", None),
        ("12", 12),
        ("-0.5", -0.5),
        ("2021-06-18", "2021-06-18"),
    ],
)
def test_plain_scalars_are_what_yaml_makes_of_them_but_dates_are_text(written: str, value: object) -> None:
    assert parse(f"a: {written}", "f").data == {"a": value}


def test_unquoted_values_get_a_fix_with_quotes() -> None:
    raw = b"defaultInstanceType: a\ninstanceTypes: {a: {nodeSelector: {zone: 1, gpu: yes}}}\n"
    fixes = [finding.fix for finding in document.read(raw, "a.yaml").findings if finding.code == "AMLARC-D002"]
    assert fixes == ['write it in quotes: "1"', 'write it in quotes: "yes"']


def test_a_small_text_that_expands_without_end_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (finding,) = parse("\n".join(lines), "f").findings
    assert finding.code == "AMLARC-F011"


NESTING = {
    "[" * 100_000: (1, 101),
    "{" * 100_000: (1, 101),
    "{a: " * 100_000: (1, 401),
    "[{" * 10_000: (1, 101),
    "- " * 10_000: (1, 201),
    "? " * 10_000: (1, 201),
    "".join(" " * level + "a:\n" for level in range(2000)): (101, 101),
    "- " * 90 + "[" * 10_000: (1, 191),
    "a: 1\nb: [é, '[[',\n" + "{" * 10_000: (3, 99),
}


@pytest.mark.parametrize("text", NESTING, ids=lambda text: repr(text[:20]))
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_nesting_beyond_any_stack_is_refused(text: str, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "CSafeLoader", getattr(yaml, loader))
    (finding,) = parse(text, "f").findings
    assert position(finding) == ("AMLARC-F010", *NESTING[text])


@pytest.mark.parametrize(
    ("text", "code"), [("[" * 400, "AMLARC-F010"), ("[]," * 400, "AMLARC-F003"), (f"'{'[' * 400}'", "AMLARC-F003")]
)
def test_a_parser_that_stops_ahead_of_its_events_has_met_depth_or_not(
    text: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(text: str, **_: object) -> Iterator[yaml.Event]:
        start, end = (yaml.Mark("f", at, 0, at, None, 0) for at in (0, len(text) - 1))
        yield yaml.StreamStartEvent(start, start)
        raise yaml.scanner.ScannerError("while looking ahead", start, "enough of it", end)

    monkeypatch.setattr(yaml, "parse", stops)
    (finding,) = parse(text, "f").findings
    assert finding.code == code


@pytest.mark.parametrize("text", ["a: '" + "[" * 2000 + "' b", "a: #" + "{" * 2000 + "\n [}"])
def test_brackets_in_quotes_and_comments_do_not_nest(text: str) -> None:
    (finding,) = parse(text, "f").findings
    assert finding.code == "AMLARC-F003"


def test_depth_through_aliases_counts() -> None:
    lines = ["a0: &a0 x"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 120)]
    (finding,) = parse("\n".join(lines), "f").findings
    assert finding.code == "AMLARC-F010"


def test_several_documents_are_read_where_they_are_allowed() -> None:
    readings = yamltext.parse_all("a: 1\n---\nb: &b 2\n", "f")
    assert [reading.data for reading in readings] == [{"a": 1}, {"b": 2}]
    assert readings[1].spots([("b",)])[("b",)].value[:2] == (3, 4)


def test_without_pyyaml_one_finding_says_to_install_it(tmp_path: Path) -> None:
    path = tmp_path / "attach.yaml"
    path.write_text("namespace: default\n", encoding="utf-8")
    blocked = (
        "import sys; sys.modules['yaml'] = None; from azext_amlarc.validation.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", blocked, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error AMLARC-F017 reading YAML requires PyYAML" in done.stdout
    assert "pip install pyyaml" in done.stdout


def test_pyyamls_own_parser_in_python_finds_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a: [1", "a: b: c", "a:\n\tb: 1", 'a: "x', "a: *b"]
    in_c = [position(parse(text, "f").findings[0]) for text in texts]
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert [position(parse(text, "f").findings[0]) for text in texts] == in_c


@pytest.mark.parametrize("written", ["010", "0x10", "1:30", "1_000", "1e3", "0o17", "+1.5e3"])
def test_a_number_that_yaml_parsers_disagree_about_has_to_be_quoted(written: str) -> None:
    (finding,) = parse(f"a: {written}", "f").findings
    assert (finding.code, finding.fix) == ("AMLARC-F015", f'write it in quotes: "{written}"')
