"""The commands `az ml arc settings list, show, validate` as functions; tests/e2e has them through az."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from azext_amlarc.commands import settings
from azext_amlarc.commands.inputs.settings import read_settings
from azext_amlarc.errors import NotFound
from azext_amlarc.validation.report.formats import Report
from azext_amlarc.validation.settings import ClusterFacts


def validate(
    config: list[str] | None = None,
    config_file: str | None = None,
    config_protected: list[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown_settings: bool = False,
    cluster_type: str | None = None,
    node_count: int | None = None,
    strict: bool = False,
) -> Report:
    given = read_settings(
        config=config,
        config_file=config_file,
        config_protected=config_protected,
        config_protected_file=config_protected_file,
        allow_unknown=allow_unknown_settings,
    )
    return given.report(ClusterFacts(cluster_type, node_count), strict)


def test_the_list_can_be_narrowed_to_a_workload() -> None:
    every, training = settings.list_all(), settings.list_all("training")
    assert len(training) < len(every)
    assert {row["appliesTo"] for row in training} == {"training", "both"}


def test_show_prints_one_setting() -> None:
    shown = settings.show("volumePluginDir")
    assert (shown["default2021"], shown["status"]) == ("/etc/kubernetes/volumeplugins", "removed")


def test_show_knows_a_member_of_a_family() -> None:
    assert settings.show("nodeSelector.disk")["key"] == "nodeSelector.<label>"


def test_show_asks_whether_another_was_meant() -> None:
    with pytest.raises(NotFound) as caught:
        settings.show("enabletraning")
    assert caught.value.fix == "Did you mean enableTraining?"


def test_valid_settings_give_a_report_that_passes() -> None:
    report = validate(config=["enableTraining=True"])
    assert (report.exit_code, report.sources) == (0, ("--config",))


def test_warnings_fail_when_it_is_strict() -> None:
    config = ["enableTraining=True", "reuseExistingPromOp=True"]
    assert validate(config=config).exit_code == 0
    assert validate(config=config, strict=True).exit_code == 1


def test_a_file_is_validated_with_positions(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{\n  "enableTraining": "yes"\n}\n', encoding="utf-8")
    report = validate(config_file=str(path))
    assert [(finding.code, finding.place) for finding in report.findings] == [("AMLARC-S004", f"{path}:2:3")]
    assert report.sources == (str(path),)


def test_a_key_that_is_twice_in_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"enableTraining": true, "enableTraining": false}', encoding="utf-8")
    report = validate(config_file=str(path))
    assert report.exit_code == 1
    assert "AMLARC-F007" in {finding.code for finding in report.findings}


def test_protected_settings_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"serviceBusConnectionString": "not one"}), encoding="utf-8")
    report = validate(config=["enableTraining=True"], config_protected_file=str(path))
    assert "AMLARC-S008" in {finding.code for finding in report.failing}
    assert "not one" not in repr(report)


def test_the_cluster_can_be_described() -> None:
    config = [
        "enableInference=True",
        "inferenceRouterServiceType=LoadBalancer",
        "allowInsecureConnections=True",
        "internalLoadBalancerProvider=azure",
        "inferenceRouterHA=True",
    ]
    described = validate(config=config, cluster_type="connectedClusters", node_count=1)
    assert [finding.code for finding in described.failing] == ["AMLARC-S026", "AMLARC-S027"]
    assert validate(config=config).failing == []
    assert [finding.code for finding in validate(config=config, node_count=1).failing] == ["AMLARC-S027"]


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    report = validate(config=["enableTraining=True"], config_protected=[f"sslCertPemFile={missing}"])
    (finding,) = [finding for finding in report.failing if finding.code == "AMLARC-S060"]
    assert (finding.path, finding.message) == ("sslCertPemFile", f"file not found: {missing}")


def test_one_missing_file_hides_no_other_finding(tmp_path: Path) -> None:
    report = validate(
        config=["enableInference=yes", "inferenceRouterServiceType=LoadBalancr"],
        config_file=str(tmp_path / "none.json"),
        config_protected=["sslCertPemFile=missing.pem", "sslKeyPemFile=gone.pem"],
        config_protected_file=str(tmp_path / "neither.json"),
    )
    assert sorted(finding.code[-4:] for finding in report.findings) == ["F018", "F018", "S004", "S007", "S060", "S060"]


def test_nothing_is_said_to_be_absent_while_a_file_could_not_be_read(tmp_path: Path) -> None:
    report = validate(config=["enableInference=True"], config_file=str(tmp_path / "none.json"))
    assert [finding.code for finding in report.findings] == ["AMLARC-F018"]


def test_unknown_settings_pass_when_that_is_asked_for() -> None:
    config = ["enableTraining=True", "brandNew=1"]
    assert validate(config=config).exit_code == 1
    assert validate(config=config, allow_unknown_settings=True).exit_code == 0


def test_nothing_given_is_a_report_too() -> None:
    report = validate()
    assert report.sources == ("--config",)
    assert [finding.code for finding in report.findings] == ["AMLARC-S020"]


def test_an_empty_file_of_settings_is_not_taken_for_an_attach_configuration(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("")
    [finding] = validate(config_file=str(file)).findings
    assert (finding.code, finding.fix) == ("AMLARC-F001", "check that this is the right file, and that it was saved")


def test_only_a_file_with_a_key_is_a_secret(
    tmp_path: Path, pem_files: Mapping[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    pairs = []
    for key, kind in (("sslCertPemFile", "certificate"), ("sslKeyPemFile", "key")):
        file = tmp_path / f"{kind}.pem"
        file.write_bytes(pem_files[kind])
        file.chmod(0o644)
        pairs.append(f"{key}={file}")
    validate(config=["enableTraining=True"], config_protected=pairs)
    assert [record.message for record in caplog.records] == [
        f"{tmp_path}/key.pem is readable by other users. To restrict it: chmod 600 {tmp_path}/key.pem"
    ]


@pytest.mark.parametrize("name", ["nodeSelector", "nodeselector"])
def test_show_knows_a_family_by_its_head(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        settings.show(name)
    assert caught.value.fix == "Did you mean nodeSelector.<label>?"
