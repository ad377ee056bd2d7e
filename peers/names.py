"""What the SDKs of Azure Machine Learning are called from outside: recorded, so that our own tests need none of them.

`python -m peers.names DATA` writes the record anew; the peer fails if the record is not what the packages have.
"""

import inspect
import json
import os
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from peers.local import GROUP, Local

RECORD = Path(__file__).parent.parent / "tests" / "golden" / "azureml-names.json"
WORKSPACE = "amlarc-ws"
# The modules that programs import from, beside those of jobs, data and models.
MODULES = ("azureml.core", "azureml.core.authentication", "azureml.core.compute", "azureml.exceptions")


def recorded(local: Local) -> None:
    """Fails if the packages have other names than those recorded."""
    found = surface(local)
    assert json.loads(RECORD.read_text(encoding="utf-8")) == found, f"{RECORD} is not what the packages have: {found}"


def lines(local: Local) -> None:
    """The lines of azureml-core in docs/migrate.md, run as one program."""
    os.environ["AZURE_CONFIG_DIR"] = tempfile.mkdtemp(dir=local.data)
    local.metadata("2019-05-01")
    from azureml.core.authentication import ArmTokenAuthentication

    page = (RECORD.parent.parent.parent / "docs" / "migrate.md").read_text(encoding="utf-8")
    table = page.split("\n## azureml-core\n")[1].split("\n## ")[0]
    program = [line.split("|")[1].strip().strip("`") for line in table.splitlines() if line.startswith("| `")]
    assert len(program) > 20
    local.install()
    os.chdir(tempfile.mkdtemp(dir=local.data))
    config = {"subscription_id": local.subscription, "resource_group": GROUP, "workspace_name": WORKSPACE}
    Path("config.json").write_text(json.dumps(config), encoding="utf-8")
    login = ArmTokenAuthentication(local.credential().get_token(local.scope).token, cloud="LocalAzure")
    given = {"subscription": local.subscription, "group": GROUP, "resource_id": local.cluster, "login": login}
    for line in program:
        exec(line, given)


def surface(local: Local) -> dict[str, Any]:
    """Names, parameters, the attributes of a target, and the shape of what it serializes to."""
    os.environ["AZURE_CONFIG_DIR"] = tempfile.mkdtemp(dir=local.data)
    local.metadata("2019-05-01")
    from azureml.core.compute import kubernetescompute
    from azureml.core.workspace import Workspace

    target = _attached(local)
    return {
        "azureml-core": version("azureml-core").split(".post")[0],
        "modules": {module: _public(import_module(module)) for module in MODULES},
        "Workspace": _members(Workspace),
        "KubernetesCompute": _members(kubernetescompute.KubernetesCompute),
        "KubernetesComputeStatus": _members(kubernetescompute.KubernetesComputeStatus),
        "attributes": [name for name in sorted(vars(target)) if not name.startswith("_")],
        "serialized": _shape(target.serialize()),
        "MLClient": _of_client(local),
    }


def _attached(local: Local) -> Any:
    from azureml.core import Workspace
    from azureml.core.authentication import ArmTokenAuthentication
    from azureml.core.compute import ComputeTarget, KubernetesCompute

    local.install()
    login = ArmTokenAuthentication(local.credential().get_token(local.scope).token, cloud="LocalAzure")
    workspace = Workspace.get(WORKSPACE, auth=login, subscription_id=local.subscription, resource_group=GROUP)
    wanted = KubernetesCompute.attach_configuration(local.cluster, identity_type="SystemAssigned")
    ComputeTarget.attach(workspace, "k8s", wanted).wait_for_completion()
    return ComputeTarget(workspace, "k8s")


def _public(module: Any) -> list[str]:
    """The classes and functions that a module offers."""
    named = getattr(module, "__all__", None) or vars(module)
    offered = (inspect.isclass, inspect.isfunction)
    return sorted(
        name
        for name in named
        if not name.startswith("_")
        and any(is_one(getattr(module, name)) for is_one in offered)
        and getattr(module, name).__module__.startswith(module.__name__.rpartition(".")[0])
    )


def _members(kind: type) -> dict[str, list[str] | None]:
    """Public methods with their parameters, and None for what is read; the constructor is `__init__`."""
    names = ["__init__", *(name for name in dir(kind) if not name.startswith("_"))]
    return {name: _parameters(getattr(kind, name)) for name in names}


def _parameters(member: Any) -> list[str] | None:
    if not callable(member):
        return None
    return [name for name in inspect.signature(member).parameters if name != "self"]


def _shape(value: Any) -> Any:
    """The keys of nested dictionaries; None for all else, since a value may be null."""
    return {key: _shape(item) for key, item in value.items()} if isinstance(value, dict) else None


def _of_client(local: Local) -> dict[str, list[str]]:
    """The collections of azure-ai-ml's client, with their methods."""
    local.metadata("2022-09-01")
    from azure.ai.ml import MLClient

    client = MLClient(local.credential(), local.subscription, GROUP, WORKSPACE, cloud="LocalAzure")
    collections = [name for name, member in vars(MLClient).items() if isinstance(member, property)]
    found = {name: getattr(client, name) for name in collections if not name.startswith("_")}
    return {
        name: [method for method in dir(item) if not method.startswith("_")]
        for name, item in sorted(found.items())
        if type(item).__name__.endswith("Operations")
    }


if __name__ == "__main__":
    content = json.dumps(surface(Local.at(Path(sys.argv[1]))), indent=1, sort_keys=True)
    RECORD.write_text(f"{content}\n", encoding="utf-8")
