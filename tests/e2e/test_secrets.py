"""No secret leaves: not on stdout, on stderr, under --debug, nor in any file that az writes."""

import json
from pathlib import Path

from tests.az import Az
from tests.azure import Azure
from tests.e2e.conftest import CLUSTER, WORKSPACE

PROTECTED = "hunter2-hunter2-hunter2"


def secrets(azure: Azure) -> set[str]:
    """Every value that Azure was sent as protected, and every key that it gave away."""
    found = {PROTECTED}
    for line in azure.traffic():
        body = line["requestBody"] or {}
        if isinstance(body, dict):
            found |= set((body.get("properties") or {}).get("configurationProtectedSettings", {}).values())
        if "/listKeys" in line["url"]:
            found |= {line["responseBody"][key] for key in ("primaryKey", "secondaryKey", "primaryConnectionString")}
    return found


def test_no_secret_is_printed_or_written(az: Az, azure: Azure, tmp_path: Path) -> None:
    file = tmp_path / "protected.json"
    file.write_text(json.dumps({"chart.password": PROTECTED}))
    commands = [
        ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True",
         "--config-protected-file", str(file), "--debug"),
        ("amlarc", "extension", "show", *CLUSTER, "--debug"),
        ("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, "-c", "amlarc-cluster", "--debug"),
        ("amlarc", "list", *WORKSPACE, "--debug"),
    ]  # fmt: skip
    said = "".join(result.stdout + result.stderr for result in (az.must(*command) for command in commands))
    written = "".join(path.read_text(errors="ignore") for path in az.config.rglob("*") if path.is_file())
    found = secrets(azure)
    assert len(found) >= 4
    assert PROTECTED in {*azure.traffic()[-1], *found}
    for secret in found:
        assert secret not in said
        assert secret not in written


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
