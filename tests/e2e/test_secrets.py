"""No secret leaves: not on stdout, on stderr, under --debug, nor in any file that az writes."""

import json
from pathlib import Path

from tests.e2e.conftest import CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.secrets import forms, secrets

PROTECTED = "hunter2-hunter2-hunter2"


def test_no_secret_is_printed_or_written(az: Az, azure: Azure, tmp_path: Path) -> None:
    """The whole life of an extension with every supporting resource, and a failure, all with --debug."""
    file = tmp_path / "protected.json"
    file.write_text(json.dumps({"chart.password": PROTECTED}))
    file.chmod(0o600)
    protected = ("--config-protected-file", str(file))
    all_on = ("--config", "enableTraining=True", "servicebus.enabled=True", "logAnalyticsWS=True")
    commands = [
        ("extension", "create", *CLUSTER, *all_on, *protected),
        ("extension", "create", *CLUSTER, *all_on, *protected),
        ("extension", "show", *CLUSTER),
        ("extension", "update", *CLUSTER, "--config", "installPromOp=False", *protected),
        ("attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster"),
        ("list", *WORKSPACE),
        ("detach", "-n", "k8s-compute", *WORKSPACE, "--yes"),
        ("extension", "delete", *CLUSTER, "--yes"),
    ]
    said = "".join(result.stdout + result.stderr for result in (az.must("amlarc", *one, "--debug") for one in commands))
    azure.fault(method="PUT", path="/extensions/", status=400, body={"error": {"code": "Bad", "message": "No."}})
    failed = az("amlarc", *commands[0], "--debug")
    said += failed.stdout + failed.stderr
    assert failed.code == 1
    written = "".join(path.read_text(errors="ignore") for path in az.config.rglob("*") if path.is_file())
    found = {PROTECTED, *secrets(azure.traffic())}
    assert len(found) >= 10
    for form in {form for secret in found for form in forms(secret)}:
        assert form not in said
        assert form not in written


def test_protected_settings_are_shown_by_name(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "protected.json"
    file.write_text(json.dumps({"chart.password": PROTECTED}))
    shown = az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True",
                    "--config-protected-file", str(file)).object  # fmt: skip
    assert shown["configurationProtectedSettings"] == [
        "chart.password",
        "relayServerConnectionString",
        "relayserver.relayConnectionString",
    ]


def test_protected_settings_come_from_standard_input(az: Az, azure: Azure) -> None:
    az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True",
            "--config-protected-file", "-", stdin=json.dumps({"chart.password": PROTECTED}))  # fmt: skip
    [body] = [
        line["requestBody"] for line in azure.traffic() if line["method"] == "PUT" and "/extensions/" in line["url"]
    ]
    assert body["properties"]["configurationProtectedSettings"]["chart.password"] == PROTECTED


def test_who_else_can_read_protected_settings_is_said(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "protected.json"
    file.write_text(json.dumps({"chart.password": PROTECTED}))
    validate = ("amlarc", "settings", "validate", "--config", "enableTraining=True")
    file.chmod(0o644)
    assert f"chmod 600 {file}" in az(*validate, "--config-protected-file", str(file)).stderr
    file.chmod(0o600)
    assert az(*validate, "--config-protected-file", str(file)).stderr == ""
    inline = az(*validate, "--config-protected", f"chart.password={PROTECTED}")
    assert "other processes can see these values" in inline.stderr
    assert PROTECTED not in inline.stderr
    (tmp_path / "pair").write_text(f"chart.password={PROTECTED}")
    assert az(*validate, "--config-protected", f"@{tmp_path / 'pair'}").stderr == ""
