"""The cluster of either type, and the agents of a connected one."""

import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from azext_amlarc.checks.azure.facts import (
    AGENTS,
    CLUSTER,
    CLUSTER_FOUND,
    EXTENSION,
    EXTENSION_PROVIDER,
    NOW,
    Agents,
    Extension,
    it_exists,
)
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import EXTENSION_NAME, SETTINGS, TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.extension import NODES_FOR_HA, OLDEST_KUBERNETES
from azext_amlarc.product.steps import Advice, Note, command
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.wording import ago, number

if TYPE_CHECKING:
    from azext_amlarc.checks.fix import Fix

GROUP = "cluster"

# Azure calls a cluster Offline if its agents have not reported for this long.
_SILENCE = timedelta(minutes=15)
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def agents_are_connected(facts: Facts) -> Verdict:
    """The agents of a connected cluster are connected to Azure."""
    agents, cluster = facts[AGENTS], facts[TARGET].named_cluster
    if agents.connectivity == "Connected":
        return Verdict(Status.PASS, "The cluster is Connected.")
    since = f"; its agents last reported {ago(facts[NOW] - agents.last_seen)} ago" if agents.last_seen else ""
    message, fix = f"The cluster is {agents.connectivity}{since}.", _reconnection(agents, cluster)
    if agents.connectivity == "Connecting":
        return Verdict(Status.WARN, message, fix, may_come_right=True)
    return Verdict(Status.FAIL, message, fix)


def _reconnection(agents: Agents, cluster: ClusterId) -> Advice:
    named = cluster.azure_options
    if agents.connectivity == "Expired":
        return (
            Note("The agents' certificate has expired. Connect the cluster again:"),
            command("az connectedk8s delete {cluster} --yes", cluster=named),
            command("az connectedk8s connect {cluster}", cluster=named),
        )
    return (
        Note("Check that the agents run and can reach Azure:"),
        command("kubectl get pods -n azure-arc"),
        command("az connectedk8s troubleshoot {cluster}", cluster=named),
    )


def agents_reported_recently(facts: Facts) -> Verdict:
    """The agents' last heartbeat is less than 15 minutes old; after that Azure calls a cluster Offline."""
    agents = facts[AGENTS]
    if agents.last_seen is None:
        return Verdict(Status.WARN, "The cluster's agents have never reported to Azure.", may_come_right=True)
    silence = facts[NOW] - agents.last_seen
    message = f"The agents last reported {ago(silence)} ago."
    return Verdict(Status.PASS if silence <= _SILENCE else Status.WARN, message)


def agents_are_up_to_date(facts: Facts) -> Verdict:
    """The agents run the version that was asked for, with auto-upgrade on."""
    agents, named = facts[AGENTS], facts[TARGET].named_cluster.azure_options
    if agents.version is None:
        return Verdict(Status.SKIPPED, "The agents have not reported their version yet.")
    if agents.desired_version not in (None, agents.version):
        message = f"The agents run {agents.version}, but {agents.desired_version} was requested."
        upgrade = command(
            "az connectedk8s upgrade {cluster} --agent-version {version}",
            cluster=named,
            version=agents.desired_version or "",
        )
        return Verdict(Status.WARN, message, (upgrade,))
    if not agents.upgrade_themselves:
        message = f"The agents run {agents.version} with auto-upgrade off."
        enable = command("az connectedk8s update {cluster} --auto-upgrade true", cluster=named)
        return Verdict(Status.WARN, message, (enable,))
    return Verdict(Status.PASS, f"The agents run {agents.version} with auto-upgrade on.")


def kubernetes_is_new_enough(facts: Facts) -> Verdict:
    """Kubernetes is no older than the oldest version that the product was ever documented for."""
    cluster, named = facts[CLUSTER], facts[TARGET].named_cluster
    match = _VERSION.match(cluster.kubernetes_version or "")
    if match is None:
        return Verdict(Status.SKIPPED, "The cluster has not reported its Kubernetes version yet.")
    message = f"The cluster runs Kubernetes {cluster.kubernetes_version}"
    if (int(match[1]), int(match[2])) >= OLDEST_KUBERNETES:
        return Verdict(Status.PASS, f"{message}.")
    needed = ".".join(map(str, OLDEST_KUBERNETES))
    upgrades = command("az aks get-upgrades {cluster} -o table", cluster=named.azure_options)
    fix = (upgrades,) if named.cluster_type == MANAGED else ()
    return Verdict(Status.FAIL, f"{message}, which is older than {needed}.", fix)


def settings_match_the_distribution(facts: Facts) -> Verdict:
    """The setting openshift is true on OpenShift, and nowhere else."""
    distribution = facts[CLUSTER].distribution or "unknown"
    extension, cluster = facts[EXTENSION], facts[TARGET].named_cluster
    is_set = extension.settings.get("openshift", "").lower() == "true"
    if is_set == (distribution.lower() == "openshift"):
        return Verdict(Status.PASS, f"The distribution is {distribution}.")
    message = f"The distribution is {distribution}, but the extension has openshift={str(is_set).lower()}."
    return Verdict(Status.FAIL, message, _openshift(cluster, extension, on=not is_set))


def _openshift(cluster: ClusterId, extension: Extension, *, on: bool) -> "Fix":
    """On OpenShift an installation sets it by itself."""
    from azext_amlarc.checks.azure.extension import again

    return again(extension, cluster) if on else _setting(cluster, extension.name, "openshift=false")


def _setting(cluster: ClusterId, extension: str, setting: str) -> "Fix":
    from azext_amlarc.checks.fix import ChangeSettings

    return (ChangeSettings(cluster, extension, (setting,)),)


def region_has_extensions(facts: Facts) -> Verdict:
    """The extension's resource provider lists the cluster's region."""
    location, regions = facts[CLUSTER].location, facts[EXTENSION_PROVIDER].regions.get("extensions", ())
    if not regions:
        return Verdict(Status.SKIPPED, "Azure does not say in which regions cluster extensions are available.")
    if location in regions:
        return Verdict(Status.PASS, f"Cluster extensions are available in {location}.")
    message = f"Cluster extensions are not available in {location}."
    return Verdict(Status.FAIL, message, evidence=(", ".join(regions),))


def nodes_suffice_for_the_router(facts: Facts) -> Verdict:
    """With inferenceRouterHA the inference router runs three replicas, each on a node of its own."""
    settings, count = facts[SETTINGS], facts[CLUSTER].node_count
    if settings.get("enableInference", "").lower() != "true":
        return Verdict(Status.SKIPPED, "Inference is not enabled.")
    if count is None:
        return Verdict(Status.SKIPPED, "The cluster has not reported its number of nodes yet.")
    wanted = settings.get("inferenceRouterHA", "").lower()
    nodes = f"The cluster has {number(count, 'node')}"
    if count >= NODES_FOR_HA or wanted == "false":
        return Verdict(Status.PASS, f"{nodes}; inferenceRouterHA is {wanted or 'not set'}.")
    message = f"{nodes}, but inferenceRouterHA needs {NODES_FOR_HA}"
    fix = _setting(facts[TARGET].named_cluster, facts[EXTENSION_NAME], "inferenceRouterHA=False")
    if not wanted:
        return Verdict(Status.WARN, f"{message}: `az ml arc extension create` turns it off.", fix)
    return Verdict(Status.FAIL, f"{message}.", fix)


CHECKS = (
    Check(
        id="AMLARC-A020",
        group=GROUP,
        title="The cluster exists in Azure",
        phase=Phase.ALL,
        needs=(CLUSTER_FOUND,),
        judge=partial(it_exists, fact=CLUSTER_FOUND),
        fix=(command("az connectedk8s connect -n CLUSTER -g GROUP"),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A021",
        group=GROUP,
        title="The cluster is connected to Azure Arc",
        phase=Phase.ALL,
        needs=(AGENTS, TARGET, NOW),
        judge=agents_are_connected,
        fix=(command("az connectedk8s troubleshoot -n CLUSTER -g GROUP"),),
        url=links.ARC_TROUBLES,
    ),
    Check(
        id="AMLARC-A022",
        group=GROUP,
        title="The cluster's agents reported recently",
        phase=Phase.ALL,
        needs=(AGENTS, NOW),
        judge=agents_reported_recently,
        fix=(command("kubectl get pods -n azure-arc"),),
        url=links.ARC_CONNECTIVITY,
    ),
    Check(
        id="AMLARC-A023",
        group=GROUP,
        title="The cluster's agents are up to date",
        phase=Phase.ALL,
        needs=(AGENTS, TARGET),
        judge=agents_are_up_to_date,
        fix=(command("az connectedk8s update -n CLUSTER -g GROUP --auto-upgrade true"),),
        url=links.ARC_AGENTS,
    ),
    Check(
        id="AMLARC-A024",
        group=GROUP,
        title="The cluster's Kubernetes version is new enough",
        phase=Phase.ALL,
        needs=(CLUSTER, TARGET),
        judge=kubernetes_is_new_enough,
        fix=(Note("Upgrade Kubernetes with the tools of the cluster's distribution."),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A025",
        group=GROUP,
        title="The extension's settings match the distribution",
        phase=Phase.POST,
        needs=(CLUSTER, EXTENSION, TARGET),
        judge=settings_match_the_distribution,
        fix=(command("az ml arc extension update -c CLUSTER -g GROUP --config openshift=true"),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A026",
        group=GROUP,
        title="Cluster extensions are available in the cluster's region",
        phase=Phase.PRE,
        needs=(CLUSTER, EXTENSION_PROVIDER),
        judge=region_has_extensions,
        fix=(Note("Connect the cluster in a region that has them (`az connectedk8s connect --location REGION`)."),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A027",
        group=GROUP,
        title="The cluster has enough nodes for the inference router",
        phase=Phase.ALL,
        needs=(CLUSTER, SETTINGS, EXTENSION_NAME, TARGET),
        judge=nodes_suffice_for_the_router,
        fix=(command("az ml arc extension update -c CLUSTER -g GROUP --config inferenceRouterHA=False"),),
        url=links.INSTALL,
    ),
)
