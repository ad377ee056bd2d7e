"""Policies before a write: the attach configuration with its options, and settings with what is installed."""

import json
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.commands.inputs.document import read_document
from azext_amlarc.commands.inputs.settings import read_settings
from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Severity
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension, from_graph
from azext_amlarc.sdk import ComputeTargetException, Fleet, FleetException, KubernetesCompute
from azext_amlarc.validation.documents import validate_documents
from azext_amlarc.validation.manifest import starter
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.validation.settings import ClusterFacts
from azext_amlarc.workflows.fleet.manifests import load
from tests.support.golden import assert_golden
from tests.validation.documents import CASES

pytestmark = pytest.mark.usefixtures("in_this_process")
CLUSTER = "/subscriptions/123/resourceGroups/rg/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
TEAMS = {"properties": {"namespace": {"pattern": "^team-"}}, "required": ["namespace"]}
TRAINING = {
    "x-amlarc-for": "settings",
    "required": ["enableTraining", "installVolcano"],
    "properties": {"enableInference": {"const": "False", "description": "Inference runs elsewhere."}},
    "propertyNames": {"not": {"pattern": "^ssl"}},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, schema in (("teams", TEAMS), ("training", TRAINING)):
        (tmp_path / f"{name}.json").write_text(json.dumps(schema))
    (tmp_path / "attach.json").write_text('{"namespace": "default"}')
    return tmp_path


def refused(path: str | None, namespace: str | None = None, *policy: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_document(path, namespace, policy=policy)
    return [f"{one.place} {one.code}" for one in caught.value.findings]


@pytest.mark.usefixtures("folder")
def test_a_configuration_is_judged_as_it_is_attached() -> None:
    assert refused("attach.json", None, "teams.json") == ["attach.json:1:15 AMLARC-P001"]
    assert read_document("attach.json", "team-a", policy=["teams.json"]).document == {"namespace": "team-a"}
    assert refused("attach.json", "jobs", "teams.json") == ["--namespace AMLARC-P001"]
    assert refused(None, None, "teams.json") == ["--config AMLARC-P001"]
    assert refused(None, "jobs", "teams.json") == ["--namespace AMLARC-P001"]


@pytest.mark.usefixtures("folder")
def test_a_policy_for_settings_says_nothing_of_a_configuration() -> None:
    assert read_document("attach.json", None, policy=["training.json"]).findings == ()


@pytest.mark.usefixtures("folder")
def test_what_breaks_a_policy_comes_with_all_other_findings() -> None:
    Path("attach.json").write_text('{"namespace": "A", "instancetypes": {}}')
    assert [line.split()[1] for line in refused("attach.json", None, "teams.json", "none.json")] == [
        *("AMLARC-N007", "AMLARC-D001"),
        *("AMLARC-F018", "AMLARC-P001"),
    ]


def judged(config: list[str], existing: Extension | None = None, **options: Any) -> list[Finding]:
    given = read_settings(config=config, policy=["training.json"], **options)
    return [one for one in given.judged(existing=existing).findings if one.code == "AMLARC-P001"]


@pytest.mark.usefixtures("folder")
def test_settings_are_judged_as_they_are_sent_and_named_by_the_option() -> None:
    given = read_settings(config=["enableTraining=true", "enableInference=TRUE"], policy=["training.json"])
    with pytest.raises(InvalidInput) as caught:
        given.stop_at_single_errors()
    said = as_text(caught.value.findings)
    assert said.startswith(
        '--config: error AMLARC-P001 enableInference: enableInference is not "False": Inference runs'
    )
    assert "TRUE" not in said


@pytest.mark.usefixtures("folder")
def test_settings_that_are_missing_are_said_once_all_is_known() -> None:
    given = read_settings(config=["enableTraining=True"], policy=["training.json"])
    given.stop_at_single_errors()  # an update may find it installed
    with pytest.raises(InvalidInput) as caught:
        given.judged()
    [finding] = [one for one in caught.value.findings if one.code == "AMLARC-P001"]
    assert "installVolcano" in finding.message


def installed(settings: dict[str, str]) -> Extension:
    row = {"name": "amlarc-compute", "id": f"{CLUSTER}/extensions/amlarc-compute"}
    cluster = ClusterId.find(CLUSTER)
    assert cluster is not None
    return from_graph(row | {"properties": {"configurationSettings": settings}}, cluster)


@pytest.mark.usefixtures("folder")
def test_what_is_installed_and_stays_as_it_is_only_warns() -> None:
    there = installed({"enableTraining": "True", "installVolcano": "True", "enableInference": "True"})
    [finding] = judged(["nodeSelector.pool=a"], there)
    assert (finding.source, finding.severity, finding.path) == (
        "the installed extension",
        Severity.WARNING,
        "enableInference",
    )
    assert judged(["enableInference=False"], there) == []


@pytest.mark.usefixtures("folder")
def test_a_protected_setting_is_judged_by_its_name_and_never_shown(folder: Path) -> None:
    (folder / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    given = read_settings(
        config=["enableTraining=True", "installVolcano=True"],
        config_protected=["sslKeyPemFile=key.pem"],
        policy=["training.json"],
    )
    report = given.report(ClusterFacts(), strict=False)
    [finding] = [one for one in report.findings if one.code == "AMLARC-P001"]
    assert (finding.source, finding.path) == ("--config-protected", "sslKeyPemFile")
    assert "key.pem" not in as_text([finding])
    assert "c2VjcmV0" not in as_text(report.findings)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": False, "properties": {"enableTraining": True}},
        {"unevaluatedProperties": False, "properties": {"enableTraining": True}},
        {"propertyNames": {"maxLength": 30}},
        {"patternProperties": {"^.{40}": {"const": "no such value"}}},
        {"maxProperties": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("option", ["config", "config_protected"])
def test_a_key_that_may_be_part_of_a_secret_is_judged_and_never_shown(schema: dict[str, Any], option: str) -> None:
    Path("policy.json").write_text(json.dumps(schema))
    key = "dGhpcyBpcyBhIHZlcnkgbG9uZyBzZWNyZXQgdmFsdWU"
    plain, protected = ([f"{key}=x"], []) if option == "config" else ([], [f"{key}=x"])
    settings = ["enableTraining=True", *plain]
    given = read_settings(config=settings, config_protected=protected, allow_unknown=True, policy=["policy.json"])
    said = as_text(given.report(ClusterFacts(), strict=False).findings)
    assert "AMLARC-P001" in said
    assert key not in said
    with pytest.raises(InvalidInput) as refused:
        given.judged()
    assert "AMLARC-P001" in {one.code for one in refused.value.findings}
    assert key not in str(refused.value)


def test_a_secret_in_the_wrong_place_of_a_manifest_is_never_shown(tmp_path: Path) -> None:
    secret = "c2VjcmV0LXZhbHVl"
    spec = starter.example()
    spec["spec"]["extension"] |= {"settings": {"domain": secret}, "protected": {"sslKeyPemFile": secret}}
    spec["spec"]["clusters"] = [{"name": "a", "resourceGroup": "rg", "settings": {"domain": secret}}]
    (tmp_path / "fleet.json").write_text(json.dumps(spec))
    schema = {"additionalProperties": {"$ref": "#"}, "items": {"$ref": "#"}, "not": {"type": "string"}}
    (tmp_path / "policy.json").write_text(json.dumps(schema))
    report = validate_documents([str(tmp_path / "fleet.json")], policies=[str(tmp_path / "policy.json")])
    said = as_text(one for one in report.findings if one.code == "AMLARC-P001")
    assert said.count("domain") >= 2
    assert secret not in said


@pytest.mark.usefixtures("folder")
def test_the_python_api_keeps_policies_too() -> None:
    with pytest.raises(ComputeTargetException) as caught:
        KubernetesCompute.attach_configuration(CLUSTER, namespace="default", policy="teams.json")
    assert [(one.source, one.line, one.path) for one in caught.value.findings] == [
        ("attach_configuration", None, "$.namespace")
    ]
    assert KubernetesCompute.attach_configuration(CLUSTER, namespace="team-a", policy=[Path("teams.json")])


@pytest.mark.parametrize("policy", [1, [1], {"a": 1}, [""]])
def test_a_policy_that_is_no_path_is_refused(policy: Any) -> None:
    with pytest.raises(ComputeTargetException, match="policy: expected the path of a file"):
        KubernetesCompute.attach_configuration(CLUSTER, policy=policy)


FLEET = CASES / "policy" / "fleet"


def test_a_manifest_is_judged_with_what_each_of_its_clusters_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FLEET)
    report = validate_documents(["fleet.yaml"], policies=["policy.yaml", "attach-policy.yaml", "settings-policy.yaml"])
    said = as_text(one for one in report.findings if one.code == "AMLARC-P001")
    assert_golden("policy-fleet.txt", said + "\n")
    assert "secret-name" not in said


def test_the_commands_of_a_fleet_refuse_what_breaks_a_policy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fleet.json").write_text(json.dumps(starter.example()))
    Path("policy.json").write_text('{"properties": {"spec": {"properties": {"onRemoval": {"const": "keep"}}}}}')
    assert load("fleet.json").fleet.name == "plants"
    with pytest.raises(InvalidInput) as caught:
        load("fleet.json", ["policy.json"])
    assert [one.path for one in caught.value.findings if one.code == "AMLARC-P001"] == ["$.spec.onRemoval"]
    with pytest.raises(FleetException, match="AMLARC-P001"):
        Fleet("fleet.json", "123", policy="policy.json")


def test_a_policy_that_does_not_say_what_it_is_for_judges_the_manifest_and_not_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"required": ["apiVersion"], "properties": {"enableTraining": false}}')
    report = validate_documents([str(FLEET / "fleet.yaml")], policies=[str(tmp_path / "policy.json")])
    assert [one for one in report.findings if one.code == "AMLARC-P001"] == []
