"""What else runs on the cluster that the extension brings as well, and what earlier products left behind."""

from collections.abc import Iterable
from typing import NamedTuple

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import CLUSTER_TYPE, SETTINGS, TARGET
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
from azext_amlarc.checks.kubernetes.workloads import SOME_CLUSTER
from azext_amlarc.product import links
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.wording import number

GROUP = "add-ons"

_BLOBFUSE = ("installBlobfuseSysctl", "installBlobfuseFlexvol")
_OWN_CONTROLLER = "k8s.io/amlarc-ingress-nginx"


class Component(NamedTuple):
    """Something that the extension can bring: in words, its setting, and whether the cluster needs one of them."""

    words: str
    setting: str
    needed: bool


def is_ours(owned: Owned) -> bool:
    """Whether the extension brought it."""
    return EXTENSION_NAMESPACE in (owned.namespace, owned.release_namespace)


def named(daemon: DaemonSet, *words: str) -> bool:
    """Whether a DaemonSet or one of its images is named so."""
    texts = (daemon.owned.name, *(image_name(image) for image in daemon.images))
    return any(word in text for word in words for text in texts)


def image_name(image: str) -> str:
    """The last part of an image's repository: `vc-scheduler` of `docker.io/volcanosh/vc-scheduler:v1.5.1`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def image_tag(image: str) -> str:
    """The tag of an image, empty where it has none."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def running(pods: Iterable[Pod], *names: str) -> list[Pod]:
    """The pods that are not the extension's and run one of these images."""
    foreign = (pod for pod in pods if pod.namespace != EXTENSION_NAMESPACE)
    return [pod for pod in foreign if any(image_name(container.image) in names for container in pod.containers)]


def brought_once(component: Component, others: tuple[str, ...], facts: Facts) -> Verdict:
    """Whether the cluster gets a component from one side: from `others` that are there, or from the extension."""
    words, setting, needed = component
    wanted = workloads.is_on(facts[SETTINGS], setting)
    if wanted and others:
        message = f"{setting} is on, and the cluster has {words} already."
        return Verdict(Status.FAIL, message, workloads.setting(facts[TARGET], f"{setting}=False"), others)
    if needed and not wanted and not others:
        message = f"{setting} is off, and the cluster has no {words.partition(' ')[2]} of its own."
        return Verdict(Status.FAIL, message, workloads.setting(facts[TARGET], f"{setting}=True"))
    side = "The extension brings" if wanted else "The cluster has" if others else "Nobody needs"
    return Verdict(Status.PASS, f"{side} {words}.", evidence=others)


def prometheus_operator_is_brought_once(facts: Facts) -> Verdict:
    """Two of them fight over every Prometheus (E45002)."""
    others = running(facts[PODS], "prometheus-operator")
    component = Component("a Prometheus operator", "installPromOp", needed=True)
    return brought_once(component, told(others), facts)


def dcgm_exporter_is_brought_once(facts: Facts) -> Verdict:
    """It reads the GPUs' counters, which only one can; nobody needs it for jobs to run."""
    others = [daemon.owned for daemon in facts[DAEMON_SETS] if named(daemon, "dcgm-exporter")]
    lines = tuple(f"{owned}, owned by {owned.owner}" for owned in others if not is_ours(owned))
    return brought_once(Component("a DCGM exporter", "installDcgmExporter", needed=False), lines, facts)


def told(pods: Iterable[Pod]) -> tuple[str, ...]:
    """Pods for a person, with the chart that they came with where that is known."""
    return tuple(f"pod {pod}{f', of the Helm chart {pod.chart}' if pod.chart else ''}" for pod in pods)


def ingress_controller_has_its_own_name(facts: Facts) -> Verdict:
    """Two ingress-nginx controllers of one name serve each other's Ingresses, and the installation fails."""
    settings = facts[SETTINGS]
    default = "True" if facts[CLUSTER_TYPE].lower() == "managedclusters" else "False"
    if settings.get("nginxIngress.enabled", default).lower() != "true":
        return Verdict(Status.PASS, "The extension brings no ingress controller.")
    controller = workloads.text(settings, "nginxIngress.controller")
    classes = facts[INGRESS_CLASSES]
    clashing = [one.owned for one in classes if one.controller == controller and not is_ours(one.owned)]
    if clashing:
        lines = tuple(f"{owned}, owned by {owned.owner}, is served by {controller}" for owned in clashing)
        message = f"The cluster has an ingress controller {controller} already."
        remedy = workloads.setting(facts[TARGET], f"nginxIngress.controller={_OWN_CONTROLLER}")
        return Verdict(Status.FAIL, message, remedy, lines)
    return Verdict(Status.PASS, f"No other ingress controller is named {controller}.")


def blobfuse_is_installed_once(facts: Facts) -> Verdict:
    """The guide's warning: installing Blobfuse where it is already makes the installation fail."""
    daemons = [daemon.owned for daemon in facts[DAEMON_SETS] if named(daemon, "blobfuse")]
    lines = tuple(f"{owned}, owned by {owned.owner}" for owned in daemons if not is_ours(owned))
    settings = facts[SETTINGS]
    off = [key for key in _BLOBFUSE if settings.get(key, "").lower() == "false"]
    if not lines or len(off) == len(_BLOBFUSE) or not workloads.training(settings):
        return Verdict(Status.PASS, "Blobfuse is not installed twice.", evidence=lines)
    on = [key for key in _BLOBFUSE if settings.get(key, "").lower() == "true"]
    remedy = workloads.setting(facts[TARGET], *(f"{key}=False" for key in _BLOBFUSE))
    if on:
        return Verdict(Status.FAIL, f"{' and '.join(on)} is on, and the cluster has Blobfuse already.", remedy, lines)
    message = "The cluster has Blobfuse already, which extensions of 2021 install too unless told not to."
    return Verdict(Status.WARN, message, remedy, lines)


def no_legacy_router_is_left(facts: Facts) -> Verdict:
    """Azure Machine Learning v1's azureml-fe keeps today's from being installed (E45004, E45005)."""
    left = [owned for owned in facts[LEGACY_ROUTER] if not is_ours(owned)]
    if not left:
        return Verdict(Status.PASS, "Nothing of Azure Machine Learning v1 is left.")
    places = sorted({owned.namespace for owned in left if owned.namespace})
    commands = [f"kubectl delete {owned.kind.lower()} {owned.name}{_in(owned.namespace)}" for owned in left]
    commands += [
        f"kubectl delete service/azureml-fe-int-http secret/azuremlfessl{_in(place)} --ignore-not-found"
        for place in places
    ]
    message = f"Of Azure Machine Learning v1's inference router {number(len(left), 'object')} can be found."
    return Verdict(Status.FAIL, message, "\n".join(commands), tuple(str(owned) for owned in left))


def _in(namespace: str) -> str:
    return f" -n {namespace}" if namespace else ""


CHECKS = (
    Check(
        id="AMLARC-K040",
        group=GROUP,
        title="The Prometheus operator is brought by one side only",
        phase=Phase.ALL,
        needs=(SETTINGS, PODS, TARGET),
        judge=prometheus_operator_is_brought_once,
        remedy=workloads.setting(SOME_CLUSTER, "installPromOp=False"),
        url=f"{links.EXTENSION_TROUBLES}#prometheus-operator",
    ),
    Check(
        id="AMLARC-K041",
        group=GROUP,
        title="The DCGM exporter is brought by one side only",
        phase=Phase.ALL,
        needs=(SETTINGS, DAEMON_SETS, TARGET),
        judge=dcgm_exporter_is_brought_once,
        remedy=workloads.setting(SOME_CLUSTER, "installDcgmExporter=False"),
        url=f"{links.EXTENSION_TROUBLES}#dcgm-exporter",
    ),
    Check(
        id="AMLARC-K042",
        group=GROUP,
        title="The extension's ingress controller has a name of its own",
        phase=Phase.ALL,
        needs=(SETTINGS, CLUSTER_TYPE, INGRESS_CLASSES, TARGET),
        judge=ingress_controller_has_its_own_name,
        remedy=workloads.setting(SOME_CLUSTER, f"nginxIngress.controller={_OWN_CONTROLLER}"),
        url=f"{links.EXTENSION_TROUBLES}#ingress-nginx-controller",
    ),
    Check(
        id="AMLARC-K043",
        group=GROUP,
        title="Blobfuse is installed by one side only",
        phase=Phase.PRE,
        needs=(SETTINGS, DAEMON_SETS, TARGET),
        judge=blobfuse_is_installed_once,
        remedy=workloads.setting(SOME_CLUSTER, *(f"{key}=False" for key in _BLOBFUSE)),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-K044",
        group=GROUP,
        title="Nothing of Azure Machine Learning v1's inference router is left",
        phase=Phase.ALL,
        needs=(LEGACY_ROUTER,),
        judge=no_legacy_router_is_left,
        remedy="kubectl delete deployment,service,serviceaccount azureml-fe\n"
        "kubectl delete clusterrole azureml-fe-role\n"
        "kubectl delete clusterrolebinding azureml-fe-binding",
        url=links.LEGACY,
    ),
)
