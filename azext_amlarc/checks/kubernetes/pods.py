"""Whether the pods that the enabled workloads need are running."""

from collections.abc import Iterable, Iterator

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import Fix
from azext_amlarc.checks.given import CLUSTER_TYPE, EXTENSION_NAME, INSTALL_STATE, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.cluster import it_is_gone
from azext_amlarc.checks.kubernetes.facts import EXTENSION_PODS, NAMESPACES, Container, Pod
from azext_amlarc.product import links
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.product.steps import command
from azext_amlarc.wording import number

GROUP = "pods"

# From the table of components on learn.microsoft.com. fluent-bit is a sidecar today, and rarely has a pod of its own.
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
# Their names are prefixed with the extension's.
_WITH_PREFIX = ("kube-state-metrics", "prometheus-operator")
_MANY_RESTARTS = 5
_EVENTS = command("kubectl get events -n {namespace} --sort-by=.lastTimestamp", namespace=EXTENSION_NAMESPACE)
_MORE_MEMORY = (
    "nginxIngress.controllerConfig.worker-processes=8",
    "nginxIngress.resources.controller.limits.memory=2048Mi",
)


def needed_pods_exist(facts: Facts) -> Verdict:
    """Each component that the settings enable has a pod."""
    if EXTENSION_NAMESPACE not in facts[NAMESPACES]:
        return _absent(facts)
    pods = facts[EXTENSION_PODS]
    needed = tuple(_needed(facts))
    missing = tuple(name for name in needed if not any(_is(pod, name) for pod in pods if not _has_ended(pod)))
    if missing:
        has = "has" if len(missing) == 1 else "have"
        message = f"{len(missing)} of {number(len(needed), 'component')} {has} no pod."
        lines = tuple(f"no pod {name}" for name in missing)
        return Verdict(Status.FAIL, message, (_EVENTS,), lines, may_come_right=True)
    return Verdict(Status.PASS, f"Each of {number(len(needed), 'component')} has a pod.", evidence=needed)


def _has_ended(pod: Pod) -> bool:
    return pod.phase in ("Succeeded", "Failed")


def _absent(facts: Facts) -> Verdict:
    """Without its namespace none of its pods can run, which Azure does not notice."""
    state = f"there is no namespace {EXTENSION_NAMESPACE}"
    if facts[INSTALL_STATE] == "Installed":
        return it_is_gone(facts, state)
    return Verdict(Status.SKIPPED, f"The extension is not installed: {state}.")


def _needed(facts: Facts) -> Iterator[str]:
    settings = facts[SETTINGS]
    on_arc = facts[CLUSTER_TYPE].lower() == CONNECTED.lower()
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
    """Whether a pod belongs to a component: its name starts with it, or has it after the extension's."""
    return pod.name.startswith(name) or (name in _WITH_PREFIX and f"-{name}" in pod.name)


def pods_of_the_extension_run(facts: Facts) -> Verdict:
    """Each pod of the extension is running, ready and stable, or has completed."""
    if EXTENSION_NAMESPACE not in facts[NAMESPACES]:
        return _absent(facts)
    return verdict_on(facts[EXTENSION_PODS], "of the extension", (workloads.change(facts, *_MORE_MEMORY),))


def verdict_on(pods: Iterable[Pod], whose: str, more_memory: Fix = ()) -> Verdict:
    """Whether pods are running and stable; the evidence says which are not and why, the fix how to find out more.

    `more_memory` is the fix for an ingress controller that runs out of it.
    """
    pods = [pod for pod in pods if pod.phase != "Succeeded"]
    down = [pod for pod in pods if not runs(pod) and not _has_ended(pod)]
    # A failed pod was a hook, or has been replaced if it is needed.
    shaky = [pod for pod in pods if _has_ended(pod) or (runs(pod) and _restarts(pod) >= _MANY_RESTARTS)]
    lines = tuple(f"{pod}: {'; '.join(reasons(pod))}" for pod in (*down, *shaky))
    if down:
        are = "is" if len(down) == 1 else "are"
        message = f"{len(down)} of {number(len(pods), 'pod')} {whose} {are} not running."
        is_starting = all(map(_is_starting, down))
        return Verdict(Status.FAIL, message, _fix(down, more_memory), lines, may_come_right=is_starting)
    if shaky:
        message = f"{len(shaky)} of {number(len(pods), 'pod')} {whose} failed, or restarted many times."
        return Verdict(Status.WARN, message, _fix(shaky, more_memory), lines)
    return Verdict(Status.PASS, f"{number(len(pods), 'pod')} {whose}, all running.")


def _is_starting(pod: Pod) -> bool:
    """Whether the pod is on its way: it has a node or may get one, and nothing of it has ended yet."""
    waits = {container.waiting for container in pod.containers} <= {"", "ContainerCreating", "PodInitializing"}
    return waits and not _restarts(pod)


def runs(pod: Pod) -> bool:
    """Whether the pod is Running and all its containers are ready."""
    return pod.phase == "Running" and all(container.ready for container in pod.containers)


def reasons(pod: Pod) -> Iterator[str]:
    """Why a pod is not running, or not stable."""
    if pod.phase != "Running":
        yield pod.phase
    if pod.unscheduled:
        yield pod.unscheduled
    for container in pod.containers:
        yield from _described(container, pod.phase)


def _described(container: Container, phase: str) -> Iterator[str]:
    if container.waiting or (container.restarts and not container.ready) or container.restarts >= _MANY_RESTARTS:
        ended = f", last ended {container.ended}" if container.ended else ""
        waiting = f" is waiting ({container.waiting})," if container.waiting else ""
        yield f"{container.name}{waiting} restarted {number(container.restarts, 'time')}{ended}"
    elif not container.ready and phase == "Running":
        yield f"{container.name} is not ready"


def _restarts(pod: Pod) -> int:
    return max((container.restarts for container in pod.containers), default=0)


def _fix(pods: list[Pod], more_memory: Fix) -> Fix:
    """How to find out why, pod by pod; for an ingress controller that runs out of memory the reason is known."""
    starved = [pod for pod in pods if pod.name.startswith(_INGRESS) and _out_of_memory(pod)]
    describe = "kubectl describe pod -n {namespace} {name}"
    others = [command(describe, namespace=pod.namespace, name=pod.name) for pod in pods if pod not in starved]
    return (*(more_memory if starved else ()), *others[:3])


def _out_of_memory(pod: Pod) -> bool:
    return any("OOMKilled" in (container.ended, container.waiting) for container in pod.containers)


CHECKS = (
    Check(
        id="AMLARC-K070",
        group=GROUP,
        title="Every pod that the enabled workloads need exists",
        phase=Phase.POST,
        needs=(NAMESPACES, EXTENSION_PODS, SETTINGS, CLUSTER_TYPE, INSTALL_STATE, EXTENSION_NAME, TARGET),
        judge=needed_pods_exist,
        fix=(_EVENTS,),
        url=f"{links.INSTALL}#review-azure-machine-learning-extension-components",
    ),
    Check(
        id="AMLARC-K071",
        group=GROUP,
        title="Every pod of the extension is running and stable",
        phase=Phase.POST,
        needs=(NAMESPACES, EXTENSION_PODS, INSTALL_STATE, EXTENSION_NAME, TARGET),
        judge=pods_of_the_extension_run,
        fix=(command("kubectl describe pods -n {namespace}", namespace=EXTENSION_NAMESPACE),),
        url=links.EXTENSION_TROUBLES,
    ),
)
