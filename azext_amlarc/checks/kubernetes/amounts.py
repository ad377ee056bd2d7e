"""Amounts of resources: what a pod reserves, what is free on nodes, and how to show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from azext_amlarc.checks.kubernetes.facts import Amounts, Node, Pod

ZERO, ONE = Fraction(0), Fraction(1)
_GIBIBYTE = 2**30
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Requested:
    """What one container requests; a sidecar is an init container that keeps running (restartPolicy Always)."""

    requests: Amounts
    sidecar: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A node, and what its pods leave free."""

    node: Node
    free: Amounts


def counted(
    containers: Iterable[Requested],
    before: Iterable[Requested] = (),
    overhead: Amounts | None = None,
    whole: Amounts | None = None,
) -> Amounts:
    """What the scheduler reserves for a pod: containers and sidecars together, or an init container that needs more.

    `before` are the init containers in order; `whole` is the pod's own request (spec.resources), which wins.
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    """
    sidecars: Amounts = {}
    peak: Amounts = {}
    for one in before:
        needed = total((sidecars, one.requests))
        peak = _most(peak, needed)
        if one.sidecar:
            sidecars = needed
    running = total((*(one.requests for one in containers), sidecars))
    return total(({**_most(running, peak), **(whole or {})}, overhead or {}))


def total(parts: Iterable[Amounts]) -> dict[str, Fraction]:
    """The sum, resource by resource."""
    result: dict[str, Fraction] = {}
    for part in parts:
        for name, amount in part.items():
            result[name] = result[name] + amount if name in result else amount
    return result


def rooms(nodes: Iterable[Node], pods: Iterable[Pod]) -> tuple[Room, ...]:
    """What is free on each node; `pods` is a resource of the node of which each pod takes one."""
    used: dict[str, dict[str, Fraction]] = {node.name: {} for node in nodes}
    for pod in pods:
        if pod.node in used:
            there = used[pod.node]
            there["pods"] = there.get("pods", ZERO) + 1
            for name, amount in pod.requests.items():
                there[name] = there.get(name, ZERO) + amount
    return tuple(Room(node, _left(node.allocatable, used[node.name])) for node in nodes)


def fits(asked: Amounts, there: Amounts) -> bool:
    """Whether everything that is asked for is there."""
    return all(there.get(name, ZERO) >= amount for name, amount in asked.items())


def shown(amounts: Amounts, names: Iterable[str] = ("cpu", "memory")) -> str:
    """`cpu 3.5, memory 12.4Gi, nvidia.com/gpu 1`, rounded down."""
    return ", ".join(f"{name} {_shown(name, amounts.get(name, ZERO))}" for name in names)


def _shown(name: str, amount: Fraction) -> str:
    if name not in ("memory", "ephemeral-storage"):
        return f"{int(amount * 1000) / 1000:g}"
    if abs(amount) < _GIBIBYTE:
        return f"{amount // _MEBIBYTE}Mi"
    return f"{int(amount * 10 / _GIBIBYTE) / 10:g}Gi"


def _most(one: Amounts, other: Amounts) -> Amounts:
    return {name: max(one.get(name, ZERO), other.get(name, ZERO)) for name in {**one, **other}}


def _left(there: Amounts, used: Mapping[str, Fraction]) -> Amounts:
    return {name: amount - used.get(name, ZERO) for name, amount in there.items()}
