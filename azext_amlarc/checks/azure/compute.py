"""Compute targets: the workspace's own on this cluster, and those that others have on it."""

from azext_amlarc.checks.azure.facts import ATTACHMENTS, COMPUTES, NO_CLUSTER
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Unavailable, Verdict
from azext_amlarc.checks.given import NAMESPACE, TARGET
from azext_amlarc.product import links
from azext_amlarc.product.hints import hint_for

GROUP = "compute"
_NONE = Verdict(Status.SKIPPED, "The workspace has no such compute target.")


def cluster_is_attached(facts: Facts) -> Verdict:
    """The workspace has the compute target that was named, or else one on this cluster."""
    found, target = facts[COMPUTES], facts[TARGET]
    if found:
        return Verdict(Status.PASS, f"The workspace has {', '.join(compute.name for compute in found)}.")
    name = target.compute or "NAME"
    apart = target.named_workspace.resource_group != target.named_cluster.resource_group
    attach = f"az ml arc attach -n {name} -w {target.named_workspace.name} {target.cluster_options}"
    attach += f" --workspace-group {target.named_workspace.resource_group}" if apart else ""
    if target.compute:
        return Verdict(Status.FAIL, f"The workspace has no compute target {target.compute!r}.", attach)
    return Verdict(Status.WARN, "The workspace has no compute target on this cluster.", attach)


def computes_are_ready(facts: Facts) -> Verdict:
    """Every compute target has been attached to the end."""
    found, target = facts[COMPUTES], facts[TARGET]
    bad = [compute for compute in found if compute.provisioning_state.lower() != "succeeded"]
    if not bad:
        return Verdict(Status.PASS, f"{len(found)} attached well.") if found else _NONE
    errors = [(compute, error) for compute in bad for error in compute.errors]
    hints = dict.fromkeys(hint for _, error in errors if (hint := hint_for(error.code, error.message)))
    shows = [f"az ml arc show -n {compute.name} {target.workspace_options}" for compute in bad]
    is_fatal = any(compute.provisioning_state.lower() in {"failed", "canceled"} for compute in bad)
    return Verdict(
        Status.FAIL if is_fatal else Status.WARN,
        f"{', '.join(f'{compute.name} is {compute.provisioning_state}' for compute in bad)}.",
        target.filled("\n".join(hints or shows)),
        tuple(f"{compute.name}: ({error.code}) {error.message}" for compute, error in errors),
    )


def name_is_free_for_the_cluster(facts: Facts) -> Verdict:
    """The name stands for no compute target on another cluster or in another namespace, which `attach` refuses."""
    target, namespace = facts[TARGET], facts[NAMESPACE]
    if target.cluster is None:
        raise Unavailable(NO_CLUSTER)
    if target.compute is None:
        return Verdict(Status.SKIPPED, "No compute target was named: -n NAME.")
    detach = f"az ml arc detach -n {target.compute} {target.workspace_options}"
    for compute in facts[COMPUTES]:
        if not target.cluster.same_as(compute.cluster_id):
            return Verdict(
                Status.FAIL, f"{compute.name} is attached to another cluster.", detach, (compute.cluster_id,)
            )
        if compute.namespace != namespace:
            said = f"{compute.name} runs in the namespace {compute.namespace}, not in {namespace}."
            return Verdict(Status.FAIL, said, f"{detach}\n# Then attach it again.")
    return Verdict(Status.PASS, f"{target.compute} is free for this cluster, or on it already.")


def nobody_else_uses_the_cluster(facts: Facts) -> Verdict:
    """No other workspace has a compute target on the cluster, whose instance types and namespaces they would share."""
    others = facts[ATTACHMENTS]
    seen = tuple(f"{it.workspace}: {it.name}, namespace {it.namespace}" for it in others.computes)
    unread = tuple(f"{workspace}: not readable" for workspace in others.unread)
    if seen:
        said = f"Other workspaces have {len(seen)} compute target{'' if len(seen) == 1 else 's'} on the cluster."
        return Verdict(Status.WARN, said, evidence=(*seen, *unread))
    if unread:
        count = "A workspace" if len(unread) == 1 else f"{len(unread)} workspaces"
        return Verdict(Status.ERROR, f"{count} could not be read.", evidence=unread)
    return Verdict(Status.PASS, "No other workspace that you can see uses the cluster.")


CHECKS = (
    Check(
        id="AMLARC-A070",
        group=GROUP,
        title="The cluster is attached to the workspace",
        phase=Phase.POST,
        needs=(COMPUTES, TARGET),
        judge=cluster_is_attached,
        remedy="az ml arc attach -n NAME -w WORKSPACE -c CLUSTER -g GROUP",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A071",
        group=GROUP,
        title="The compute target is ready",
        phase=Phase.POST,
        needs=(COMPUTES, TARGET),
        judge=computes_are_ready,
        remedy="az ml arc show -n NAME -w WORKSPACE -g GROUP",
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A072",
        group=GROUP,
        title="The compute target's name is free for this cluster",
        phase=Phase.PRE,
        needs=(COMPUTES, TARGET, NAMESPACE),
        judge=name_is_free_for_the_cluster,
        remedy="az ml arc detach -n NAME -w WORKSPACE -g GROUP",
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A073",
        group=GROUP,
        title="No other workspace uses the cluster",
        phase=Phase.ALL,
        needs=(ATTACHMENTS,),
        judge=nobody_else_uses_the_cluster,
        remedy="Nothing where that is meant; give each workspace a namespace of its own, and unlike instance types.",
        url=links.ATTACH,
    ),
)
