"""Whether the cluster's nodes can carry the extension."""

from collections.abc import Mapping
from fractions import Fraction

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import amounts, scheduling, workloads
from azext_amlarc.checks.kubernetes.facts import NODES, PODS, Amounts, Node
from azext_amlarc.checks.kubernetes.scheduling import SYSTEM
from azext_amlarc.checks.kubernetes.workloads import SOME_CLUSTER
from azext_amlarc.product import links
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.wording import number

GROUP = "nodes"

_MEBIBYTE = 2**20
# What the extension's own pods request, by the workloads (training, inference) and whether the router has replicas:
# https://learn.microsoft.com/azure/machine-learning/reference-kubernetes#recommended-resource-planning
_REQUESTS: Mapping[tuple[bool, bool, bool], tuple[int, int]] = {
    (True, False, False): (410, 1492),
    (False, True, False): (1780, 2440),
    (True, True, False): (1910, 2884),
    (False, True, True): (3600, 4240),
    (True, True, True): (3730, 4684),
}
# For production; measured in what the machines have, not in what Kubernetes leaves of it.
_RECOMMENDED: Amounts = {"cpu": Fraction(4), "memory": Fraction(14 * 10**9)}
_ROUTERS = 3


def a_node_can_run_the_extension(facts: Facts) -> Verdict:
    """Linux on amd64, Ready, not cordoned, without taints that the extension's pods do not tolerate."""
    nodes = facts[NODES]
    usable = scheduling.open_nodes(nodes, SYSTEM)
    lines = tuple(line for node in nodes for line in _obstacles(node))
    if not usable:
        return Verdict(Status.FAIL, f"None of {number(len(nodes), 'node')} can run the extension.", evidence=lines)
    message = f"{len(usable)} of {number(len(nodes), 'node')} can run the extension."
    sick = any(not node.ready or node.troubles for node in nodes)
    return Verdict(Status.WARN if sick else Status.PASS, message, evidence=lines)


def _obstacles(node: Node) -> list[str]:
    found = []
    if not scheduling.is_supported(node):
        found.append(f"runs {node.system}/{node.architecture}, not linux/amd64")
    found += [] if node.ready else ["is not Ready"]
    found += ["is cordoned"] if node.cordoned else []
    found += [f"has {trouble}" for trouble in node.troubles]
    found += [f"has the taint {taint}" for taint in scheduling.forbidding(node, SYSTEM)]
    return [f"{node.name} {what}" for what in found]


def selected_nodes_exist(facts: Facts) -> Verdict:
    """The settings nodeSelector.<label> hold for the extension's pods and for every job."""
    selector = workloads.selector(facts[SETTINGS])
    if not selector:
        return Verdict(Status.PASS, "The settings select no nodes: all will do.")
    labels = _labels(selector)
    matching = scheduling.matching(facts[NODES], selector)
    if not scheduling.open_nodes(matching, SYSTEM):
        lines = tuple(line for node in matching for line in _obstacles(node))
        remedy = f"kubectl label node NODE {labels.replace(',', ' ')}"
        return Verdict(Status.FAIL, f"No node that can be used has {labels}.", remedy, lines)
    names = tuple(node.name for node in matching)
    return Verdict(Status.PASS, f"{number(len(names), 'node')} with {labels}.", evidence=names)


def _labels(selector: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in selector.items())


def the_router_has_three_nodes(facts: Facts) -> Verdict:
    """With inferenceRouterHA each of three routers wants a node of its own (E40002)."""
    settings = facts[SETTINGS]
    if not workloads.inference(settings) or not workloads.is_on(settings, "inferenceRouterHA"):
        return Verdict(Status.PASS, "No replicas of the inference router are wanted.")
    usable = scheduling.open_nodes(scheduling.matching(facts[NODES], workloads.selector(settings)), SYSTEM)
    names = tuple(node.name for node in usable)
    if len(names) < _ROUTERS:
        message = f"inferenceRouterHA wants {_ROUTERS} nodes, and {len(names)} can be used."
        return Verdict(Status.FAIL, message, workloads.setting(facts[TARGET], "inferenceRouterHA=False"), names)
    return Verdict(Status.PASS, f"{len(names)} nodes can hold the {_ROUTERS} inference routers.")


def the_extension_has_room(facts: Facts) -> Verdict:
    """Free cpu and memory on the nodes that can be used, against what the enabled workloads request."""
    settings = facts[SETTINGS]
    training, inference = workloads.training(settings), workloads.inference(settings)
    if not training and not inference:
        return Verdict(Status.SKIPPED, "Neither enableTraining nor enableInference is on: nothing will be installed.")
    usable = scheduling.open_nodes(scheduling.matching(facts[NODES], workloads.selector(settings)), SYSTEM)
    # The extension's own pods are what room is looked for, should they be there already.
    pods = [pod for pod in facts[PODS] if pod.namespace != EXTENSION_NAMESPACE]
    rooms = amounts.rooms(usable, pods)
    asked = _asked(training, inference, inference and workloads.is_on(settings, "inferenceRouterHA"))
    free = amounts.total(room.free for room in rooms)
    lines = tuple(f"{room.node.name}: free {amounts.shown(room.free)}" for room in rooms)
    message = f"The extension asks for {amounts.shown(asked)}; free are {amounts.shown(free)}."
    if not amounts.fits(asked, free):
        return Verdict(Status.FAIL, message, evidence=lines)
    there = amounts.total(node.capacity for node in usable)
    if not amounts.fits(_RECOMMENDED, there):
        told = f"The cluster has {amounts.shown(there)}; 4 vCPU and 14 GB are recommended for production."
        return Verdict(Status.WARN, told, evidence=lines)
    return Verdict(Status.PASS, message)


def _asked(training: bool, inference: bool, replicas: bool) -> Amounts:
    millicores, mebibytes = _REQUESTS[training, inference, replicas]
    return {"cpu": Fraction(millicores, 1000), "memory": Fraction(mebibytes * _MEBIBYTE)}


CHECKS = (
    Check(
        id="AMLARC-K010",
        group=GROUP,
        title="There are nodes that can run the extension",
        phase=Phase.ALL,
        needs=(NODES,),
        judge=a_node_can_run_the_extension,
        remedy="# Make a node Ready, take its taints off, uncordon it, or add nodes of linux/amd64:\n"
        "kubectl describe nodes",
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K011",
        group=GROUP,
        title="The settings nodeSelector match nodes that can be used",
        phase=Phase.ALL,
        needs=(SETTINGS, NODES),
        judge=selected_nodes_exist,
        remedy="kubectl label node NODE LABEL=VALUE",
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-K012",
        group=GROUP,
        title="The setting inferenceRouterHA has its three nodes",
        phase=Phase.ALL,
        needs=(SETTINGS, NODES, TARGET),
        judge=the_router_has_three_nodes,
        remedy=workloads.setting(SOME_CLUSTER, "inferenceRouterHA=False"),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-K013",
        group=GROUP,
        title="The nodes have room for the extension",
        phase=Phase.PRE,
        needs=(SETTINGS, NODES, PODS),
        judge=the_extension_has_room,
        remedy="# Add nodes, on AKS with `az aks nodepool scale`, or free some:\nkubectl top nodes",
        url=links.REFERENCE,
    ),
)
