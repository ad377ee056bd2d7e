"""A configuration file is read and parsed once, also when its instance types are applied to the cluster."""

from pathlib import Path

import pytest

from azext_amlarc.commands.inputs.document import read_document
from azext_amlarc.validation import document
from azext_amlarc.validation.document import manifests
from azext_amlarc.validation.text import jsontext, yamltext
from azext_amlarc.validation.text.reading import Reading
from tests.validation.documents import GUIDE_ADVANCED

IN_YAML = """
namespace: amlarc-testing
defaultInstanceType: gpu_instance
instanceTypes:
  gpu_instance: {nodeSelector: {pool: gpu}, resources: {limits: {cpu: "2", memory: 16Gi}}}
"""


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The source of each text that is parsed, one entry for each time."""
    sources: list[str] = []
    of_json, of_yaml = jsontext.parse, yamltext.parse_all

    def json_parse(text: str, source: str) -> Reading:
        sources.append(source)
        return of_json(text, source)

    def yaml_parse(text: str, source: str) -> list[Reading]:
        sources.append(source)
        return of_yaml(text, source)

    monkeypatch.setattr(jsontext, "parse", json_parse)
    monkeypatch.setattr(yamltext, "parse_all", yaml_parse)
    return sources


@pytest.mark.parametrize("name", ["attach.json", "attach.yaml"])
def test_attach_with_apply_instance_types_parses_its_file_once(tmp_path: Path, parsed: list[str], name: str) -> None:
    path = tmp_path / name
    in_json = GUIDE_ADVANCED.read_text(encoding="utf-8")
    path.write_text(IN_YAML if name.endswith(".yaml") else in_json, encoding="utf-8")
    configuration = read_document(str(path), "other")
    applied = configuration.instance_types()
    assert parsed == [str(path)]
    assert configuration.document["namespace"] == "other"
    assert applied.items == manifests.to_manifests(path.read_bytes(), str(path)).items
    # The places of what the conversion changes come from that one reading.
    assert all(finding.source == str(path) and finding.line for finding in applied.findings)
    assert "AMLARC-C004" in {finding.code for finding in applied.findings}


def test_what_was_read_converts_as_its_bytes_do() -> None:
    raw = GUIDE_ADVANCED.read_bytes()
    assert manifests.convert(document.read(raw, "a.json")) == manifests.to_manifests(raw, "a.json")


def test_without_a_file_there_are_no_instance_types(parsed: list[str]) -> None:
    converted = read_document(None, "team").instance_types()
    assert (converted.items, converted.findings, parsed) == (None, (), [])
