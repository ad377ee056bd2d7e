"""The catalogue is whole, and Python keeps to it."""

import json
from collections.abc import Iterator

import pytest

from azext_amlarc.findings import Severity
from azext_amlarc.product import catalogue
from azext_amlarc.product.catalogue import DATA, Record
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings.values import CHECKS

ALL = list(catalogue.records().values())

# The guide's table (2021-06): key, default.
GUIDE = {
    "enableTraining": "False",
    "logAnalyticsWS": "False",
    "installNvidiaDevicePlugin": "True",
    "installBlobfuseSysctl": "True",
    "installBlobfuseFlexvol": "True",
    "volumePluginDir": "/etc/kubernetes/volumeplugins",
}


def test_the_guides_settings_have_the_guides_defaults() -> None:
    assert {key: catalogue.records()[key].default_2021 for key in GUIDE} == GUIDE


def test_the_nvidia_plugin_is_off_by_default_today() -> None:
    assert catalogue.records()["installNvidiaDevicePlugin"].default_today == "False"


@pytest.mark.parametrize("record", ALL, ids=lambda record: record.key)
def test_each_record_is_complete(record: Record) -> None:
    assert record.type in CHECKS
    assert record.applies_to in ("training", "inference", "both")
    assert record.status in ("current", "renamed", "removed", "internal")
    assert record.description.endswith(".")
    assert record.documentation.startswith("https://")
    assert bool(record.values) == (record.type == "enum")
    assert (record.replacement is not None) == (record.status == "renamed")
    assert bool(record.removed) == (record.status == "removed")
    assert (record.given in ("kept", "refused")) == (record.status == "internal")
    assert bool(record.instead) == (record.given == "refused")
    assert {effect.when for effect in record.update} <= {"turned on", "turned off", "changed", "removed"}


@pytest.mark.parametrize("record", [record for record in ALL if record.replacement], ids=lambda record: record.key)
def test_each_renamed_setting_has_known_successors_for_both_values(record: Record) -> None:
    assert set(record.replacement or {}) == {"True", "False"}
    assert record.replaced_by
    assert all(catalogue.find(key) for key in record.replaced_by)


def test_only_the_opposite_of_installing_prometheus_is_inverted() -> None:
    assert [record.key for record in ALL if record.inverted] == ["reuseExistingPromOp"]


def test_no_key_is_twice_in_the_file() -> None:
    keys = [entry["key"] for entry in json.loads(DATA.read_text(encoding="utf-8"))["settings"]]
    assert len(keys) == len(set(keys)) == len(ALL)


def test_a_family_is_found_by_its_members_alone() -> None:
    family = catalogue.records()["nodeSelector.<label>"]
    assert catalogue.find("nodeSelector.kubernetes.io/os") is family
    assert catalogue.find("nodeSelector.") is family  # without a label: its value is refused
    assert catalogue.find("nodeSelector.<label>") is family
    assert catalogue.find("nodeSelector") is None


def conflicts() -> Iterator[tuple[str, str]]:
    for record in ALL:
        yield from ((record.key, other) for other in record.conflicts)


def an_example(condition: str, among: str = "") -> str:
    """`key=value` of a condition such as `sslSecret` or `allowInsecureConnections=True`."""
    if "=" in condition:
        return condition
    record = catalogue.records()[condition]
    values = {"boolean": "True", "enum": "azure", "path on node": "/x", "secret name": "x", "local file": "x.pem"}
    return f"{condition}={values[record.type]}"


@pytest.mark.parametrize(("key", "other"), list(conflicts()))
def test_each_documented_conflict_is_found(key: str, other: str) -> None:
    """A conflict says more together than its two sides say apart."""
    base = ["enableTraining=True", "enableInference=True", "sslCname=ml.example.com"]
    together, left, right = (
        codes_of([*base, *extra])
        for extra in ([an_example(key), an_example(other)], [an_example(key)], [an_example(other)])
    )
    assert together - left - right


def codes_of(pairs: list[str]) -> set[str]:
    pairs = list(pairs)
    if any(pair.endswith(".pem") for pair in pairs):  # a conflict of the pair, not of one half
        pairs += [f"{key}=x.pem" for key in ("sslCertPemFile", "sslKeyPemFile") if f"{key}=x.pem" not in pairs]
    given = [setting for pair in pairs for setting in settings.parse_pairs([pair], protected=pair.endswith(".pem"))[0]]
    judgement = settings.judge(given, files={"x.pem": b""})
    return {finding.code for finding in judgement.findings if finding.severity is not Severity.INFO}


def test_rows_can_be_narrowed_to_a_workload() -> None:
    training = {str(row["key"]) for row in catalogue.as_rows("training")}
    inference = {str(row["key"]) for row in catalogue.as_rows("inference")}
    assert "enableTraining" in training - inference
    assert "sslCname" in inference - training
    assert "installPromOp" in training & inference
    assert training | inference == {str(row["key"]) for row in catalogue.as_rows()}


def test_a_row_is_flat_json() -> None:
    row = catalogue.as_row(catalogue.records()["reuseExistingPromOp"])
    assert row == {
        "key": "reuseExistingPromOp",
        "type": "boolean",
        "values": ["True", "False"],
        "protected": False,
        "default2021": None,
        "defaultToday": None,
        "appliesTo": "both",
        "status": "renamed",
        "requires": [],
        "conflicts": [],
        "updateEffects": [],
        "replacedBy": ["installPromOp"],
        "inverted": True,
        "description": "Used the cluster's own Prometheus operator; the opposite of installPromOp.",
        "documentation": "https://github.com/Azure/AML-Kubernetes/blob/master/docs/deploy-extension.md",
    }
