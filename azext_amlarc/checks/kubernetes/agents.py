"""Whether the agents that install extensions run, and whether their proxy works for jobs."""

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import CLUSTER_TYPE, TARGET
from azext_amlarc.checks.kubernetes.facts import AGENT_PROXY, PENDING_RELEASES, PODS
from azext_amlarc.checks.kubernetes.pods import verdict_on
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import AGENT_NAMESPACE
from azext_amlarc.product.steps import Note, command
from azext_amlarc.wording import number

GROUP = "agents"

_IN_AKS = ("extension-agent", "extension-operator")
# The sidecars of a job connect to each other on the pod's own addresses.
_NEVER_THROUGH_A_PROXY = ("127.0.0.1", "localhost")
_NONE_IN_PROGRESS = Note("Only if no operation on the extension is in progress (check AMLARC-A043):")


def agents_run(facts: Facts) -> Verdict:
    """On Arc those in azure-arc, which install extensions; AKS starts its own with the first extension."""
    pods = facts[PODS]
    if facts[CLUSTER_TYPE].lower() == MANAGED.lower():
        agents = [pod for pod in pods if pod.namespace == "kube-system" and pod.name.startswith(_IN_AKS)]
        return verdict_on(agents, "of the agents")
    agents = [pod for pod in pods if pod.namespace == AGENT_NAMESPACE]
    if not agents:
        connect = command("az connectedk8s connect {cluster}", cluster=facts[TARGET].named_cluster.azure_options)
        return Verdict(Status.FAIL, f"No Azure Arc agents run in {AGENT_NAMESPACE}.", (connect,))
    return verdict_on(agents, "of the agents")


def the_proxy_skips_the_pod_itself(facts: Facts) -> Verdict:
    """Jobs inherit the agents' proxy; their identity sidecar fails (exit code 137) if 127.0.0.1 goes through it."""
    proxy, cluster = facts[AGENT_PROXY], facts[TARGET].named_cluster
    if not proxy.used:
        return Verdict(Status.PASS, "The agents use no proxy.")
    missing = [host for host in _NEVER_THROUGH_A_PROXY if host not in proxy.skipped]
    lines = (f"proxy skip range: {','.join(proxy.skipped) or 'empty'}",)
    if missing:
        update = command(
            "az connectedk8s update {cluster} --proxy-skip-range {hosts}",
            cluster=cluster.azure_options,
            hosts=",".join((*proxy.skipped, *missing)),
        )
        message = f"The agents' proxy skip range lacks {' and '.join(missing)}."
        return Verdict(Status.FAIL, message, (update,), lines)
    return Verdict(Status.PASS, "The agents' proxy skips the pod's own addresses.", evidence=lines)


def no_release_is_stuck(facts: Facts) -> Verdict:
    """A release left pending blocks every later operation and exhausts its agent's memory."""
    stuck = facts[PENDING_RELEASES]
    if not stuck:
        return Verdict(Status.PASS, "No Helm operation is pending.")
    template = "kubectl delete secret -n {namespace} {name}"
    deletions = [command(template, namespace=one.namespace, name=one.name) for one in stuck]
    message = f"{number(len(stuck), 'Helm operation')} did not finish: still in progress, or interrupted."
    return Verdict(Status.WARN, message, (_NONE_IN_PROGRESS, *deletions), tuple(str(one) for one in stuck))


CHECKS = (
    Check(
        id="AMLARC-K060",
        group=GROUP,
        title="The agents that install extensions are running",
        phase=Phase.ALL,
        needs=(CLUSTER_TYPE, PODS, TARGET),
        judge=agents_run,
        fix=(command("kubectl get pods -n {namespace}", namespace=AGENT_NAMESPACE),),
        url=links.CONNECT,
    ),
    Check(
        id="AMLARC-K061",
        group=GROUP,
        title="The agents' proxy skips 127.0.0.1 and localhost",
        phase=Phase.ALL,
        needs=(AGENT_PROXY, TARGET),
        judge=the_proxy_skips_the_pod_itself,
        fix=(command("az connectedk8s update -n CLUSTER -g GROUP --proxy-skip-range 127.0.0.1,localhost,HOSTS"),),
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-K062",
        group=GROUP,
        title="No Helm operation on the extension is stuck",
        phase=Phase.ALL,
        needs=(PENDING_RELEASES,),
        judge=no_release_is_stuck,
        fix=(_NONE_IN_PROGRESS, command("kubectl delete secret -n azureml sh.helm.release.v1.NAME.vNUMBER")),
        url=links.EXTENSION_TROUBLES,
    ),
)
