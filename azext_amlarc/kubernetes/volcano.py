"""The configuration of the extension's Volcano on the cluster: a ConfigMap of ours, and the scheduler's restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap

from azext_amlarc.errors import Refused
from azext_amlarc.kubernetes import namespaces
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.product import volcano
from azext_amlarc.product.clusters import FIELD_MANAGER
from azext_amlarc.product.extension import EXTENSION_NAMESPACE

# As kubectl rollout restart does it.
_RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_MAP = f"ConfigMap {EXTENSION_NAMESPACE}/{volcano.NAME}"


@dataclass(frozen=True)
class Plan:
    """What the cluster needs for the extension's scheduler to use our configuration, or, without `on`, its own again.

    `there` is whether the scheduler exists: one that the extension is yet to install starts with what it finds.
    """

    kube: Kube
    on: bool
    makes_namespace: bool
    writes_map: bool
    removes_map: bool
    there: bool
    restarts: bool

    @property
    def lines(self) -> list[str]:
        """The changes, one line each for the user."""
        restarts = f"Will restart the scheduler ({EXTENSION_NAMESPACE}/{volcano.SCHEDULER})"
        parts = (
            (self.makes_namespace, f"Will create the namespace {EXTENSION_NAMESPACE}"),
            (self.writes_map, f"Will write the {_MAP}: Volcano's configuration without gangs"),
            (self.removes_map, f"Will delete the {_MAP}, once the extension no longer uses it"),
            (self.restarts and self.there, restarts),
        )
        return [line for is_wanted, line in parts if is_wanted]


def plan(kube: Kube, on: bool) -> Plan:
    """Compare the cluster with what is wanted; the server has confirmed what it can in dry runs.

    Denied or Refused if it would refuse the writes, and Refused for a ConfigMap of this name that is another's.
    """
    found = kube.found(
        f"read the {_MAP}", lambda: kube.client.get(ConfigMap, volcano.NAME, namespace=EXTENSION_NAMESPACE)
    )
    if found is not None and not _is_ours(found):
        raise Refused(
            f"The {_MAP} on {kube.server} is managed by others.",
            "Rename or delete it, or let the setting volcanoScheduler.schedulerConfigMap name one of your own.",
        )
    scheduler = _scheduler(kube)
    makes_namespace = on and found is None and namespaces.is_to_be_created(kube, EXTENSION_NAMESPACE)
    writes_map = on and (found is None or (found.data or {}) != volcano.DATA)
    restarts = scheduler is None or _annotations(scheduler).get(
        volcano.RESTARTED_FOR, volcano.mark(False)
    ) != volcano.mark(on)
    planned = Plan(kube, on, makes_namespace, writes_map, not on and found is not None, scheduler is not None, restarts)
    if writes_map and not makes_namespace:
        write(kube, dry_run=True)
    if restarts and scheduler is not None:
        restart(planned, dry_run=True)
    return planned


def write(kube: Kube, *, dry_run: bool = False) -> None:
    """Apply the ConfigMap as the field manager `amlarc`, without forcing conflicts."""
    with kube.asking(f"write the {_MAP}"):
        metadata = ObjectMeta(name=volcano.NAME, namespace=EXTENSION_NAMESPACE)
        kube.client.apply(ConfigMap(metadata=metadata, data=volcano.DATA), dry_run=dry_run)


def remove(kube: Kube) -> None:
    """Delete the ConfigMap; no error if it is gone."""
    kube.found(f"delete the {_MAP}", lambda: kube.client.delete(ConfigMap, volcano.NAME, namespace=EXTENSION_NAMESPACE))


def restart(planned: Plan, *, dry_run: bool = False) -> bool:
    """Restart the scheduler; one that started after the plan is only marked. False if there is none.

    Its pods are replaced in the usual way of a Deployment; nobody waits for that.
    """
    kube = planned.kube
    change: dict[str, Any] = {"metadata": {"annotations": {volcano.RESTARTED_FOR: volcano.mark(planned.on)}}}
    if planned.there:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        change["spec"] = {"template": {"metadata": {"annotations": {_RESTARTED_AT: now}}}}
    done = kube.found(
        "restart the scheduler",
        lambda: kube.client.patch(
            Deployment, volcano.SCHEDULER, change, namespace=EXTENSION_NAMESPACE, dry_run=dry_run
        ),
    )
    return done is not None


def _scheduler(kube: Kube) -> Deployment | None:
    return kube.found(
        "read the scheduler", lambda: kube.client.get(Deployment, volcano.SCHEDULER, namespace=EXTENSION_NAMESPACE)
    )


def _annotations(found: Deployment) -> Mapping[str, str]:
    return (found.metadata.annotations if found.metadata else None) or {}


def _is_ours(found: ConfigMap) -> bool:
    """Whether we have written it: whoever applies it with kubectl owns its fields."""
    managers = (found.metadata.managedFields if found.metadata else None) or []
    return any(entry.manager == FIELD_MANAGER for entry in managers)
