"""The JSON Schema and the walk state the same structure; the schema is good enough for editors."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator, validators

from azext_amlarc.findings import Severity
from azext_amlarc.validation import document, names, quantity
from azext_amlarc.validation.document import resources, walk
from azext_amlarc.validation.document.foreign import TYPE_KEYS
from tests.validation.documents import CASES, EXAMPLES, mutated, well_shaped

# What JSON Schema cannot say, or says worse: values compared by value, and keys that other keys name.
BEYOND_STRUCTURE = {
    walk.DEFAULT_TYPE_MISSING,
    resources.ZERO,
    resources.ABOVE_LIMIT,
    resources.NOT_WHOLE,
    resources.DEVICES_DIFFER,
    resources.PART_OF_A_BYTE,
    resources.TOO_MUCH,
}
SCHEMA = document.schema()


def ecma_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    """JSON Schema's patterns are ECMA's, where $ is the very end; Python's $ also stands before a final line feed."""
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Validator: Any = validators.extend(Draft202012Validator, {"pattern": ecma_pattern})  # type: ignore[no-untyped-call]
VALIDATOR = Validator(SCHEMA)


def has_structural_error(data: object) -> bool:
    broken = {complaint.rule for complaint in document.validate(data)}
    return any(rule.severity is Severity.ERROR for rule in broken - BEYOND_STRUCTURE)


@given(well_shaped())
def test_the_schema_and_the_walk_accept_every_well_shaped_document(made: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(made)
    assert not has_structural_error(made)


@settings(max_examples=max(settings().max_examples, 300), suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_the_schema_accepts_what_the_walk_finds_no_structural_error_in(made: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(made) != has_structural_error(made)


@settings(max_examples=max(settings().max_examples, 300), suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_spoilt_document_never_raises_and_its_findings_have_places(made: dict[str, Any]) -> None:
    outcome = document.read(json.dumps(made, indent=1).encode(), "attach.json")
    assert all(finding.line and finding.column and finding.message for finding in outcome.findings)
    assert outcome.document is not None or any(finding.severity == "error" for finding in outcome.findings)


@pytest.mark.parametrize("path", sorted((CASES / "document").glob("*/[DN]*.json")), ids=lambda path: path.name)
def test_the_schema_and_the_walk_agree_on_the_example_files(path: Any) -> None:
    data = json.loads(path.read_bytes())
    assert VALIDATOR.is_valid(data) != has_structural_error(data)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_schema_accepts_the_guides_examples_and_its_own() -> None:
    for name in ("attach-advanced.json", "attach-default.json"):
        assert VALIDATOR.is_valid(json.loads((EXAMPLES / name).read_bytes()))
    assert all(VALIDATOR.is_valid(example) for example in SCHEMA["examples"])


def test_the_schemas_patterns_are_the_walks() -> None:
    top, of_type, amounts = (
        SCHEMA["properties"],
        SCHEMA["$defs"]["instanceType"]["properties"],
        SCHEMA["$defs"]["amounts"],
    )
    assert top["namespace"]["pattern"] == f"^{names.DNS_LABEL}$"
    assert top["instanceTypes"]["propertyNames"]["pattern"] == f"^{walk.TYPE_NAME}$"
    assert of_type["nodeSelector"]["propertyNames"]["pattern"] == f"^{names.LABEL_KEY}$"
    assert of_type["nodeSelector"]["additionalProperties"]["pattern"] == f"^{names.LABEL_VALUE}$"
    assert amounts["propertyNames"]["pattern"] == f"^(?:{resources.RESOURCE_NAME})$"
    assert SCHEMA["$defs"]["quantity"]["anyOf"][0]["pattern"] == rf"^\+?{quantity.UNSIGNED}$"


def schemas(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        yield schema
        for member in schema.values():
            yield from schemas(member)
    elif isinstance(schema, list):
        for member in schema:
            yield from schemas(member)


def test_no_schema_has_several_types_as_ajv_refuses_in_strict_mode() -> None:
    """Only null may stand beside a type, and what is said of strings stands beside the type string."""
    for schema in schemas({key: value for key, value in SCHEMA.items() if key != "examples"}):
        types = schema.get("type")
        assert not isinstance(types, list) or (len(types) == 2 and "null" in types), schema
        if {"pattern", "maxLength"} & set(schema) and "properties" not in schema:
            assert types in ("string", None), schema


AJV = """
const Ajv = require("ajv/dist/2020"), schema = JSON.parse(require("fs").readFileSync(0));
const fail = message => { throw Error(message) };
const validate = new Ajv({strict: true, logger: {log: fail, warn: fail, error: fail}}).compile(schema);
for (const sample of schema.examples) validate(sample) || fail(JSON.stringify(validate.errors));
"""


def faults_by_ajv(schema: Any) -> str:
    """What ajv says against a schema in its strict mode; the test is skipped where there is none."""
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", "require('ajv/dist/2020')"], capture_output=True).returncode:
        pytest.skip("no node with ajv here: npm install ajv, and NODE_PATH=…/node_modules")
    done = subprocess.run([node, "-e", AJV], input=json.dumps(schema), capture_output=True, text=True, check=False)
    return done.stderr or ("" if done.returncode == 0 else f"exit code {done.returncode}")


def test_ajv_compiles_the_schema_in_its_strict_mode() -> None:
    assert faults_by_ajv(SCHEMA) == ""


def test_the_schemas_keys_are_the_walks() -> None:
    of_type = SCHEMA["$defs"]["instanceType"]["properties"]
    assert tuple(SCHEMA["properties"]) == walk.KEYS
    assert tuple(of_type) == TYPE_KEYS
    assert tuple(of_type["resources"]["properties"]) == resources.SIDES


def described(schema: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    for key in ("properties", "$defs"):
        for name, member in schema.get(key, {}).items():
            yield f"{path}.{name}", member
            yield from described(member, f"{path}.{name}")


@pytest.mark.parametrize(
    ("path", "schema"), list(described(SCHEMA)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_editor_has_a_title_and_a_description_to_show(path: str, schema: Any) -> None:
    assert schema["title"]
    assert schema["description"].endswith(".")
