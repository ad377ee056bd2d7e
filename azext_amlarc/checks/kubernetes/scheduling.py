"""Which nodes pods can be scheduled on: labels, taints, architecture.

Taints that Azure Machine Learning tolerates:
https://learn.microsoft.com/azure/machine-learning/reference-kubernetes#supported-azure-machine-learning-taints-and-tolerations
"""

from collections.abc import Iterable, Mapping

from azext_amlarc.checks.kubernetes.facts import Node, Taint

# The last three are tolerated by the workloads of the group, workspace or compute target that the taint's value names.
JOBS = frozenset(
    f"ml.azure.com/{name}" for name in ("amlarc", "amlarc-workload", "resource-group", "workspace", "compute")
)
# The extension's own pods.
SYSTEM = frozenset(("ml.azure.com/amlarc", "ml.azure.com/amlarc-system"))
# Kubernetes' own taints on nodes that are not ready, cordoned or under pressure, which are reported as that.
_OF_KUBERNETES = "node.kubernetes.io/"


def matching(nodes: Iterable[Node], selector: Mapping[str, str]) -> tuple[Node, ...]:
    """The nodes that have all the labels."""
    return tuple(node for node in nodes if selector.items() <= node.labels.items())


def open_nodes(nodes: Iterable[Node], tolerated: frozenset[str]) -> tuple[Node, ...]:
    """The nodes that accept pods now, if these tolerate taints with these keys (JOBS or SYSTEM)."""
    return tuple(node for node in nodes if is_up(node) and is_supported(node) and not forbidding(node, tolerated))


def is_up(node: Node) -> bool:
    """Whether the node is Ready and accepts new pods."""
    return node.ready and not node.cordoned


def is_supported(node: Node) -> bool:
    """Whether the extension's images run there (linux/amd64)."""
    return (node.system, node.architecture) == ("linux", "amd64")


def forbidding(node: Node, tolerated: frozenset[str]) -> tuple[Taint, ...]:
    """The taints that keep pods off the node even if they tolerate taints with these keys."""
    return tuple(
        taint
        for taint in node.taints
        if taint.effect != "PreferNoSchedule"
        and taint.key not in tolerated
        and not taint.key.startswith(_OF_KUBERNETES)
    )
