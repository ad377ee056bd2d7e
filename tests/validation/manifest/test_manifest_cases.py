"""Example manifests are tests: those with findings carry the codes in their names."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.findings import Severity
from azext_amlarc.resources.fleet import ComputeSpec, Entry, Fleet, Reference, Rollout, Selector, Wave
from azext_amlarc.validation import files, manifest
from azext_amlarc.validation.manifest import starter
from azext_amlarc.validation.report.text import as_text
from tests.support.golden import assert_golden
from tests.validation.manifest.manifests import CASES, nothing_there

FILES = sorted(path for path in CASES.glob("*/*") if path.parent.name != "files")
EXAMPLE = Path(__file__).parents[3] / "examples" / "fleet.yaml"


def codes_in_name(path: Path) -> set[str]:
    return {f"AMLARC-{code}" for code in re.findall(r"\b([A-Z][0-9]{3})-", path.name)}


def read(path: Path) -> manifest.Outcome:
    return manifest.read(path.read_bytes(), str(path), files.read)


def of_kind(kind: str) -> list[Path]:
    return [path for path in FILES if path.parent.name == kind]


@pytest.mark.parametrize("path", of_kind("valid"), ids=lambda path: path.name)
def test_a_valid_manifest_has_no_findings_and_is_a_fleet(path: Path) -> None:
    outcome = read(path)
    assert as_text(outcome.findings) == ""
    assert outcome.fleet is not None


@pytest.mark.parametrize("path", of_kind("warning"), ids=lambda path: path.name)
def test_a_manifest_with_warnings_says_just_these_and_is_a_fleet(path: Path) -> None:
    outcome = read(path)
    assert {finding.code for finding in outcome.findings} == codes_in_name(path)
    assert outcome.fleet is not None


@pytest.mark.parametrize("path", of_kind("invalid"), ids=lambda path: path.name)
def test_an_invalid_manifest_has_just_the_errors_of_its_name_and_is_no_fleet(path: Path) -> None:
    outcome = read(path)
    errors = [finding for finding in outcome.findings if finding.severity is Severity.ERROR]
    assert {finding.code for finding in errors} == codes_in_name(path)
    assert outcome.fleet is None
    assert all(finding.fix and finding.line and finding.column for finding in errors)


def test_every_code_has_an_example_file() -> None:
    shown = {code for path in FILES for code in codes_in_name(path)}
    assert {rule.code for rule in manifest.RULES} <= shown


def test_every_message_position_and_fix_is_as_it_was() -> None:
    found = [read(path).findings for path in FILES if path.parent.name != "valid"]
    shown = "\n".join(as_text(findings) for findings in found).replace(f"{CASES}/", "")
    assert_golden("manifest-findings.txt", shown + "\n")


def test_a_manifest_becomes_the_fleet_that_it_describes() -> None:
    fleet = read(CASES / "valid/config.yaml").fleet
    assert fleet is not None
    document = {"namespace": "default", **DEFAULT}
    config = str(CASES / "files/attach.json")
    assert fleet == Fleet(
        "plants",
        (Entry("plant-a", "rg"),),
        computes=(
            ComputeSpec("ws1", "{cluster}-k8s", document={**document, "namespace": "ml"}, config=config),
            ComputeSpec("ws2", "{cluster}-k8s", "rg2", None, "SystemAssigned", (), document, config),
        ),
    )
    selecting = read(CASES / "valid/selectors.yaml").fleet
    assert selecting is not None
    assert selecting.selectors[1] == Selector(
        ("0b1f6471-1bf0-4dda-aec3-cb9272f09590",),
        ("rg",),
        ("eastus",),
        {"ml": "true"},
        "managedClusters",
        {"installVolcano": "False"},
    )
    waves = read(CASES / "valid/waves.yaml").fleet
    assert waves is not None
    assert waves.rollout == Rollout((Wave({"ring": "canary"}), Wave(percent=20), Wave(percent=100)), 2, ("check",))
    assert waves.on_removal == "detach"


DEFAULT = {
    "defaultInstanceType": "defaultinstancetype",
    "instanceTypes": {
        "defaultinstancetype": {
            "nodeSelector": None,
            "resources": {
                "requests": {"cpu": "1", "memory": "4Gi", "nvidia.com/gpu": "0"},
                "limits": {"cpu": "1", "memory": "4Gi", "nvidia.com/gpu": "0"},
            },
        }
    },
}


def test_protected_values_are_references_and_files_are_found_beside_the_manifest(tmp_path: Path) -> None:
    text = (
        (CASES / "valid/protected.yaml").read_text(encoding="utf-8").replace("{env: CERTIFICATE}", "{file: c/cert.pem}")
    )
    path = tmp_path / "fleet.yaml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "cert.pem").write_text("no certificate", encoding="utf-8")
    outcome = read(path)
    assert [(finding.code, finding.path) for finding in outcome.findings] == [
        ("AMLARC-S050", "$.spec.extension.protected.sslCertPemFile")
    ]
    assert outcome.contents == {Reference("file", "c/cert.pem"): b"no certificate"}


@pytest.mark.parametrize("path", [path for path in FILES if "M008" in path.name], ids=lambda path: path.name)
def test_a_protected_value_in_plain_text_is_never_repeated(path: Path) -> None:
    said = as_text(read(path).findings) + repr(read(path))
    assert "s3cret" not in said
    assert "0123456" not in said


@pytest.mark.parametrize(
    "value",
    ["'s3cret'", "{env: s3cret==}", "{keyVault: s3cret}", "{file: s3cret}", "[s3cret]", "{s3cret: 1}", "!s3cret a"],
)
def test_whatever_is_wrong_with_a_reference_it_is_not_repeated(value: str) -> None:
    text = (CASES / "valid/protected.yaml").read_text(encoding="utf-8").replace("{env: CERTIFICATE}", value)
    outcome = manifest.read(text.encode(), "fleet.yaml", nothing_there)
    assert outcome.fleet is None
    assert outcome.findings
    assert "s3cret" not in as_text(outcome.findings)


def test_a_manifest_is_no_attach_configuration_and_the_other_way_round() -> None:
    from azext_amlarc.validation import document

    [finding] = document.read((CASES / "valid/waves.yaml").read_bytes(), "fleet.yaml").findings
    assert (finding.code, finding.message) == ("AMLARC-D030", "this is the manifest of a fleet")
    assert not manifest.is_fleet({"apiVersion": "agones.dev/v1", "kind": "Fleet"})
    assert not manifest.is_fleet({"namespace": "default"})


def test_the_starter_and_the_example_are_valid() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == starter.as_yaml()
    for text, name in ((starter.as_yaml(), "fleet.yaml"), (starter.as_json(), "fleet.json")):
        outcome = manifest.read(text.encode(), name, nothing_there)
        assert outcome.fleet is not None
        assert {finding.severity for finding in outcome.findings} <= {Severity.INFO}


FRAGMENTS = [path.read_bytes() for path in FILES]


@given(
    st.sampled_from(FRAGMENTS), st.integers(0, 800), st.sampled_from([b"\t", b"\0", b"- ", b"{", b"*a", b"&a ", b": "])
)
def test_a_manifest_spoilt_at_a_random_place_never_raises(content: bytes, at: int, piece: bytes) -> None:
    outcome = manifest.read(content[:at] + piece + content[at:], "fleet.yaml", nothing_there)
    assert outcome.fleet is not None or any(finding.severity is Severity.ERROR for finding in outcome.findings)


@given(st.binary(max_size=60), st.sampled_from(["a.json", "a.yaml", "a"]))
def test_random_bytes_never_raise(content: bytes, source: str) -> None:
    outcome = manifest.read(content, source, nothing_there)
    assert outcome.fleet is not None or outcome.findings


@pytest.mark.parametrize("name", ["fleet.json", "fleet.yaml"])
def test_a_thousand_clusters_with_settings_of_their_own_are_judged_in_a_moment(name: str) -> None:
    clusters = [
        {"name": f"plant-{number}-x", "resourceGroup": "rg", "settings": {"nodeSelector.rack": f"r{number}"}}
        for number in range(1000)
    ]
    spec = {"clusters": clusters, "extension": {"settings": {"enableTraining": "True", "installVolcano": "no"}}}
    made = {"apiVersion": "amlarc/v1alpha1", "kind": "Fleet", "metadata": {"name": "plants"}, "spec": spec}
    start = time.perf_counter()
    outcome = manifest.read(json.dumps(made, indent=1).encode(), name, nothing_there)
    assert time.perf_counter() - start < 5  # it takes 0.2 s; what grows with the square would take half a minute
    assert [finding.code for finding in outcome.findings if finding.severity is Severity.ERROR] == ["AMLARC-S004"]
