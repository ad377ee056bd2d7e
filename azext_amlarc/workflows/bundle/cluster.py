"""What the cluster itself has: nodes, pods, events, instance types, Helm's releases, reports of the health check."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from azext_amlarc.checks.check import Unknown
from azext_amlarc.checks.kubernetes.facts import HEALTH_REPORTS
from azext_amlarc.errors import ArcError
from azext_amlarc.kubernetes import facts
from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.kubernetes.diagnostics import objects
from azext_amlarc.product.extension import AGENT_NAMESPACE, EXTENSION_NAMESPACE
from azext_amlarc.workflows.bundle.parts import Part, Source, taken

NAME = "cluster"
RELEASES = "cluster/helm-releases"
# The namespaces of the product itself.
OWN = (EXTENSION_NAMESPACE, AGENT_NAMESPACE)
# Events of nodes are in the namespace default.
_OF_NODES = "default"


# Lists the pods in a namespace; the part with the logs takes those of the product again.
Pods = Callable[[Kube, str], list[objects.Object]]


def collect(kube: Kube, job_namespaces: Collection[str], pods: Pods) -> Part:
    """All that can be read, in the namespaces of the product and those in which jobs run."""
    return taken(NAME, _sources(kube, [*OWN, *(one for one in job_namespaces if one not in OWN)], pods))


def _sources(kube: Kube, namespaces: Collection[str], pods: Pods) -> Iterator[Source]:
    yield Source("cluster/version.json", partial(objects.version, kube))
    yield Source("cluster/nodes.json", partial(objects.nodes, kube))
    yield Source("cluster/instance-types.json", partial(objects.instance_types, kube))
    yield Source("cluster/health-reports.json", partial(_health_reports, kube))
    for namespace in namespaces:
        yield Source(f"cluster/pods/{namespace}.json", partial(pods, kube, namespace))
    for namespace in dict.fromkeys([*namespaces, _OF_NODES]):
        yield Source(f"cluster/events/{namespace}.json", partial(objects.events, kube, namespace))
    for namespace in OWN:
        yield Source(f"{RELEASES}/{namespace}.json", partial(objects.helm_releases, kube, namespace))


def _health_reports(kube: Kube) -> Mapping[str, Any]:
    found = facts.gather(kube, [HEALTH_REPORTS])[HEALTH_REPORTS.name]
    if isinstance(found, Unknown):
        raise ArcError(found.reason)
    return dict(found)  # type: ignore[call-overload, no-any-return]
