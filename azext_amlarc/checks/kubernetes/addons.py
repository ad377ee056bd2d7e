"""What runs on the cluster that the extension would install as well, and what earlier products left behind."""

from collections.abc import Iterable
from typing import NamedTuple

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import CLUSTER_TYPE, EXTENSION_NAME, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.facts import (
    DAEMON_SETS,
    INGRESS_CLASSES,
    LEGACY_ROUTER,
    PODS,
    DaemonSet,
    Owned,
    Pod,
)
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.product.steps import Command, command
from azext_amlarc.wording import number

GROUP = "add-ons"

_BLOBFUSE = ("installBlobfuseSysctl", "installBlobfuseFlexvol")
_OWN_CONTROLLER = "k8s.io/amlarc-ingress-nginx"


class Component(NamedTuple):
    """Something that the extension can install: its name, its setting, and whether the cluster needs one."""

    name: str
    setting: str
    needed: bool


def is_ours(owned: Owned) -> bool:
    """Whether the extension installed it."""
    return EXTENSION_NAMESPACE in (owned.namespace, owned.release_namespace)


def named(daemon: DaemonSet, *words: str) -> bool:
    """Whether the name of a DaemonSet or of one of its images contains one of the words."""
    texts = (daemon.owned.name, *(image_name(image) for image in daemon.images))
    return any(word in text for word in words for text in texts)


def image_name(image: str) -> str:
    """The last part of an image's repository: `vc-scheduler` of `docker.io/volcanosh/vc-scheduler:v1.5.1`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def image_tag(image: str) -> str:
    """The tag of an image, empty if it has none."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def running(pods: Iterable[Pod], *names: str) -> list[Pod]:
    """The pods that run one of these images and are not the extension's."""
    foreign = (pod for pod in pods if pod.namespace != EXTENSION_NAMESPACE)
    return [pod for pod in foreign if any(image_name(container.image) in names for container in pod.containers)]


def installed_once(component: Component, others: tuple[str, ...], facts: Facts) -> Verdict:
    """Whether a component is installed only once: `others` that are on the cluster, or the extension's own."""
    name, setting, needed = component
    wanted = workloads.is_on(facts[SETTINGS], setting)
    if wanted and others:
        message = f"{setting} is on, but the cluster already has a {name}."
        return Verdict(Status.FAIL, message, workloads.fix(facts, f"{setting}=False"), others)
    if wanted or others:
        owner = "The extension installs" if wanted else "The cluster has"
        return Verdict(Status.PASS, f"{owner} a {name}.", evidence=others)
    if needed:
        message = f"{setting} is off, but the cluster has no {name} of its own."
        return Verdict(Status.FAIL, message, workloads.fix(facts, f"{setting}=True"))
    return Verdict(Status.PASS, f"There is no {name}, and none is needed.")


def prometheus_operator_is_installed_once(facts: Facts) -> Verdict:
    """Two of them conflict over every Prometheus (E45002)."""
    others = running(facts[PODS], "prometheus-operator")
    component = Component("Prometheus operator", "installPromOp", needed=True)
    return installed_once(component, described(others), facts)


def dcgm_exporter_is_installed_once(facts: Facts) -> Verdict:
    """Only one of them can read the GPUs' counters; jobs run without it."""
    others = [daemon.owned for daemon in facts[DAEMON_SETS] if named(daemon, "dcgm-exporter")]
    lines = tuple(f"{owned}, owned by {owned.owner}" for owned in others if not is_ours(owned))
    return installed_once(Component("DCGM exporter", "installDcgmExporter", needed=False), lines, facts)


def described(pods: Iterable[Pod]) -> tuple[str, ...]:
    """The pods, with the chart that they belong to if it is known."""
    return tuple(f"pod {pod}{f', of the Helm chart {pod.chart}' if pod.chart else ''}" for pod in pods)


def ingress_controller_has_its_own_name(facts: Facts) -> Verdict:
    """Two ingress-nginx controllers with one name serve each other's Ingresses, and the installation fails."""
    settings = facts[SETTINGS]
    default = "True" if facts[CLUSTER_TYPE].lower() == MANAGED.lower() else "False"
    if settings.get("nginxIngress.enabled", default).lower() != "true":
        return Verdict(Status.PASS, "The extension installs no ingress controller.")
    controller = workloads.text(settings, "nginxIngress.controller")
    classes = facts[INGRESS_CLASSES]
    clashing = [one.owned for one in classes if one.controller == controller and not is_ours(one.owned)]
    if clashing:
        lines = tuple(f"{owned}, owned by {owned.owner}, uses {controller}" for owned in clashing)
        message = f"The cluster already has an ingress controller named {controller}."
        fix = workloads.fix(facts, f"nginxIngress.controller={_OWN_CONTROLLER}")
        return Verdict(Status.FAIL, message, fix, lines)
    return Verdict(Status.PASS, f"No other ingress controller is named {controller}.")


def blobfuse_is_not_installed_twice(facts: Facts) -> Verdict:
    """If the cluster already has Blobfuse, installing it again fails (a warning in Microsoft's guide of 2021)."""
    daemons = [daemon.owned for daemon in facts[DAEMON_SETS] if named(daemon, "blobfuse")]
    lines = tuple(f"{owned}, owned by {owned.owner}" for owned in daemons if not is_ours(owned))
    settings = facts[SETTINGS]
    off = [key for key in _BLOBFUSE if settings.get(key, "").lower() == "false"]
    if not lines or len(off) == len(_BLOBFUSE) or not workloads.training(settings):
        return Verdict(Status.PASS, "Blobfuse is not installed twice.", evidence=lines)
    on = [key for key in _BLOBFUSE if settings.get(key, "").lower() == "true"]
    fix = workloads.fix(facts, *(f"{key}=False" for key in _BLOBFUSE))
    if on:
        are = "is" if len(on) == 1 else "are"
        message = f"{' and '.join(on)} {are} on, but the cluster already has Blobfuse."
        return Verdict(Status.FAIL, message, fix, lines)
    message = "The cluster already has Blobfuse, which extensions of 2021 install as well unless told not to."
    return Verdict(Status.WARN, message, fix, lines)


def no_legacy_router_is_left(facts: Facts) -> Verdict:
    """Azure Machine Learning v1's azureml-fe prevents today's from being installed (E45004, E45005)."""
    left = [owned for owned in facts[LEGACY_ROUTER] if not is_ours(owned)]
    if not left:
        return Verdict(Status.PASS, "Nothing is left of Azure Machine Learning v1's inference router.")
    places = sorted({owned.namespace for owned in left if owned.namespace})
    leftovers = "kubectl delete service/azureml-fe-int-http secret/azuremlfessl -n {namespace} --ignore-not-found"
    fix = (*map(_deletion, left), *(command(leftovers, namespace=place) for place in places))
    are = "is" if len(left) == 1 else "are"
    message = f"{number(len(left), 'object')} of Azure Machine Learning v1's inference router {are} left."
    return Verdict(Status.FAIL, message, fix, tuple(str(owned) for owned in left))


def _deletion(owned: Owned) -> Command:
    namespace = ["-n", owned.namespace] if owned.namespace else []
    template = "kubectl delete {kind} {name} {namespace}"
    return command(template, kind=owned.kind.lower(), name=owned.name, namespace=namespace)


CHECKS = (
    Check(
        id="AMLARC-K040",
        group=GROUP,
        title="The Prometheus operator is installed exactly once",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, EXTENSION_NAME, TARGET),
        judge=prometheus_operator_is_installed_once,
        fix=workloads.documented_fix("installPromOp=False"),
        url=f"{links.EXTENSION_TROUBLES}#prometheus-operator",
    ),
    Check(
        id="AMLARC-K041",
        group=GROUP,
        title="The DCGM exporter is not installed twice",
        phase=Phase.ALL,
        needs=(SETTINGS, DAEMON_SETS, EXTENSION_NAME, TARGET),
        judge=dcgm_exporter_is_installed_once,
        fix=workloads.documented_fix("installDcgmExporter=False"),
        url=f"{links.EXTENSION_TROUBLES}#dcgm-exporter",
    ),
    Check(
        id="AMLARC-K042",
        group=GROUP,
        title="The extension's ingress controller has a name of its own",
        phase=Phase.ALL,
        needs=(SETTINGS, CLUSTER_TYPE, INGRESS_CLASSES, EXTENSION_NAME, TARGET),
        judge=ingress_controller_has_its_own_name,
        fix=workloads.documented_fix(f"nginxIngress.controller={_OWN_CONTROLLER}"),
        url=f"{links.EXTENSION_TROUBLES}#ingress-nginx-controller",
    ),
    Check(
        id="AMLARC-K043",
        group=GROUP,
        title="Blobfuse is not installed twice",
        phase=Phase.PRE,
        needs=(SETTINGS, DAEMON_SETS, EXTENSION_NAME, TARGET),
        judge=blobfuse_is_not_installed_twice,
        fix=workloads.documented_fix(*(f"{key}=False" for key in _BLOBFUSE)),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-K044",
        group=GROUP,
        title="Nothing is left of Azure Machine Learning v1's inference router",
        phase=Phase.ALL,
        needs=(LEGACY_ROUTER,),
        judge=no_legacy_router_is_left,
        fix=(
            command("kubectl delete deployment,service,serviceaccount azureml-fe"),
            command("kubectl delete clusterrole azureml-fe-role"),
            command("kubectl delete clusterrolebinding azureml-fe-binding"),
        ),
        url=links.LEGACY,
    ),
)
