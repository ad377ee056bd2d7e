"""The JSON Schema of manifests and our walk state the same structure; the schema is good enough for editors."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from azext_amlarc.resources import naming
from azext_amlarc.validation import manifest, names
from azext_amlarc.validation.manifest import shape
from tests.validation.manifest.manifests import CASES, mutated, nothing_there, well_shaped
from tests.validation.test_schema import Validator, described, faults_by_ajv, schemas

SCHEMA = manifest.schema()
VALIDATOR = Validator(SCHEMA)
FILES = sorted(path for path in CASES.glob("*/*") if path.parent.name != "files" and not path.name.startswith("F"))


@given(well_shaped())
def test_the_schema_and_the_walk_accept_every_well_shaped_manifest(made: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(made)
    assert list(shape.validate(made)) == []


@settings(max_examples=max(settings().max_examples, 300), suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_the_schema_accepts_what_the_walk_finds_nothing_in(made: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(made) == (list(shape.validate(made)) == [])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_spoilt_manifest_never_raises_and_its_findings_have_places(made: dict[str, Any]) -> None:
    before = copy.deepcopy(made)
    outcome = manifest.read(json.dumps(made, indent=1).encode(), "fleet.json", nothing_there)
    assert made == before
    assert all(finding.line and finding.column and finding.message for finding in outcome.findings)
    assert (outcome.fleet is None) == any(finding.severity == "error" for finding in outcome.findings)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_schema_and_the_walk_agree_on_the_example_files(path: Path) -> None:
    data = yaml.safe_load(path.read_bytes())
    assert VALIDATOR.is_valid(data) == (list(shape.validate(data)) == [])


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_samples_of_the_schema_are_valid() -> None:
    for sample in SCHEMA["examples"]:
        assert VALIDATOR.is_valid(sample)
        assert manifest.read(json.dumps(sample).encode(), "sample.json", nothing_there).fleet is not None


def test_the_schemas_patterns_are_those_of_the_options() -> None:
    """One rule for a name, whether it comes from the command line or from a manifest."""
    kinds = {
        "clusterName": naming.CLUSTER,
        "resourceGroup": naming.RESOURCE_GROUP,
        "extensionName": naming.EXTENSION,
        "workspaceName": naming.WORKSPACE,
        "releaseTrain": naming.RELEASE_TRAIN,
        "version": naming.VERSION,
    }
    patterns = {name: SCHEMA["$defs"][name]["pattern"] for name in kinds}
    assert patterns == {name: f"^(?:{kind.valid.pattern})$" for name, kind in kinds.items()}
    assert SCHEMA["$defs"]["namespace"]["pattern"] == f"^{names.DNS_LABEL}$"


def test_the_walk_knows_every_keyword_that_the_schema_uses() -> None:
    known = {
        *("$schema", "$id", "$defs", "$ref", "title", "description", "default", "examples"),
        *("type", "properties", "required", "additionalProperties", "items", "anyOf", "if", "then", "else"),
        *("enum", "const", "pattern", "minimum", "maximum", "minItems", "minProperties", "maxProperties"),
    }
    used = {keyword for one in schemas(_without_data(SCHEMA)) for keyword in one}
    assert used - set(_names_of_keys(SCHEMA)) <= known


def _without_data(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _without_data(member) for key, member in schema.items() if key not in ("examples", "default")}
    return schema


def _names_of_keys(schema: Any) -> Iterator[str]:
    for one in schemas(schema):
        yield from one.get("properties", ())
        yield from one.get("$defs", ())


@pytest.mark.parametrize(
    ("path", "schema"), list(described(SCHEMA)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_editor_has_a_title_and_a_description_to_show(path: str, schema: Any) -> None:
    assert schema["title"]
    assert schema["description"].endswith((".", "`."))


def test_ajv_compiles_the_schema_in_its_strict_mode() -> None:
    assert faults_by_ajv(SCHEMA) == ""


def test_what_is_required_is_a_property_of_the_same_schema() -> None:
    """ajv's strictRequired, where there is no ajv."""
    for one in schemas(_without_data(SCHEMA)):
        assert set(one.get("required", ())) <= set(one.get("properties", ())), one


def test_no_pattern_is_one_that_editors_lack() -> None:
    """ECMA's patterns, without the u flag: no possessive quantifiers, no inline flags, no \\Z."""
    for one in schemas(_without_data(SCHEMA)):
        if isinstance(one.get("pattern"), str):
            assert not re.search(r"\\Z|\\A|\(\?[aiLmsux]|\(\?P", one["pattern"]), one["pattern"]
