"""What the extension's settings mean for a cluster, defaults filled in; how to change them and the cluster's pools."""

from collections.abc import Iterable, Mapping, Sequence

from azext_amlarc.checks.check import Facts
from azext_amlarc.checks.fix import SOME_CLUSTER, ChangeSettings, Fix
from azext_amlarc.checks.given import EXTENSION_NAME, POOLS, TARGET, Pool
from azext_amlarc.checks.kubernetes import scheduling
from azext_amlarc.checks.kubernetes.facts import AUTOSCALER, NODES, Node, Taint
from azext_amlarc.product import catalogue, helm
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.product.steps import Command, Note, command

_TO_INSTALL = Note(
    "For a new extension, pass these settings to `az ml arc extension create`; to change an installed one:"
)


def is_on(settings: Mapping[str, str], key: str) -> bool:
    """Whether a boolean setting is on, by its value or else by today's default (the catalogue's)."""
    return text(settings, key).lower() == "true"


def text(settings: Mapping[str, str], key: str) -> str:
    """A setting's value, under its own name or a former one; else today's default, or empty."""
    given = {**_successors(settings), **settings}
    record = catalogue.find(key)
    return given.get(key) or (record.default_today if record else None) or ""


def training(settings: Mapping[str, str]) -> bool:
    """Whether the cluster is to run jobs."""
    return is_on(settings, "enableTraining")


def inference(settings: Mapping[str, str]) -> bool:
    """Whether the cluster is to run endpoints."""
    return is_on(settings, "enableInference")


def selector(settings: Mapping[str, str]) -> dict[str, str]:
    """The labels that every node of the extension and its jobs must have (`nodeSelector.<label>=<value>`)."""
    return helm.node_labels(settings)


def fix(facts: Facts, *settings: str) -> Fix:
    """How to give the extension these settings, installed or not."""
    return (_TO_INSTALL, change(facts, *settings))


def change(facts: Facts, *settings: str) -> ChangeSettings:
    """The installed extension with these settings."""
    return ChangeSettings(facts[TARGET].named_cluster, facts[EXTENSION_NAME], settings)


def documented_fix(*settings: str) -> Fix:
    """The same for no cluster in particular."""
    return (_TO_INSTALL, ChangeSettings(SOME_CLUSTER, DEFAULT_NAME, settings))


def _successors(settings: Mapping[str, str]) -> dict[str, str]:
    """What settings under former names are called today."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        record = catalogue.find(key)
        if record is not None and record.replacement:
            found |= record.replacement.get(value.capitalize(), {})
    return found


# Labels that a platform gives its nodes, and nobody else can.
_OF_PLATFORMS = ("kubernetes.azure.com/", "kubernetes.io/", "node.kubernetes.io/", "beta.kubernetes.io/", "agentpool")


def nodepool(facts: Facts, verb: str, pool: str, *options: str) -> Command:
    """A command on an AKS node pool; a connected cluster does not tell under which name it is in AKS."""
    cluster = facts[TARGET].named_cluster
    known = cluster.cluster_type == MANAGED
    where = ["--cluster-name", cluster.name if known else "AKS", "-g", cluster.resource_group if known else "GROUP"]
    return command(
        "az aks nodepool {verb} {where} -n {pool} {options}", verb=verb, where=where, pool=pool, options=options
    )


def labelling(facts: Facts, nodes: Iterable[Node], labels: Mapping[str, str]) -> Fix:
    """How nodes come to have the labels: those of an AKS pool get theirs from it, new ones too."""
    own = [f"{key}={value}" for key, value in labels.items() if not key.startswith(_OF_PLATFORMS)]
    if not own:
        return (Note("These labels come with the machines: change the nodeSelector, or add such nodes."),)
    pools = [*facts[POOLS], *filter(None, map(scheduling.pool_of, nodes))]
    if not pools:
        return (command("kubectl label node NODE {labels}", labels=own),)
    note = Note("Nodes get the labels of their pool; give those that it has already as well:")
    return (note, nodepool(facts, "update", "POOL", "--labels", *own))


def growing(facts: Facts, wanted: Mapping[str, str]) -> tuple[str, Fix] | None:
    """Why there is no such node now although there may be one later, and how to have one at once.

    An autoscaler whose node groups nobody can see is believed only where no node has the labels. It is one beside pools
    that do not grow: node auto-provisioning of AKS, or one that the user installed.
    """
    for name, pool in scheduling.empty(facts[POOLS]).items():
        if scheduling.matching([scheduling.next_node(name, pool)], wanted):
            return _at_zero(facts, name, pool)
    is_seen = any(pool.most for pool in facts[POOLS])
    if is_seen or scheduling.matching(facts[NODES], wanted) or not facts[AUTOSCALER]:
        return None
    note = Note("Check that a node group of the autoscaler has these labels, and see check AMLARC-K053.")
    return "the autoscaler may add one", (note,)


def _at_zero(facts: Facts, name: str, pool: Pool) -> tuple[str, Fix]:
    if pool.is_stopped:
        return f"{name} is stopped", (nodepool(facts, "start", pool.name),)
    if not pool.most:
        scale = nodepool(facts, "scale", pool.name, "--node-count", "1")
        return f"{name} is at zero and does not grow by itself", (scale,)
    options = ("--update-cluster-autoscaler", "--min-count", "1", "--max-count", str(pool.most))
    at_once = (
        Note("The first job waits for a node. To have one at once:"),
        nodepool(facts, "update", pool.name, *options),
    )
    return f"{name} is at zero and grows to {pool.most}", at_once


def opening(facts: Facts, settings: Mapping[str, str], head: str, closed: Sequence[tuple[Node, Taint]]) -> Fix:
    """How pods come to run on nodes with taints: by tolerating them, or without those that are nobody's platform's."""
    taints = list(dict.fromkeys(taint for _, taint in closed))
    borne = [taint for taint in taints if scheduling.may_be_tolerated(taint)]
    kept = [taint.key for taint in taints if not scheduling.may_be_tolerated(taint)]
    steps: list[Command | Note | ChangeSettings] = []
    if borne:
        steps += [
            Note("Give the extension a toleration:"),
            change(facts, *scheduling.tolerating(settings, head, borne)),
        ]
    removable = [(node, taint) for node, taint in closed if not scheduling.is_of_a_platform(taint)]
    if removable:
        steps += [Note("Or take the taint off:"), *dict.fromkeys(_untaint(facts, *pair) for pair in removable)]
    if kept:
        names = ", ".join(dict.fromkeys(kept))
        steps.append(Note(f"The platform keeps nodes for itself with {names}: select or add other nodes."))
    return tuple(steps)


def _untaint(facts: Facts, node: Node, taint: Taint) -> Command:
    """Of an AKS node its pool is what has taints, all of which are given anew."""
    pool = scheduling.pool_of(node)
    if not pool:
        return command("kubectl taint node {name} {taint}-", name=node.name, taint=str(taint))
    others = [str(one) for one in node.taints if one != taint and not scheduling.is_of_a_platform(one)]
    return nodepool(facts, "update", pool, "--node-taints", ",".join(others))
