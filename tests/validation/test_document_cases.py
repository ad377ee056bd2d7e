"""Example files are tests: an invalid one and one with warnings carry the codes of their findings in their names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.findings import Severity
from azext_amlarc.validation import document, names
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.validation.text import reading
from tests.support.golden import assert_golden
from tests.validation.documents import CASES, EXAMPLES, GUIDE_ADVANCED, GUIDE_DEFAULT

FILES = sorted((CASES / "document").glob("*/*"))
NAME_FILES = sorted((CASES / "names").glob("*/*.txt"))

# These need a file system, or an interpreter without PyYAML: tests of their own have them.
TESTED_ELSEWHERE = {"F017", "F018", "F019", "F020", "F021", "F022"}


def codes_in_name(path: Path) -> set[str]:
    return {f"AMLARC-{code}" for code in re.findall(r"\b([A-Z][0-9]{3})-", path.name)}


def of_kind(kind: str, files: list[Path]) -> list[Path]:
    return [path for path in files if path.parent.name == kind]


@pytest.mark.parametrize("path", of_kind("valid", FILES), ids=lambda path: path.name)
def test_a_valid_document_has_no_findings_and_is_ready_to_send(path: Path) -> None:
    outcome = document.read(path.read_bytes(), path.name)
    assert outcome.findings == ()
    assert outcome.document is not None


@pytest.mark.parametrize("path", of_kind("warning", FILES), ids=lambda path: path.name)
def test_a_document_with_warnings_says_just_these_and_is_ready_to_send(path: Path) -> None:
    outcome = document.read(path.read_bytes(), path.name)
    assert {finding.code for finding in outcome.findings} == codes_in_name(path)
    assert outcome.document is not None


@pytest.mark.parametrize("path", of_kind("invalid", FILES), ids=lambda path: path.name)
def test_an_invalid_document_has_just_the_errors_of_its_name_and_is_not_sent(path: Path) -> None:
    outcome = document.read(path.read_bytes(), path.name)
    errors = [finding for finding in outcome.findings if finding.severity is Severity.ERROR]
    assert {finding.code for finding in errors} == codes_in_name(path)
    assert outcome.document is None
    assert all(finding.fix and finding.line and finding.column for finding in errors)


@pytest.mark.parametrize("path", NAME_FILES, ids=lambda path: path.stem)
def test_a_compute_name_has_just_the_findings_of_its_file(path: Path) -> None:
    found = document.validate_compute_name(path.read_text(encoding="utf-8"), "--name")
    assert {finding.code for finding in found} == codes_in_name(path)
    severity = {"warning": Severity.WARNING, "invalid": Severity.ERROR}.get(path.parent.name)
    assert {finding.severity for finding in found} == ({severity} if severity else set())


def test_there_are_at_least_110_example_documents() -> None:
    assert len(FILES) >= 110


def test_every_code_has_an_example_file() -> None:
    rules = {*document.RULES, *reading.RULES, *names.RULES}
    shown = {code for path in [*FILES, *NAME_FILES] for code in codes_in_name(path)}
    assert shown == {rule.code for rule in rules} - {f"AMLARC-{code}" for code in TESTED_ELSEWHERE}


def test_every_code_has_one_meaning() -> None:
    codes = [rule.code for rule in {*document.RULES, *reading.RULES, *names.RULES}]
    assert len(codes) == len(set(codes))


def test_every_message_position_and_fix_is_as_it_was() -> None:
    found = [document.read(path.read_bytes(), path.name).findings for path in FILES if path.parent.name != "valid"]
    assert_golden("validation-findings.txt", "\n".join(as_text(findings) for findings in found) + "\n")


def test_the_guides_two_examples_are_valid_and_sent_as_they_are() -> None:
    for path in (GUIDE_ADVANCED, GUIDE_DEFAULT):
        raw = path.read_bytes()
        assert document.read(raw, path.name).document == json.loads(raw)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_our_own_examples_have_no_findings_and_are_the_guides_but_for_their_names(path: Path) -> None:
    outcome = document.read(path.read_bytes(), path.name)
    assert outcome.findings == ()
    guide = GUIDE_ADVANCED if "advanced" in path.name else GUIDE_DEFAULT
    ours, theirs = outcome.document or {}, json.loads(guide.read_bytes())
    assert list(ours["instanceTypes"].values()) == list(theirs["instanceTypes"].values())
    assert ours["namespace"] == theirs["namespace"]


def test_the_samples_of_the_schema_have_no_findings() -> None:
    for sample in document.schema()["examples"]:
        assert document.read(json.dumps(sample).encode(), "sample.json").findings == ()


def test_null_amounts_are_not_sent() -> None:
    sent = document.read((CASES / "document/valid/null-gpu.json").read_bytes(), "null-gpu.json").document
    assert sent is not None
    amounts = {"cpu": "1", "memory": "4Gi"}
    assert sent["instanceTypes"]["cpu"] == {"nodeSelector": None, "resources": {"requests": amounts, "limits": amounts}}


@pytest.mark.parametrize("path", sorted((CASES / "document/invalid").glob("D0[23][0-9]-*")), ids=lambda path: path.name)
def test_a_file_of_another_shape_is_one_finding(path: Path) -> None:
    if path.name.startswith(("D029", "D030")):
        assert len(document.read(path.read_bytes(), path.name).findings) == 1


def test_the_compute_yaml_is_told_the_command_that_takes_its_place() -> None:
    (finding,) = document.read((CASES / "document/invalid/D030-compute-yaml.yml").read_bytes(), "compute.yml").findings
    assert finding.fix == (
        "attach without a file: az ml arc attach --name k8s-one --resource-id /subscriptions/0b1f6471-1bf0-4dda-aec3-"
        "cb9272f09590/resourceGroups/rg/providers/Microsoft.Kubernetes/connectedClusters/edge --namespace jobs "
        "--identity-type SystemAssigned --workspace-name WORKSPACE --resource-group GROUP"
    )


def test_the_form_of_2021_is_told_in_todays_spelling() -> None:
    (finding,) = document.read((CASES / "document/invalid/D030-cli-of-2021.yaml").read_bytes(), "old.yaml").findings
    today = finding.fix.removeprefix("write ")
    assert document.read(today.encode(), "new.json").findings == ()


def test_numbers_are_sent_as_text_and_the_schema_key_is_not_sent() -> None:
    raw = (
        b'{"$schema": "x", "defaultInstanceType": "a", "instanceTypes": {"a": {"resources": {"limits": {"cpu": 2.0}}}}}'
    )
    assert document.read(raw, "attach.json").document == {
        "defaultInstanceType": "a",
        "instanceTypes": {"a": {"resources": {"limits": {"cpu": "2"}}}},
    }


def test_a_missing_selector_stays_null() -> None:
    raw = b'{"defaultInstanceType": "a", "instanceTypes": {"a": {"nodeSelector": null}}}'
    assert document.read(raw, "attach.json").document == json.loads(raw)


def test_all_findings_of_a_document_come_at_once_in_the_order_of_the_text() -> None:
    raw = b"""{
  "namespace": "A",
  "namespace": "b_c",
  "defaultInstanceType": "gpus",
  "instanceTypes": {"gpu": {"nodeSelector": {"a b": 1}, "resource": {}}}
}"""
    places = [(finding.line, finding.column, finding.code) for finding in document.read(raw, "attach.json").findings]
    assert places == [
        (3, 3, "AMLARC-F007"),
        (3, 16, "AMLARC-N007"),
        (4, 26, "AMLARC-D007"),
        (5, 21, "AMLARC-D022"),
        (5, 46, "AMLARC-D011"),
        (5, 53, "AMLARC-D002"),
        (5, 57, "AMLARC-D001"),
    ]


@pytest.mark.parametrize(
    ("source", "yaml"),
    [("a.yaml", True), ("a.YML", True), ("a.json", False), ("<stdin>", False), ("attach", False)],
)
def test_the_name_says_the_format_and_else_the_first_character(source: str, yaml: bool) -> None:
    assert (document.read(b"{namespace: default}", source).document is not None) == yaml


def test_standard_input_that_does_not_begin_like_json_is_yaml() -> None:
    assert document.read(b"namespace: default\n", "<stdin>").document == {"namespace": "default"}


def test_a_namespace_option_is_validated_like_the_documents() -> None:
    [finding] = document.validate_namespace("aml_arc", "--namespace")
    assert (finding.code, finding.source) == ("AMLARC-N007", "--namespace")
    assert document.validate_namespace("amlarc", "--namespace") == []


def test_a_file_beyond_the_limit_is_refused() -> None:
    findings = document.read(b" " * (32 * 2**20 + 1), "attach.json").findings
    assert [finding.code for finding in findings] == ["AMLARC-F011"]


FRAGMENTS = [path.read_bytes() for path in FILES if path.stat().st_size < 2000]
PIECES = [
    b"\t",
    b"\0",
    b"\xff",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!float .",
    b"!!int x",
    b"? ",
    b"- ",
    b"---\n",
    b"{",
    b"]",
    b"\x85",
    b"%YAML 9\n",
]


@given(
    st.sampled_from(FRAGMENTS),
    st.integers(0, 2000),
    st.sampled_from(PIECES),
    st.sampled_from(["a.json", "a.yaml", "a"]),
)
def test_a_file_spoilt_at_a_random_place_never_raises(content: bytes, at: int, piece: bytes, source: str) -> None:
    outcome = document.read(content[:at] + piece + content[at:], source)
    assert outcome.document is not None or any(finding.severity is Severity.ERROR for finding in outcome.findings)


@given(st.binary(max_size=60), st.sampled_from(["a.json", "a.yaml", "a"]))
def test_random_bytes_never_raise(content: bytes, source: str) -> None:
    outcome = document.read(content, source)
    assert outcome.document is not None or outcome.findings


@given(st.text(max_size=30), st.sampled_from(["a.json", "a.yaml", "a"]))
def test_random_text_never_raises(content: str, source: str) -> None:
    outcome = document.read(content.encode("utf-8", "surrogatepass"), source)
    assert outcome.document is not None or outcome.findings


AMOUNTS = {"cpu": "1", "memory": "2Gi", "nvidia.com/gpu": "1"}
WHOLE = {
    "namespace": "jobs",
    "defaultInstanceType": "gpu",
    "instanceTypes": {"gpu": {"nodeSelector": {"a/b": "c"}, "resources": {"requests": AMOUNTS, "limits": AMOUNTS}}},
}


def _spoilt(value: object, step: int, extra: str) -> Iterator[object]:
    """The value with `extra` at a place of each key and each text in it, one at a time."""
    if isinstance(value, str):
        yield value[:step] + extra + value[step:]
    if isinstance(value, dict):
        for key, inner in value.items():
            others = {one: other for one, other in value.items() if one != key}
            yield {**others, key[:step] + extra + key[step:]: inner}
            yield from ({**others, key: spoilt} for spoilt in _spoilt(inner, step, extra))


@pytest.mark.parametrize(
    "extra", ["\u2028", "\u2029", "\x85", "\x9b", "\xa0", "\u200b", "\ufeff", "\u202e", "\u0661", "\n"]
)
def test_what_a_yaml_parser_or_a_terminal_would_take_for_something_else_is_in_no_valid_document(extra: str) -> None:
    """The API server reads what `attach --apply-instance-types` sends as YAML, where U+2028 ends a line."""
    for step in (0, 1, 99):
        for data in _spoilt(WHOLE, step, extra):
            assert document.read(json.dumps(data).encode(), "a.json").document is None, data
            assert document.read(json.dumps(data).encode(), "a.yaml").document is None, data
