"""Whether instance types find nodes that can run them, and whether the cluster has them as the configuration says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import DOCUMENT, SETTINGS
from azext_amlarc.checks.kubernetes import amounts, scheduling, workloads
from azext_amlarc.checks.kubernetes.facts import INSTANCE_TYPES, NODES, PODS, Amounts, Node
from azext_amlarc.checks.kubernetes.scheduling import JOBS
from azext_amlarc.product import links
from azext_amlarc.validation.document.manifests import CLUSTER_DEFAULT, COPY_OF, manifests
from azext_amlarc.validation.document.resources import SIDES, is_device
from azext_amlarc.validation.quantity import parse
from azext_amlarc.wording import number

GROUP = "instance-types"

_APPLY = "az ml arc config convert -f attach.json --to instancetype | kubectl apply -f -"
# Of many nodes the first are enough to show what is meant.
_SHOWN = 5


@dataclass(frozen=True)
class Wanted:
    """What a job of an instance type needs of its node: labels (the settings' too), and amounts."""

    name: str
    selector: Mapping[str, str]
    asked: Amounts

    @property
    def resources(self) -> tuple[str, ...]:
        """The names of the amounts, as they are shown."""
        return tuple(name for name in self.asked if name != "pods")


@dataclass(frozen=True)
class Line:
    """What was found about one instance type, and what mends it."""

    status: Status
    text: str
    remedy: str = ""


def configured_types_match_nodes(facts: Facts) -> Verdict:
    """Each instance type's nodeSelector, with the settings' own, matches at least one node."""
    nodes = facts[NODES]
    return _gathered([_matched(wanted, nodes) for wanted in _configured(facts)], "with nodes")


def _matched(wanted: Wanted, nodes: tuple[Node, ...]) -> Line:
    matching = scheduling.matching(nodes, wanted.selector)
    if matching:
        return Line(Status.PASS, f"{wanted.name}: {_counted(matching)}")
    missing = [_missing(key, value, nodes) for key, value in wanted.selector.items()]
    labels = " ".join(f"{key}={value}" for key, value in wanted.selector.items())
    text = f"{wanted.name}: no node has {' and '.join(missing)}"
    return Line(Status.FAIL, text, f"kubectl label node NODE {labels}")


def _missing(key: str, value: str, nodes: Iterable[Node]) -> str:
    """A label that is looked for, with the values that nodes have for its key."""
    others = sorted({node.labels[key] for node in nodes if key in node.labels})
    return f"{key}={value}" + (f" (there are {', '.join(others)})" if others else "")


def _counted(nodes: Iterable[Node]) -> str:
    names = [node.name for node in nodes]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{number(len(names), 'node')}: {', '.join(names[:_SHOWN])}{more}"


def matching_nodes_are_amd64(facts: Facts) -> Verdict:
    """The images of Azure Machine Learning run on linux/amd64 alone."""
    return _gathered([_of_amd64(wanted, facts[NODES]) for wanted in _configured(facts)], "on linux/amd64 alone")


def _of_amd64(wanted: Wanted, nodes: tuple[Node, ...]) -> Line:
    matching = scheduling.matching(nodes, wanted.selector)
    if not matching:
        return Line(Status.SKIPPED, f"{wanted.name}: no node matches")
    foreign = [node for node in matching if not scheduling.is_supported(node)]
    if not foreign:
        return Line(Status.PASS, f"{wanted.name}: linux/amd64")
    kinds = ", ".join(f"{node.name} ({node.system}/{node.architecture})" for node in foreign)
    status = Status.FAIL if len(foreign) == len(matching) else Status.WARN
    remedy = f"Add kubernetes.io/arch: amd64 and kubernetes.io/os: linux to the nodeSelector of {wanted.name}."
    return Line(status, f"{wanted.name}: also matches {kinds}", remedy)


def matching_nodes_take_jobs(facts: Facts) -> Verdict:
    """Taints that jobs do not tolerate keep them off nodes that their selector matches."""
    return _gathered([_taking(wanted, facts[NODES]) for wanted in _configured(facts)], "whose nodes all take jobs")


def _taking(wanted: Wanted, nodes: tuple[Node, ...]) -> Line:
    matching = scheduling.matching(nodes, wanted.selector)
    if not matching:
        return Line(Status.SKIPPED, f"{wanted.name}: no node matches")
    tainted = [(node, taint) for node in matching for taint in scheduling.forbidding(node, JOBS)]
    down = [node for node in matching if not scheduling.is_up(node)]
    closed = {node.name for node, _ in tainted} | {node.name for node in down}
    if not closed:
        return Line(Status.PASS, f"{wanted.name}: jobs go to {number(len(matching), 'node')}")
    why = [f"{node.name} has the taint {taint}" for node, taint in tainted]
    why += [f"{node.name} is {'cordoned' if node.ready else 'not Ready'}" for node in down]
    commands = [f"kubectl taint node {node.name} {taint}-" for node, taint in tainted]
    commands += [f"kubectl uncordon {node.name}" for node in down if node.cordoned]
    status = Status.FAIL if len(closed) == len(matching) else Status.WARN
    return Line(status, f"{wanted.name}: {'; '.join(why)}", "\n".join(commands[:_SHOWN]))


def configured_types_fit(facts: Facts) -> Verdict:
    """Each instance type fits on a node: by its size, and beside what runs there now."""
    return _fitting(_configured(facts), facts)


def types_of_the_cluster_fit(facts: Facts) -> Verdict:
    """The same for the InstanceType objects, which jobs are judged by."""
    wanted: list[Wanted] = []
    for manifest in facts[INSTANCE_TYPES]:
        try:
            wanted.append(_wanted(manifest, facts))
        except (ValueError, TypeError, AttributeError):
            message = f"InstanceType {manifest['metadata']['name']} has amounts that are none."
            remedy = f"kubectl edit instancetype {manifest['metadata']['name']}"
            return Verdict(Status.FAIL, message, remedy)
    if not wanted:
        return Verdict(Status.PASS, "The cluster has no InstanceType objects but its own default.")
    return _fitting(wanted, facts)


def _fitting(types: Iterable[Wanted], facts: Facts) -> Verdict:
    rooms = amounts.rooms(scheduling.open_nodes(facts[NODES], JOBS), facts[PODS])
    return _gathered([_fit(wanted, rooms) for wanted in types], "with room on a node")


def _fit(wanted: Wanted, rooms: Iterable[amounts.Room]) -> Line:
    there = [room for room in rooms if wanted.selector.items() <= room.node.labels.items()]
    asks = f"{wanted.name}: asks for {amounts.shown(wanted.asked, wanted.resources)}"
    if not there:
        return Line(Status.FAIL, f"{asks}; no node that it may go to", "See the other checks of this group.")
    roomiest = max(there, key=lambda room: _relative(wanted.asked, room.free))
    largest = max(there, key=lambda room: _relative(wanted.asked, room.node.allocatable))
    if not amounts.fits(wanted.asked, largest.node.allocatable):
        has = amounts.shown(largest.node.allocatable, wanted.resources)
        remedy = f"Lower the requests and limits of {wanted.name}, or add larger nodes."
        return Line(Status.FAIL, f"{asks}; the largest node, {largest.node.name}, has {has}", remedy)
    free = amounts.shown(roomiest.free, wanted.resources)
    if not amounts.fits(wanted.asked, roomiest.free):
        remedy = f"# Add nodes, or wait for what runs there:\nkubectl describe node {roomiest.node.name}"
        return Line(Status.WARN, f"{asks}; at most {free} are free now, on {roomiest.node.name}", remedy)
    fitting = sum(amounts.fits(wanted.asked, room.free) for room in there)
    beside = f"{number(len(there), 'node')} now"
    return Line(Status.PASS, f"{asks}; fits on {fitting} of {beside}; {free} are free on {roomiest.node.name}")


def _relative(asked: Amounts, there: Amounts) -> tuple[Any, Any]:
    """How well an amount is met: by its scarcest part first, then by all of it."""
    parts = [there.get(name, amounts.ZERO) / amount for name, amount in asked.items() if amount]
    return min(parts, default=amounts.ZERO), sum(parts)


def cluster_has_the_configured_types(facts: Facts) -> Verdict:
    """Today's service reads instance types from the cluster's InstanceType objects, not from the attachment."""
    there = {manifest["metadata"]["name"]: manifest for manifest in facts[INSTANCE_TYPES]}
    wanted = manifests(facts[DOCUMENT])
    lines = [line for manifest in wanted for line in _differences(manifest, there)]
    if not lines:
        return Verdict(Status.PASS, f"{len(wanted)} InstanceType objects are as the configuration says.")
    message = f"{number(len(lines), 'difference')} between the configuration and the cluster's InstanceType objects."
    return Verdict(Status.FAIL, message, _APPLY, tuple(lines))


def _differences(manifest: Mapping[str, Any], there: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    name = manifest["metadata"]["name"]
    if name not in there:
        hint = ", which jobs that name no instance type get" if name == CLUSTER_DEFAULT else ""
        yield f"{name}: there is no such InstanceType on the cluster{hint}"
        return
    ours, theirs = manifest["spec"], there[name].get("spec") or {}
    if (ours.get("nodeSelector") or {}) != (theirs.get("nodeSelector") or {}):
        yield f"{name}: nodeSelector is {theirs.get('nodeSelector')} on the cluster, not {ours.get('nodeSelector')}"
    for side in SIDES:
        have, want = _side(theirs, side), _side(ours, side)
        for key in {**want, **have}:
            if not _same(have.get(key), want.get(key)):
                found = have.get(key, "not there")
                yield f"{name}: {side}.{key} is {found} on the cluster, not {want.get(key, 'there')}"


def _side(spec: Mapping[str, Any], side: str) -> dict[str, str]:
    return {key: str(amount) for key, amount in ((spec.get("resources") or {}).get(side) or {}).items()}


def _same(one: str | None, other: str | None) -> bool:
    """Whether two amounts are worth the same: 1 and 1000m are, and none is as good as no device."""
    try:
        return parse(one or "0") == parse(other or "0")
    except ValueError:
        return one == other


def _configured(facts: Facts) -> list[Wanted]:
    """The document's instance types; the copy that becomes the cluster's default says nothing of its own."""
    own = (manifest for manifest in manifests(facts[DOCUMENT]) if not _is_copy(manifest))
    return [_wanted(manifest, facts) for manifest in own]


def _is_copy(manifest: Mapping[str, Any]) -> bool:
    return COPY_OF in manifest["metadata"].get("annotations", {})


def _wanted(manifest: Mapping[str, Any], facts: Facts) -> Wanted:
    spec = manifest.get("spec") or {}
    limits = {name: amount for name, amount in _side(spec, "limits").items() if is_device(name)}
    asked = {name: parse(amount) for name, amount in {**_side(spec, "requests"), **limits}.items()}
    selector = {**workloads.selector(facts[SETTINGS]), **(spec.get("nodeSelector") or {})}
    return Wanted(manifest["metadata"]["name"], selector, {**asked, "pods": amounts.ONE})


def _gathered(lines: list[Line], what: str) -> Verdict:
    """One verdict of many lines: the worst status, the lines that explain it first, their remedies once each."""
    if not lines:
        return Verdict(Status.SKIPPED, "The configuration has no instance types.")
    order = (Status.FAIL, Status.WARN, Status.PASS, Status.SKIPPED)
    lines = sorted(lines, key=lambda line: order.index(line.status))
    if lines[0].status is Status.SKIPPED:
        return Verdict(Status.SKIPPED, "No node matches an instance type.")
    good = sum(line.status is Status.PASS for line in lines)
    remedy = "\n".join(dict.fromkeys(line.remedy for line in lines if line.remedy))
    message = f"{good} of {number(len(lines), 'instance type')} {what}."
    return Verdict(lines[0].status, message, remedy, tuple(line.text for line in lines))


_CONFIGURED = (DOCUMENT, SETTINGS, NODES)
CHECKS = (
    Check(
        id="AMLARC-K020",
        group=GROUP,
        title="The nodeSelector of each instance type matches nodes",
        phase=Phase.ALL,
        needs=_CONFIGURED,
        judge=configured_types_match_nodes,
        remedy="# Label nodes, or change the nodeSelector:\nkubectl label node NODE LABEL=VALUE",
        url=links.INSTANCE_TYPES,
    ),
    Check(
        id="AMLARC-K021",
        group=GROUP,
        title="The nodes of each instance type are linux/amd64",
        phase=Phase.ALL,
        needs=_CONFIGURED,
        judge=matching_nodes_are_amd64,
        remedy="Add kubernetes.io/arch: amd64 and kubernetes.io/os: linux to the nodeSelector.",
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K022",
        group=GROUP,
        title="The nodes of each instance type take jobs",
        phase=Phase.ALL,
        needs=_CONFIGURED,
        judge=matching_nodes_take_jobs,
        remedy="# Take the taint off, or use one that jobs tolerate, ml.azure.com/amlarc=true:\n"
        "kubectl taint node NODE TAINT-",
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K023",
        group=GROUP,
        title="Each instance type fits on a node",
        phase=Phase.ALL,
        needs=(*_CONFIGURED, PODS),
        judge=configured_types_fit,
        remedy="Lower its requests and limits, or add larger nodes.",
        url=links.INSTANCE_TYPES,
    ),
    Check(
        id="AMLARC-K024",
        group=GROUP,
        title="The cluster's InstanceType objects are as the configuration says",
        phase=Phase.POST,
        needs=(DOCUMENT, INSTANCE_TYPES),
        judge=cluster_has_the_configured_types,
        remedy=_APPLY,
        url=links.INSTANCE_TYPES,
    ),
    Check(
        id="AMLARC-K025",
        group=GROUP,
        title="Each InstanceType object on the cluster fits on a node",
        phase=Phase.POST,
        needs=(INSTANCE_TYPES, SETTINGS, NODES, PODS),
        judge=types_of_the_cluster_fit,
        remedy="# Lower its requests and limits, or add larger nodes:\nkubectl edit instancetype NAME",
        url=links.INSTANCE_TYPES,
    ),
)
