"""An attach document's instance types as the cluster's objects, and back."""

import json
import re
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import yaml
from hypothesis import given

from azext_amlarc.findings import Severity
from azext_amlarc.validation import document
from azext_amlarc.validation.document.manifests import RULES, to_document, to_manifests
from azext_amlarc.validation.report.text import as_text
from tests.support.golden import assert_golden
from tests.validation.documents import CASES, GUIDE_ADVANCED, GUIDE_DEFAULT, well_shaped

TO = sorted((CASES / "instancetype/to").glob("*"))
FROM = sorted((CASES / "instancetype/from").glob("*"))
PLAIN = {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"cpu": "1", "memory": "4Gi"}}


def codes_in_name(path: Path) -> set[str]:
    return {f"AMLARC-{code}" for code in re.findall(r"\b([A-Z][0-9]{3})-", path.name)}


@pytest.mark.parametrize("path", TO, ids=lambda path: path.name)
def test_a_conversion_to_manifests_says_just_what_its_file_is_named_for(path: Path) -> None:
    made = to_manifests(path.read_bytes(), path.name)
    assert {finding.code for finding in made.findings} == codes_in_name(path)
    assert (made.items is None) == any(finding.severity is Severity.ERROR for finding in made.findings)


@pytest.mark.parametrize("path", FROM, ids=lambda path: path.name)
def test_a_conversion_from_manifests_says_just_what_its_file_is_named_for(path: Path) -> None:
    made = to_document(path.read_bytes(), path.name)
    assert {finding.code for finding in made.findings} - {"AMLARC-D023"} == codes_in_name(path)
    assert (made.document is None) == any(finding.severity is Severity.ERROR for finding in made.findings)


@pytest.mark.parametrize("document", ["---\n", "kind: InstanceType\napiVersion: x\n---\n"])
def test_a_stream_of_many_documents_takes_time_in_proportion(document: str) -> None:
    def seconds(number: int) -> float:
        started = process_time()
        to_document((document * number).encode(), "many.yaml")
        return process_time() - started

    # Eight times as many: in square it would be sixty-four times as long.
    few, many = (min(seconds(number) for _ in range(3)) for number in (1_000, 8_000))
    assert many < 30 * few


def test_what_an_instance_type_cannot_have_is_said_with_what_to_do() -> None:
    raw = (CASES / "instancetype/from/C011-C014-tolerations-and-namespace.yaml").read_bytes()
    found = {finding.code: finding for finding in to_document(raw, "a.yaml").findings}
    assert found["AMLARC-C014"].fix == (
        "give the extension workLoadToleration[0].key=workload workLoadToleration[0].operator=Equal "
        "workLoadToleration[0].value=ml workLoadToleration[0].effect=NoSchedule, "
        "or use the taint ml.azure.com/amlarc, which jobs tolerate"
    )
    assert found["AMLARC-C011"].message == (
        'the namespace of "cpu" is left out: an instance type belongs to the whole cluster'
    )


def test_null_amounts_are_none() -> None:
    made = to_document((CASES / "instancetype/from/null-gpu.yaml").read_bytes(), "a.yaml").document
    assert made is not None
    assert made["instanceTypes"]["cpu"]["resources"]["limits"] == {"cpu": "1", "memory": "2Gi"}


def test_every_code_of_conversions_has_an_example_file() -> None:
    shown = {code for path in [*TO, *FROM] for code in codes_in_name(path)}
    assert {rule.code for rule in RULES} <= shown


def test_every_message_of_conversions_is_as_it_was() -> None:
    to = [as_text(to_manifests(path.read_bytes(), path.name).findings) for path in TO]
    back = [as_text(to_document(path.read_bytes(), path.name).findings) for path in FROM]
    assert_golden("validation-conversions.txt", "\n".join(filter(None, [*to, *back])) + "\n")


def test_the_guides_advanced_example_becomes_three_objects() -> None:
    made = to_manifests(GUIDE_ADVANCED.read_bytes(), "attach-advanced.json")
    gpu = {
        "nodeSelector": {"accelerator": "nvidia-tesla-k80"},
        "resources": {
            "requests": {"cpu": "2", "memory": "16Gi"},
            "limits": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": 1},
        },
    }
    cpu = {
        "nodeSelector": {"VMSizes": "VM-64vCPU-256GB"},
        "resources": {"requests": {"cpu": "4", "memory": "16Gi"}, "limits": {"cpu": "4", "memory": "16Gi"}},
    }
    head = {"apiVersion": "amlarc.azureml.com/v1alpha1", "kind": "InstanceType"}
    copied = {"name": "defaultinstancetype", "annotations": {"amlarc/copy-of": "gpu-instance"}}
    assert made.items == [
        {**head, "metadata": {"name": "gpu-instance"}, "spec": gpu},
        {**head, "metadata": {"name": "big-cpu-sku"}, "spec": cpu},
        {**head, "metadata": copied, "spec": gpu},
    ]
    assert made.as_list() == {"apiVersion": "v1", "kind": "List", "items": made.items}


def test_the_guides_default_is_the_clusters_default_and_has_no_copy() -> None:
    made = to_manifests(GUIDE_DEFAULT.read_bytes(), "attach-default.json")
    assert made.items is not None
    assert [(item["metadata"], item["spec"]) for item in made.items] == [
        ({"name": "defaultinstancetype"}, {"resources": PLAIN})
    ]


@pytest.mark.parametrize(
    ("given_resources", "requests", "limits"),
    [
        ({}, {"cpu": "1", "memory": "4Gi"}, {"cpu": "1", "memory": "4Gi"}),
        (
            {"limits": {"cpu": "500m", "memory": "2Gi"}},
            {"cpu": "500m", "memory": "2Gi"},
            {"cpu": "500m", "memory": "2Gi"},
        ),
        ({"limits": {"cpu": "8", "memory": "64Gi"}}, {"cpu": "1", "memory": "4Gi"}, {"cpu": "8", "memory": "64Gi"}),
        ({"requests": {"cpu": "8", "memory": "64Gi"}}, {"cpu": "8", "memory": "64Gi"}, {"cpu": "8", "memory": "64Gi"}),
        ({"requests": {"memory": "1Gi"}}, {"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "4Gi"}),
    ],
)
def test_missing_amounts_are_the_guides_defaults_within_what_is_given(
    given_resources: dict[str, Any], requests: dict[str, str], limits: dict[str, str]
) -> None:
    raw = json.dumps({"defaultInstanceType": "a", "instanceTypes": {"a": {"resources": given_resources}}}).encode()
    items = to_manifests(raw, "a.json").items
    assert items is not None
    assert items[0]["spec"]["resources"] == {"requests": requests, "limits": limits}


def test_devices_come_back_as_requests_and_as_text() -> None:
    raw = GUIDE_ADVANCED.read_bytes()
    manifests = json.dumps(to_manifests(raw, "a.json").as_list()).encode()
    back = to_document(manifests, "b.json", namespace="amlarc-testing").document
    renamed = raw.decode().replace("gpu_instance", "gpu-instance").replace("big_cpu_sku", "big-cpu-sku")
    without_none = re.sub(r',\s*"nvidia.com/gpu": "0"', "", renamed)
    assert back == json.loads(without_none)


def test_a_changed_copy_of_the_default_is_an_instance_type_of_its_own() -> None:
    items = to_manifests((CASES / "instancetype/to/C004-cpu.json").read_bytes(), "a.json").items
    assert items is not None
    items[1]["spec"]["resources"]["limits"]["cpu"] = "2"
    made = to_document(yaml.safe_dump_all(items).encode(), "a.yaml").document
    assert made is not None
    assert (made["defaultInstanceType"], list(made["instanceTypes"])) == (
        "defaultinstancetype",
        ["cpu", "defaultinstancetype"],
    )


def test_a_finding_has_the_place_of_its_manifest() -> None:
    path = CASES / "instancetype/from/D014-invalid-quantity.yaml"
    (first, second) = to_document(path.read_bytes(), "a.yaml").findings
    assert (first.place, first.path) == ("a.yaml:6:34", "$.spec.resources.requests.memory")
    assert (second.place, second.path) == ("a.yaml:7:32", "$.spec.resources.limits.memory")


@given(well_shaped())
def test_a_round_trip_keeps_selectors_and_amounts(made: dict[str, Any]) -> None:
    manifests = to_manifests(json.dumps(made).encode(), "a.json")
    if manifests.items is None:
        return
    written = json.dumps(manifests.as_list()).encode()
    back = to_document(written, "b.json")
    assert back.document is not None
    again = to_manifests(json.dumps(back.document).encode(), "c.json")
    assert again.items == manifests.items
    assert document.read(json.dumps(back.document).encode(), "c.json").document == back.document


def test_a_full_document_comes_back_as_it_was() -> None:
    amounts = {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1", "ephemeral-storage": "20Gi"}
    full = {
        "namespace": "default",
        "defaultInstanceType": "gpu",
        "instanceTypes": {
            "cpu": {"nodeSelector": None, "resources": PLAIN},
            "gpu": {"nodeSelector": {"a": "b"}, "resources": {"requests": amounts, "limits": amounts}},
        },
    }
    manifests = to_manifests(json.dumps(full).encode(), "a.json")
    back = to_document(json.dumps(manifests.as_list()).encode(), "b.json").document
    assert back == full
