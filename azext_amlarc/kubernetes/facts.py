"""Gathers what checks need to know of a cluster from its API server, in parallel; nothing is written.

Each fact is read by itself: if the user may not read something, only the checks that need it cannot run. The first
fact is read before the others: a server that cannot be reached, or does not accept the credentials, is asked once.
"""

from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from azext_amlarc import background
from azext_amlarc.checks.check import Fact, Status, Unknown
from azext_amlarc.checks.kubernetes import facts
from azext_amlarc.errors import ArcError, Garbled, Unreachable
from azext_amlarc.kubernetes import objects
from azext_amlarc.kubernetes.client import Kube, Unauthorized
from azext_amlarc.kubernetes.reading import listed, one
from azext_amlarc.product import healthcheck, volcano
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import AGENT_NAMESPACE, EXTENSION_NAMESPACE
from azext_amlarc.resources.ids import ClusterId

_EXTENSION = f"/api/v1/namespaces/{EXTENSION_NAMESPACE}"
_AGENTS = f"/api/v1/namespaces/{AGENT_NAMESPACE}"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
# What the Azure Arc agents know of their cluster, and the keys that say which one it is.
_CONFIGURATION = f"{_AGENTS}/configmaps/azure-clusterconfig"
_PLACE = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_RESOURCE_NAME")
# Kind, path and name of what Azure Machine Learning v1 created; cluster-wide objects last.
_LEGACY = (
    ("Deployment", "/apis/apps/v1/deployments", "azureml-fe"),
    ("Service", "/api/v1/services", "azureml-fe"),
    ("ServiceAccount", "/api/v1/serviceaccounts", "azureml-fe"),
    ("ConfigMap", "/api/v1/configmaps", "azuremlfeconfig"),
    ("ClusterRole", f"{_RBAC}/clusterroles", "azureml-fe-role"),
    ("ClusterRoleBinding", f"{_RBAC}/clusterrolebindings", "azureml-fe-binding"),
)


def gather(kube: Kube, needs: Collection[Fact[Any]], seen: "Seen | None" = None) -> dict[str, object]:
    """The facts among `needs` that a cluster has, by name: each a value, or Unknown with the reason.

    `seen` is told each as soon as it is read, from the thread that read it.
    """
    needed = {fact.name for fact in needs}
    wanted = [name for name in _READERS if name in needed]
    tell = seen or (lambda _found: None)
    if not wanted:
        return {}
    try:
        first = _READERS[wanted[0]](kube)
    except Garbled as error:
        first = _unknown(error)
    except (Unreachable, Unauthorized) as error:
        return dict.fromkeys(wanted, _unknown(error))
    except ArcError as error:
        first = _unknown(error)
    tell({wanted[0]: first})
    return {wanted[0]: first, **_side_by_side(kube, wanted[1:], tell)}


Seen = Callable[[Mapping[str, object]], None]


def _side_by_side(kube: Kube, names: Sequence[str], tell: Seen) -> dict[str, object]:
    begun = {name: background.begin(partial(_known, kube, name, tell)) for name in names}
    return {name: found.result() for name, found in begun.items()}


def _known(kube: Kube, name: str, tell: Seen) -> object:
    try:
        found = _READERS[name](kube)
    except ArcError as error:
        found = _unknown(error)
    tell({name: found})
    return found


def _unknown(error: ArcError) -> Unknown:
    return Unknown(Status.ERROR, error.message)


def _version(kube: Kube) -> object:
    version = one(kube, "/version", objects.Version)
    return (
        version.git_version
        if version
        else Unknown(Status.ERROR, f"{kube.server} does not say which version of Kubernetes it runs.")
    )


def connected_as(kube: Kube) -> ClusterId | None:
    """Which connected cluster of Azure it is; None if no Azure Arc agents say so. Raises as Kube.asking does."""
    found = one(kube, _CONFIGURATION, objects.ConfigMap)
    subscription, group, name = (found.data.get(key, "") if found else "" for key in _PLACE)
    return ClusterId(subscription, group, CONNECTED, name) if subscription and group and name else None


def _namespaces(kube: Kube) -> Mapping[str, str]:
    found = listed(kube, "/api/v1/namespaces", objects.Namespace)
    return {namespace.metadata.name: namespace.status.phase for namespace in found}


def _nodes(kube: Kube) -> tuple[facts.Node, ...]:
    return objects.known(listed(kube, "/api/v1/nodes", objects.Node))


def _pods(kube: Kube) -> tuple[facts.Pod, ...]:
    running = "status.phase!=Succeeded,status.phase!=Failed"
    return objects.known(listed(kube, "/api/v1/pods", objects.Pod, fieldSelector=running))


def _extension_pods(kube: Kube) -> tuple[facts.Pod, ...]:
    return objects.known(listed(kube, f"{_EXTENSION}/pods", objects.Pod))


def _daemon_sets(kube: Kube) -> tuple[facts.DaemonSet, ...]:
    return objects.known(listed(kube, "/apis/apps/v1/daemonsets", objects.DaemonSet))


def _custom_resources(kube: Kube) -> tuple[facts.Owned, ...]:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    return _owned("CustomResourceDefinition", listed(kube, path, objects.Named, names_only=True))


def _owned(kind: str, found: Iterable[objects.Named]) -> tuple[facts.Owned, ...]:
    return tuple(each.owned(kind) for each in found)


def _ingress_classes(kube: Kube) -> tuple[facts.IngressClass, ...]:
    return objects.known(listed(kube, "/apis/networking.k8s.io/v1/ingressclasses", objects.IngressClass))


def _webhooks(kube: Kube) -> Mapping[str, tuple[str, ...]]:
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    return {each.metadata.name: each.paths() for each in listed(kube, path, objects.WebhookConfiguration)}


def _legacy_router(kube: Kube) -> tuple[facts.Owned, ...]:
    return tuple(owned for kind, path, name in _LEGACY for owned in _named(kube, kind, path, name))


def _named(kube: Kube, kind: str, path: str, name: str) -> tuple[facts.Owned, ...]:
    found = listed(kube, path, objects.Named, names_only=True, fieldSelector=f"metadata.name={name}")
    return _owned(kind, found)


def _autoscaler(kube: Kube) -> bool:
    path = "/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status"
    return one(kube, path, objects.Named, names_only=True) is not None


def _volcano_configured(kube: Kube) -> bool | None:
    found = one(kube, f"{_EXTENSION}/configmaps/{volcano.NAME}", objects.Managed, names_only=True)
    return found.metadata.is_ours if found else None


def _scheduler_mark(kube: Kube) -> str | None:
    path = f"/apis/apps/v1/namespaces/{EXTENSION_NAMESPACE}/deployments/{volcano.SCHEDULER}"
    found = one(kube, path, objects.Named, names_only=True)
    return found.metadata.annotations.restarted_for if found else None


def _agent_proxy(kube: Kube) -> facts.AgentProxy:
    """From the environment of the agents' containers; a proxy's address may hold a password, and is not kept."""
    agents = tuple(listed(kube, f"/apis/apps/v1/namespaces/{AGENT_NAMESPACE}/deployments", objects.Agent))
    texts = _environment(kube, agents)
    used = bool(texts.get("HTTPS_PROXY") or texts.get("HTTP_PROXY"))
    skipped = (host.strip() for host in texts.get("NO_PROXY", "").split(","))
    return facts.AgentProxy(used, tuple(host for host in skipped if host))


def _environment(kube: Kube, agents: Iterable[objects.Agent]) -> Mapping[str, str]:
    """The agents' variables: those from shared ConfigMaps and Secrets, and over them those in the Deployments."""
    environments = [environment for agent in agents for environment in agent.environments]
    shared = {source for environment in environments for source in environment.sources}
    texts: dict[str, str] = {}
    for source in sorted(shared, key=str):
        texts |= _shared(kube, source)
    return texts | {
        variable.name: variable.value
        for environment in environments
        for variable in environment.variables
        if variable.value
    }


def _shared(kube: Kube, source: objects.Source) -> Mapping[str, str]:
    if source.config_map is not None:
        found = one(kube, f"{_AGENTS}/configmaps/{source.config_map.name}", objects.ConfigMap)
        return found.data if found else {}
    if source.secret is not None:
        secret = one(kube, f"{_AGENTS}/secrets/{source.secret.name}", objects.Secret)
        return dict(_decoded(secret.data)) if secret else {}
    return {}


def _decoded(data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        if name in data:
            try:
                yield name, b64decode(data[name]).decode(errors="replace")
            except ValueError as error:
                raise ArcError(f"The agents' {name} is not valid base64.") from error


def _pending_releases(kube: Kube) -> tuple[facts.Owned, ...]:
    """By the labels of the Secrets in which Helm keeps releases; their contents are not read."""
    pending = "owner=helm,status in (pending-install,pending-upgrade,pending-rollback)"
    found = listed(kube, f"{_EXTENSION}/secrets", objects.Named, names_only=True, labelSelector=pending)
    return _owned("Secret", found)


def _health_reports(kube: Kube) -> Mapping[str, str]:
    for name in (healthcheck.NAME, healthcheck.OLD_NAME):
        found = one(kube, f"{_EXTENSION}/configmaps/{name}", objects.ConfigMap)
        if found:
            return healthcheck.known(found.data)
    return {}


def _instance_types(kube: Kube) -> tuple[Mapping[str, Any], ...]:
    return objects.known(listed(kube, "/apis/amlarc.azureml.com/v1alpha1/instancetypes", objects.InstanceType))


_READERS: Mapping[str, Callable[[Kube], object]] = {
    facts.KUBERNETES_VERSION.name: _version,
    facts.CONNECTED_AS.name: connected_as,
    facts.NAMESPACES.name: _namespaces,
    facts.NODES.name: _nodes,
    facts.PODS.name: _pods,
    facts.EXTENSION_PODS.name: _extension_pods,
    facts.DAEMON_SETS.name: _daemon_sets,
    facts.CUSTOM_RESOURCES.name: _custom_resources,
    facts.INGRESS_CLASSES.name: _ingress_classes,
    facts.WEBHOOKS.name: _webhooks,
    facts.LEGACY_ROUTER.name: _legacy_router,
    facts.AUTOSCALER.name: _autoscaler,
    facts.VOLCANO_CONFIGURED.name: _volcano_configured,
    facts.SCHEDULER_MARK.name: _scheduler_mark,
    facts.AGENT_PROXY.name: _agent_proxy,
    facts.PENDING_RELEASES.name: _pending_releases,
    facts.HEALTH_REPORTS.name: _health_reports,
    facts.INSTANCE_TYPES.name: _instance_types,
}
