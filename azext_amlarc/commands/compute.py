"""`az ml arc attach` and what belongs to it: the compute targets of a workspace."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected, subscription_id
from azext_amlarc.commands.az.options import DEFAULT_TIMEOUT, missing_for_attach
from azext_amlarc.commands.extension import address
from azext_amlarc.commands.inputs import form
from azext_amlarc.commands.terminal.progress import progress

if TYPE_CHECKING:
    from azext_amlarc.azure.compute.lookup import Compute
    from azext_amlarc.commands.inputs.document import Configuration
    from azext_amlarc.resources.ids import WorkspaceId


def attach(
    cmd: Any,
    name: str | None = None,
    workspace_name: str | None = None,
    resource_group_name: str | None = None,
    workspace_group: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str | None = None,
    resource_id: str | None = None,
    config: str | None = None,
    namespace: str | None = None,
    identity_type: str | None = None,
    user_assigned_identities: Sequence[str] | None = None,
    apply_instance_types: bool = False,
    create_namespace: bool = False,
    preflight: bool = False,
    kubeconfig: str | None = None,
    context: str | None = None,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Compute":
    """Attach the cluster to the workspace; name and configuration are checked before anything is sent.

    What is missing is asked for; where nobody can answer, `options.check_attach` has refused it. What it writes to the
    cluster itself is agreed upon before Azure hears of it, and written before Azure attaches.
    """
    from azext_amlarc.azure import clusters
    from azext_amlarc.azure.compute import attach as attachment
    from azext_amlarc.azure.compute import lookup as compute
    from azext_amlarc.azure.facts.clusters import facts_of as facts_of_cluster
    from azext_amlarc.azure.facts.workspaces import facts_of as facts_of_workspace
    from azext_amlarc.commands.inputs.targets import attachment_checks
    from azext_amlarc.commands.preparation import prepared
    from azext_amlarc.validation.document.identity import meant_type

    given, configuration = _completed(
        cmd,
        form.Given(
            name, workspace_name, workspace_group, resource_group_name, cluster_name, cluster_type, resource_id, config
        ),
        namespace,
    )
    manifests = _manifests(configuration) if apply_instance_types else []
    new_namespace = configuration.document.get("namespace") if create_namespace else None
    cluster_id = address(cmd, given.resource_group_name, given.cluster_name, given.type_of_cluster, given.resource_id)
    workspace = _workspace(cmd, given.workspace_group or given.resource_group_name, str(given.workspace_name))
    identity = meant_type(identity_type, user_assigned_identities)
    watcher = progress(cmd)
    with (
        prepared(kubeconfig, context, cluster_id, new_namespace, manifests, yes, watcher) as preparation,
        connected(cmd, registrar=watcher, patience=timeout) as azure,
    ):
        azure.import_ahead(azure.COMPUTES)
        found = compute.read_workspace(azure, workspace)
        cluster = clusters.read(azure, cluster_id)
        checks = attachment_checks(
            cmd,
            azure,
            cluster,
            workspace,
            str(given.name),
            configuration.document,
            kubeconfig,
            context,
            create_namespace,
        )
        checks.before(facts_of_cluster(cluster) | facts_of_workspace(found), preflight)
        if preparation:
            preparation.write(azure.written)
        wanted = attachment.Wanted(cluster.id, configuration.document, tuple(user_assigned_identities or ()), identity)
        operation = attachment.begin_attach(
            azure, workspace, str(given.name), wanted, str(found.get("location", "")), watcher
        )
        if accepted_only:
            return operation.resource
        with checks.explained():
            return operation.wait(watcher, timeout)


def _completed(cmd: Any, given: form.Given, namespace: str | None) -> "tuple[form.Given, Configuration]":
    """What to attach, with answers for what was missing, and the configuration ready to be sent; findings are said."""
    from azext_amlarc.commands.az.output import show_findings
    from azext_amlarc.commands.inputs.document import read_document
    from azext_amlarc.errors import stop_at_errors
    from azext_amlarc.validation.document import judge_compute_name

    named = judge_compute_name(given.name, "--name") if given.name else []
    stop_at_errors("The name", named)
    configuration = read_document(given.config, namespace)
    show_findings([*named, *configuration.findings])
    if missing_for_attach(given):
        return form.complete(cmd, given, configuration, namespace)
    return given, configuration


def show(cmd: Any, name: str, workspace_name: str, resource_group_name: str) -> "Compute":
    """Show a compute target."""
    from azext_amlarc.azure.compute import lookup as compute

    with connected(cmd) as azure:
        return compute.show(azure, _workspace(cmd, resource_group_name, workspace_name), name)


def list_all(cmd: Any, workspace_name: str, resource_group_name: str) -> "list[Compute]":
    """List the workspace's compute targets on Kubernetes clusters."""
    from azext_amlarc.azure.compute import lookup as compute

    with connected(cmd) as azure:
        return compute.list_all(azure, _workspace(cmd, resource_group_name, workspace_name))


def detach(
    cmd: Any,
    name: str,
    workspace_name: str,
    resource_group_name: str,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> None:
    """Take the compute target out of the workspace; the cluster stays as it is."""
    from azext_amlarc.azure.compute import attach as attachment

    workspace = _workspace(cmd, resource_group_name, workspace_name)
    watcher = progress(cmd)
    with connected(cmd) as azure:
        operation = attachment.begin_detach(azure, workspace, name, watcher)
        if operation and not accepted_only:
            operation.wait(watcher, timeout)


def wait(
    cmd: Any,
    name: str,
    workspace_name: str,
    resource_group_name: str,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    exists: bool = False,
    custom: str | None = None,
    interval: int | None = None,
    timeout: int = DEFAULT_TIMEOUT,
) -> None:
    """Wait until a condition of the compute target is met; without one, until it is attached."""
    from azext_amlarc.azure.compute import attach as attachment
    from azext_amlarc.azure.compute import lookup as compute
    from azext_amlarc.commands.inputs.conditions import Condition

    workspace = _workspace(cmd, resource_group_name, workspace_name)
    condition = Condition.of(created or updated, deleted, exists, custom)
    with connected(cmd) as azure:
        condition.wait(
            lambda: compute.read(azure, workspace, name),
            lambda found: attachment.join(azure, workspace, found).reason(found),
            progress(cmd),
            timeout,
            interval,
        )


def _manifests(configuration: "Configuration") -> "list[dict[str, Any]]":
    from azext_amlarc.commands.az.output import show_findings

    manifests = configuration.instance_types()
    show_findings(manifests.findings)
    return manifests.items or []


def _workspace(cmd: Any, resource_group: str | None, name: str) -> "WorkspaceId":
    from azext_amlarc.resources.ids import WorkspaceId

    return WorkspaceId(subscription_id(cmd), str(resource_group), name)
