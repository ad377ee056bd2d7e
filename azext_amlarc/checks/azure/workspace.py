"""The workspace that the cluster is attached to, or will be."""

from functools import partial

from azext_amlarc.checks.azure.facts import CLUSTER, NO_CLUSTER, NO_WORKSPACE, WORKSPACE, WORKSPACE_FOUND, found_verdict
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Unavailable, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED

GROUP = "workspace"


def workspace_is_ready(facts: Facts) -> Verdict:
    """The workspace has been made to the end."""
    state, target = facts[WORKSPACE].provisioning_state, facts[TARGET]
    said = f"The workspace is {state}."
    if state.lower() == "succeeded":
        return Verdict(Status.PASS, said)
    return Verdict(
        Status.FAIL,
        said,
        f"az ml workspace show -n {target.named_workspace.name} -g {target.named_workspace.resource_group}",
    )


def subscription_is_the_clusters(facts: Facts) -> Verdict:
    """Workspace and cluster share a subscription, without which an AKS cluster can't be attached."""
    target = facts[TARGET]
    if target.workspace is None:
        raise Unavailable(NO_WORKSPACE)
    if target.cluster is None:
        raise Unavailable(NO_CLUSTER)
    theirs, ours = target.cluster.subscription_id, target.workspace.subscription_id
    if theirs.lower() == ours.lower():
        return Verdict(Status.PASS, f"Both are in the subscription {ours}.")
    is_fatal = target.cluster_type == MANAGED
    said = f"The cluster is in the subscription {theirs}, the workspace in {ours}."
    fix = f"az connectedk8s connect -n {target.cluster.name} -g GROUP --subscription {ours}"
    return Verdict(Status.FAIL if is_fatal else Status.WARN, said, fix)


def region_is_the_clusters(facts: Facts) -> Verdict:
    """Workspace and cluster are in one region: the service of 2021 asked for that, data crosses regions otherwise."""
    here, there = facts[WORKSPACE].location, facts[CLUSTER].location
    if here == there:
        return Verdict(Status.PASS, f"Both are in {here}.")
    return Verdict(Status.WARN, f"The workspace is in {here}, the cluster in {there}.")


def network_is_open(facts: Facts) -> Verdict:
    """The cluster can reach the workspace: over the public network, or by a private endpoint that works."""
    workspace, target = facts[WORKSPACE], facts[TARGET]
    if workspace.is_public:
        return Verdict(Status.PASS, "The workspace is open to the public network.")
    endpoints = tuple(f"{name}: {status}" for name, status in workspace.private_endpoints)
    if any(status.lower() == "approved" for _, status in workspace.private_endpoints):
        said = (
            "The workspace has private endpoints only: the cluster must be in their network, and resolve their names."
        )
        return Verdict(Status.WARN, said, evidence=endpoints)
    named = target.named_workspace
    fix = f"az ml workspace update -n {named.name} -g {named.resource_group} --public-network-access Enabled"
    return Verdict(Status.FAIL, "The workspace is closed, and has no approved private endpoint.", fix, endpoints)


CHECKS = (
    Check(
        id="AMLARC-A060",
        group=GROUP,
        title="The workspace is there",
        phase=Phase.ALL,
        needs=(WORKSPACE_FOUND,),
        judge=partial(found_verdict, fact=WORKSPACE_FOUND),
        remedy="Where the workspace is in another group than the cluster, name that group with --workspace-group.",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A061",
        group=GROUP,
        title="The workspace is ready",
        phase=Phase.ALL,
        needs=(WORKSPACE, TARGET),
        judge=workspace_is_ready,
        remedy="az ml workspace show -n WORKSPACE -g GROUP",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A062",
        group=GROUP,
        title="The workspace is in the cluster's subscription",
        phase=Phase.ALL,
        needs=(TARGET,),
        judge=subscription_is_the_clusters,
        remedy="az connectedk8s connect -n CLUSTER -g GROUP --subscription ID",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A063",
        group=GROUP,
        title="The workspace is in the cluster's region",
        phase=Phase.ALL,
        needs=(WORKSPACE, CLUSTER),
        judge=region_is_the_clusters,
        remedy="Nothing where that is meant; else attach the cluster to a workspace of its own region.",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A064",
        group=GROUP,
        title="The workspace's network lets the cluster in",
        phase=Phase.ALL,
        needs=(WORKSPACE, TARGET),
        judge=network_is_open,
        remedy="From a node: nslookup WORKSPACE-ID.workspace.REGION.api.azureml.ms",
        url=links.PRIVATE_LINK,
    ),
)
