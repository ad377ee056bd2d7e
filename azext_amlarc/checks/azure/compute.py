"""Compute targets: the workspace's own on this cluster, and those of other workspaces."""

from azext_amlarc.checks.azure.facts import ATTACHMENTS, COMPUTES, Compute
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Unavailable, Verdict
from azext_amlarc.checks.given import NAMESPACE, NO_CLUSTER, TARGET
from azext_amlarc.product import links
from azext_amlarc.product.known_errors import Subject, advice
from azext_amlarc.product.steps import Advice, Command, Note, command
from azext_amlarc.resources.advice import names_of_target
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.wording import number

GROUP = "compute"
_NONE = Verdict(Status.SKIPPED, "The workspace has no such compute target.")


def cluster_is_attached(facts: Facts) -> Verdict:
    """The workspace has the compute target that was named, or if none was, one on this cluster."""
    found, target = facts[COMPUTES], facts[TARGET]
    if found:
        return Verdict(Status.PASS, f"The workspace has {', '.join(compute.name for compute in found)}.")
    if target.compute:
        return Verdict(Status.FAIL, f"The workspace has no compute target {target.compute!r}.", (_attach(target),))
    return Verdict(Status.WARN, "The workspace has no compute target on this cluster.", (_attach(target),))


def _attach(target: Target) -> Command:
    cluster, workspace = target.named_cluster, target.named_workspace
    apart = workspace.resource_group != cluster.resource_group
    return command(
        "az ml arc attach -n {name} -w {workspace} {cluster} {group}",
        name=target.compute or "NAME",
        workspace=workspace.name,
        cluster=cluster.options,
        group=["--workspace-group", workspace.resource_group] if apart else [],
    )


def computes_are_ready(facts: Facts) -> Verdict:
    """Every compute target is attached completely."""
    found, target = facts[COMPUTES], facts[TARGET]
    bad = [compute for compute in found if compute.provisioning_state.lower() != "succeeded"]
    if not bad:
        return _attached(len(found)) if found else _NONE
    known = dict.fromkeys(advice for compute in bad for advice in _known(compute, target))
    shows = tuple(_show(compute.name, target) for compute in bad)
    is_fatal = any(compute.provisioning_state.lower() in {"failed", "canceled"} for compute in bad)
    return Verdict(
        Status.FAIL if is_fatal else Status.WARN,
        f"{', '.join(f'{compute.name} is {compute.provisioning_state}' for compute in bad)}.",
        tuple(step for steps in known for step in steps) or shows,
        tuple(f"{compute.name}: ({error.code}) {error.message}" for compute in bad for error in compute.errors),
        may_come_right=not is_fatal,
    )


def _attached(count: int) -> Verdict:
    return Verdict(Status.PASS, f"{number(count, 'compute target')} {'is' if count == 1 else 'are'} attached.")


def _known(compute: Compute, target: Target) -> list[Advice]:
    """What is known to do about each of its errors, with its own names."""
    cluster = target.cluster or ClusterId.find(compute.cluster_id)
    names = names_of_target(target._replace(cluster=cluster, compute=compute.name))
    names = names._replace(namespace=compute.namespace)
    found = [advice(Subject.COMPUTE, error.code, error.message, names) for error in compute.errors]
    return [steps for steps in found if steps]


def _show(name: str, target: Target) -> Command:
    return command("az ml arc show -n {name} {workspace}", name=name, workspace=target.named_workspace.options)


def name_is_free_for_the_cluster(facts: Facts) -> Verdict:
    """No compute target of that name is on another cluster or in another namespace, which `attach` refuses."""
    target, namespace = facts[TARGET], facts[NAMESPACE]
    if target.cluster is None:
        raise Unavailable(NO_CLUSTER)
    if target.compute is None:
        return Verdict(Status.SKIPPED, "No compute target was named: -n NAME.")
    workspace = target.named_workspace.options
    detach = command("az ml arc detach -n {name} {workspace}", name=target.compute, workspace=workspace)
    for compute in facts[COMPUTES]:
        if not target.cluster.same_as(compute.cluster_id):
            message = f"{compute.name} is attached to another cluster."
            return Verdict(Status.FAIL, message, (detach,), (compute.cluster_id,))
        if compute.namespace != namespace:
            message = f"{compute.name} uses the namespace {compute.namespace}, not {namespace}."
            return Verdict(Status.FAIL, message, (detach, Note("Then attach it again.")))
    return Verdict(Status.PASS, f"{target.compute} is available, or already on this cluster.")


def nobody_else_uses_the_namespace(facts: Facts) -> Verdict:
    """Several workspaces may share a cluster; in one namespace their jobs share secrets and quotas as well."""
    others, namespace = facts[ATTACHMENTS], facts[NAMESPACE]
    seen = tuple(f"{it.workspace}: {it.name}, namespace {it.namespace}" for it in others.computes)
    unread = tuple(f"{workspace}: not readable" for workspace in others.unread)
    same = [it for it in others.computes if it.namespace == namespace] if facts[TARGET].workspace else []
    if same:
        message = f"Other workspaces have {number(len(same), 'compute target')} in the namespace {namespace}."
        return Verdict(Status.WARN, message, evidence=(*seen, *unread))
    if unread:
        return Verdict(
            Status.ERROR, f"{number(len(unread), 'workspace')} could not be read.", evidence=(*seen, *unread)
        )
    if seen:
        owners = "Other workspaces" if facts[TARGET].workspace else "Workspaces"
        message = f"{owners} have {number(len(seen), 'compute target')} on the cluster."
        return Verdict(Status.PASS, message, evidence=seen)
    return Verdict(Status.PASS, "No other workspace that you can see uses the cluster.")


CHECKS = (
    Check(
        id="AMLARC-A070",
        group=GROUP,
        title="The cluster is attached to the workspace",
        phase=Phase.POST,
        needs=(COMPUTES, TARGET),
        judge=cluster_is_attached,
        fix=(command("az ml arc attach -n NAME -w WORKSPACE -c CLUSTER -g GROUP"),),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A071",
        group=GROUP,
        title="The compute target is ready",
        phase=Phase.POST,
        needs=(COMPUTES, TARGET),
        judge=computes_are_ready,
        fix=(command("az ml arc show -n NAME -w WORKSPACE -g GROUP"),),
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A072",
        group=GROUP,
        title="The compute target's name is available for this cluster",
        phase=Phase.PRE,
        needs=(COMPUTES, TARGET, NAMESPACE),
        judge=name_is_free_for_the_cluster,
        fix=(command("az ml arc detach -n NAME -w WORKSPACE -g GROUP"),),
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A073",
        group=GROUP,
        title="No other workspace uses the same namespace of the cluster",
        phase=Phase.ALL,
        needs=(ATTACHMENTS, NAMESPACE, TARGET),
        judge=nobody_else_uses_the_namespace,
        fix=(
            Note(
                "No action needed if this is intended. Otherwise give each workspace its own namespace and different "
                "instance types."
            ),
        ),
        url=links.ATTACH,
    ),
)
