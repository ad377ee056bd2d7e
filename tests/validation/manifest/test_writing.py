"""What is written as a manifest is read as the same fleet."""

import copy
import json
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from azext_amlarc.resources.fleet import Entry, ExtensionSpec, Fleet
from azext_amlarc.validation import manifest
from azext_amlarc.validation.manifest import writing
from tests.validation.manifest.manifests import nothing_there, well_shaped


def read(text: str, name: str) -> Fleet | None:
    return manifest.read(text.encode(), name, nothing_there).fleet


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(well_shaped())
def test_a_fleet_that_is_written_and_read_is_the_same(made: dict[str, Any]) -> None:
    data = copy.deepcopy(made)
    for one in data["spec"].get("computes", []):
        one.pop("config", None)
        one["name"] = "{cluster}-k8s"
    fleet = read(json.dumps(data), "fleet.json")
    assume(fleet is not None)
    assert fleet is not None
    assert read(writing.as_yaml(fleet), "fleet.yaml") == fleet
    assert read(writing.as_json(fleet), "fleet.json") == fleet


VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(st.sampled_from(["a.b", "toleration[0].key", "x", "no", "1"]), VALUES))
def test_any_text_is_written_as_yaml_that_every_parser_reads_as_that_text(values: dict[str, str]) -> None:
    fleet = Fleet("f", (Entry("c", "rg"),), ExtensionSpec(settings=values))
    written = yaml.safe_load(writing.as_yaml(fleet))["spec"]
    assert written.get("extension", {}).get("settings", {}) == values


def test_words_that_yaml_takes_for_something_else_are_quoted() -> None:
    given = {"a": "no", "b": "True", "c": "1.1", "d": "null", "e": "on", "f": "plain-text", "g": "2001-01-01", "h": "~"}
    text = writing.as_yaml(Fleet("f", (Entry("c", "rg"),), ExtensionSpec(settings=given)))
    assert yaml.safe_load(text)["spec"]["extension"]["settings"] == given
    assert "f: plain-text\n" in text


def test_what_is_not_said_is_not_written() -> None:
    assert writing.as_data(Fleet("f", (Entry("c", "rg"),)))["spec"] == {
        "clusters": [{"name": "c", "resourceGroup": "rg"}],
        "onRemoval": "keep",
    }
