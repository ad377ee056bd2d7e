"""What users really typed, through az: their files, their quotes, their habits."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import CLUSTER, WORKSPACE
from tests.support.az import ROOT, Az
from tests.support.azure import Azure

VALIDATE = ("amlarc", "settings", "validate")
SECRET = "TOPSECRETxKEYx123x456"
MANIFESTS = str(ROOT / "tests/cases/instancetype/from/two.yaml")


def sent(azure: Azure) -> dict[str, str]:
    """The plain settings of the one installation that Azure was sent."""
    [body] = [
        line["requestBody"] for line in azure.traffic() if line["method"] == "PUT" and "/extensions/" in line["url"]
    ]
    found: dict[str, str] = body["properties"]["configurationSettings"]
    return found


def test_an_option_given_twice_adds_up(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "installPromOp=False",
            "--config", "nodeSelector.disk=ssd", "--configuration-settings", "installVolcano=False")  # fmt: skip
    assert {"enableTraining", "installPromOp", "nodeSelector.disk", "installVolcano"} <= set(sent(azure))
    twice = az(*VALIDATE, "--config", "enableTraining=True", "--config", "enableTraining=False")
    assert "error AMLARC-S012 enableTraining: given twice in --config" in twice.stdout
    files = az("amlarc", "config", "validate", "-f", "one.json", "-f", "two.json", "-o", "json").object
    assert files["sources"] == ["one.json", "two.json"]


def test_a_label_is_sent_with_its_dots_escaped(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True",
            r"nodeSelector.nvidia\.com/gpu\.present=true", "nodeSelector.kubernetes.io/os=linux")  # fmt: skip
    labels = {key: value for key, value in sent(azure).items() if key.startswith("nodeSelector.")}
    assert labels == {
        r"nodeSelector.nvidia\.com/gpu\.present": "true",
        r"nodeSelector.kubernetes\.io/os": "linux",
    }


@pytest.mark.parametrize("config", [("enableTraining=True",), ("enableTraining=True", "servicebus.enabled=True")])
def test_what_show_prints_can_be_given_back_to_create(
    az: Az, azure: Azure, tmp_path: Path, config: tuple[str, ...]
) -> None:
    create = ("amlarc", "extension", "create", *CLUSTER)
    first = az.must(*create, "--config", *config).object
    shown = az.must("amlarc", "extension", "show", *CLUSTER, "--query", "configurationSettings")
    (tmp_path / "shown.json").write_text(shown.stdout)
    before = len(azure.traffic())
    again = az.must(*create, "--config-file", str(tmp_path / "shown.json"))
    assert again.object["configurationSettings"] == first["configurationSettings"]
    assert {line["method"] for line in azure.traffic()[before:]} == {"GET"}
    az.must("amlarc", "extension", "delete", *CLUSTER, "--yes")
    created = az.must(*create, "--config-file", str(tmp_path / "shown.json"))
    assert created.object["configurationSettings"] == first["configurationSettings"]
    updated = az.must("amlarc", "extension", "update", *CLUSTER, "--config-file", str(tmp_path / "shown.json"), "--yes")
    assert updated.object["configurationSettings"] == first["configurationSettings"]


def test_settings_of_another_cluster_are_refused_with_the_values_of_this_one(az: Az) -> None:
    refused = az("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "location=westeurope")
    assert refused.code == 1
    assert "AMLARC-S036 location: the tool determines this setting: for this cluster it is eastus" in refused.stderr


def test_what_az_loads_for_an_at_sign_is_read_and_never_repeated(az: Az, tmp_path: Path) -> None:
    connection = f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=azureml_rw;SharedAccessKey={SECRET}="
    relay = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Relay/namespaces/n/hybridConnections/h"
    file = tmp_path / "p.json"
    file.write_text(json.dumps({"relayServerConnectionString": connection}))
    file.chmod(0o600)
    config = ("--config", "enableTraining=True", f"relayserver.hybridConnectionResourceID={relay}")
    for option in ("--config-protected-file", "--config-protected"):
        assert az(*VALIDATE, *config, option, f"@{file}").code == 0
    file.write_text(json.dumps({"relayServerConnectionString": connection})[:-1])
    for option in ("--config-protected-file", "--config-protected"):
        broken = az(*VALIDATE, *config, option, f"@{file}")
        assert broken.code == 1
        assert SECRET not in broken.stdout + broken.stderr


def test_a_key_in_place_of_its_path_is_not_repeated(az: Az, tmp_path: Path) -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"
    for value in (key, key.replace("\n", " ")):
        for option in ("--config", "--config-protected"):
            result = az(*VALIDATE, "--config", "enableTraining=True", option, f"sslKeyPemFile={value}")
            assert result.code == 1
            assert SECRET not in result.stdout + result.stderr


def test_everything_wrong_is_said_at_once(az: Az, tmp_path: Path) -> None:
    pair = ("--config-protected", "sslCertPemFile=missing.pem", "sslKeyPemFile=gone.pem")
    settings = az(*VALIDATE, "--config", "enableInference=yes", "--config-file", "none.json", *pair, "-o", "json")
    assert [finding["code"][-4:] for finding in settings.object["findings"]] == ["F018", "S004", "S060", "S060"]
    attach = az("amlarc", "attach", "-n", "k8s_compute", *WORKSPACE, "-c", "amlarc-cluster", "--namespace", "A_B",
                "--config", str(tmp_path / "none.yaml"))  # fmt: skip
    assert attach.code == 1
    assert [code for code in ("AMLARC-N003", "AMLARC-N007", "AMLARC-F018") if code not in attach.stderr] == []


WRONG = ("--config", "enableTraining=yes", "--config-file", "none.json")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            ("extension", "create", "-g", "g.", "-c", "a%", "-n", "..", *WRONG, "--tags", "=x"),
            ("--resource-group:", "--cluster-name:", "--name:", "is not a tag", "AMLARC-F018", "AMLARC-S004"),
        ),
        (
            ("extension", "create", "--resource-id", "x", *WRONG, "--tags", "=x", "--kubeconfig", "none"),
            ("--resource-id:", "is not a tag", "file not found: none\n", "AMLARC-F018", "AMLARC-S004"),
        ),
        (("extension", "update", "--resource-id", "x", *WRONG), ("--resource-id:", "AMLARC-F018", "AMLARC-S004")),
        (
            ("attach", "-n", "k_8", "-w", "x!", "-g", "g.", "-c", "a%", "--config", "none.yaml", "--namespace", "A_B"),
            ("--resource-group:", "--cluster-name:", "--workspace-name:", "AMLARC-N003", "AMLARC-F018", "AMLARC-N007"),
        ),
        (
            ("attach", "-n", "k_8", *WORKSPACE, "--resource-id", "x", "--config", "none.yaml", "--kubeconfig", "none"),
            ("--resource-id:", "file not found: none\n", "AMLARC-N003", "AMLARC-F018"),
        ),
        (
            ("check", "--resource-id", "x", "--settings", "enableTraining=yes", "--config", "none.yaml"),
            ("--resource-id:", "AMLARC-S004", "AMLARC-F018"),
        ),
    ],
)
def test_names_options_and_files_do_not_hide_each_other(
    az: Az, azure: Azure, line: tuple[str, ...], said: tuple[str, ...]
) -> None:
    refused = az("amlarc", *line)
    assert refused.code == 1
    assert [text for text in said if text not in refused.stderr] == []
    assert refused.stderr.startswith(f"ERROR: Invalid input ({len(said)} errors). Nothing was sent.")
    assert azure.traffic() == []


def test_a_converted_manifest_has_the_default_namespace_as_text(az: Az) -> None:
    assert (
        az.must("amlarc", "config", "convert", "-f", MANIFESTS, "--from", "instancetype").object["namespace"]
        == "default"
    )
