"""Policies of an organization's own: what they find, where, and what is wrong with themselves."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from azext_amlarc.findings import Finding, Severity
from azext_amlarc.validation import documents
from azext_amlarc.validation.guardrails import apart, judging, policy, texts
from azext_amlarc.validation.report.formats import as_sarif
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.validation.text import parsing
from tests.support.az import ROOT
from tests.support.golden import assert_golden
from tests.support.listings import listings
from tests.validation.documents import CASES, EXAMPLES, anything

POLICIES = CASES / "policy"
WRONG = sorted((POLICIES / "invalid").iterdir())


def found(schema: dict[str, Any], document: object, kind: str = policy.ATTACH) -> list[Finding]:
    raw = json.dumps(schema).encode()
    policies = policy.Policies((policy.Policy("policy.json", schema, parsing.parse(raw, "policy.json")),))
    reading = parsing.parse(json.dumps(document).encode(), "attach.json")
    return policies.judge([policy.of_reading(kind, reading, "attach.json")])


def broken(schema: dict[str, Any], document: object) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = judging.respond(schema, [document])["broken"][0]
    return answer


def test_what_breaks_a_policy_is_said_with_its_place_its_description_its_code_and_the_place_of_the_rule() -> None:
    report = documents.validate_documents([str(POLICIES / "acme.json")], policies=[str(POLICIES / "acme.yaml")])
    said = as_text(one for one in report.findings if not one.code.startswith("AMLARC-D"))
    assert_golden("policy-findings.txt", said.replace(f"{POLICIES}/", "") + "\n")
    assert report.exit_code == 1


@pytest.mark.usefixtures("in_this_process")
def test_what_is_wrong_with_a_policy_has_the_code_of_its_file_and_a_place_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(POLICIES / "invalid")
    faults = {path.name: policy.read([path.name]).judge([]) for path in WRONG}
    assert {name: {one.code for one in found} for name, found in faults.items()} == {
        name: {f"AMLARC-{name.partition('-')[0]}"} for name in faults
    }
    every = [(name, one) for name, found in faults.items() for one in found]
    assert [name for name, one in every if not (one.line and one.column and one.fix and one.source == name)] == []
    assert {one.severity for _, one in every} == {Severity.ERROR}
    assert_golden("policy-faults.txt", "\n".join(map(as_text, faults.values())) + "\n")


# Schemas of the keywords that people write, and documents that nearly fit them.
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {},
            {"type": "string"},
            {"type": ["object", "null"]},
            {"const": "default"},
            {"enum": ["a", 1, None]},
            {"minProperties": 1},
            {"maxItems": 1},
            {"required": ["namespace", "cpu"]},
            {"propertyNames": {"maxLength": 8}},
            {"additionalProperties": False, "properties": {"cpu": {}}},
            {"unevaluatedProperties": False, "properties": {"gpu": {}}},
            {"dependentRequired": {"namespace": ["cpu"]}},
            {"uniqueItems": True},
            {"$ref": "#/$defs/text"},
        ]
    ),
    lambda inner: (
        st.builds(lambda one: {"properties": {"namespace": one, "nodeSelector": one, "cpu": False}}, inner)
        | st.builds(lambda one: {"additionalProperties": one}, inner)
        | st.builds(lambda one: {"items": one}, inner)
        | st.builds(lambda one: {"not": one}, inner)
        | st.builds(lambda one, two: {"allOf": [one, two]}, inner, inner)
        | st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner)
        | st.builds(lambda one, two: {"if": one, "then": two, "else": False}, inner, inner)
    ),
    max_leaves=6,
)


@given(SCHEMAS, anything)
def test_a_policy_is_broken_exactly_where_jsonschema_itself_says_so(schema: dict[str, Any], document: Any) -> None:
    whole = schema | {"$defs": {"text": {"type": "string"}}}
    assert bool(broken(whole, document)) == (not Draft202012Validator(whole).is_valid(document))


@given(SCHEMAS, anything)
def test_each_violation_has_its_place_in_the_document_and_in_the_policy(schema: dict[str, Any], document: Any) -> None:
    whole = schema | {"$defs": {"text": {"type": "string"}}}
    answer = judging.respond(whole, [document])["broken"]
    for one in answer[0]:
        assert policy._known(document, one["path"]) == one["path"]
        assert policy._known(whole, one["rule"])[:-1] == one["rule"][:-1]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^team-[a-z]+$", "team-a\n", False),  # Python's $ would stand before the line feed
        ("^team-[a-z]+$", "team-a", True),
        ("^[$a]+$", "a$", True),
        (r"^\$$", "$", True),
        (r"^\d+$", "\u0664", False),  # a digit of another script
        (r"^(?<team>[a-z]+)$", "ml", True),
        (r"^(?!default$)", "default", False),
        (r"(?<=team-)a", "team-a", True),
        (r"^\S+$", "team\u00a0a", False),  # white space is that of Unicode in ECMA 262, although digits are not
        (r"\s", "team\ufeffa", True),
        (r"^[^\s]+$", "team\u3000a", False),
        (r"^[\S]+$", "team\u2028a", False),
        (r"^[\S]+$", "t\u00e9am\U0001f600", True),
        ("^.+$", "team\ra", False),
        (r"^[.\]$]+$", ".$]", True),
        ("^t[^]a$", "t\na", True),
        ("t[]?eam", "team", True),
        ("a", "team", True),
    ],
)
def test_patterns_are_those_of_json_schema(pattern: str, text: str, fits: bool) -> None:
    assert bool(re.search(judging.as_python(pattern), text)) is fits
    assert bool(broken({"pattern": pattern}, text)) is not fits
    assert bool(broken({"patternProperties": {pattern: False}}, {text: 1})) is fits


@pytest.mark.parametrize(
    ("limit", "amount", "is_kept"),
    [
        ({"maximum": 4}, "4", True),
        ({"maximum": 4}, "4000m", True),
        ({"maximum": 4}, "5", False),
        ({"maximum": 4}, 5, False),
        ({"maximum": 68719476736}, "64Gi", True),
        ({"maximum": 68719476736}, "65Gi", False),
        ({"minimum": 1}, "500m", False),
        ({"exclusiveMaximum": 8}, "8", False),
        ({"maximum": 4}, "many", True),  # not an amount: the validator's own rules say so
    ],
)
def test_limits_hold_for_amounts_in_quotes(limit: dict[str, Any], amount: object, is_kept: bool) -> None:
    assert bool(broken(limit, amount)) is not is_kept


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"namespace": {"pattern": "^(a+)+$"}}},
        # Two ways at each of forty steps.
        {
            "$ref": "#/$defs/s0",
            "$defs": {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(40)} | {"s40": {}},
        },
        # The same where jsonschema asks for no keyword on the way.
        {
            "$ref": "#/$defs/s0",
            "unevaluatedProperties": False,
            "$defs": {
                f"s{n}": {"dependentSchemas": {key: {"$ref": f"#/$defs/s{n + 1}"} for key in "ab"}} for n in range(40)
            }
            | {"s40": {}},
        },
    ],
    ids=["pattern", "references", "unevaluated"],
)
def test_a_policy_that_does_not_end_is_stopped_and_said(
    schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 0.6)
    document = {"namespace": "a" * 60 + "!", "a": 1, "b": 1}
    assert [one.code for one in found(schema, document)] == ["AMLARC-P004"]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"$dynamicAnchor": "a", "allOf": [{"$dynamicRef": "#a"}]},
        {"unevaluatedProperties": False, "$ref": "#"},
    ],
    ids=str,
)
def test_references_without_an_end_are_a_finding(schema: dict[str, Any]) -> None:
    assert [one.code for one in found(schema, {"namespace": "a"})] == ["AMLARC-P003"]


def test_what_the_process_does_not_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert [one.code for one in found({}, {})] == ["AMLARC-P004"]
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert [one.code for one in found({}, {})] == ["AMLARC-P004"]


def test_without_jsonschema_a_policy_is_a_finding_and_not_silently_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "find_spec", lambda name: None)
    [finding] = found({}, {})
    assert (finding.code, finding.source) == ("AMLARC-P005", "policy.json")
    assert "pip install jsonschema" in finding.fix


def test_nothing_is_fetched_and_no_module_of_the_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jsonschema.py").write_text("raise SystemExit('imported')")
    (tmp_path / "urllib.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    [finding] = found({"$ref": "https://127.0.0.1:1/policy.json"}, {})
    assert (finding.code, finding.line) == ("AMLARC-P003", 1)
    assert "nothing is fetched" in finding.fix


@pytest.mark.usefixtures("in_this_process")
def test_a_schema_that_is_bundled_into_the_policy_is_found() -> None:
    names = {"$id": "https://acme.example/names", "$anchor": "names", "pattern": "^team-"}
    schema = {"$defs": {"names": names}, "properties": {"namespace": {"$ref": "https://acme.example/names"}}}
    assert [one.code for one in found(schema, {"namespace": "a"})] == ["AMLARC-P001"]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("meant", "codes"),
    [("fleet", []), ("attach", ["AMLARC-P001"]), (["fleet", "attach"], ["AMLARC-P001"])],
)
def test_a_policy_is_for_what_it_says(meant: object, codes: list[str]) -> None:
    schema = {"x-amlarc-for": meant, "required": ["namespace"]}
    assert [one.code for one in found(schema, {})] == codes


@pytest.mark.usefixtures("in_this_process")
def test_each_draft_keeps_its_own_rules() -> None:
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"maximum": 4}}}
    schema["properties"]["a"]["exclusiveMaximum"] = True  # type: ignore[index]
    assert [one.path for one in found(schema, {"a": "4"})] == ["$.a"]
    assert found(schema, {"a": "3"}) == []


KUBE = {"namespace": "kube-system"}
NOT_KUBE = {"properties": {"namespace": {"pattern": "^(?!kube-)", "description": "No namespaces of Kubernetes."}}}


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "reference",
    [{"$ref": "#/$defs/base"}, {"$dynamicRef": "#base"}, {"$ref": "#/$defs/other", "$dynamicRef": "#base"}],
    ids=str,
)
def test_a_violation_has_the_severity_and_the_words_of_its_own_part_whatever_stands_beside_the_reference(
    reference: dict[str, str],
) -> None:
    beside = {"x-amlarc-severity": "info", "description": "Beside it.", "maxLength": 63}
    defined = {"base": NOT_KUBE | {"$dynamicAnchor": "base"}, "other": {}}
    [finding] = found({**reference, "properties": {"namespace": beside}, "$defs": defined}, KUBE)
    assert finding.severity == Severity.ERROR
    assert finding.message.endswith(": No namespaces of Kubernetes")


@pytest.mark.usefixtures("in_this_process")
def test_any_number_of_warnings_hides_no_error() -> None:
    types: dict[str, Any] = {f"type-{number}": {} for number in range(judging.MOST + 100)}
    wished = {"properties": {"instanceTypes": {"additionalProperties": {"required": ["nodeSelector"]}}}}
    said = found({"allOf": [wished | {"x-amlarc-severity": "warning"}, NOT_KUBE]}, KUBE | {"instanceTypes": types})
    assert [one.path for one in said if one.severity == Severity.ERROR] == ["$.namespace"]
    assert len(said) == judging.MOST + 1
    assert len(found({"allOf": [wished, NOT_KUBE]}, KUBE | {"instanceTypes": types})) == judging.MOST


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("dialect", "id_"),
    [
        ("http://json-schema.org/draft-04/schema#", "id"),
        ("http://json-schema.org/draft-07/schema#", "$id"),
        ("https://json-schema.org/draft/2020-12/schema", "$id"),
    ],
)
def test_amounts_are_compared_in_bundled_parts_that_name_their_dialect(dialect: str, id_: str) -> None:
    gpus = {id_: "https://acme.example/gpus", "$schema": dialect, "maximum": 4}
    whole = {"$schema": dialect, "properties": {"gpu": {"$ref": "https://acme.example/gpus"}}}
    schema = {**whole, "definitions": {"gpus": gpus}}
    assert [one.path for one in found(schema, {"gpu": "8"})] == ["$.gpu"]
    assert found(schema, {"gpu": "4000m"}) == []


@pytest.mark.usefixtures("in_this_process")
def test_amounts_are_compared_when_a_policy_that_names_its_dialect_refers_to_itself() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"gpu": {"maximum": 4}, "inner": {"$ref": "#"}},
    }
    assert [one.path for one in found(schema, {"inner": {"gpu": "8"}})] == ["$.inner.gpu"]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("pointer", "around"),
    [
        ("#/components/schemas/a~1b%20c", lambda part: {"components": {"schemas": {"a/b c": part}}}),
        ("#/$defs/group/name", lambda part: {"$defs": {"group": {"name": part}}}),
        ("#/x-parts/1", lambda part: {"x-parts": [{}, part]}),
        ("/parts#/x/y", lambda part: {"$defs": {"parts": {"$id": "/parts", "x": {"y": part}}}}),
    ],
)
def test_a_reference_may_point_to_a_part_that_no_keyword_makes_a_schema(
    pointer: str, around: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    part = {"pattern": "^(?<team>team)-", "description": "Teams.", "x-amlarc-code": "ACME-1"}
    schema = {"properties": {"namespace": {"$ref": pointer}}, **around(part)}
    [finding] = found(schema, KUBE)
    assert (finding.code, finding.path, finding.message.rpartition(": ")[2]) == ("ACME-1", "$.namespace", "Teams")
    wrongs: list[dict[str, Any]] = [{"type": "strng"}, {"pattern": "("}, {"$ref": "#/nowhere"}]
    for wrong in wrongs:
        [fault] = found({"properties": {"namespace": {"$ref": pointer}}, **around(wrong)}, KUBE)
        assert fault.code in ("AMLARC-P002", "AMLARC-P003")
        assert fault.source == "policy.json"


@pytest.mark.usefixtures("in_this_process")
def test_the_keywords_of_old_drafts_say_which_key_is_missing() -> None:
    draft = "http://json-schema.org/draft-03/schema#"
    said = found({"$schema": draft, "properties": {"namespace": {"required": True}}}, {})
    assert [(one.path, one.message, one.fix.partition(";")[0]) for one in said] == [
        ("$", 'the configuration has no "namespace"', 'add "namespace"')
    ]
    for needed in ("cpu", ["cpu"]):
        [one] = found({"$schema": draft, "dependencies": {"namespace": needed}}, KUBE)
        assert (one.path, one.message) == ("$", 'the configuration has no "cpu"')
    [one] = found({"$schema": draft, "properties": {"namespace": {"disallow": [{"pattern": "^(?<k>kube)-"}]}}}, KUBE)
    assert one.path == "$.namespace"


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("draft", "part", "path"),
    [
        (3, {"type": "strng"}, "$.properties.a.type"),
        (3, {"disallow": ["string", "nil"]}, "$.properties.a.disallow"),
        (3, {"id": 1}, "$.properties.a.id"),
        (4, {"$ref": {}}, "$.properties.a.$ref"),
        (4, {"id": []}, "$.properties.a.id"),
        (7, {"$ref": None}, "$.properties.a.$ref"),
    ],
)
def test_what_the_schemas_of_old_drafts_let_pass_is_a_finding_with_its_place(
    draft: int, part: dict[str, Any], path: str
) -> None:
    schema = {"$schema": f"http://json-schema.org/draft-0{draft}/schema#", "properties": {"a": part}}
    said = found(schema, {"a": "text"})
    assert [(one.code, one.path) for one in said] == [("AMLARC-P002", path)]


@pytest.mark.usefixtures("in_this_process")
def test_what_a_policy_says_moves_no_cursor() -> None:
    said = as_text(found({"properties": {"a": {"const": "\x1b[2J", "description": "red\x1b[31m"}}}, {"a": "\x1b[1m"}))
    assert "\x1b" not in said
    assert r"red\x1b[31m" in said


@pytest.mark.usefixtures("in_this_process")
def test_sarif_has_the_rules_of_the_organization_by_their_descriptions() -> None:
    report = documents.validate_documents([str(POLICIES / "acme.json")], policies=[str(POLICIES / "acme.yaml")])
    (run,) = as_sarif(report, documents.rules_for(report.findings))["runs"]
    titles = {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert titles["ACME-GPUS-1"] == "A job has four GPUs at most"
    assert titles["AMLARC-P001"] == policy.BROKEN.title
    links = {rule["id"]: rule["helpUri"] for rule in run["tool"]["driver"]["rules"]}
    assert links["ACME-GPUS-1"].startswith("https://json-schema.org/")
    assert all("ruleIndex" in result for result in run["results"])


@pytest.mark.usefixtures("in_this_process")
def test_a_policy_that_cannot_be_read_is_a_finding_beside_those_of_the_documents(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    names = [str(tmp_path / "none.json"), str(tmp_path / "empty"), str(POLICIES / "acme.yaml")]
    report = documents.validate_documents([str(POLICIES / "acme.json")], policies=names)
    codes = {one.code for one in report.findings}
    assert {"AMLARC-F018", "AMLARC-F022", "ACME-GPUS-1"} <= codes
    assert report.sources == (str(POLICIES / "acme.json"), *names[:2])


@pytest.mark.usefixtures("in_this_process")
def test_a_policy_in_a_folder_of_a_config_map_is_kept(tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    (mounted / "..2026_11_27" / "policies").mkdir(parents=True)
    (mounted / "..2026_11_27" / "policies" / "kube.json").write_text(json.dumps(NOT_KUBE))
    (mounted / "..data").symlink_to("..2026_11_27")
    (mounted / "policies").symlink_to("..data/policies")
    (tmp_path / "attach.json").write_text(json.dumps(KUBE))
    report = documents.validate_documents([str(tmp_path / "attach.json")], policies=[str(mounted)])
    assert "AMLARC-P001" in {one.code for one in report.findings}


@pytest.mark.usefixtures("in_this_process")
def test_the_pages_policy_says_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = listings(ROOT / "docs" / "guardrails.md")
    monkeypatch.chdir(tmp_path)
    [schema] = [one.text for one in shown if one.remark == "policy.yaml"]
    Path("policy.yaml").write_text(schema, encoding="utf-8")
    example = (EXAMPLES / "attach-advanced.json").read_text(encoding="utf-8")
    Path("attach.json").write_text(example.replace('"nvidia.com/gpu": "1"', '"nvidia.com/gpu": "8"'), encoding="utf-8")
    report = documents.validate_documents(["attach.json"], policies=["policy.yaml"])
    assert as_text(report.findings) + "\n" == next(one.text for one in shown if one.language == "text")


@pytest.mark.parametrize(("namespace", "code"), [("team-a", 0), ("default", 1)])
def test_the_hook_of_pre_commit_takes_a_policy(namespace: str, code: int, tmp_path: Path) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (tmp_path / "policy.json").write_text('{"properties": {"namespace": {"pattern": "^team-"}}}')
    (tmp_path / "attach.json").write_text(json.dumps({"namespace": namespace}))
    command = [sys.executable, str(ROOT / hook["entry"]), "--policy", "policy.json", "attach.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")
    assert ("AMLARC-P001" in done.stdout) is bool(code)


def keywords() -> Iterator[str]:
    yield from texts._BY_KEYWORD
    yield from texts._LIMITS
    yield from texts._COUNTED


@pytest.mark.parametrize("keyword", sorted({*keywords(), "oneOf"}))
@pytest.mark.parametrize("value", [None, 1, "a", [], ["a", 1], {"a": 1}])
def test_every_keyword_has_words_whatever_its_value(keyword: str, value: object) -> None:
    wrong, fix = texts.said(keyword, value, ["a"], "namespace")
    assert wrong.startswith("namespace ")
    assert fix
