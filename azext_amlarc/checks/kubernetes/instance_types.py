"""Whether instance types fit the cluster's nodes, and whether its InstanceType objects match the configuration."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import SOME_CLUSTER, ApplyInstanceTypes, ChangeSettings, Fix
from azext_amlarc.checks.given import DOCUMENT, DOCUMENT_SOURCE, EXTENSION_NAME, POOLS, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import amounts, gpu, scheduling, workloads
from azext_amlarc.checks.kubernetes.facts import AUTOSCALER, INSTANCE_TYPES, NODES, PODS, Amounts, Node
from azext_amlarc.checks.kubernetes.scheduling import Tolerations
from azext_amlarc.product import helm, links
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.product.steps import Note, command
from azext_amlarc.validation.document.manifests import CLUSTER_DEFAULT, COPY_OF, manifests
from azext_amlarc.validation.document.resources import SIDES, is_device
from azext_amlarc.validation.quantity import parse
from azext_amlarc.wording import number

GROUP = "instance-types"

# So many of many nodes are shown.
_SHOWN = 5


@dataclass(frozen=True)
class Requirements:
    """What a job of an instance type needs of its node: labels (those of the settings, too), and amounts."""

    name: str
    selector: Mapping[str, str]
    asked: Amounts

    @property
    def resources(self) -> tuple[str, ...]:
        """The names of the amounts that are shown."""
        return tuple(name for name in self.asked if name != "pods")


class Outcome(NamedTuple):
    """What was found about one instance type, in one line, and how to fix it."""

    status: Status
    text: str
    fix: Fix = ()


class Verb(NamedTuple):
    """What instance types that pass do: `matches a node` for one, `match a node` for several."""

    one: str
    several: str


_MATCH = Verb("matches a node", "match a node")
_AMD64 = Verb("matches linux/amd64 nodes only", "match linux/amd64 nodes only")
_OPEN = Verb("matches only nodes that accept jobs", "match only nodes that accept jobs")
_FIT = Verb("fits on a node", "fit on a node")
_NO_NODE = "no matching node"


def configured_types_match_nodes(facts: Facts) -> Verdict:
    """Each instance type's nodeSelector, together with the settings' own, matches at least one node."""
    return _gathered([_matched(wanted, facts) for wanted in _configured(facts)], _MATCH)


def _matched(wanted: Requirements, facts: Facts) -> Outcome:
    nodes = facts[NODES]
    matching = scheduling.matching(nodes, wanted.selector)
    if matching:
        return Outcome(Status.PASS, f"{wanted.name}: {_counted(matching)}")
    missing = [_missing(key, value, nodes) for key, value in wanted.selector.items()]
    text = f"{wanted.name}: no node has {' and '.join(missing)}"
    later = workloads.growing(facts, wanted.selector)
    if later:
        return Outcome(Status.WARN, f"{text} now; {later[0]}", later[1])
    return Outcome(Status.FAIL, text, workloads.labelling(facts, nodes, wanted.selector))


def _missing(key: str, value: str, nodes: Iterable[Node]) -> str:
    """A required label, with the values that nodes have instead."""
    others = sorted({node.labels[key] for node in nodes if key in node.labels})
    return f"{key}={value}" + (f" (nodes have {', '.join(others)})" if others else "")


def _counted(nodes: Iterable[Node]) -> str:
    names = [node.name for node in nodes]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{number(len(names), 'node')}: {', '.join(names[:_SHOWN])}{more}"


def matching_nodes_are_amd64(facts: Facts) -> Verdict:
    """Azure Machine Learning's images run on linux/amd64 only."""
    return _gathered([_of_amd64(wanted, facts[NODES]) for wanted in _configured(facts)], _AMD64)


def _of_amd64(wanted: Requirements, nodes: tuple[Node, ...]) -> Outcome:
    matching = scheduling.matching(nodes, wanted.selector)
    if not matching:
        return Outcome(Status.SKIPPED, f"{wanted.name}: {_NO_NODE}")
    foreign = [node for node in matching if not scheduling.is_supported(node)]
    if not foreign:
        return Outcome(Status.PASS, f"{wanted.name}: linux/amd64")
    kinds = ", ".join(f"{node.name} ({node.system}/{node.architecture})" for node in foreign)
    status = Status.FAIL if len(foreign) == len(matching) else Status.WARN
    note = Note(f"Add kubernetes.io/arch: amd64 and kubernetes.io/os: linux to the nodeSelector of {wanted.name}.")
    return Outcome(status, f"{wanted.name}: matches {kinds}", (note,))


def matching_nodes_accept_jobs(facts: Facts) -> Verdict:
    """No taint that jobs do not tolerate keeps them off a node that their nodeSelector matches."""
    tolerated = scheduling.of_jobs(facts[SETTINGS])
    nodes = (*facts[NODES], *(scheduling.next_node(*pool) for pool in scheduling.empty(facts[POOLS]).items()))
    types = _configured(facts)
    verdict = _gathered([_accepted(wanted, nodes, tolerated) for wanted in types], _OPEN)
    if verdict.status not in (Status.FAIL, Status.WARN):
        return verdict
    meant = dict.fromkeys(node.name for wanted in types for node in scheduling.matching(nodes, wanted.selector))
    return verdict._replace(fix=_opened(facts, [node for node in nodes if node.name in meant], tolerated))


def _accepted(wanted: Requirements, nodes: tuple[Node, ...], tolerated: Tolerations) -> Outcome:
    matching = scheduling.matching(nodes, wanted.selector)
    if not matching:
        return Outcome(Status.SKIPPED, f"{wanted.name}: {_NO_NODE}")
    tainted = scheduling.taints_on(matching, tolerated)
    down = [node for node in matching if not scheduling.is_up(node)]
    closed = {node.name for node, _ in tainted} | {node.name for node in down}
    if not closed:
        return Outcome(Status.PASS, f"{wanted.name}: jobs can run on {number(len(matching), 'node')}")
    why = [f"{node.name} has the taint {taint}" for node, taint in tainted]
    why += [f"{node.name} is {'cordoned' if node.ready else 'not Ready'}" for node in down]
    status = Status.FAIL if len(closed) == len(matching) else Status.WARN
    return Outcome(status, f"{wanted.name}: {'; '.join(why)}")


def _opened(facts: Facts, nodes: list[Node], tolerated: Tolerations) -> Fix:
    """How jobs come to run on the nodes; the first commands of many."""
    tainted = scheduling.taints_on(nodes, tolerated)
    cordoned = [node for node in nodes if node.cordoned][:_SHOWN]
    uncordon = [command("kubectl uncordon {name}", name=node.name) for node in cordoned]
    return (*workloads.opening(facts, facts[SETTINGS], helm.JOBS_TOLERATE, tainted[:_SHOWN]), *uncordon)


def configured_types_fit(facts: Facts) -> Verdict:
    """Each instance type fits on a node, by the node's size and beside what runs there now."""
    return _fitting(_configured(facts), facts)


def types_of_the_cluster_fit(facts: Facts) -> Verdict:
    """The same for the cluster's InstanceType objects, which today's service goes by."""
    wanted: list[Requirements] = []
    for manifest in facts[INSTANCE_TYPES]:
        try:
            wanted.append(_wanted(manifest, facts))
        except (ValueError, TypeError, AttributeError):
            name = manifest["metadata"]["name"]
            edit = command("kubectl edit instancetype {name}", name=name)
            return Verdict(Status.FAIL, f"InstanceType {name} has an invalid amount.", (edit,))
    if not wanted:
        return Verdict(Status.PASS, "The cluster has no InstanceType objects besides its built-in default.")
    return _fitting(wanted, facts)


def _fitting(types: Iterable[Requirements], facts: Facts) -> Verdict:
    nodes = scheduling.open_nodes(facts[NODES], scheduling.of_jobs(facts[SETTINGS]))
    rooms = amounts.rooms(nodes, facts[PODS])
    return _gathered([_fit(wanted, rooms, facts) for wanted in types], _FIT)


def _fit(wanted: Requirements, rooms: Iterable[amounts.Room], facts: Facts) -> Outcome:
    there = [room for room in rooms if wanted.selector.items() <= room.node.labels.items()]
    requests = f"{wanted.name}: requests {amounts.shown(wanted.asked, wanted.resources)}"
    if not any(amounts.fits(wanted.asked, room.node.allocatable) for room in there):
        return _too_large(wanted, [room.node for room in there], requests, facts)
    roomiest = max(there, key=lambda room: _relative(wanted.asked, room.free))
    free = f"{amounts.shown(roomiest.free, wanted.resources)} on {roomiest.node.name}"
    if not amounts.fits(wanted.asked, roomiest.free):
        describe = command("kubectl describe node {name}", name=roomiest.node.name)
        fix = (Note("Add nodes, or wait until other pods have ended:"), describe)
        return Outcome(Status.WARN, f"{requests}; free now: at most {free}", fix)
    fitting = sum(amounts.fits(wanted.asked, room.free) for room in there)
    beside = f"{fitting} of {number(len(there), 'node')} now"
    return Outcome(Status.PASS, f"{requests}; fits on {beside}; free: {free}")


def _too_large(wanted: Requirements, nodes: list[Node], requests: str, facts: Facts) -> Outcome:
    """Why no node can ever hold it: there is none, its devices have another name, or each is too small."""
    seen = _NO_NODE
    fix: Fix = (Note("See the other checks in this group."),)
    if nodes:
        largest = max(nodes, key=lambda node: _relative(wanted.asked, node.allocatable))
        has = amounts.shown(largest.allocatable, wanted.resources)
        seen = f"the largest node, {largest.name}, has {has}"
        fix = (Note(f"Lower the requests and limits of {wanted.name}, or add larger nodes."),)
    other = gpu.another_name(wanted.asked, nodes)
    if other:
        note = Note(f"Ask for {other.offered[0]} in the limits of {wanted.name}, or select other nodes.")
        return Outcome(Status.FAIL, f"{requests}; its nodes offer {', '.join(other.offered)} instead", (note,))
    later = workloads.growing(facts, wanted.selector)
    if later:
        return Outcome(Status.WARN, f"{requests}; {seen} now; {later[0]}", later[1])
    return Outcome(Status.FAIL, f"{requests}; {seen}", fix)


def _relative(asked: Amounts, there: Amounts) -> tuple[Any, Any]:
    """How well amounts are met: by the scarcest first, then by all of them."""
    parts = [there.get(name, amounts.ZERO) / amount for name, amount in asked.items() if amount]
    return min(parts, default=amounts.ZERO), sum(parts)


def cluster_has_the_configured_types(facts: Facts) -> Verdict:
    """Today's service reads instance types from the cluster's InstanceType objects, not from the compute target."""
    there = {manifest["metadata"]["name"]: manifest for manifest in facts[INSTANCE_TYPES]}
    wanted = manifests(facts[DOCUMENT])
    lines = [line for manifest in wanted for line in _differences(manifest, there)]
    left = _left_over(wanted, there)
    if not lines and left:
        return _only_left(left)
    if not lines:
        match = "matches" if len(wanted) == 1 else "match"
        return Verdict(Status.PASS, f"{number(len(wanted), 'InstanceType object')} {match} the configuration.")
    message = f"{number(len(lines), 'difference')} between the configuration and the cluster's InstanceType objects."
    apply = ApplyInstanceTypes(tuple(wanted), facts[DOCUMENT_SOURCE])
    return Verdict(Status.FAIL, message, (apply, *_removal(left)), (*lines, *map(_left_line, left)))


def _left_over(wanted: Iterable[Mapping[str, Any]], there: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The objects that we have written, and that the configuration does not have any more."""
    names = {manifest["metadata"]["name"] for manifest in wanted}
    return [name for name, found in there.items() if found["metadata"].get("isOurs") and name not in names]


def _left_line(name: str) -> str:
    return f"{name}: on the cluster, written by this tool, and not in the configuration"


def _only_left(names: list[str]) -> Verdict:
    is_or_are = "is" if len(names) == 1 else "are"
    message = f"{number(len(names), 'InstanceType object')} {is_or_are} left over from another configuration."
    return Verdict(Status.WARN, message, _removal(names), tuple(map(_left_line, names)))


def _removal(names: list[str]) -> Fix:
    if not names:
        return ()
    note = Note("If no compute target uses what is left over (or use `attach --prune-instance-types`):")
    return (note, command("kubectl delete instancetype {names}", names=names))


def _differences(manifest: Mapping[str, Any], there: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    name = manifest["metadata"]["name"]
    if name not in there:
        hint = " (the one that jobs without an instance type use)" if name == CLUSTER_DEFAULT else ""
        yield f"{name}: not on the cluster{hint}"
        return
    ours, theirs = manifest["spec"], there[name].get("spec") or {}
    want, have = _labels(ours), _labels(theirs)
    if want != have:
        yield f"{name}: nodeSelector is {have} on the cluster, {want} in the configuration"
    for side in SIDES:
        yield from (f"{name}: {side}.{line}" for line in _different_amounts(_side(theirs, side), _side(ours, side)))


def _labels(spec: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((spec.get("nodeSelector") or {}).items())) or "not set"


def _different_amounts(have: Mapping[str, str], want: Mapping[str, str]) -> Iterator[str]:
    for key in {**want, **have}:
        if not _same(have.get(key), want.get(key)):
            here = want.get(key, "not set")
            yield f"{key} is {have.get(key, 'not set')} on the cluster, {here} in the configuration"


def _side(spec: Mapping[str, Any], side: str) -> dict[str, str]:
    return {key: str(amount) for key, amount in ((spec.get("resources") or {}).get(side) or {}).items()}


def _same(one: str | None, other: str | None) -> bool:
    """Whether two amounts are equal: 1 and 1000m are, and so are a missing one and 0."""
    try:
        return parse(one or "0") == parse(other or "0")
    except ValueError:
        return one == other


def _configured(facts: Facts) -> list[Requirements]:
    """The document's instance types, without the copy that becomes the cluster's default."""
    own = (manifest for manifest in manifests(facts[DOCUMENT]) if not _is_copy(manifest))
    return [_wanted(manifest, facts) for manifest in own]


def _is_copy(manifest: Mapping[str, Any]) -> bool:
    return COPY_OF in manifest["metadata"].get("annotations", {})


def _wanted(manifest: Mapping[str, Any], facts: Facts) -> Requirements:
    spec = manifest.get("spec") or {}
    limits = {name: amount for name, amount in _side(spec, "limits").items() if is_device(name)}
    asked = {name: parse(amount) for name, amount in {**_side(spec, "requests"), **limits}.items()}
    selector = {**workloads.selector(facts[SETTINGS]), **(spec.get("nodeSelector") or {})}
    return Requirements(manifest["metadata"]["name"], selector, {**asked, "pods": amounts.ONE})


def _gathered(outcomes: list[Outcome], verb: Verb) -> Verdict:
    """One verdict on all instance types: the worst status, what explains it first, and every fix once."""
    if not outcomes:
        return Verdict(Status.SKIPPED, "The configuration has no instance types.")
    order = (Status.FAIL, Status.WARN, Status.PASS, Status.SKIPPED)
    outcomes = sorted(outcomes, key=lambda outcome: order.index(outcome.status))
    if outcomes[0].status is Status.SKIPPED:
        return Verdict(Status.SKIPPED, "No instance type matches a node.")
    good = sum(outcome.status is Status.PASS for outcome in outcomes)
    fix = dict.fromkeys(step for outcome in outcomes for step in outcome.fix)
    lines = tuple(outcome.text for outcome in outcomes)
    return Verdict(outcomes[0].status, _counted_types(good, len(outcomes), verb), tuple(fix), lines)


def _counted_types(good: int, count: int, verb: Verb) -> str:
    if good == 0:
        return f"No instance type {verb.one} (0 of {count})."
    return f"{good} of {number(count, 'instance type')} {verb.one if good == 1 else verb.several}."


_CONFIGURED = (DOCUMENT, SETTINGS, NODES)
_TOLERATE = tuple(f"{helm.JOBS_TOLERATE}[0].{part}" for part in ("key=KEY", "operator=Exists"))
_GROWTH = (POOLS, AUTOSCALER, TARGET)
CHECKS = (
    Check(
        id="AMLARC-K020",
        group=GROUP,
        title="Each instance type's nodeSelector matches a node",
        phase=Phase.ALL,
        needs=(*_CONFIGURED, *_GROWTH),
        judge=configured_types_match_nodes,
        fix=(
            Note("Label nodes (on AKS their pool, with `az aks nodepool update`), or change the nodeSelector:"),
            command("kubectl label node NODE LABEL=VALUE"),
        ),
        url=links.INSTANCE_TYPES,
    ),
    Check(
        id="AMLARC-K021",
        group=GROUP,
        title="Each instance type's nodes are linux/amd64",
        phase=Phase.ALL,
        needs=_CONFIGURED,
        judge=matching_nodes_are_amd64,
        fix=(Note("Add kubernetes.io/arch: amd64 and kubernetes.io/os: linux to the nodeSelector."),),
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K022",
        group=GROUP,
        title="Each instance type's nodes accept jobs",
        phase=Phase.ALL,
        needs=(*_CONFIGURED, POOLS, EXTENSION_NAME, TARGET),
        judge=matching_nodes_accept_jobs,
        fix=(
            Note("Use a taint that jobs tolerate anyway (ml.azure.com/amlarc=true), or let them tolerate this one:"),
            ChangeSettings(SOME_CLUSTER, DEFAULT_NAME, _TOLERATE),
        ),
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K023",
        group=GROUP,
        title="Each instance type fits on a node",
        phase=Phase.ALL,
        needs=(*_CONFIGURED, PODS, *_GROWTH),
        judge=configured_types_fit,
        fix=(Note("Lower its requests and limits, or add larger nodes."),),
        url=links.INSTANCE_TYPES,
    ),
    Check(
        id="AMLARC-K024",
        group=GROUP,
        title="The cluster's InstanceType objects match the configuration",
        phase=Phase.POST,
        needs=(DOCUMENT, DOCUMENT_SOURCE, INSTANCE_TYPES),
        judge=cluster_has_the_configured_types,
        fix=(ApplyInstanceTypes((), "FILE"),),
        url=links.INSTANCE_TYPES,
    ),
    Check(
        id="AMLARC-K025",
        group=GROUP,
        title="Each InstanceType object on the cluster fits on a node",
        phase=Phase.POST,
        needs=(INSTANCE_TYPES, SETTINGS, NODES, PODS, *_GROWTH),
        judge=types_of_the_cluster_fit,
        fix=(
            Note("Lower its requests and limits, or add larger nodes:"),
            command("kubectl edit instancetype NAME"),
        ),
        url=links.INSTANCE_TYPES,
    ),
)
