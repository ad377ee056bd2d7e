"""Whether the pods run that the enabled workloads need."""

from collections.abc import Iterable, Iterator

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import CLUSTER_TYPE, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.facts import EXTENSION_PODS, NAMESPACES, Container, Pod
from azext_amlarc.product import links
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.resources.ids import Target
from azext_amlarc.wording import number

GROUP = "pods"

# The table of components on learn.microsoft.com; fluent-bit became a sidecar and has no pod of its own everywhere.
_ALWAYS = ("gateway", "metrics-controller-manager", "kube-state-metrics", "prometheus-prom-prometheus")
_ARC = ("relayserver",)
_TRAINING = ("aml-operator",)
_VOLCANO = ("volcano-admission", "volcano-controllers", "volcano-scheduler")
_INFERENCE = (
    "azureml-fe-v2",
    "inference-operator-controller-manager",
    "amlarc-identity-controller",
    "amlarc-identity-proxy",
)
_INGRESS = "azureml-ingress-nginx-controller"
# These bear the extension's own name in front.
_WITH_PREFIX = ("kube-state-metrics", "prometheus-operator")
_MANY_RESTARTS = 5
_MORE_MEMORY = (
    "nginxIngress.controllerConfig.worker-processes=8",
    "nginxIngress.resources.controller.limits.memory=2048Mi",
)


def needed_pods_are_there(facts: Facts) -> Verdict:
    """Each component that the settings ask for has a pod."""
    if EXTENSION_NAMESPACE not in facts[NAMESPACES]:
        return _not_installed()
    pods = facts[EXTENSION_PODS]
    needed = tuple(_needed(facts))
    missing = tuple(name for name in needed if not any(_is(pod, name) for pod in pods if not _has_ended(pod)))
    if missing:
        message = f"{len(missing)} of {number(len(needed), 'component')} without a pod."
        lines = tuple(f"there is no pod {name}" for name in missing)
        return Verdict(
            Status.FAIL, message, f"kubectl get events -n {EXTENSION_NAMESPACE} --sort-by=.lastTimestamp", lines
        )
    return Verdict(Status.PASS, f"{number(len(needed), 'component')}, each with a pod.", evidence=needed)


def _has_ended(pod: Pod) -> bool:
    return pod.phase in ("Succeeded", "Failed")


def _not_installed() -> Verdict:
    return Verdict(Status.SKIPPED, f"The extension is not installed: there is no namespace {EXTENSION_NAMESPACE}.")


def _needed(facts: Facts) -> Iterator[str]:
    settings = facts[SETTINGS]
    on_arc = facts[CLUSTER_TYPE].lower() == "connectedclusters"
    yield from _ALWAYS
    if workloads.is_on(settings, "installPromOp"):
        yield "prometheus-operator"
    if on_arc:
        yield from _ARC
    if workloads.training(settings):
        yield from _TRAINING
        yield from _VOLCANO if workloads.is_on(settings, "installVolcano") else ()
    if workloads.inference(settings):
        yield from _INFERENCE
        if settings.get("nginxIngress.enabled", str(not on_arc)).lower() == "true":
            yield _INGRESS


def _is(pod: Pod, name: str) -> bool:
    """Whether a pod is of a component: its name begins with it, or bears it after the extension's own."""
    return pod.name.startswith(name) or (name in _WITH_PREFIX and f"-{name}" in pod.name)


def pods_of_the_extension_run(facts: Facts) -> Verdict:
    """Each pod of the extension runs, is ready and stays up; what has completed is done."""
    if EXTENSION_NAMESPACE not in facts[NAMESPACES]:
        return _not_installed()
    return verdict_on(facts[EXTENSION_PODS], "of the extension", facts[TARGET])


def verdict_on(pods: Iterable[Pod], whose: str, target: Target) -> Verdict:
    """Whether pods run and stay up: the lines say which do not and why, the remedy how to see more."""
    pods = [pod for pod in pods if pod.phase != "Succeeded"]
    down = [pod for pod in pods if not runs(pod) and not _has_ended(pod)]
    # One that failed was a hook, or has a successor where it is needed.
    shaky = [pod for pod in pods if _has_ended(pod) or (runs(pod) and _restarts(pod) >= _MANY_RESTARTS)]
    lines = tuple(f"{pod}: {'; '.join(reasons(pod))}" for pod in (*down, *shaky))
    if down:
        message = f"{len(down)} of {number(len(pods), 'pod')} {whose} not running."
        return Verdict(Status.FAIL, message, _remedy(down, target), lines)
    if shaky:
        message = f"{len(shaky)} of {number(len(pods), 'pod')} {whose} ended badly, or restarted again and again."
        return Verdict(Status.WARN, message, _remedy(shaky, target), lines)
    return Verdict(Status.PASS, f"{number(len(pods), 'pod')} {whose}, all running.")


def runs(pod: Pod) -> bool:
    """Whether the pod is Running and all its containers are ready."""
    return pod.phase == "Running" and all(container.ready for container in pod.containers)


def reasons(pod: Pod) -> Iterator[str]:
    """Why a pod does not run, or does not stay up."""
    if pod.phase != "Running":
        yield pod.phase
    if pod.unscheduled:
        yield pod.unscheduled
    for container in pod.containers:
        yield from _told(container, pod.phase)


def _told(container: Container, phase: str) -> Iterator[str]:
    if container.waiting or (container.restarts and not container.ready) or container.restarts >= _MANY_RESTARTS:
        ended = f", last ended {container.ended}" if container.ended else ""
        waiting = f" waits: {container.waiting}," if container.waiting else ""
        yield f"{container.name}{waiting} restarted {container.restarts} times{ended}"
    elif not container.ready and phase == "Running":
        yield f"{container.name} is not ready"


def _restarts(pod: Pod) -> int:
    return max((container.restarts for container in pod.containers), default=0)


def _remedy(pods: list[Pod], target: Target) -> str:
    """How to see why, pod by pod; the ingress controller's lack of memory has a cure of its own."""
    starved = [pod for pod in pods if pod.name.startswith(_INGRESS) and _out_of_memory(pod)]
    looks = [f"kubectl describe pod -n {pod.namespace} {pod.name}" for pod in pods if pod not in starved]
    return "\n".join([*([workloads.update(target, *_MORE_MEMORY)] if starved else []), *looks[:3]])


def _out_of_memory(pod: Pod) -> bool:
    return any("OOMKilled" in (container.ended, container.waiting) for container in pod.containers)


CHECKS = (
    Check(
        id="AMLARC-K070",
        group=GROUP,
        title="Every pod that the enabled workloads need is there",
        phase=Phase.POST,
        needs=(NAMESPACES, EXTENSION_PODS, SETTINGS, CLUSTER_TYPE),
        judge=needed_pods_are_there,
        remedy=f"kubectl get events -n {EXTENSION_NAMESPACE} --sort-by=.lastTimestamp",
        url=f"{links.INSTALL}#review-azure-machine-learning-extension-components",
    ),
    Check(
        id="AMLARC-K071",
        group=GROUP,
        title="Every pod of the extension runs and stays up",
        phase=Phase.POST,
        needs=(NAMESPACES, EXTENSION_PODS, TARGET),
        judge=pods_of_the_extension_run,
        remedy=f"kubectl describe pods -n {EXTENSION_NAMESPACE}",
        url=links.EXTENSION_TROUBLES,
    ),
)
