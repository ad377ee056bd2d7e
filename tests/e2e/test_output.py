"""The output contract (docs/output.md): objects and tables, pinned by golden files."""

import json
from typing import Any

from tests.e2e.conftest import ADVANCED, CLUSTER, WORKSPACE
from tests.support.az import Az
from tests.support.golden import assert_steady


def as_text(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def test_extension_show(installed: Az) -> None:
    assert_steady("extension-show.json", as_text(installed.must("amlarc", "extension", "show", *CLUSTER).object))


def test_extension_tables(installed: Az) -> None:
    shown = installed.must("amlarc", "extension", "show", *CLUSTER, "-o", "table").stdout
    assert_steady("extension-show.txt", shown)
    assert installed.must("amlarc", "extension", "list", *CLUSTER, "-o", "table").stdout == shown
    again = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "-o", "table")
    assert installed.must(*again).stdout == shown


def test_compute_show_and_tables(installed: Az) -> None:
    installed.must("amlarc", "attach", "-n", "amlarc-k8s", *WORKSPACE, "-c", "amlarc-cluster", "--config", ADVANCED)
    assert_steady("show.json", as_text(installed.must("amlarc", "show", "-n", "amlarc-k8s", *WORKSPACE).object))
    shown = installed.must("amlarc", "show", "-n", "amlarc-k8s", *WORKSPACE, "-o", "table").stdout
    assert_steady("show.txt", shown)
    assert installed.must("amlarc", "list", *WORKSPACE, "-o", "table").stdout == shown


def test_stdout_holds_the_object_alone(az: Az) -> None:
    created = az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    assert json.loads(created.stdout)["name"] == "amlarc-compute"
    assert "Relay namespace" in created.stderr
    quiet = az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True", "--only-show-errors")
    assert quiet.stderr == ""


def test_the_object_holds_all_that_k8s_extension_shows(installed: Az) -> None:
    shown = installed.must("amlarc", "extension", "show", *CLUSTER).object
    assert {
        "aksAssignedIdentity", "autoUpgradeMinorVersion", "configurationProtectedSettings", "configurationSettings",
        "currentVersion", "customLocationSettings", "errorInfo", "extensionType", "id", "identity",
        "isSystemExtension", "name", "packageUri", "plan", "provisioningState", "releaseTrain", "resourceGroup",
        "scope", "statuses", "systemData", "type", "version",
    } <= set(shown)  # fmt: skip


def test_what_works_offline(az: Az) -> None:
    assert_steady("settings-list.txt", az.must("amlarc", "settings", "list", "-o", "table").stdout)
    assert_steady("settings-show.json", as_text(az.must("amlarc", "settings", "show", "-n", "enableInference").object))
    assert_steady("config-init.yaml", az.must("amlarc", "config", "init").stdout)
    manifests = az.must("amlarc", "config", "convert", "-f", ADVANCED, "--to", "instancetype").object
    assert_steady("config-convert.json", as_text(manifests))
    report = az("amlarc", "config", "validate", "-f", "-", "-o", "table", stdin='{"namespace": "Default"}').stdout
    assert_steady("config-validate.txt", report)


def test_what_is_said_on_stderr(az: Az) -> None:
    """Progress and errors are no contract, but they are read by people: a change is seen in review."""
    create = ("amlarc", "extension", "create", *CLUSTER, "--config")
    assert_steady("create-progress.txt", az.must(*create, "enableTraining=True").stderr)
    assert_steady("create-refused.txt", az(*create, "enableTrainning=True", "installNvidiaDevicePlugin=maybe").stderr)
    assert_steady("update-progress.txt", az.must("amlarc", "extension", "update", *CLUSTER, "--config",
                                                 "installPromOp=False").stderr)  # fmt: skip
    assert_steady("delete-progress.txt", az.must("amlarc", "extension", "delete", *CLUSTER, "--purge", "--yes").stderr)
