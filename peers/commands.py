"""az's own commands. Connected clusters go through `az resource` and `az rest`: az's connectedk8s isn't on PyPI."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from peers.local import GROUP, Local

AZ = Path(os.environ.get("AMLARC_VENV", ".venv"))


@dataclass(frozen=True)
class Az:
    """az, signed in to a local Azure."""

    local: Local

    def __call__(self, line: str, *more: str) -> Any:
        """Run a command; its answer. `more` are arguments that hold spaces."""
        done = self._run(line, *more)
        assert done.returncode == 0, f"az {line}: {done.stderr.strip()}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refusal(self, line: str, *more: str) -> str:
        """Run a command that fails; what it says."""
        done = self._run(line, *more)
        assert done.returncode == 1, f"az {line}: {done.stdout.strip()}"
        return done.stderr

    def _run(self, line: str, *more: str) -> subprocess.CompletedProcess[str]:
        command = [str(AZ / "bin" / "az"), *line.split(), *more, "--only-show-errors", "-o", "json"]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def signed_in(local: Local) -> Az:
    """az with a configuration folder for all peers, and the index of its commands, which takes seconds to make."""
    az, who, config = Az(local), local.ready, Path(os.environ["AZURE_CONFIG_DIR"])
    if config.exists():
        return az
    if (AZ / "azure").exists():
        shutil.copytree(AZ / "azure", config)
    az(f"cloud register -n LocalAzure --endpoint-resource-manager {local.endpoint}/")
    az("cloud set -n LocalAzure")
    az(f"login --service-principal -u {who['clientId']} -p {who['clientSecret']} --tenant adfs")
    return az


def managed_clusters(local: Local) -> None:
    """az aks."""
    az, at = signed_in(local), f"-g {GROUP}"
    assert az(f"aks show -n aks-cluster {at}")["provisioningState"] == "Succeeded"
    assert [item["name"] for item in az("aks list")] == ["aks-cluster"]
    assert [pool["count"] for pool in az(f"aks nodepool list --cluster-name aks-cluster {at}")] == [3]


def service_bus(local: Local) -> None:
    """az servicebus."""
    az, at = signed_in(local), f"--namespace-name peerbus -g {GROUP}"
    assert az(f"servicebus namespace create -n peerbus -g {GROUP} -l eastus")["sku"]["name"] == "Standard"
    assert az(f"servicebus namespace show -n peerbus -g {GROUP}")["provisioningState"] == "Succeeded"
    az(f"servicebus topic create -n jobs {at}")
    az(f"servicebus topic subscription create -n reader --topic-name jobs {at}")
    rule = "-n RootManageSharedAccessKey"
    assert az(f"servicebus namespace authorization-rule keys list {at} {rule}")["primaryKey"]
    assert az(f"servicebus namespace update -n peerbus -g {GROUP} --tags a=b")["tags"] == {"a": "b"}
    assert len(az("servicebus namespace list")) == 1
    az(f"servicebus namespace delete -n peerbus -g {GROUP}")


def relay(local: Local) -> None:
    """az relay."""
    az, at = signed_in(local), f"--namespace-name peerrelay -g {GROUP}"
    az(f"relay namespace create -n peerrelay -g {GROUP} -l eastus")
    az(f"relay hyco create -n cluster {at}")
    az(f"relay hyco authorization-rule create -n rule --hybrid-connection-name cluster {at} --rights Listen Send")
    keys = az(f"relay hyco authorization-rule keys list -n rule --hybrid-connection-name cluster {at}")
    assert "EntityPath=cluster" in keys["primaryConnectionString"]
    az(f"relay namespace delete -n peerrelay -g {GROUP}")


def log_analytics(local: Local) -> None:
    """az monitor log-analytics workspace."""
    az, at = signed_in(local), f"-n peerlogs -g {GROUP}"
    words = "monitor log-analytics workspace"
    # az takes the first 200 for the end of it, as it does with Azure.
    assert az(f"{words} create {at} -l eastus")["provisioningState"] in ("Creating", "Succeeded")
    assert az(f"{words} get-shared-keys {at}")["primarySharedKey"]
    assert az(f"{words} update {at} --retention-time 60")["retentionInDays"] == 60
    assert az(f"{words} show {at}")["name"] == "peerlogs"
    assert len(az(f"{words} list")) == 1
    az(f"{words} delete {at} --yes")


def resources(local: Local) -> None:
    """az group, az provider, az resource, az account and az rest."""
    az = signed_in(local)
    az("group create -n peer-rg -l eastus")
    assert len(az("group list")) == 2
    az("group delete -n peer-rg --yes")
    assert az("provider show -n Microsoft.Relay")["registrationState"] == "Registered"
    assert len(az("account list-locations")) > 5
    assert len(az("resource list")) == 4
    assert len(az(f"resource list -g {GROUP} --resource-type Microsoft.Kubernetes/connectedClusters")) == 2
    assert az(f"resource show --ids {local.cluster}")["name"] == "amlarc-cluster"
    assert az(f"resource tag --ids {local.cluster} --tags a=b")["tags"] == {"a": "b"}
    relay = f"-g {GROUP} -n peerrelay --resource-type Microsoft.Relay/namespaces"
    az(f"resource create {relay} -l eastus --properties {{}}")
    az(f"resource delete {relay}")
    clusters = f"/subscriptions/{local.subscription}/providers/Microsoft.Kubernetes/connectedClusters"
    assert len(az(f"rest --method get --url {clusters}?api-version=2026-05-01")["value"]) == 2


def access(local: Local) -> None:
    """az identity, az role and az lock."""
    az = signed_in(local)
    principal = az(f"identity create -n peerid -g {GROUP} -l eastus")["principalId"]
    assert [role["roleName"] for role in az("role definition list --name", "Azure Relay Owner")] == [
        "Azure Relay Owner"
    ]
    to = f"--assignee-object-id {principal} --assignee-principal-type ServicePrincipal"
    made = az(f"role assignment create {to} --role Reader --scope {local.cluster}")
    assert [item["principalId"] for item in az(f"role assignment list --scope {local.cluster}")] == [principal]
    az(f"role assignment delete --ids {made['id']}")
    az(f"identity delete -n peerid -g {GROUP}")
    for where in (f"-g {GROUP}", f"--resource {local.cluster}"):
        assert az(f"lock create -n keep {where} --lock-type CanNotDelete")["level"] == "CanNotDelete"
        assert len(az(f"lock list {where}")) == 1
        az(f"lock delete -n keep {where}")


def graph(local: Local) -> None:
    """az graph, an extension: queries in pages, and what it makes of a refusal."""
    az = signed_in(local)
    _add("resource-graph")
    clusters = "Resources | where type =~ 'Microsoft.Kubernetes/connectedClusters' | project name | order by name asc"
    first = az("graph query --first 1 -q", clusters)
    assert (first["total_records"], first["data"]) == (2, [{"name": "amlarc-cluster"}])
    second = az(f"graph query --first 1 --skip-token {first['skip_token']} -q", clusters)
    assert (second["data"], second["skip_token"]) == ([{"name": "edge-cluster"}], None)
    containers = "ResourceContainers | where type contains 'management' | project type"
    root = az(f"graph query -m {local.ready['tenantId']} -q", containers)
    assert root["data"] == [{"type": "microsoft.management/managementgroups"}]
    assert '"code": "ParserFailure"' in az.refusal("graph query -q", "where where")


def _add(extension: str) -> None:
    """Install an extension of az's from the package beside this one: `az extension add` would download it."""
    folder = Path(os.environ["AZURE_CONFIG_DIR"]) / "cliextensions" / extension
    for file in distribution(extension).files or ():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), folder / file)
