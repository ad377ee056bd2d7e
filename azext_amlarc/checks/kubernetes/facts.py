"""The facts of a cluster that checks judge: plain frozen objects with exact amounts.

Each fact is read by itself, so that a missing permission takes away as few checks as possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from azext_amlarc.checks.check import Fact
from azext_amlarc.resources.ids import ClusterId

# Amounts by resource, in cores, bytes or units.
Amounts = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint: it keeps pods off a node unless they tolerate it."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, slots=True)
class Node:  # pylint: disable=too-many-instance-attributes
    """A node: what its machine has, and what Kubernetes leaves to pods; `troubles` are conditions like DiskPressure."""

    name: str
    labels: Mapping[str, str]
    capacity: Amounts
    allocatable: Amounts
    taints: tuple[Taint, ...] = ()
    architecture: str = "amd64"
    system: str = "linux"
    ready: bool = True
    cordoned: bool = False
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod; `waiting` is why it waits and `ended` how it last ended, empty if it does or did not."""

    name: str
    image: str
    ready: bool = True
    restarts: int = 0
    waiting: str = ""
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Pod:  # pylint: disable=too-many-instance-attributes
    """A pod; `requests` is what the scheduler reserves, `unscheduled` why it has no node, `chart` its Helm chart."""

    namespace: str
    name: str
    node: str
    phase: str
    requests: Amounts
    containers: tuple[Container, ...] = ()
    chart: str = ""
    unscheduled: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Owned:
    """An object by kind and name, with the Helm release that owns it; empty if none does."""

    kind: str
    namespace: str
    name: str
    release: str = ""
    release_namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def owner(self) -> str:
        """Who owns it, in words."""
        return f"Helm release {self.release_namespace}/{self.release}" if self.release else "no Helm release"


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """A DaemonSet, its images, and on how many nodes it should run and is ready."""

    owned: Owned
    images: tuple[str, ...]
    wanted: int
    ready: int


@dataclass(frozen=True, slots=True)
class IngressClass:
    """An IngressClass and its controller."""

    owned: Owned
    controller: str


@dataclass(frozen=True, slots=True)
class AgentProxy:
    """The agents' outbound proxy: whether they use one, and the hosts that bypass it. Never its address."""

    used: bool
    skipped: tuple[str, ...]


KUBERNETES_VERSION: Fact[str] = Fact("kubernetesVersion")
# Which connected cluster of Azure it is, according to its Arc agents; None if they do not say.
CONNECTED_AS: Fact[ClusterId | None] = Fact("connectedAs")
# Phase by name: Active or Terminating.
NAMESPACES: Fact[Mapping[str, str]] = Fact("namespaces")
NODES: Fact[tuple[Node, ...]] = Fact("nodes")
# All pods that have not ended, in every namespace.
PODS: Fact[tuple[Pod, ...]] = Fact("pods")
# All pods of the extension, ended ones too.
EXTENSION_PODS: Fact[tuple[Pod, ...]] = Fact("extensionPods")
DAEMON_SETS: Fact[tuple[DaemonSet, ...]] = Fact("daemonSets")
CUSTOM_RESOURCES: Fact[tuple[Owned, ...]] = Fact("customResourceDefinitions")
INGRESS_CLASSES: Fact[tuple[IngressClass, ...]] = Fact("ingressClasses")
# The paths that each validating webhook configuration calls.
WEBHOOKS: Fact[Mapping[str, tuple[str, ...]]] = Fact("validatingWebhooks")
# What is left of Azure Machine Learning v1's inference router.
LEGACY_ROUTER: Fact[tuple[Owned, ...]] = Fact("legacyRouter")
# Whether the cluster autoscaler reports its status.
AUTOSCALER: Fact[bool] = Fact("clusterAutoscaler")
# Whether the configuration of Volcano that --scale-from-zero writes (product/volcano.py) was written by us, None if it
# is not there; and the mark of the one that we last restarted the scheduler for: "" if we never did, None if there is
# no scheduler.
VOLCANO_CONFIGURED: Fact[bool | None] = Fact("volcanoConfiguration")
SCHEDULER_MARK: Fact[str | None] = Fact("schedulerMark")
AGENT_PROXY: Fact[AgentProxy] = Fact("agentProxy")
# Secrets of Helm releases in the extension's namespace whose operation has not ended.
PENDING_RELEASES: Fact[tuple[Owned, ...]] = Fact("pendingReleases")
# The health check's reports by key; empty if it never ran.
HEALTH_REPORTS: Fact[Mapping[str, str]] = Fact("healthReports")
# Manifests of the InstanceType objects; empty if the cluster does not know that kind.
INSTANCE_TYPES: Fact[tuple[Mapping[str, Any], ...]] = Fact("instanceTypes")

ALL: tuple[Fact[Any], ...] = (
    KUBERNETES_VERSION,
    CONNECTED_AS,
    NAMESPACES,
    NODES,
    PODS,
    EXTENSION_PODS,
    DAEMON_SETS,
    CUSTOM_RESOURCES,
    INGRESS_CLASSES,
    WEBHOOKS,
    LEGACY_ROUTER,
    AUTOSCALER,
    VOLCANO_CONFIGURED,
    SCHEDULER_MARK,
    AGENT_PROXY,
    PENDING_RELEASES,
    HEALTH_REPORTS,
    INSTANCE_TYPES,
)
