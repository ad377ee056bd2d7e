"""All checks of a large cluster, far away: 500 nodes, 10,000 pods, 50 ms; `python -m benchmarks.checks [ROUNDS]`."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.latency import delayed
from benchmarks.measure import Subject, measure, table
from tests.support.az import ROOT, VENV, Az
from tests.support.azure import running
from tests.support.cluster import Cluster, assets

NODES, PODS, LATENCY = 500, 10_000, 0.05
SECONDS, MEBIBYTES = 3.0, 150
PLATFORM = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
CONTROL = "the pods alone, listed by lightkube"
CLUSTER = ("-c", "amlarc-cluster", "-g", "amlarc-rg")
WORKSPACE = ("-w", "amlarc-ws")


def report(rounds: int) -> str:
    """The figures, or why there are none."""
    found = assets()
    if found is None:
        return "checks of a large cluster: no kube-apiserver here (make kube-assets)"
    folder = ROOT / ".run" / "bench-checks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cluster = Cluster.start(folder, found)
    try:
        cluster.create(*nodes(), *pods())
        with delayed(int(cluster.url.rpartition(":")[2]), LATENCY) as port:
            return _measured(cluster, _far(cluster, port), folder, rounds)
    finally:
        cluster.stop()


def _measured(cluster: Cluster, kubeconfig: Path, folder: Path, rounds: int) -> str:
    program = (sys.executable, str(ROOT / "benchmarks" / "checking.py"))
    check = f"{VENV}/bin/az amlarc check {' '.join((*CLUSTER, *WORKSPACE))} --kubeconfig {kubeconfig}"
    subjects = [
        Subject(CONTROL, (*program, "list", str(kubeconfig)), CONTROL),
        Subject("every check of the cluster", (*program, "check", str(kubeconfig)), CONTROL, memory_limit=MEBIBYTES),
        # Some fail, and the command with them, which is what is wanted here: the shell turns it round.
        Subject("az amlarc check, Azure's side too", ("sh", "-c", f"! {check}"), CONTROL, memory_limit=MEBIBYTES),
    ]
    with running(folder / "azure", "--polls", "0", "--latency-ms", str(round(LATENCY * 1000))) as azure:
        az = Az(azure)
        az.sign_in(azure)
        az.must("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
        az.must("amlarc", "attach", "-n", "k8s-compute", *WORKSPACE, *CLUSTER)
        figures = measure(subjects, rounds, az.environment, folder, lambda: len(cluster.requests()))
    slow = [subject.name for subject in subjects[1:] if figures[subject.name].median > SECONDS]
    head = f"{NODES} nodes, {PODS:,} pods, {LATENCY * 1000:.0f} ms a round trip; limit {SECONDS:.0f} s"
    return f"{head}{'; over: ' if slow else ''}{', '.join(slow)}\n{table(subjects, figures)}"


def _far(cluster: Cluster, port: int) -> Path:
    config = yaml.safe_load(cluster.kubeconfig().read_text(encoding="utf-8"))
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    path = cluster.folder / "far.kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def nodes() -> Iterator[dict[str, Any]]:
    """Nodes as kubelets describe them, with the images that they hold."""
    names = [f"mcr.microsoft.com/azureml/curated/image-{number}:{number}" for number in range(50)]
    status = {
        "capacity": (amounts := {"cpu": "32", "memory": "128Gi", "pods": "110"}),
        "allocatable": amounts,
        "conditions": [{"type": "Ready", "status": "True"}],
        "images": [{"names": [name], "sizeBytes": 1_000_000} for name in names],
    }
    for number in range(NODES):
        labels = {f"example.com/label-{index}": f"value-{index}" for index in range(20)} | PLATFORM
        metadata = {"name": f"node-{number:03}", "labels": labels}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}


def pods() -> Iterator[dict[str, Any]]:
    """Pods of about 4 KB, most of which no check reads, as most pods are."""
    variables = [{"name": f"VARIABLE_{index}", "value": f"http://service-{index}.example.svc"} for index in range(20)]
    resources = {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    state = {"ready": True, "restartCount": 1, "imageID": "sha256:" + "0" * 64, "state": {"running": {}}}
    for number in range(PODS):
        image = f"registry.example.com/team/service-{number % 300}:v1.{number % 10}"
        containers = [
            {"name": name, "image": image, "env": variables, "resources": resources} for name in ("main", "proxy")
        ]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"service-{number % 300}-{number:05}",
                "namespace": "default",
                "labels": {"app": f"service-{number % 300}", "helm.sh/chart": "service-1.0"},
            },
            "spec": {"nodeName": f"node-{number % NODES:03}", "containers": containers},
            "status": {
                "phase": "Running",
                "conditions": [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready")],
                "containerStatuses": [{"name": name, "image": image, **state} for name in ("main", "proxy")],
            },
        }


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if sys.argv[1:] else 5))
