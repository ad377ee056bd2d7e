"""Which nodes pods can be scheduled on: labels, taints, architecture, and nodes that a pool does not have yet.

Taints that Azure Machine Learning tolerates:
https://learn.microsoft.com/azure/machine-learning/reference-kubernetes#supported-azure-machine-learning-taints-and-tolerations
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from azext_amlarc.checks.given import Pool
from azext_amlarc.checks.kubernetes.facts import Node, Taint
from azext_amlarc.product import helm

# The last three are tolerated by the workloads of the group, workspace or compute target that the taint's value names.
_JOBS = frozenset(
    f"ml.azure.com/{name}" for name in ("amlarc", "amlarc-workload", "resource-group", "workspace", "compute")
)
# The extension's own pods.
_SYSTEM = frozenset(("ml.azure.com/amlarc", "ml.azure.com/amlarc-system"))
# Kubernetes' own taints on nodes that are not ready, cordoned or under pressure, which are reported as that.
_OF_KUBERNETES = "node.kubernetes.io/"
# Taints that platforms put on nodes, and put there again.
_OF_PLATFORMS = (
    "kubernetes.azure.com/",
    "virtual-kubelet.io/",
    "CriticalAddonsOnly",
    "node-role.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "cloud.google.com/",
    "eks.amazonaws.com/",
    "karpenter.sh/",
)
# Those of machines that may be taken away at any time, which jobs may be willing to bear.
_OF_SPOT_NODES = ("kubernetes.azure.com/scalesetpriority", "cloud.google.com/gke-spot")
_POOL_LABEL = "kubernetes.azure.com/agentpool"
# Machines with Ampere processors: Standard_D4ps_v5.
_ARM = re.compile(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*p[a-z]*_")
_TAINT = re.compile(r"(?P<key>[^=:]+)(=(?P<value>[^:]*))?:(?P<effect>\w+)")


class Tolerations(NamedTuple):
    """What pods tolerate: taints with these keys, and what the extension's settings give, part by part."""

    keys: frozenset[str]
    given: tuple[Mapping[str, str], ...] = ()

    def cover(self, taint: Taint) -> bool:
        return taint.key in self.keys or any(_tolerates(one, taint) for one in self.given)


def of_jobs(settings: Mapping[str, str]) -> Tolerations:
    """What jobs and endpoints tolerate with these settings."""
    return Tolerations(_JOBS, tuple(helm.tolerations_in(settings, helm.JOBS_TOLERATE).values()))


def of_system(settings: Mapping[str, str]) -> Tolerations:
    """What the extension's own pods tolerate with these settings."""
    return Tolerations(_SYSTEM, tuple(helm.tolerations_in(settings, helm.EXTENSION_TOLERATES).values()))


def _tolerates(toleration: Mapping[str, str], taint: Taint) -> bool:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"""
    if toleration.get("effect", taint.effect) != taint.effect or toleration.get("key", taint.key) != taint.key:
        return False
    return toleration.get("operator") == "Exists" or ("key" in toleration and toleration.get("value") == taint.value)


def tolerating(settings: Mapping[str, str], head: str, taints: Iterable[Taint]) -> tuple[str, ...]:
    """The settings that add tolerations of the taints to those that there are, each as key=value."""
    first = max(helm.tolerations_in(settings, head), default=-1) + 1
    return tuple(
        f"{head}[{number}].{part}={text}"
        for number, taint in enumerate(taints, first)
        for part, text in _toleration(taint).items()
    )


def _toleration(taint: Taint) -> dict[str, str]:
    how = {"operator": "Equal", "value": taint.value} if taint.value else {"operator": "Exists"}
    return {"key": taint.key, **how, "effect": taint.effect}


def is_of_a_platform(taint: Taint) -> bool:
    """Whether a platform keeps the node for itself by this taint: nobody else should take it off."""
    return taint.key.startswith(_OF_PLATFORMS)


def may_be_tolerated(taint: Taint) -> bool:
    """Whether jobs may be made to tolerate the taint."""
    return not is_of_a_platform(taint) or taint.key in _OF_SPOT_NODES


def matching(nodes: Iterable[Node], selector: Mapping[str, str]) -> tuple[Node, ...]:
    """The nodes that have all the labels."""
    return tuple(node for node in nodes if selector.items() <= node.labels.items())


def open_nodes(nodes: Iterable[Node], tolerated: Tolerations) -> tuple[Node, ...]:
    """The nodes that accept pods now, if these tolerate that much."""
    return tuple(node for node in nodes if is_up(node) and is_supported(node) and not forbidding(node, tolerated))


def is_up(node: Node) -> bool:
    """Whether the node is Ready and accepts new pods."""
    return node.ready and not node.cordoned


def is_supported(node: Node) -> bool:
    """Whether the extension's images run there (linux/amd64)."""
    return (node.system, node.architecture) == ("linux", "amd64")


def forbidding(node: Node, tolerated: Tolerations) -> tuple[Taint, ...]:
    """The taints that keep pods off the node even if they tolerate that much."""
    return tuple(
        taint
        for taint in node.taints
        if taint.effect != "PreferNoSchedule"
        and not taint.key.startswith(_OF_KUBERNETES)
        and not tolerated.cover(taint)
    )


def taints_on(nodes: Iterable[Node], tolerated: Tolerations) -> list[tuple[Node, Taint]]:
    """Each node with each of its taints that keep such pods off it."""
    return [(node, taint) for node in nodes for taint in forbidding(node, tolerated)]


def pool_of(node: Node) -> str:
    """The AKS node pool that the node belongs to; empty for any other node."""
    return node.labels.get(_POOL_LABEL, "")


def empty(pools: Iterable[Pool]) -> dict[str, Pool]:
    """The pools without nodes, by the name that their next node goes by here."""
    return {f"the pool {pool.name}": pool for pool in pools if pool.is_stopped or not pool.nodes}


def next_node(name: str, pool: Pool) -> Node:
    """The node that an empty pool would have next, as far as is known: its size is not."""
    labels = {
        "agentpool": pool.name,
        _POOL_LABEL: pool.name,
        "node.kubernetes.io/instance-type": pool.machine,
        "beta.kubernetes.io/instance-type": pool.machine,
        **_accelerator(pool.machine),
        **pool.labels,
    }
    architecture = "arm64" if _ARM.match(pool.machine) else "amd64"
    labels["kubernetes.io/arch"] = architecture
    taints = tuple(_taint(match) for match in map(_TAINT.fullmatch, pool.taints) if match)
    return Node(name, labels, {}, {}, taints, architecture, labels.get("kubernetes.io/os", "linux"))


def _accelerator(machine: str) -> dict[str, str]:
    """The labels of machines with NVIDIA GPUs (the N-series)."""
    if not machine.startswith("Standard_N"):
        return {}
    return {"accelerator": "nvidia", "kubernetes.azure.com/accelerator": "nvidia"}


def _taint(match: re.Match[str]) -> Taint:
    return Taint(match["key"], match["value"] or "", match["effect"])
