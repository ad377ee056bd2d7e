"""Prepares a cluster for being attached: compares its namespace and its instance types, and writes what differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from azext_amlarc.azure.connection.watcher import Deadline, Watcher, WriteLog
from azext_amlarc.checks.check import Facts, Status
from azext_amlarc.checks.given import TARGET
from azext_amlarc.checks.kubernetes.cluster import cluster_is_the_one_that_was_named
from azext_amlarc.checks.kubernetes.facts import CONNECTED_AS
from azext_amlarc.errors import Denied, Refused, StillRunning
from azext_amlarc.kubernetes import instance_types, namespaces
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.kubernetes.facts import connected_as
from azext_amlarc.kubernetes.instance_types import Change, UnknownKind
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.product.steps import lines
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.wording import in_line
from azext_amlarc.workflows.door import Door

# Seconds: how long the kind InstanceType may take to appear on a cluster, and between two looks.
_LONGEST, _PAUSE = 300.0, 5.0


@dataclass(frozen=True)
class Preparation:
    """The changes to write to a cluster: a namespace that does not exist, instance types that differ.

    `left_over` are those that we have written before and that the configuration does not have; they go if it `prunes`.
    """

    kube: Kube
    namespace: str | None
    changes: Sequence[Change]
    left_over: Sequence[str] = ()
    prunes: bool = False

    @property
    def changes_instance_types(self) -> bool:
        return any(change.lines for change in self.changes) or bool(self.prunes and self.left_over)

    def lines(self) -> Iterator[str]:
        """The changes, one line each for the user."""
        if self.namespace is not None:
            yield f"Will create the namespace {self.namespace}"
        for change in self.changes:
            yield from change.lines
            yield from change.kept
        if self.namespace is None and not self.changes and not (self.prunes and self.left_over):
            yield "No changes on the cluster."
        yield from map(in_line, self._of_the_rest())

    def _of_the_rest(self) -> Iterator[str]:
        for name in self.left_over:
            if self.prunes:
                yield f"Will delete instance type {name}, for every compute target on the cluster"
            else:
                yield f"Instance type {name} stays, though the configuration does not have it: another one may"

    def write(self, writes: WriteLog) -> None:
        """Write the changes, the namespace first; `writes` gets a line for each object as soon as it is written."""
        recorded = partial(self.kube.recorded, writes.add)
        if self.namespace is not None:
            with recorded(f"namespace {self.namespace}"):
                namespaces.create(self.kube, self.namespace)
        for change in self.changes:
            if change.lines:
                with recorded(f"instance type {change.name}"):
                    instance_types.write(self.kube, change)
        for name in self.left_over if self.prunes else ():
            with recorded(f"deletion of the instance type {name}"):
                instance_types.delete(self.kube, name)


def compared(
    access: KubeAccess,
    door: Door,
    cluster: ClusterId,
    namespace: str | None,
    manifests: Sequence[Mapping[str, Any]],
    *,
    prunes: bool = False,
    timeout: float = 0.0,
) -> Preparation:
    """The changes to write to the cluster, which nobody has confirmed; nothing has been written yet.

    Compares the cluster with the namespace and the InstanceType manifests that it should have. Denied or Refused if the
    server would refuse the writes, Refused if it is another cluster. A kind InstanceType that an installation has yet
    to bring is waited for, `timeout` seconds at most.
    """
    kube, target = access.open(), Target.of_cluster(cluster)
    try:
        return compare(kube, target, namespace, manifests, prunes)
    except UnknownKind:
        _wait_for_the_kind(kube, door.watcher, min(timeout, _LONGEST))
        return compare(kube, target, namespace, manifests, prunes)


def agreed(preparation: Preparation, door: Door) -> Preparation:
    """The same, after the user has seen it, and confirmed changes to instance types; InvalidInput if not."""
    where = preparation.kube.where
    door.watcher.tell(f"On the cluster {where}:")
    for line in preparation.lines():
        door.watcher.tell(line)
    if preparation.changes_instance_types:
        door.confirm("", f"Write these instance types to {where}?")
    return preparation


def compare(
    kube: Kube, target: Target, namespace: str | None, manifests: Sequence[Mapping[str, Any]], prunes: bool = False
) -> Preparation:
    """Compare a cluster with what it should have, without confirmation."""
    stop_at_another_cluster(kube, target)
    absent = namespace is not None and namespaces.is_to_be_created(kube, namespace)
    found = instance_types.plan(kube, manifests) if manifests or prunes else instance_types.Comparison((), ())
    for name in found.left_over if prunes else ():
        instance_types.delete(kube, name, dry_run=True)
    return Preparation(kube, namespace if absent else None, found.changes, found.left_over, prunes)


def _wait_for_the_kind(kube: Kube, watcher: Watcher, timeout: float) -> None:
    """The chart makes its pods first: Azure may call the extension installed before the cluster knows the kind.

    Without the extension's namespace there is nothing to wait for.
    """
    deadline = Deadline(timeout)
    if not timeout or not namespaces.exists(kube, EXTENSION_NAMESPACE):
        return
    watcher.tell("The cluster does not know InstanceType objects yet, which come with the extension; waiting for that.")
    try:
        while not deadline.is_over():
            watcher.seen("Waiting for InstanceType", deadline.elapsed)
            watcher.rest(min(_PAUSE, deadline.left))
            if instance_types.is_known(kube):
                return
    except KeyboardInterrupt:
        raise StillRunning("Interrupted. Nothing was changed.", "Run the same command again to continue.") from None


def stop_at_another_cluster(kube: Kube, target: Target) -> None:
    """Refused for a kubeconfig of another cluster than the one that was named.

    If the cluster does not say which one it is, or may not be read, the user sees its server and decides.
    """
    try:
        facts = Facts({TARGET.name: target, CONNECTED_AS.name: connected_as(kube)})
    except Denied:
        return
    verdict = cluster_is_the_one_that_was_named(facts)
    if verdict.status is Status.FAIL:
        raise Refused(verdict.message, "\n".join(lines(verdict.fix)))
