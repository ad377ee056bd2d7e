"""The fields of Kubernetes objects that checks read, and their conversion to facts.

msgspec skips all other fields while decoding.
"""

# Structures of msgspec are records, which pylint does not know.
# pylint: disable=too-few-public-methods

import sys
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from azext_amlarc.checks.kubernetes import facts
from azext_amlarc.checks.kubernetes.amounts import Requested, counted
from azext_amlarc.errors import ArcError
from azext_amlarc.product import volcano
from azext_amlarc.product.clusters import FIELD_MANAGER
from azext_amlarc.validation.quantity import parse
from azext_amlarc.wording import in_line

# Conditions that are not problems if they are True.
_NO_TROUBLE = ("Ready",)


class Part(Struct, frozen=True, gc=False):
    """Short-lived and without cycles: the garbage collector need not track it."""


class Annotations(Part, frozen=True):
    """Which Helm release installed an object; for which configuration we have restarted it (product/volcano.py)."""

    release: str = field(name="meta.helm.sh/release-name", default="")
    release_namespace: str = field(name="meta.helm.sh/release-namespace", default="")
    restarted_for: str = field(name=volcano.RESTARTED_FOR, default="")


class Metadata(Part, frozen=True):
    """The metadata of any object."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: Annotations = Annotations()


class Named(Part, frozen=True):
    """Any object, with its metadata only."""

    metadata: Metadata

    def owned(self, kind: str) -> facts.Owned:
        metadata = self.metadata
        helm = metadata.annotations
        return facts.Owned(kind, metadata.namespace, metadata.name, helm.release, helm.release_namespace)


class Version(Part, frozen=True):
    """The API server's /version."""

    git_version: str = field(name="gitVersion")


class _Phase(Part, frozen=True):
    phase: str = ""


class Namespace(Named, frozen=True):
    """A namespace and its phase."""

    status: _Phase = _Phase()


class _Taint(Part, frozen=True):
    key: str
    effect: str
    value: str = ""


class _NodeSpec(Part, frozen=True):
    taints: list[_Taint] = []
    unschedulable: bool = False


class _Condition(Part, frozen=True):
    type: str
    status: str
    message: str = ""


class _NodeInfo(Part, frozen=True):
    architecture: str = ""
    system: str = field(name="operatingSystem", default="")


class _NodeStatus(Part, frozen=True):
    capacity: dict[str, str] = {}
    allocatable: dict[str, str] = {}
    conditions: list[_Condition] = []
    info: _NodeInfo = field(name="nodeInfo", default=_NodeInfo())


class Node(Named, frozen=True):
    """A node, as far as it matters for scheduling."""

    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()

    def known(self) -> facts.Node:
        metadata, spec, status = self.metadata, self.spec, self.status
        conditions = {condition.type: condition.status for condition in status.conditions}
        labels = metadata.labels
        return facts.Node(
            metadata.name,
            labels,
            _amounts(status.capacity),
            _amounts(status.allocatable),
            tuple(facts.Taint(taint.key, taint.value, taint.effect) for taint in spec.taints),
            status.info.architecture or labels.get("kubernetes.io/arch", ""),
            status.info.system or labels.get("kubernetes.io/os", ""),
            conditions.get("Ready") == "True",
            spec.unschedulable,
            tuple(name for name, held in conditions.items() if held == "True" and name not in _NO_TROUBLE),
        )


class _Resources(Part, frozen=True):
    requests: dict[str, str] = {}


class _ContainerSpec(Part, frozen=True):
    name: str
    image: str = ""
    resources: _Resources = _Resources()
    restarts: str = field(name="restartPolicy", default="")


class _PodSpec(Part, frozen=True):
    node: str = field(name="nodeName", default="")
    containers: list[_ContainerSpec] = []
    before: list[_ContainerSpec] = field(name="initContainers", default_factory=list)
    overhead: dict[str, str] = {}
    resources: _Resources = _Resources()


class _Reason(Part, frozen=True):
    reason: str = ""
    code: int = field(name="exitCode", default=0)


class _State(Part, frozen=True):
    waiting: _Reason | None = None
    terminated: _Reason | None = None


class _ContainerStatus(Part, frozen=True):
    name: str
    ready: bool = False
    restarts: int = field(name="restartCount", default=0)
    state: _State = _State()
    last: _State = field(name="lastState", default=_State())


class _PodStatus(Part, frozen=True):
    phase: str = ""
    conditions: list[_Condition] = []
    containers: list[_ContainerStatus] = field(name="containerStatuses", default_factory=list)
    before: list[_ContainerStatus] = field(name="initContainerStatuses", default_factory=list)


class Pod(Named, frozen=True):
    """A pod: its requests and its status."""

    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()

    def known(self) -> facts.Pod:
        metadata, spec, status = self.metadata, self.spec, self.status
        return facts.Pod(
            sys.intern(metadata.namespace),
            metadata.name,
            sys.intern(spec.node),
            status.phase,
            _counted(spec),
            tuple(self._containers()),
            metadata.labels.get("helm.sh/chart", metadata.labels.get("chart", "")),
            "" if spec.node else next((one.message for one in status.conditions if one.type == "PodScheduled"), ""),
        )

    def _containers(self) -> Iterator[facts.Container]:
        """The containers, and the init containers that have not completed or run as sidecars."""
        statuses = {one.name: one for one in (*self.status.before, *self.status.containers)}
        for container in self.spec.before:
            status = statuses.get(container.name)
            if status is not None and not (status.state.terminated and status.state.terminated.code == 0):
                yield _container(container, status)
        for container in self.spec.containers:
            yield _container(container, statuses.get(container.name))


def _container(spec: _ContainerSpec, status: _ContainerStatus | None) -> facts.Container:
    name, image = sys.intern(spec.name), sys.intern(spec.image)
    if status is None:
        return facts.Container(name, image, ready=False)
    waiting = status.state.waiting.reason if status.state.waiting else ""
    ended = status.last.terminated or status.state.terminated
    return facts.Container(name, image, status.ready, status.restarts, waiting, ended.reason if ended else "")


def _counted(spec: _PodSpec) -> facts.Amounts:
    """The requests that the scheduler counts for a pod; most pods of a cluster are alike, and share the result."""
    return _counted_once(
        tuple(_asked(container) for container in spec.containers),
        tuple(_asked(container) for container in spec.before),
        tuple(spec.overhead.items()),
        tuple(spec.resources.requests.items()),
    )


_Texts = tuple[tuple[str, str], ...]


def _asked(container: _ContainerSpec) -> tuple[_Texts, bool]:
    return tuple(container.resources.requests.items()), container.restarts == "Always"


@lru_cache(maxsize=4096)
def _counted_once(
    containers: tuple[tuple[_Texts, bool], ...],
    before: tuple[tuple[_Texts, bool], ...],
    overhead: _Texts,
    whole: _Texts,
) -> facts.Amounts:
    asked, first = (
        [Requested(_amounts(dict(texts)), always) for texts, always in some] for some in (containers, before)
    )
    return counted(asked, first, _amounts(dict(overhead)), _amounts(dict(whole)))


def _amounts(texts: Mapping[str, str]) -> dict[str, Fraction]:
    return {sys.intern(name): parse(text) for name, text in texts.items()}


class _Images(Part, frozen=True):
    containers: list[_ContainerSpec] = []
    before: list[_ContainerSpec] = field(name="initContainers", default_factory=list)


class _Template(Part, frozen=True):
    spec: _Images = _Images()


class _DaemonSpec(Part, frozen=True):
    template: _Template = _Template()


class _DaemonStatus(Part, frozen=True):
    wanted: int = field(name="desiredNumberScheduled", default=0)
    ready: int = field(name="numberReady", default=0)


class DaemonSet(Named, frozen=True):
    """A DaemonSet: its images, and the number of nodes it runs on."""

    spec: _DaemonSpec = _DaemonSpec()
    status: _DaemonStatus = _DaemonStatus()

    def known(self) -> facts.DaemonSet:
        template = self.spec.template.spec
        images = tuple(container.image for container in (*template.containers, *template.before))
        return facts.DaemonSet(self.owned("DaemonSet"), images, self.status.wanted, self.status.ready)


class _IngressSpec(Part, frozen=True):
    controller: str = ""


class IngressClass(Named, frozen=True):
    """An IngressClass and its controller."""

    spec: _IngressSpec = _IngressSpec()

    def known(self) -> facts.IngressClass:
        return facts.IngressClass(self.owned("IngressClass"), self.spec.controller)


class _Service(Part, frozen=True):
    path: str = "/"


class _ClientConfig(Part, frozen=True):
    service: _Service | None = None


class _Webhook(Part, frozen=True):
    client: _ClientConfig = field(name="clientConfig", default=_ClientConfig())


class WebhookConfiguration(Named, frozen=True):
    """A webhook configuration, with the paths that its webhooks call on services in the cluster."""

    webhooks: list[_Webhook] = []

    def paths(self) -> tuple[str, ...]:
        return tuple(one.client.service.path for one in self.webhooks if one.client.service is not None)


class ConfigMap(Named, frozen=True):
    """A ConfigMap's data."""

    data: dict[str, str] = {}


class Secret(Named, frozen=True):
    """A Secret's data, in base64."""

    data: dict[str, str] = {}


class _Reference(Part, frozen=True):
    name: str = ""


class Source(Part, frozen=True):
    """An envFrom source of a container: a ConfigMap or a Secret, by name."""

    config_map: _Reference | None = field(name="configMapRef", default=None)
    secret: _Reference | None = field(name="secretRef", default=None)


class _Variable(Part, frozen=True):
    name: str
    value: str = ""


class _Environment(Part, frozen=True):
    variables: list[_Variable] = field(name="env", default_factory=list)
    sources: list[Source] = field(name="envFrom", default_factory=list)


class _AgentPod(Part, frozen=True):
    containers: list[_Environment] = []


class _AgentTemplate(Part, frozen=True):
    spec: _AgentPod = _AgentPod()


class _AgentSpec(Part, frozen=True):
    template: _AgentTemplate = _AgentTemplate()


class Agent(Named, frozen=True):
    """A Deployment of the agents, with its containers' environment."""

    spec: _AgentSpec = _AgentSpec()

    @property
    def environments(self) -> list[_Environment]:
        return self.spec.template.spec.containers


class _Manager(Part, frozen=True):
    manager: str = ""


class _Managed(Part, frozen=True):
    name: str
    managers: list[_Manager] = field(name="managedFields", default_factory=list)

    @property
    def is_ours(self) -> bool:
        return any(entry.manager == FIELD_MANAGER for entry in self.managers)


class Managed(Part, frozen=True):
    """Any object, with who has written it."""

    metadata: _Managed


class InstanceType(Part, frozen=True):
    """An InstanceType's manifest, and whether we have written it; the checks validate its quantities."""

    metadata: _Managed
    spec: dict[str, Any] = {}

    def known(self) -> dict[str, Any]:
        return {"metadata": {"name": self.metadata.name, "isOurs": self.metadata.is_ours}, "spec": self.spec}


def known(found: Iterable[Any]) -> tuple[Any, ...]:
    """What checks know of objects; ArcError, with the object's name, for an amount that is not a quantity."""
    return tuple(map(_known, found))


def _known(found: Any) -> Any:
    try:
        return found.known()
    except ValueError as error:
        raise ArcError(f"{in_line(found.metadata.name, 253)!r} cannot be read: {error}.") from error
