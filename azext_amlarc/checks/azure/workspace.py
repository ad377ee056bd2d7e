"""The workspace that the cluster is or will be attached to."""

from functools import partial

from azext_amlarc.checks.azure.facts import CLUSTER, WORKSPACE, WORKSPACE_FOUND, it_exists
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Unavailable, Verdict
from azext_amlarc.checks.given import NO_CLUSTER, NO_WORKSPACE, TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.steps import Note, command

GROUP = "workspace"


def workspace_is_ready(facts: Facts) -> Verdict:
    """The workspace was created completely."""
    state, workspace = facts[WORKSPACE].provisioning_state, facts[TARGET].named_workspace
    message = f"The workspace is {state}."
    if state.lower() == "succeeded":
        return Verdict(Status.PASS, message)
    show = command("az ml workspace show -n {name} -g {group}", name=workspace.name, group=workspace.resource_group)
    is_on_its_way = state.lower() not in {"failed", "canceled", "deleting"}
    return Verdict(Status.FAIL, message, (show,), may_come_right=is_on_its_way)


def subscription_is_the_clusters(facts: Facts) -> Verdict:
    """Workspace and cluster are in one subscription: an AKS cluster in another one cannot be attached."""
    target = facts[TARGET]
    if target.workspace is None:
        raise Unavailable(NO_WORKSPACE)
    if target.cluster is None:
        raise Unavailable(NO_CLUSTER)
    theirs, ours = target.cluster.subscription_id, target.workspace.subscription_id
    if theirs.lower() == ours.lower():
        return Verdict(Status.PASS, f"Both are in the subscription {ours}.")
    is_fatal = target.cluster_type == MANAGED
    message = f"The cluster is in the subscription {theirs}, but the workspace is in {ours}."
    template = "az connectedk8s connect -n {name} -g GROUP --subscription {subscription}"
    connect = command(template, name=target.cluster.name, subscription=ours)
    return Verdict(Status.FAIL if is_fatal else Status.WARN, message, (connect,))


def region_is_the_clusters(facts: Facts) -> Verdict:
    """Workspace and cluster are in one region: the service of 2021 required it, and data crosses regions otherwise."""
    here, there = facts[WORKSPACE].location, facts[CLUSTER].location
    if here == there:
        return Verdict(Status.PASS, f"Both are in {here}.")
    return Verdict(Status.WARN, f"The workspace is in {here}, but the cluster is in {there}.")


def network_is_open(facts: Facts) -> Verdict:
    """The cluster can reach the workspace over the public network or an approved private endpoint."""
    workspace, target = facts[WORKSPACE], facts[TARGET]
    if workspace.is_public:
        return Verdict(Status.PASS, "The workspace is open to the public network.")
    endpoints = tuple(f"{name}: {status}" for name, status in workspace.private_endpoints)
    if any(status.lower() == "approved" for _, status in workspace.private_endpoints):
        message = (
            "The workspace has private endpoints only: the cluster must be in their network and resolve their names."
        )
        return Verdict(Status.WARN, message, (_lookup(workspace.location),), endpoints)
    template = "az ml workspace update -n {name} -g {group} --public-network-access Enabled"
    named = target.named_workspace
    enable = command(template, name=named.name, group=named.resource_group)
    message = "Public network access to the workspace is disabled, and it has no approved private endpoint."
    return Verdict(Status.FAIL, message, (enable,), endpoints)


def _lookup(region: str) -> Note:
    host = f"WORKSPACE-ID.workspace.{region}.api.azureml.ms"
    return Note(f"On a node, check that the workspace's name resolves to a private address (`nslookup {host}`).")


CHECKS = (
    Check(
        id="AMLARC-A060",
        group=GROUP,
        title="The workspace exists",
        phase=Phase.ALL,
        needs=(WORKSPACE_FOUND,),
        judge=partial(it_exists, fact=WORKSPACE_FOUND),
        fix=(Note("If the workspace is in another resource group than the cluster, pass --workspace-group."),),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A061",
        group=GROUP,
        title="The workspace is ready",
        phase=Phase.ALL,
        needs=(WORKSPACE, TARGET),
        judge=workspace_is_ready,
        fix=(command("az ml workspace show -n WORKSPACE -g GROUP"),),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A062",
        group=GROUP,
        title="The workspace is in the cluster's subscription",
        phase=Phase.ALL,
        needs=(TARGET,),
        judge=subscription_is_the_clusters,
        fix=(command("az connectedk8s connect -n CLUSTER -g GROUP --subscription ID"),),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A063",
        group=GROUP,
        title="The workspace is in the cluster's region",
        phase=Phase.ALL,
        needs=(WORKSPACE, CLUSTER),
        judge=region_is_the_clusters,
        fix=(
            Note(
                "No action needed if this is intended. Otherwise attach the cluster to a workspace in its own region."
            ),
        ),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A064",
        group=GROUP,
        title="The cluster can reach the workspace over the network",
        phase=Phase.ALL,
        needs=(WORKSPACE, TARGET),
        judge=network_is_open,
        fix=(_lookup("REGION"),),
        url=links.PRIVATE_LINK,
    ),
)
