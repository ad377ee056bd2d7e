"""Prepares a cluster for being attached: compares its namespace and its instance types, and writes what differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azext_amlarc.azure.connection.watcher import WriteLog
from azext_amlarc.checks.check import Facts, Status
from azext_amlarc.checks.given import TARGET
from azext_amlarc.checks.kubernetes.cluster import cluster_is_the_one_that_was_named
from azext_amlarc.checks.kubernetes.facts import CONNECTED_AS
from azext_amlarc.errors import Denied, Refused
from azext_amlarc.kubernetes import instance_types, namespaces
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.kubernetes.facts import connected_as
from azext_amlarc.kubernetes.instance_types import Change
from azext_amlarc.product.steps import lines
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.workflows.door import Door


@dataclass(frozen=True)
class Preparation:
    """The changes to write to a cluster: a namespace that does not exist, instance types that differ."""

    kube: Kube
    namespace: str | None
    changes: Sequence[Change]

    @property
    def changes_instance_types(self) -> bool:
        return any(change.lines for change in self.changes)

    def lines(self) -> Iterator[str]:
        """The changes, one line each for the user."""
        if self.namespace is not None:
            yield f"Will create the namespace {self.namespace}"
        for change in self.changes:
            yield from change.lines
            yield from change.kept
        if self.namespace is None and not self.changes:
            yield "No changes on the cluster."

    def write(self, writes: WriteLog) -> None:
        """Write the changes, the namespace first; `writes` gets a line for each object as soon as it is written."""
        if self.namespace is not None:
            namespaces.create(self.kube, self.namespace)
            writes.add(f"namespace {self.namespace} on {self.kube.server}")
        for change in self.changes:
            if change.lines:
                instance_types.write(self.kube, change)
                writes.add(f"instance type {change.name} on {self.kube.server}")


def prepare(
    access: KubeAccess, door: Door, cluster: ClusterId, namespace: str | None, manifests: Sequence[Mapping[str, Any]]
) -> Preparation:
    """The changes to write to the cluster, after the user has confirmed them; nothing has been written yet.

    Compares the cluster with the namespace and the InstanceType manifests that it should have. Denied or Refused if the
    server would refuse the writes, Refused if it is another cluster, InvalidInput if the user does not confirm.
    """
    kube = access.open()
    preparation = compare(kube, Target.of_cluster(cluster), namespace, manifests)
    door.watcher.tell(f"On the cluster {kube.server} (context {kube.context}):")
    for line in preparation.lines():
        door.watcher.tell(line)
    if preparation.changes_instance_types:
        door.confirm("", f"Write these instance types to {kube.server} (context {kube.context})?")
    return preparation


def compare(kube: Kube, target: Target, namespace: str | None, manifests: Sequence[Mapping[str, Any]]) -> Preparation:
    """Compare a cluster with what it should have, without confirmation."""
    stop_at_another_cluster(kube, target)
    absent = namespace is not None and namespaces.is_to_be_created(kube, namespace)
    changes = instance_types.plan(kube, manifests) if manifests else []
    return Preparation(kube, namespace if absent else None, changes)


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
