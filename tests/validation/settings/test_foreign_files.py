"""Files that are not settings are named by what they are: one finding, with the next step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.commands.inputs.settings import read_settings
from azext_amlarc.validation.report.formats import Report
from azext_amlarc.validation.settings import ClusterFacts

ARM = "https://schema.management.azure.com/schemas/2019-04-01"
PROPERTIES = {"extensionType": "microsoft.azureml.kubernetes", "configurationSettings": {"enableTraining": "True"}}
FOREIGN: list[tuple[object, str, str]] = [
    (
        {"$schema": f"{ARM}/deploymentParameters.json#", "contentVersion": "1.0.0.0",
         "parameters": {"enableTraining": {"value": True}, "inferenceRouterServiceType": {"value": "LoadBalancer"}}},
        "this is an ARM parameters file, which wraps every value",
        'write each setting directly with its value: {"enableTraining": true, "inferenceRouterServiceType": '
        '"LoadBalancer"}',
    ),
    (
        {"$schema": f"{ARM}/deploymentTemplate.json#", "resources": []},
        "this is an ARM template",
        'use only the object under "configurationSettings" of the extension\'s resource',
    ),
    (
        {"properties": PROPERTIES},
        "this is the whole extension as a resource, not its settings alone",
        'use only the object under "configurationSettings"',
    ),
    (
        {"name": "azureml", "version": None, **PROPERTIES, "configurationProtectedSettings": ["a"]},
        "this is the whole extension as a resource, not its settings alone",
        'use only the object under "configurationSettings"',
    ),
    (
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {}},
        'this is a Kubernetes manifest of kind "ConfigMap"',
        "name the file with the extension's settings",
    ),
    (
        {"namespace": "a", "defaultInstanceType": "cpu", "instanceTypes": {"cpu": {}}},
        "this is an attach configuration, not settings of the extension",
        "attach with it: az ml arc attach --config FILE",
    ),
    (
        [{"name": "enableTraining", "value": "True"}],
        "the settings are a list, not an object",
        'write {"enableTraining": "True"}',
    ),
    (
        [1, 2],
        "the settings are a list, not an object",
        'write {"key": "value", …}',
    ),
    (
        {"enableTraining": {"value": True}, "sslCname": {"value": "ml.example.com"}},
        "the values are wrapped, as those of ARM parameters are",
        'write each setting directly with its value: {"enableTraining": true, "sslCname": "ml.example.com"}',
    ),
]  # fmt: skip


def report(file: Path, **more: Any) -> Report:
    return read_settings(config_file=str(file), **more).report(ClusterFacts(), strict=False)


@pytest.mark.parametrize(("content", "message", "fix"), FOREIGN)
def test_a_file_of_another_shape_is_one_finding(content: object, message: str, fix: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(json.dumps(content), encoding="utf-8")
    (finding,) = report(tmp_path / "f.json").findings
    assert (finding.message, finding.fix) == (message, fix)
    assert finding.code in ("AMLARC-S017", "AMLARC-F012")


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_helm_values_are_one_finding_with_their_paths(ending: str, tmp_path: Path) -> None:
    values = {
        "enableTraining": True,
        "amloperator": {"skipResourceValidation": True},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "toleration": [{"key": "sku", "operator": "Exists"}],
    }
    (tmp_path / f"f.{ending}").write_text(json.dumps(values, indent=1), encoding="utf-8")
    errors = report(tmp_path / f"f.{ending}").failing
    assert [finding.code for finding in errors] == ["AMLARC-S003"]
    assert errors[0].message.startswith("nested values, as in a Helm values file (amloperator, nodeSelector, tolerat")
    assert errors[0].fix == (
        "write each value at the top level under its dotted key: "
        r'"amloperator.skipResourceValidation", "nodeSelector.kubernetes\\.io/os", "toleration[0].key", …'
    )


def test_settings_may_be_yaml(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("enableTraining: true\nnodeSelector.disk: ssd\n", encoding="utf-8")
    given = read_settings(config_file=str(tmp_path / "f.yaml"))
    assert given.judged().plain == {"enableTraining": "True", "nodeSelector.disk": "ssd"}


def test_what_az_loads_for_a_file_with_an_at_sign_is_understood(tmp_path: Path) -> None:
    text = '{"enableTraining": "True"}\n'
    assert read_settings(config_file=text).judged().plain == {"enableTraining": "True"}
    assert read_settings(config=[text]).judged().plain == {"enableTraining": "True"}
    assert read_settings(config=["enableTraining=True\ninstallVolcano=False\n"]).judged().plain == {
        "enableTraining": "True",
        "installVolcano": "False",
    }


def test_a_file_in_place_of_pairs_is_told_which_option_takes_it() -> None:
    (finding,) = read_settings(config=["settings.json"]).findings
    assert finding.fix == "to read settings from a file, use --config-file settings.json"
    (finding,) = read_settings(config_protected=["secrets.json"]).findings
    assert finding.fix == "to read settings from a file, use --config-protected-file secrets.json"


@pytest.mark.parametrize("pair", ["a=1 b=2", "enableTraining=True enableInference=False", "enableTraining=True,b=2"])
def test_several_pairs_in_one_argument_are_told_apart(pair: str) -> None:
    found = [
        finding
        for finding in read_settings(config=[pair], allow_unknown=True).findings
        if finding.code == "AMLARC-S001"
    ]
    assert bool(found) == ("enableInference" in pair)
    assert all(
        "put each in quotes of its own, or none: enableTraining=True enableInference=False" in f.fix for f in found
    )


AS_JSON = 'write it as JSON: {"key": "value", …}'


@pytest.mark.parametrize(
    ("name", "content", "code", "message", "fix"),
    [
        (
            "settings.env",
            "# for training\nenableTraining=True\n\nnodeSelector.pool=gpu\n",
            "AMLARC-S017",
            "the file has key=value lines",
            f"pass it as --config @FILE, or {AS_JSON}",
        ),
        (
            "main.tf",
            '# AKS\nresource "azurerm_kubernetes_cluster_extension" "azureml" {\n  name = "azureml"\n}\n',
            "AMLARC-F003",
            "the file is in Terraform's language, not in JSON or YAML",
            AS_JSON,
        ),
        (
            "settings.json",
            "locals {\n  a = 1\n}\n",
            "AMLARC-F003",
            "the file is in Terraform's language, not in JSON or YAML",
            AS_JSON,
        ),
        (
            "main.bicep",
            "// AKS\nparam enableTraining bool = true\n",
            "AMLARC-F003",
            "the file is in Bicep, not in JSON or YAML",
            AS_JSON,
        ),
    ],
)
def test_a_file_in_another_language_is_told_by_its_name(
    name: str, content: str, code: str, message: str, fix: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    (finding,) = report(tmp_path / name).findings
    assert (finding.code, finding.message, finding.fix) == (code, message, fix)


def test_lines_of_pairs_in_a_protected_file_are_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    file.write_text("relayServerConnectionString=Endpoint=sb://x/;SharedAccessKey=TOPSECRET\n", encoding="utf-8")
    found = read_settings(config_protected_file=str(file)).report(ClusterFacts(), strict=False).findings
    assert [finding.fix for finding in found if finding.code == "AMLARC-S017"] == [
        f"pass it as --config-protected @FILE, or {AS_JSON}"
    ]
    assert "TOPSECRET" not in str(found)


def test_comments_in_a_file_of_pairs_are_left_out() -> None:
    given = read_settings(config=["# for training\nenableTraining=True\n  # more\ninstallVolcano=False\n"])
    assert given.judged().plain == {"enableTraining": "True", "installVolcano": "False"}


def test_a_url_is_no_file() -> None:
    (finding,) = read_settings(config_file="https://example.com/settings.json").findings
    assert (finding.code, finding.fix) == ("AMLARC-F018", "give the path of a local file, not a URL")


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_pem_text_as_a_value_is_told_by_its_setting(
    ending: str, tmp_path: Path, pem_files: Mapping[str, bytes]
) -> None:
    key = pem_files["key"].decode()
    block = "sslKeyPemFile: |\n" + "".join(f"  {line}\n" for line in key.splitlines())
    file = tmp_path / f"secrets.{ending}"
    file.write_text(json.dumps({"sslKeyPemFile": key}) if ending == "json" else block, encoding="utf-8")
    found = (
        read_settings(config=["enableTraining=True"], config_protected_file=str(file))
        .report(ClusterFacts(), False)
        .failing
    )
    assert [(finding.code, finding.path) for finding in found] == [("AMLARC-S061", "sslKeyPemFile")]
    assert key.splitlines()[1] not in str(found)
