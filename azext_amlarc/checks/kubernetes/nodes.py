"""Whether the cluster's nodes can run the extension."""

from collections.abc import Mapping
from fractions import Fraction

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import EXTENSION_NAME, KNOWN_SETTINGS, POOLS, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import amounts, scheduling, workloads
from azext_amlarc.checks.kubernetes.facts import AUTOSCALER, NODES, PODS, Amounts, Node
from azext_amlarc.checks.kubernetes.scheduling import Tolerations
from azext_amlarc.product import helm, links
from azext_amlarc.product.extension import EXTENSION_NAMESPACE, NODES_FOR_HA
from azext_amlarc.product.steps import Note, command
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
# For production; by what the machines have, not by what Kubernetes leaves of it.
_RECOMMENDED: Amounts = {"cpu": Fraction(4), "memory": Fraction(14 * 10**9)}


def a_node_can_run_the_extension(facts: Facts) -> Verdict:
    """Linux on amd64, Ready, not cordoned, without taints that the extension's pods do not tolerate."""
    nodes, settings = facts[NODES], facts[KNOWN_SETTINGS]
    tolerated = scheduling.of_system(settings)
    usable = scheduling.open_nodes(nodes, tolerated)
    lines = tuple(line for node in nodes for line in _obstacles(node, tolerated))
    if not usable:
        message = f"No node can run the extension (0 of {len(nodes)})." if nodes else "The cluster has no nodes."
        good = [node for node in nodes if scheduling.is_up(node) and scheduling.is_supported(node)]
        closed = scheduling.taints_on(good, tolerated)
        fix = workloads.opening(facts, settings, helm.EXTENSION_TOLERATES, closed)
        return Verdict(Status.FAIL, message, fix, lines)
    message = f"{len(usable)} of {number(len(nodes), 'node')} can run the extension."
    sick = any(not node.ready or node.troubles for node in nodes)
    return Verdict(Status.WARN if sick else Status.PASS, message, evidence=lines)


def _obstacles(node: Node, tolerated: Tolerations) -> list[str]:
    found = []
    if not scheduling.is_supported(node):
        found.append(f"runs {node.system}/{node.architecture}, not linux/amd64")
    found += [] if node.ready else ["is not Ready"]
    found += ["is cordoned"] if node.cordoned else []
    found += [f"has {trouble}" for trouble in node.troubles]
    found += [f"has the taint {taint}" for taint in scheduling.forbidding(node, tolerated)]
    return [f"{node.name} {what}" for what in found]


def selected_nodes_exist(facts: Facts) -> Verdict:
    """The settings nodeSelector.<label> apply to the extension's pods and to every job."""
    selector = workloads.selector(facts[SETTINGS])
    if not selector:
        return Verdict(Status.PASS, "The settings have no nodeSelector: any node will do.")
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    tolerated = scheduling.of_system(facts[SETTINGS])
    matching = scheduling.matching(facts[NODES], selector)
    if scheduling.open_nodes(matching, tolerated):
        names = tuple(node.name for node in matching)
        return Verdict(Status.PASS, f"Found {number(len(names), 'node')} with {labels}.", evidence=names)
    later = None if matching else workloads.growing(facts, selector)
    if later:
        return Verdict(Status.WARN, f"No node has {labels} now: {later[0]}.", later[1])
    lines = tuple(line for node in matching for line in _obstacles(node, tolerated))
    fix = workloads.labelling(facts, facts[NODES], selector)
    return Verdict(Status.FAIL, f"No schedulable node has {labels}.", fix, lines)


def _usable(facts: Facts) -> tuple[Node, ...]:
    """The nodes that the extension's own pods can run on with its settings."""
    settings = facts[SETTINGS]
    matching = scheduling.matching(facts[NODES], workloads.selector(settings))
    return scheduling.open_nodes(matching, scheduling.of_system(settings))


def the_router_has_three_nodes(facts: Facts) -> Verdict:
    """With inferenceRouterHA each of the three routers needs a node of its own (E40002)."""
    settings = facts[SETTINGS]
    if not workloads.inference(settings) or not workloads.is_on(settings, "inferenceRouterHA"):
        return Verdict(Status.PASS, "The inference router needs no replicas.")
    usable = _usable(facts)
    names = tuple(node.name for node in usable)
    if len(names) < NODES_FOR_HA:
        message = f"inferenceRouterHA needs {NODES_FOR_HA} schedulable nodes, but the cluster has {len(names)}."
        return Verdict(Status.FAIL, message, workloads.fix(facts, "inferenceRouterHA=False"), names)
    return Verdict(Status.PASS, f"{len(names)} nodes can run the {NODES_FOR_HA} inference routers.")


def the_extension_has_room(facts: Facts) -> Verdict:
    """Free cpu and memory on schedulable nodes, compared with what the enabled workloads request."""
    settings = facts[SETTINGS]
    training, inference = workloads.training(settings), workloads.inference(settings)
    if not training and not inference:
        return Verdict(Status.SKIPPED, "Neither enableTraining nor enableInference is on: nothing will be installed.")
    usable = _usable(facts)
    # If the extension is installed already, its own pods are among what needs room.
    pods = [pod for pod in facts[PODS] if pod.namespace != EXTENSION_NAMESPACE]
    rooms = amounts.rooms(usable, pods)
    asked = _asked(training, inference, inference and workloads.is_on(settings, "inferenceRouterHA"))
    free = amounts.total(room.free for room in rooms)
    lines = tuple(f"{room.node.name}: free {amounts.shown(room.free)}" for room in rooms)
    message = f"The extension requests {amounts.shown(asked)}; free: {amounts.shown(free)}."
    if not amounts.fits(asked, free):
        return Verdict(Status.FAIL, message, evidence=lines)
    there = amounts.total(node.capacity for node in usable)
    if not amounts.fits(_RECOMMENDED, there):
        message = f"The cluster has {amounts.shown(there)}; 4 vCPU and 14 GB are recommended for production."
        return Verdict(Status.WARN, message, evidence=lines)
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
        needs=(NODES, KNOWN_SETTINGS, EXTENSION_NAME, TARGET),
        judge=a_node_can_run_the_extension,
        fix=(
            Note("Make a node Ready, uncordon it, let the extension tolerate its taints, or add linux/amd64 nodes:"),
            command("kubectl describe nodes"),
        ),
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K011",
        group=GROUP,
        title="The nodeSelector settings match schedulable nodes",
        phase=Phase.ALL,
        needs=(SETTINGS, NODES, POOLS, AUTOSCALER, TARGET),
        judge=selected_nodes_exist,
        fix=(command("kubectl label node NODE LABEL=VALUE"),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-K012",
        group=GROUP,
        title="The cluster has the three nodes that inferenceRouterHA needs",
        phase=Phase.ALL,
        needs=(SETTINGS, NODES, EXTENSION_NAME, TARGET),
        judge=the_router_has_three_nodes,
        fix=workloads.documented_fix("inferenceRouterHA=False"),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-K013",
        group=GROUP,
        title="The nodes have room for the extension",
        phase=Phase.PRE,
        needs=(SETTINGS, NODES, PODS),
        judge=the_extension_has_room,
        fix=(
            Note("Add nodes (on AKS with `az aks nodepool scale`), or free capacity on these:"),
            command("kubectl top nodes"),
        ),
        url=links.REFERENCE,
    ),
)
