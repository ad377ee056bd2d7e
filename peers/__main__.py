"""`python -m peers DATA`: every peer, each in a process of its own, with what it asked for; `… DATA NAME` runs one."""

import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from peers import commands, counts, deploying, machine_learning, names, packages
from peers.local import Local

PEERS: dict[str, Callable[[Local], None]] = {
    "azure-mgmt-hybridkubernetes": packages.connected_clusters,
    "azure-mgmt-kubernetesconfiguration-extensions": packages.extensions,
    "azure-mgmt-machinelearningservices": packages.workspaces,
    "azure-mgmt-relay": packages.relay,
    "azure-mgmt-servicebus": packages.service_bus,
    "azure-mgmt-loganalytics": packages.log_analytics,
    "azure-mgmt-msi": packages.identities,
    "azure-mgmt-authorization": packages.authorization,
    "azure-mgmt-containerservice": packages.managed_clusters,
    "azure-mgmt-resource": packages.resources,
    "azure-mgmt-resource-deployments": deploying.deployments,
    "azure-mgmt-resource-deploymentstacks": deploying.stacks,
    "azure-mgmt-resourcegraph": packages.resource_graph,
    "azure-mgmt-resource-locks": packages.locks,
    "azure-ai-ml": machine_learning.sdk_v2,
    "azureml-core": machine_learning.sdk_v1,
    "names of azureml-core, azure-ai-ml": names.recorded,
    "lines of azureml-core in docs/migrate.md": names.lines,
    "az aks": commands.managed_clusters,
    "az servicebus": commands.service_bus,
    "az relay": commands.relay,
    "az monitor log-analytics": commands.log_analytics,
    "az group, provider, resource, rest": commands.resources,
    "az deployment, stack": deploying.commands,
    "az identity, role, lock": commands.access,
    "az graph": commands.graph,
}


def main(data: Path) -> int:
    """Run all peers; 1 if any of them fails."""
    results = {name: tried(data, name) for name in PEERS}
    failed = [name for name, works in results.items() if not works]
    print(f"{len(results) - len(failed)} of {len(results)} peers work with the local Azure.")
    return 1 if failed else 0


def tried(data: Path, name: str) -> bool:
    """Run one peer in a process of its own, and print what became of it; whether it works."""
    Local.at(data).reset()
    record = data / "traffic.jsonl"
    start, began = counts.lines(record), time.monotonic()
    done = subprocess.run([sys.executable, "-m", "peers", str(data), name], capture_output=True, text=True, check=False)
    counted, versions = counts.calls(record, start)
    works = "works" if done.returncode == 0 else "FAILS"
    print(f"{name}{_version(name)} {works}: {counted.total()} requests, {time.monotonic() - began:.1f} s")
    print(f"    api-versions: {', '.join(sorted(versions))}")
    for call, times in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        print(f"    {times:3} {call}")
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode == 0


def _version(name: str) -> str:
    try:
        return f" {version(name)}"
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    folder, *chosen = sys.argv[1:]
    if not chosen:
        sys.exit(main(Path(folder)))
    warnings.simplefilter("ignore")
    PEERS[chosen[0]](Local.at(Path(folder)))
