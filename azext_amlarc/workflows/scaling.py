"""Lets an autoscaler see what jobs wait for: what happens on the cluster before the extension is written, and after."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeVar

from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.connection.watcher import Watcher, WriteLog
from azext_amlarc.errors import Refused
from azext_amlarc.kubernetes import namespaces, volcano
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.kubernetes.volcano import Plan
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.product.volcano import INSTALLS, NAME, SCHEDULER, SETTINGS
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.prepare import stop_at_another_cluster

T = TypeVar("T")


@dataclass(frozen=True)
class Scaling:
    """A confirmed plan for the cluster's scheduler, to be carried out around a write of the extension."""

    plan: Plan

    @property
    def removed(self) -> frozenset[str]:
        """The settings that the extension has to lose."""
        return frozenset() if self.plan.on else frozenset(SETTINGS)

    def stop_without_volcano(self, settings: Mapping[str, str]) -> None:
        """Refused if the extension does not bring the scheduler: another one is not ours to configure."""
        if self.plan.on and settings.get(INSTALLS, "True").lower() == "false":
            raise Refused(
                f"The extension does not install Volcano here ({INSTALLS}=False).",
                "Give the cluster's own Volcano a configuration without the plugins gang and overcommit.",
            )

    def writer(self, writes: WriteLog) -> Callable[[], None]:
        """Writes what the scheduler will read, to which the extension refers by name; once, however often called."""
        pending = [self]

        def write() -> None:
            while pending:
                pending.pop().begin(writes)

        return write

    def begin(self, writes: WriteLog) -> None:
        plan = self.plan
        if plan.makes_namespace:
            with plan.kube.recorded(writes.add, f"namespace {EXTENSION_NAMESPACE}"):
                namespaces.create(plan.kube, EXTENSION_NAMESPACE)
        if plan.writes_map:
            with plan.kube.recorded(writes.add, f"ConfigMap {NAME}"):
                volcano.write(plan.kube)

    def around(self, operation: Operation[T], writes: WriteLog) -> Operation[T]:
        """The operation on the extension, and then what is left to do on the cluster."""

        def then(watcher: Watcher, timeout: float) -> None:
            operation.then(watcher, timeout)
            self._after(watcher, writes)

        return operation._replace(then=then)

    def _after(self, watcher: Watcher, writes: WriteLog) -> None:
        plan = self.plan
        if plan.removes_map:
            with plan.kube.recorded(writes.add, f"deletion of the ConfigMap {NAME}"):
                volcano.remove(plan.kube)
        if not plan.restarts:
            return
        if not self._restarted(writes):
            watcher.tell(f"There is no scheduler ({SCHEDULER}) on the cluster to restart.")
        elif plan.there:
            watcher.tell("The scheduler restarts.")

    def _restarted(self, writes: WriteLog) -> bool:
        """Whether there is a scheduler, which has been restarted, or marked if it starts with what it finds."""
        plan = self.plan
        with plan.kube.recorded(writes.add, f"restart of {SCHEDULER}") if plan.there else nullcontext():
            return volcano.restart(plan)


def planned(access: KubeAccess, cluster: ClusterId, on: bool) -> Scaling:
    """What to do on the cluster; nothing is written.

    Denied or Refused if the server would refuse it, Refused if it is another cluster.
    """
    kube = access.open()
    stop_at_another_cluster(kube, Target.of_cluster(cluster))
    return Scaling(volcano.plan(kube, on))


def agreed(access: KubeAccess, door: Door, cluster: ClusterId, on: bool) -> Scaling:
    """The same, after the user has confirmed it; InvalidInput if the user does not."""
    scaling = planned(access, cluster, on)
    where, lines = scaling.plan.kube.where, scaling.plan.lines
    door.watcher.tell(f"On the cluster {where}:")
    for line in lines or ["No changes on the cluster."]:
        door.watcher.tell(line)
    if lines:
        door.confirm("", f"Make these changes on {where}?")
    return scaling
