"""`python -m benchmarks.fleet [CLUSTERS...]`: a fleet beside what Azure's rates allow, and beside a loop of commands.

The local Azure runs in a process of its own, answers 100 ms late, takes 10 s for each operation, and refuses what is
beyond Azure's rates. The bound is what no client can beat: the writes that are needed at those rates, and the last
operation; or the longest chain of one cluster.
"""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measure import run_once
from tests.support.az import ROOT, VENV, Az
from tests.support.azure import Azure, without_unknown
from tests.support.fleets import fleet_azure, manifest_of

AZ = str(VENV / "bin" / "az")
LATENCY, OPERATION = 0.1, 10.0  # seconds
SLOW = ("--latency-ms", str(int(LATENCY * 1000)), "--operation-seconds", str(int(OPERATION)), "--polls", "0")
# Azure's buckets for a subscription: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
BUCKETS = {"reads": (250, 25.0), "writes": (200, 10.0)}
# Of one cluster, one after the other: what is read and written before, between and after its two operations.
CHAIN = 2 * OPERATION + 16 * LATENCY
SUBSCRIPTIONS = 4
LOOPED = 3  # clusters of the loop of single commands: each takes as long as the first
LIMITS = {"apply, ratio to its bound": 1.25, "MiB": 250, "refused %": 1.0, "plan s": 15, "plan requests": 30}


@dataclass(frozen=True)
class Figures:
    """What one size of a fleet came to."""

    clusters: int
    seconds: float
    bound: float
    mebibytes: float
    requests: int
    refused: int
    twice: int
    plan_seconds: float
    plan_mebibytes: float
    plan_requests: int

    @property
    def misses(self) -> list[str]:
        """The limits that it is over; small fleets are not held to the ratio, since az itself starts for a second."""
        found = {
            "apply, ratio to its bound": self.seconds / self.bound if self.clusters >= 1000 else 0.0,
            "MiB": max(self.mebibytes, self.plan_mebibytes),
            "refused %": 100 * self.refused / self.requests,
            "plan s": self.plan_seconds,
            "plan requests": self.plan_requests,
        }
        over = [name for name, value in found.items() if value > LIMITS[name]]
        return [*over, *(["a write was sent twice"] if self.twice else [])]


def measured(folder: Path, clusters: int) -> Figures:
    """Apply a new fleet of so many clusters, then plan it, with nothing left to do."""
    subscriptions = min(SUBSCRIPTIONS, clusters)
    with fleet_azure(folder, clusters, *SLOW, "--throttling", subscriptions=subscriptions) as azure:
        az = _signed_in(azure, folder, manifest_of(subscriptions))
        before = lines_in(azure)
        seconds, mebibytes = run_once(
            (AZ, "amlarc", "apply", "-f", "fleet.json", "--engine", "direct", "--yes"), az.environment, folder
        )
        between = lines_in(azure)
        command = (AZ, "amlarc", "plan", "-f", "fleet.json", "--detailed-exitcode")
        plan_seconds, plan_mebibytes = run_once(command, az.environment, folder)
        # Read only now: what this process holds counts as the peak of those that it starts.
        lines = (azure.data / "traffic.jsonl").read_text(encoding="utf-8").splitlines()
    without_unknown(folder / "traffic.jsonl")
    applied, looked = ([json.loads(line) for line in part] for part in (lines[before:between], lines[between:]))
    looked = [item for item in looked if is_of_plan(item)]
    accepted = [item for item in applied if item["status"] < 400 and item["method"] != "GET"]
    writes = Counter(f"{item['method']} {path_of(item)}" for item in accepted if item["method"] != "POST")
    return Figures(
        clusters=clusters,
        seconds=seconds,
        bound=bound(accepted),
        mebibytes=mebibytes,
        requests=len(applied),
        refused=sum(item["status"] == 429 for item in applied),
        twice=sum(number - 1 for number in writes.values()),
        plan_seconds=plan_seconds,
        plan_mebibytes=plan_mebibytes,
        plan_requests=len(looked),
    )


def lines_in(azure: Azure) -> int:
    """How many exchanges there have been."""
    with (azure.data / "traffic.jsonl").open("rb") as file:
        return sum(1 for _ in file)


def is_of_plan(item: Mapping[str, Any]) -> bool:
    """Whether a request is one of a plan's own: neither a login nor a list of compute targets."""
    path = path_of(item)
    return path.startswith(("/subscriptions/", "/providers/")) and not path.endswith("/computes")


def bound(writes: Iterable[Mapping[str, Any]]) -> float:
    """The seconds that Azure's rates and the operations take at the least for these writes."""
    size, rate = BUCKETS["writes"]
    by_subscription = Counter(
        path_of(item).split("/")[2] for item in writes if path_of(item).startswith("/subscriptions/")
    )
    throttled = max((max(0.0, (number - size) / rate) for number in by_subscription.values()), default=0.0)
    return max(throttled + OPERATION + LATENCY, CHAIN)


def loop(folder: Path) -> float:
    """Seconds that a shell loop of single commands takes for a cluster."""
    script = "; ".join(
        f"{AZ} amlarc extension create -c plant{number} -g amlarc-rg --config enableTraining=True -o none && "
        f"{AZ} amlarc attach -n k8s-plant{number} -w amlarc-ws -g amlarc-rg -c plant{number} -o none"
        for number in range(LOOPED)
    )
    with fleet_azure(folder, LOOPED, *SLOW) as azure:
        az = _signed_in(azure, folder, manifest_of(1))
        seconds, _ = run_once(("sh", "-e", "-c", script), az.environment, folder)
    return seconds / LOOPED


def _signed_in(azure: Azure, folder: Path, manifest: Mapping[str, Any]) -> Az:
    (folder / "fleet.json").write_text(json.dumps(manifest), encoding="utf-8")
    az = Az(azure)
    az.sign_in(azure)
    return az


def path_of(item: Mapping[str, Any]) -> str:
    return urlsplit(str(item["url"])).path.lower()


def table(figures: Sequence[Figures]) -> str:
    """A line a size."""
    heads = ("clusters", "apply s", "bound s", "ratio", "MiB", "requests", "429", "twice", "plan s", "MiB", "requests")
    lines = ["".join(f"{head:>10}" for head in heads)]
    for one in figures:
        cells = (
            f"{one.clusters:,}",
            f"{one.seconds:.1f}",
            f"{one.bound:.1f}",
            f"{one.seconds / one.bound:.2f}",
            f"{one.mebibytes:.0f}",
            f"{one.requests:,}",
            str(one.refused),
            str(one.twice),
            f"{one.plan_seconds:.1f}",
            f"{one.plan_mebibytes:.0f}",
            str(one.plan_requests),
        )
        lines.append("".join(f"{cell:>10}" for cell in cells) + "".join(f"  over: {name}" for name in one.misses))
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    sizes = [int(word) for word in arguments] or [10, 50, 100, 1000]
    figures = []
    for size in sizes:
        folder = ROOT / ".run" / f"bench-fleet-{size}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        figures.append(measured(folder, size))
        print(table(figures[-1:]), flush=True)
    folder = ROOT / ".run" / "bench-fleet-loop"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    each = loop(folder)
    print(f"\n{table(figures)}\n\na loop of single commands takes {each:.1f} s for each cluster:")
    for one in figures:
        looped = each * one.clusters
        print(f"{one.clusters:>10,} clusters: {looped:,.0f} s, {looped / one.seconds:.0f} times as long")
    limits = ", ".join(f"{name} {limit:g}" for name, limit in LIMITS.items())
    print(f"limits: {limits}")


if __name__ == "__main__":
    main(sys.argv[1:])
