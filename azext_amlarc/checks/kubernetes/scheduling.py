"""Which nodes a job's pod may go to: labels, taints, architecture.

Taints that Azure Machine Learning tolerates:
https://learn.microsoft.com/azure/machine-learning/reference-kubernetes#supported-azure-machine-learning-taints-and-tolerations
"""

from collections.abc import Iterable, Mapping

from azext_amlarc.checks.kubernetes.facts import Node, Taint

# The last three are tolerated by the workloads of the group, workspace or compute that is the taint's value.
_OF_JOBS = frozenset(
    f"ml.azure.com/{name}" for name in ("amlarc", "amlarc-workload", "resource-group", "workspace", "compute")
)
# What Kubernetes itself puts on nodes that are not ready, cordoned or under pressure: told as such elsewhere.
_OF_KUBERNETES = "node.kubernetes.io/"


def matching(nodes: Iterable[Node], selector: Mapping[str, str]) -> tuple[Node, ...]:
    """The nodes that have all the labels."""
    return tuple(node for node in nodes if selector.items() <= node.labels.items())


def open_nodes(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes that take pods of the extension and its jobs now."""
    return tuple(node for node in nodes if is_up(node) and is_supported(node) and not forbidding(node))


def is_up(node: Node) -> bool:
    """Whether the node is Ready and takes new pods."""
    return node.ready and not node.cordoned


def is_supported(node: Node) -> bool:
    """Whether the extension's images run there (linux/amd64)."""
    return (node.system, node.architecture) == ("linux", "amd64")


def forbidding(node: Node) -> tuple[Taint, ...]:
    """The taints that keep jobs off the node."""
    return tuple(taint for taint in node.taints if taint.effect != "PreferNoSchedule" and not _tolerated(taint))


def _tolerated(taint: Taint) -> bool:
    return taint.key in _OF_JOBS or taint.key.startswith(_OF_KUBERNETES)
