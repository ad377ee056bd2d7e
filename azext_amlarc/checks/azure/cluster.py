"""The cluster of either type, and the agents of a connected one."""

import re
from datetime import timedelta
from functools import partial

from azext_amlarc.checks.azure.facts import (
    AGENTS,
    CLUSTER,
    CLUSTER_FOUND,
    EXTENSION,
    EXTENSION_PROVIDER,
    NOW,
    Agents,
    found_verdict,
)
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import SETTINGS, TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.resources.ids import Target
from azext_amlarc.wording import ago

GROUP = "cluster"

# Azure calls a cluster Offline when it has heard nothing for this long.
_SILENCE = timedelta(minutes=15)
# The oldest version that any release of the product was documented for (2021-06).
_OLDEST = (1, 18)
_NODES_FOR_HA = 3
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def agents_are_connected(facts: Facts) -> Verdict:
    """The agents of a connected cluster talk to Azure."""
    agents, target = facts[AGENTS], facts[TARGET]
    if agents.connectivity == "Connected":
        return Verdict(Status.PASS, "The cluster is Connected.")
    since = f"; its agents were last heard {ago(facts[NOW] - agents.last_seen)} ago" if agents.last_seen else ""
    status = Status.WARN if agents.connectivity == "Connecting" else Status.FAIL
    return Verdict(status, f"The cluster is {agents.connectivity}{since}.", _reconnection(agents, target))


def _reconnection(agents: Agents, target: Target) -> str:
    named = target.azure_options
    if agents.connectivity == "Expired":
        return (
            "# The agents' certificate has expired: connect anew.\n"
            f"az connectedk8s delete {named} --yes\naz connectedk8s connect {named}"
        )
    return (
        "# See whether the agents run and reach Azure.\n"
        f"kubectl get pods -n azure-arc\naz connectedk8s troubleshoot {named}"
    )


def agents_were_seen_recently(facts: Facts) -> Verdict:
    """The agents' last heartbeat is less than 15 minutes old, after which Azure calls a cluster Offline."""
    agents = facts[AGENTS]
    if agents.last_seen is None:
        return Verdict(Status.WARN, "Azure has never heard of the cluster's agents.")
    silence = facts[NOW] - agents.last_seen
    said = f"Azure last heard of its agents {ago(silence)} ago."
    return Verdict(Status.PASS if silence <= _SILENCE else Status.WARN, said)


def agents_are_current(facts: Facts) -> Verdict:
    """The agents run the version that was asked for, and upgrade themselves."""
    agents, named = facts[AGENTS], facts[TARGET].azure_options
    if agents.version is None:
        return Verdict(Status.SKIPPED, "Azure has not been told the agents' version yet.")
    if agents.desired_version not in (None, agents.version):
        said = f"The agents run {agents.version}, where {agents.desired_version} is asked for."
        return Verdict(Status.WARN, said, f"az connectedk8s upgrade {named} --agent-version {agents.desired_version}")
    if not agents.upgrade_themselves:
        said = f"The agents run {agents.version} and do not upgrade themselves."
        return Verdict(Status.WARN, said, f"az connectedk8s update {named} --auto-upgrade true")
    return Verdict(Status.PASS, f"The agents run {agents.version} and upgrade themselves.")


def kubernetes_is_new_enough(facts: Facts) -> Verdict:
    """Kubernetes is no older than the oldest version that the product was ever documented for."""
    cluster, target = facts[CLUSTER], facts[TARGET]
    match = _VERSION.match(cluster.kubernetes_version or "")
    if match is None:
        return Verdict(Status.SKIPPED, "Azure has not been told the Kubernetes version yet.")
    said = f"The cluster runs Kubernetes {cluster.kubernetes_version}"
    if (int(match[1]), int(match[2])) >= _OLDEST:
        return Verdict(Status.PASS, f"{said}.")
    needed = ".".join(map(str, _OLDEST))
    upgrade = f"az aks get-upgrades {target.azure_options} -o table" if target.cluster_type == MANAGED else ""
    return Verdict(Status.FAIL, f"{said}, older than {needed}.", upgrade)


def settings_fit_the_distribution(facts: Facts) -> Verdict:
    """The chart is told that it runs on OpenShift where it does, and nowhere else."""
    distribution = facts[CLUSTER].distribution or "unknown"
    extension, options = facts[EXTENSION], facts[TARGET].cluster_options
    told = extension.settings.get("openshift", "").lower() == "true"
    if told == (distribution.lower() == "openshift"):
        return Verdict(Status.PASS, f"The distribution is {distribution}.")
    said = f"The distribution is {distribution}, but the extension has openshift={str(told).lower()}."
    fix = f"az ml arc extension update {options} --config openshift={str(not told).lower()}"
    return Verdict(Status.FAIL, said, fix)


def region_has_extensions(facts: Facts) -> Verdict:
    """Cluster extensions are offered in the cluster's region; Azure lists the regions with its provider."""
    location, regions = facts[CLUSTER].location, facts[EXTENSION_PROVIDER].regions.get("extensions", ())
    if not regions:
        return Verdict(Status.SKIPPED, "Azure does not say in which regions there are cluster extensions.")
    if location in regions:
        return Verdict(Status.PASS, f"There are cluster extensions in {location}.")
    return Verdict(Status.FAIL, f"There are no cluster extensions in {location}.", evidence=(", ".join(regions),))


def nodes_suffice_for_the_router(facts: Facts) -> Verdict:
    """With inferenceRouterHA the inference router has three replicas on as many nodes."""
    settings, count, options = facts[SETTINGS], facts[CLUSTER].node_count, facts[TARGET].cluster_options
    if settings.get("enableInference", "").lower() != "true":
        return Verdict(Status.SKIPPED, "Inference is not enabled.")
    if count is None:
        return Verdict(Status.SKIPPED, "Azure has not been told the number of nodes yet.")
    wanted = settings.get("inferenceRouterHA", "").lower()
    nodes = f"The cluster has {count} {'node' if count == 1 else 'nodes'}"
    if count >= _NODES_FOR_HA or wanted == "false":
        return Verdict(Status.PASS, f"{nodes}; inferenceRouterHA is {wanted or 'as Azure sets it'}.")
    if not wanted:
        return Verdict(Status.WARN, f"{nodes}, where inferenceRouterHA needs 3: `extension create` turns it off.")
    fix = f"az ml arc extension update {options} --config inferenceRouterHA=False"
    return Verdict(Status.FAIL, f"{nodes}, but inferenceRouterHA needs 3.", fix)


CHECKS = (
    Check(
        id="AMLARC-A020",
        group=GROUP,
        title="The cluster is in Azure",
        phase=Phase.ALL,
        needs=(CLUSTER_FOUND,),
        judge=partial(found_verdict, fact=CLUSTER_FOUND),
        remedy="az connectedk8s connect -n CLUSTER -g GROUP",
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A021",
        group=GROUP,
        title="The cluster is connected to Azure Arc",
        phase=Phase.ALL,
        needs=(AGENTS, TARGET, NOW),
        judge=agents_are_connected,
        remedy="az connectedk8s troubleshoot -n CLUSTER -g GROUP",
        url=links.ARC_TROUBLES,
    ),
    Check(
        id="AMLARC-A022",
        group=GROUP,
        title="Azure has heard of the cluster's agents lately",
        phase=Phase.ALL,
        needs=(AGENTS, NOW),
        judge=agents_were_seen_recently,
        remedy="kubectl get pods -n azure-arc",
        url=links.ARC_CONNECTIVITY,
    ),
    Check(
        id="AMLARC-A023",
        group=GROUP,
        title="The cluster's agents are current",
        phase=Phase.ALL,
        needs=(AGENTS, TARGET),
        judge=agents_are_current,
        remedy="az connectedk8s update -n CLUSTER -g GROUP --auto-upgrade true",
        url=links.ARC_AGENTS,
    ),
    Check(
        id="AMLARC-A024",
        group=GROUP,
        title="The cluster's Kubernetes is new enough",
        phase=Phase.ALL,
        needs=(CLUSTER, TARGET),
        judge=kubernetes_is_new_enough,
        remedy="Upgrade Kubernetes with the tool of the cluster's distribution.",
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A025",
        group=GROUP,
        title="The extension's settings fit the distribution",
        phase=Phase.POST,
        needs=(CLUSTER, EXTENSION, TARGET),
        judge=settings_fit_the_distribution,
        remedy="az ml arc extension update -c CLUSTER -g GROUP --config openshift=true",
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A026",
        group=GROUP,
        title="The cluster's region has cluster extensions",
        phase=Phase.PRE,
        needs=(CLUSTER, EXTENSION_PROVIDER),
        judge=region_has_extensions,
        remedy="Connect the cluster in one of the regions below: az connectedk8s connect --location REGION",
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A027",
        group=GROUP,
        title="The cluster has the nodes that the inference router needs",
        phase=Phase.ALL,
        needs=(CLUSTER, SETTINGS, TARGET),
        judge=nodes_suffice_for_the_router,
        remedy="az ml arc extension update -c CLUSTER -g GROUP --config inferenceRouterHA=False",
        url=links.INSTALL,
    ),
)
