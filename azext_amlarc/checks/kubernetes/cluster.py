"""Whether the cluster answers, and has the namespaces that it needs."""

import re

from azext_amlarc.checks.azure.facts import NO_CLUSTER
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import NAMESPACE, TARGET
from azext_amlarc.checks.kubernetes.facts import CONNECTED_AS, KUBERNETES_VERSION, NAMESPACES
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import EXTENSION_NAMESPACE
from azext_amlarc.resources.ids import ClusterId

GROUP = "kubernetes"

# The oldest that the extension was ever made for (the guide's, of 2021).
_OLDEST = (1, 18)
_ANOTHER = "Name the right one with --kubeconfig and --context; `kubectl config get-contexts` lists the contexts."


def api_server_runs_a_supported_version(facts: Facts) -> Verdict:
    """The window of support moves with AKS (its newest version and the two before); below 1.18 nothing ever ran."""
    version = facts[KUBERNETES_VERSION]
    match = re.match(r"v?(\d+)\.(\d+)", version)
    if match is None:
        return Verdict(Status.WARN, f"The API server answers, and calls its version {version!r}.")
    if (int(match[1]), int(match[2])) < _OLDEST:
        return Verdict(Status.FAIL, f"Kubernetes {version} is older than 1.18.")
    return Verdict(Status.PASS, f"The API server runs Kubernetes {version}.")


def namespace_of_the_compute_exists(facts: Facts) -> Verdict:
    """An attachment neither creates nor checks the namespace; jobs fail there later."""
    name = facts[NAMESPACE]
    phase = facts[NAMESPACES].get(name)
    if phase is None:
        return Verdict(Status.FAIL, f"There is no namespace {name}.", f"kubectl create namespace {name}")
    if phase != "Active":
        wait = f"kubectl wait --for=delete namespace/{name} --timeout=10m\nkubectl create namespace {name}"
        return Verdict(Status.FAIL, f"The namespace {name} is {phase}.", wait)
    return Verdict(Status.PASS, f"The namespace {name} is there.")


def extension_namespace_is_not_going(facts: Facts) -> Verdict:
    """While an earlier installation is being taken off, a new one cannot put anything there."""
    phase = facts[NAMESPACES].get(EXTENSION_NAMESPACE, "absent")
    if phase == "Terminating":
        return Verdict(Status.FAIL, f"The namespace {EXTENSION_NAMESPACE} is being removed.")
    return Verdict(Status.PASS, f"The namespace {EXTENSION_NAMESPACE} is {phase.lower()}.")


def cluster_is_the_one_that_was_named(facts: Facts) -> Verdict:
    """A kubeconfig's current context is easily another cluster's; the agents of Azure Arc know which one theirs is."""
    target = facts[TARGET]
    if target.cluster is None:
        return Verdict(NO_CLUSTER.status, NO_CLUSTER.reason)
    if target.cluster_type == MANAGED:
        return Verdict(Status.SKIPPED, "An AKS cluster does not tell which one it is.")
    found = facts[CONNECTED_AS]
    if found is None:
        return Verdict(Status.SKIPPED, "No agents of Azure Arc tell which cluster this is.")
    if not _is_same(found, target.cluster):
        message = f"The kubeconfig's cluster is {_in_words(found)}, not {_in_words(target.cluster)}."
        return Verdict(Status.FAIL, message, _ANOTHER)
    return Verdict(Status.PASS, f"The kubeconfig's cluster is {_in_words(found)}.")


def _is_same(found: ClusterId, named: ClusterId) -> bool:
    """Azure compares names without case; while nobody is signed in the subscription of the one named is not known."""
    pairs = zip(found, named, strict=True)
    return all(not wanted or wanted.lower() == has.lower() for has, wanted in pairs)


def _in_words(place: ClusterId) -> str:
    subscription = f" of the subscription {place.subscription_id}" if place.subscription_id else ""
    return f"{place.name} in the group {place.resource_group}{subscription}"


CHECKS = (
    Check(
        id="AMLARC-K001",
        group=GROUP,
        title="The API server answers and runs a supported version of Kubernetes",
        phase=Phase.ALL,
        needs=(KUBERNETES_VERSION,),
        judge=api_server_runs_a_supported_version,
        remedy="# Upgrade the cluster to a version that AKS supports today:\naz aks get-versions -l LOCATION -o table",
        url=links.REFERENCE,
    ),
    Check(
        id="AMLARC-K002",
        group=GROUP,
        title="The namespace of the compute target exists",
        phase=Phase.ALL,
        needs=(NAMESPACE, NAMESPACES),
        judge=namespace_of_the_compute_exists,
        remedy="kubectl create namespace NAMESPACE",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-K003",
        group=GROUP,
        title="The extension's namespace is not being removed",
        phase=Phase.PRE,
        needs=(NAMESPACES,),
        judge=extension_namespace_is_not_going,
        remedy=f"kubectl wait --for=delete namespace/{EXTENSION_NAMESPACE} --timeout=15m",
        url=links.EXTENSION_TROUBLES,
    ),
    Check(
        id="AMLARC-K004",
        group=GROUP,
        title="The kubeconfig's cluster is the one that Azure was asked about",
        phase=Phase.ALL,
        needs=(TARGET, CONNECTED_AS),
        judge=cluster_is_the_one_that_was_named,
        remedy=_ANOTHER,
        url=links.CONNECT,
    ),
)
