"""Whether the cluster answers, is the right one, and has the namespaces that it needs."""

import re

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import CreateNamespace
from azext_amlarc.checks.given import EXTENSION_NAME, INSTALL_STATE, NAMESPACE, NO_CLUSTER, TARGET
from azext_amlarc.checks.kubernetes.facts import CONNECTED_AS, KUBERNETES_VERSION, NAMESPACES
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import EXTENSION_NAMESPACE, OLDEST_KUBERNETES
from azext_amlarc.product.steps import Note, command
from azext_amlarc.resources.ids import ClusterId

GROUP = "kubernetes"

_CHOOSE = Note(
    "Choose the right one with --kubeconfig and --context (`kubectl config get-contexts` lists the contexts)."
)


def api_server_runs_a_supported_version(facts: Facts) -> Verdict:
    """The supported versions move with AKS (its newest and the two before); none below 1.18 was ever supported."""
    version = facts[KUBERNETES_VERSION]
    match = re.match(r"v?(\d+)\.(\d+)", version)
    if match is None:
        return Verdict(Status.WARN, f"The API server answers, but its version {version!r} is not a Kubernetes version.")
    if (int(match[1]), int(match[2])) < OLDEST_KUBERNETES:
        oldest = ".".join(map(str, OLDEST_KUBERNETES))
        return Verdict(Status.FAIL, f"Kubernetes {version} is older than {oldest}.")
    return Verdict(Status.PASS, f"The API server runs Kubernetes {version}.")


def namespace_of_the_compute_exists(facts: Facts) -> Verdict:
    """Azure neither creates nor checks the namespace when it attaches the cluster; jobs fail there later."""
    name = facts[NAMESPACE]
    phase = facts[NAMESPACES].get(name)
    if phase is None:
        return Verdict(Status.FAIL, f"There is no namespace {name}.", (CreateNamespace(name),))
    if phase != "Active":
        wait = command("kubectl wait --for=delete namespace/{name} --timeout=10m", name=name)
        return Verdict(Status.FAIL, f"The namespace {name} is {phase}.", (wait, CreateNamespace(name)))
    return Verdict(Status.PASS, f"The namespace {name} exists.")


def extension_namespace_is_not_being_removed(facts: Facts) -> Verdict:
    """While an earlier installation is being removed, a new one cannot create anything there."""
    phase = facts[NAMESPACES].get(EXTENSION_NAMESPACE)
    if phase == "Terminating":
        message = f"The namespace {EXTENSION_NAMESPACE} is being removed."
        return Verdict(Status.FAIL, message, may_come_right=True)
    state = f"is {phase.lower()}" if phase else "does not exist yet"
    return Verdict(Status.PASS, f"The namespace {EXTENSION_NAMESPACE} {state}.")


def what_azure_calls_installed_is_there(facts: Facts) -> Verdict:
    """Azure does not notice when a namespace, or the whole cluster, is made anew under the extension."""
    if facts[INSTALL_STATE] != "Installed":
        return Verdict(Status.SKIPPED, f"Azure says that the extension is {facts[INSTALL_STATE]}.")
    phase = facts[NAMESPACES].get(EXTENSION_NAMESPACE)
    if phase == "Active":
        return Verdict(Status.PASS, f"The namespace {EXTENSION_NAMESPACE} exists.")
    state = (
        f"the namespace {EXTENSION_NAMESPACE} is {phase}" if phase else f"there is no namespace {EXTENSION_NAMESPACE}"
    )
    return it_is_gone(facts, state)


def it_is_gone(facts: Facts, state: str) -> Verdict:
    """That the cluster does not have what Azure calls installed; `state` is what is seen instead."""
    name, cluster = facts[EXTENSION_NAME], facts[TARGET].named_cluster.options
    fix = (
        Note("Delete Azure's record of the extension, then install it again with its settings:"),
        command("az ml arc extension delete -n {name} {cluster} --force --yes", name=name, cluster=cluster),
        command(
            "az ml arc extension create -n {name} {cluster} --config enableTraining=True", name=name, cluster=cluster
        ),
    )
    return Verdict(Status.FAIL, f"Azure says that {name} is Installed, but {state}.", fix)


def cluster_is_the_one_that_was_named(facts: Facts) -> Verdict:
    """A kubeconfig's current context is easily another cluster's; Azure Arc agents know which cluster they are on."""
    target = facts[TARGET]
    if target.cluster is None:
        return Verdict(NO_CLUSTER.status, NO_CLUSTER.reason)
    if target.cluster_type == MANAGED:
        return Verdict(Status.SKIPPED, "An AKS cluster does not say which one it is.")
    found = facts[CONNECTED_AS]
    if found is None:
        return Verdict(Status.SKIPPED, "The cluster has no Azure Arc agents to say which one it is.")
    if not _is_same(found, target.cluster):
        message = f"The kubeconfig's cluster is {_in_words(found)}, not {_in_words(target.cluster)}."
        return Verdict(Status.FAIL, message, (_CHOOSE,))
    return Verdict(Status.PASS, f"The kubeconfig's cluster is {_in_words(found)}.")


def _is_same(found: ClusterId, named: ClusterId) -> bool:
    """Azure compares names without case; the subscription of the named cluster is only known once you are signed in."""
    pairs = zip(found, named, strict=True)
    return all(not wanted or wanted.lower() == has.lower() for has, wanted in pairs)


def _in_words(place: ClusterId) -> str:
    subscription = f" of the subscription {place.subscription_id}" if place.subscription_id else ""
    return f"{place.name} in the resource group {place.resource_group}{subscription}"


CHECKS = (
    Check(
        id="AMLARC-K001",
        group=GROUP,
        title="The API server answers and runs a supported version of Kubernetes",
        phase=Phase.ALL,
        needs=(KUBERNETES_VERSION,),
        judge=api_server_runs_a_supported_version,
        fix=(
            Note("Upgrade the cluster to a version that AKS supports today:"),
            command("az aks get-versions -l LOCATION -o table"),
        ),
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K002",
        group=GROUP,
        title="The namespace of the compute target exists",
        phase=Phase.ALL,
        needs=(NAMESPACE, NAMESPACES),
        judge=namespace_of_the_compute_exists,
        fix=(CreateNamespace("NAMESPACE"),),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-K003",
        group=GROUP,
        title="The extension's namespace is not being removed",
        phase=Phase.PRE,
        needs=(NAMESPACES,),
        judge=extension_namespace_is_not_being_removed,
        fix=(command("kubectl wait --for=delete namespace/{name} --timeout=15m", name=EXTENSION_NAMESPACE),),
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-K004",
        group=GROUP,
        title="The kubeconfig leads to the cluster that you named",
        phase=Phase.ALL,
        needs=(TARGET, CONNECTED_AS),
        judge=cluster_is_the_one_that_was_named,
        fix=(_CHOOSE,),
        url=links.CONNECT,
    ),
    Check(
        id="AMLARC-K005",
        group=GROUP,
        title="The extension that Azure calls installed is on the cluster",
        phase=Phase.POST,
        needs=(INSTALL_STATE, NAMESPACES, TARGET, EXTENSION_NAME),
        judge=what_azure_calls_installed_is_there,
        fix=(
            command("az ml arc extension delete -c CLUSTER -g GROUP --force --yes"),
            command("az ml arc extension create -c CLUSTER -g GROUP --config enableTraining=True"),
        ),
        url=links.EXTENSION_TROUBLES,
    ),
)
