"""A command pays for what it uses, and for nothing else."""

import re
from pathlib import Path

from tests.e2e.conftest import CLUSTER, WORKSPACE
from tests.support.az import VENV, Az


def imported(az: Az, *arguments: str, code: int = 0) -> set[str]:
    result = az(*arguments, variables={"PYTHONPROFILEIMPORTTIME": "1"})
    assert result.code == code, result.stderr
    return set(re.findall(r"^import time:.*\|\s*(\S+)$", result.stderr, re.MULTILINE))


def test_extension_show_imports_no_kubernetes_client_no_jsonschema_and_no_machine_learning_sdk(installed: Az) -> None:
    modules = imported(installed, "amlarc", "extension", "show", *CLUSTER)
    assert "azure.mgmt.kubernetesconfiguration" in modules
    heavy = (
        "kubernetes",
        "lightkube",
        "jsonschema",
        "azure.mgmt.machinelearningservices",
        "azext_amlarc.validation.settings",
    )
    assert not {name for name in modules for part in heavy if name == part or name.startswith(part + ".")}


def test_one_cluster_pays_for_no_fleet_and_for_no_settings_that_are_not_its_own(az: Az, tmp_path: Path) -> None:
    document = tmp_path / "attach.json"
    document.write_text('{"namespace": "training"}')
    created = imported(az, "amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
    attached = imported(
        az, "amlarc", "attach", "-n", "k8s", *WORKSPACE, "-c", "amlarc-cluster", "--config", str(document)
    )
    unused = (
        *("resources.fleet", "resources.templates", "validation.manifest", "workflows.fleet", "workflows.mend"),
        *("product.volcano", "validation.text.languages", "validation.report.formats", "azure.connection.governor"),
        *("azure.supporting.purging", "validation.settings.tls", "validation.document.manifests"),
    )
    assert not {name for name in created | attached if name.removeprefix("azext_amlarc.").startswith(unused)}
    ours = {name.removeprefix("azext_amlarc.") for name in attached}
    assert "workflows.attach" in ours
    assert not {
        name for name in ours if name.startswith(("resources.extension", "resources.supporting", "product.cat"))
    }


def test_computes_import_no_extension_sdk(az: Az) -> None:
    modules = imported(az, "amlarc", "list", *WORKSPACE)
    assert "azure.mgmt.machinelearningservices" in modules
    assert not {name for name in modules if name.startswith(("azure.mgmt.kubernetesconfiguration", "jsonschema"))}


def test_cluster_list_imports_no_sdk_at_all(az: Az) -> None:
    modules = imported(az, "amlarc", "cluster", "list", "-w", "amlarc-ws")
    assert "azext_amlarc.workflows.inventory" in modules
    assert not {name for name in modules if name.startswith(("azure.mgmt.kubernetesc", "azure.mgmt.machine"))}


def test_help_imports_no_sdk(az: Az) -> None:
    modules = imported(az, "amlarc", "extension", "create", "-h")
    assert "azext_amlarc.commands.az.connection" in modules
    assert not {name for name in modules if name.startswith(("azure.mgmt.core", "azure.core.pipeline", "jsonschema"))}


def test_no_module_of_az_is_taken_from_the_extension(installed: Az) -> None:
    """pip installs whole packages beside the extension, azure-core for one, which az has in versions of its own."""
    said = installed("amlarc", "extension", "show", *CLUSTER, variables={"PYTHONVERBOSE": "1"})
    assert said.code == 0
    loaded = re.findall(r"^# (?:code object from|extension module .* loaded from) '(.*)'$", said.stderr, re.MULTILINE)
    ours, (az,) = VENV / "extensions" / "amlarc", VENV.glob("lib/python*/site-packages")
    beside = [Path(one).relative_to(ours) for one in loaded if one.startswith(str(ours))]
    modules = {one.parent.parent / one.name.partition(".")[0] if one.suffix == ".pyc" else one for one in beside}
    assert Path("azure/mgmt/kubernetesconfiguration/__init__") in modules
    assert [one for one in modules if (az / one.with_suffix(".py")).exists() or (az / one).exists()] == []
