"""What a cluster needs before it is attached: its namespace and its instance types, compared and then written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azext_amlarc.checks.check import Facts, Status
from azext_amlarc.checks.given import TARGET
from azext_amlarc.checks.kubernetes.cluster import cluster_is_the_one_that_was_named
from azext_amlarc.checks.kubernetes.facts import CONNECTED_AS
from azext_amlarc.errors import Denied, Refused
from azext_amlarc.kubernetes import instance_types, namespaces
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.kubernetes.facts import connected_as
from azext_amlarc.kubernetes.instance_types import Change
from azext_amlarc.resources.ids import Target


@dataclass(frozen=True)
class Preparation:
    """What is still to be written to a cluster: a namespace where it is absent, instance types that differ."""

    kube: Kube
    namespace: str | None
    changes: Sequence[Change]

    @property
    def changes_instance_types(self) -> bool:
        return any(change.lines for change in self.changes)

    def lines(self) -> Iterator[str]:
        """The difference for a person, line by line."""
        if self.namespace is not None:
            yield f"Creating the namespace {self.namespace}"
        for change in self.changes:
            yield from change.lines
            yield from change.kept
        if self.namespace is None and not self.changes:
            yield "Unchanged: the cluster is as wanted already."

    def write(self, written: list[str]) -> None:
        """Write it, the namespace first; `written` gets a word for each object as soon as it is there."""
        if self.namespace is not None:
            namespaces.create(self.kube, self.namespace)
            written.append(f"namespace {self.namespace} on {self.kube.server}")
        for change in self.changes:
            if change.lines:
                instance_types.write(self.kube, change)
                written.append(f"instance type {change.name} on {self.kube.server}")


def prepare(kube: Kube, target: Target, namespace: str | None, manifests: Sequence[Mapping[str, Any]]) -> Preparation:
    """Compare a cluster with a namespace and InstanceType manifests that it should have; nothing is written.

    Denied or Refused where the server would not let it be written; Refused where it is not the target's cluster.
    """
    _stop_at_another_cluster(kube, target)
    absent = namespace is not None and namespaces.is_to_be_created(kube, namespace)
    changes = instance_types.plan(kube, manifests) if manifests else []
    return Preparation(kube, namespace if absent else None, changes)


def _stop_at_another_cluster(kube: Kube, target: Target) -> None:
    """Where the cluster does not tell which one it is, or may not be asked, the user has its server to judge by."""
    try:
        facts = Facts({TARGET.name: target, CONNECTED_AS.name: connected_as(kube)})
    except Denied:
        return
    verdict = cluster_is_the_one_that_was_named(facts)
    if verdict.status is Status.FAIL:
        raise Refused(verdict.message, verdict.remedy)
