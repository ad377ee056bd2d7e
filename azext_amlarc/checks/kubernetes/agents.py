"""Whether the agents that install extensions run, and reach Azure as jobs need it."""

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import CLUSTER_TYPE, TARGET
from azext_amlarc.checks.kubernetes.facts import AGENT_PROXY, PENDING_RELEASES, PODS
from azext_amlarc.checks.kubernetes.pods import verdict_on
from azext_amlarc.product import links
from azext_amlarc.product.extension import AGENT_NAMESPACE
from azext_amlarc.wording import number

GROUP = "agents"

_IN_AKS = ("extension-agent", "extension-operator")
# Sidecars of jobs talk to each other on the pod's own address.
_NEVER_THROUGH_A_PROXY = ("127.0.0.1", "localhost")


def agents_run(facts: Facts) -> Verdict:
    """On Arc those of azure-arc, without which nothing is installed; AKS starts its own with the first extension."""
    pods, target = facts[PODS], facts[TARGET]
    if facts[CLUSTER_TYPE].lower() == "managedclusters":
        agents = [pod for pod in pods if pod.namespace == "kube-system" and pod.name.startswith(_IN_AKS)]
        return verdict_on(agents, "of the agents", target)
    agents = [pod for pod in pods if pod.namespace == AGENT_NAMESPACE]
    if not agents:
        connect = f"az connectedk8s connect -n {target.named_cluster.name} -g {target.named_cluster.resource_group}"
        return Verdict(Status.FAIL, f"No agent of Azure Arc runs in {AGENT_NAMESPACE}.", connect)
    return verdict_on(agents, "of the agents", target)


def the_proxy_leaves_the_pod_itself_alone(facts: Facts) -> Verdict:
    """Jobs inherit the agents' proxy; their identity sidecar fails (exit code 137) where 127.0.0.1 goes through it."""
    proxy, target = facts[AGENT_PROXY], facts[TARGET]
    if not proxy.used:
        return Verdict(Status.PASS, "The agents use no proxy.")
    missing = [host for host in _NEVER_THROUGH_A_PROXY if host not in proxy.skipped]
    lines = (f"proxy skip range: {','.join(proxy.skipped) or 'empty'}",)
    if missing:
        named = f"-n {target.named_cluster.name} -g {target.named_cluster.resource_group}"
        remedy = f"az connectedk8s update {named} --proxy-skip-range {','.join((*proxy.skipped, *missing))}"
        return Verdict(Status.FAIL, f"The agents' proxy skip range lacks {' and '.join(missing)}.", remedy, lines)
    return Verdict(Status.PASS, "The agents' proxy skips the pod itself.", evidence=lines)


def no_release_is_stuck(facts: Facts) -> Verdict:
    """A Helm operation that was killed midway keeps every later one waiting, and its agent out of memory."""
    stuck = facts[PENDING_RELEASES]
    if not stuck:
        return Verdict(Status.PASS, "No operation of Helm is pending.")
    deletions = [f"kubectl delete secret -n {one.namespace} {one.name}" for one in stuck]
    remedy = "\n".join(["# Once no operation runs (`az ml arc extension show` tells):", *deletions])
    message = f"{number(len(stuck), 'operation')} of Helm pending, or broken off."
    return Verdict(Status.WARN, message, remedy, tuple(str(one) for one in stuck))


CHECKS = (
    Check(
        id="AMLARC-K060",
        group=GROUP,
        title="The agents that install extensions run",
        phase=Phase.ALL,
        needs=(CLUSTER_TYPE, PODS, TARGET),
        judge=agents_run,
        remedy=f"kubectl get pods -n {AGENT_NAMESPACE}",
        url=links.CONNECT,
    ),
    Check(
        id="AMLARC-K061",
        group=GROUP,
        title="The agents' proxy skips 127.0.0.1 and localhost",
        phase=Phase.ALL,
        needs=(AGENT_PROXY, TARGET),
        judge=the_proxy_leaves_the_pod_itself_alone,
        remedy="az connectedk8s update -n CLUSTER -g GROUP --proxy-skip-range 127.0.0.1,localhost,…",
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-K062",
        group=GROUP,
        title="No operation of Helm on the extension is stuck",
        phase=Phase.ALL,
        needs=(PENDING_RELEASES,),
        judge=no_release_is_stuck,
        remedy="# Once no operation runs (`az ml arc extension show` tells):\n"
        "kubectl delete secret -n azureml sh.helm.release.v1.NAME.vNUMBER",
        url=links.EXTENSION_TROUBLES,
    ),
)
