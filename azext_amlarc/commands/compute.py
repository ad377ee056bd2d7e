"""`az ml arc attach`, `show`, `list`, `detach` and `wait`: the compute targets of a workspace."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import AzDoor, connected
from azext_amlarc.commands.az.options import DEFAULT_TIMEOUT, missing_for_attach
from azext_amlarc.commands.inputs.targets import Given, cluster_of, workspace_of
from azext_amlarc.commands.terminal.progress import terminal_watcher
from azext_amlarc.errors import together

if TYPE_CHECKING:
    from azext_amlarc.commands.inputs.document import Configuration
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.resources.compute import Compute, Wanted
    from azext_amlarc.resources.ids import ClusterId
    from azext_amlarc.workflows.prepare import Preparation


def attach(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
    name: str | None = None,
    workspace_name: str | None = None,
    resource_group_name: str | None = None,
    workspace_group: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str | None = None,
    resource_id: str | None = None,
    config: str | None = None,
    policy: Sequence[str] | None = None,
    namespace: str | None = None,
    identity_type: str | None = None,
    user_assigned_identities: Sequence[str] | None = None,
    apply_instance_types: bool = False,
    prune_instance_types: bool = False,
    create_namespace: bool = False,
    preflight: bool = False,
    grant: bool = False,
    kubeconfig: str | None = None,
    context: str | None = None,
    get_credentials: bool = False,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Compute":
    """Attach the cluster to the workspace; name and configuration are validated before anything is sent.

    Prompts for what is missing; `options.validate_attach` has refused it if that is impossible. Changes on the cluster
    itself are confirmed before anything is sent to Azure, and written before Azure attaches the cluster.
    """
    from azext_amlarc.commands.inputs.credentials import access_to, for_changes
    from azext_amlarc.workflows.attach import begin_attach

    asked = Given(
        name, workspace_name, workspace_group, resource_group_name, cluster_name, cluster_type, resource_id, config
    )
    kube = access_to(cmd, kubeconfig, context, get_credentials, *asked.cluster)
    given, configuration = _completed(
        cmd, asked, namespace=namespace, kube=kube, converted=apply_instance_types, policy=policy or ()
    )
    manifests = _manifests(configuration) if apply_instance_types else []
    new_namespace = configuration.document.get("namespace") if create_namespace else None
    cluster_id = cluster_of(cmd, *given.cluster)
    workspace = workspace_of(cmd, given.workspace_group or given.resource_group_name, str(given.workspace_name))
    wanted = _wanted(cluster_id, configuration, identity_type, user_assigned_identities)
    door = AzDoor(cmd, yes)
    if create_namespace and new_namespace is None:
        door.warn("--create-namespace has no effect: no namespace is given, and the namespace default always exists.")
    opened = for_changes(kube, bool(new_namespace or manifests or prune_instance_types))
    with opened or nullcontext():
        prepared = partial(_prepared, opened, door, cluster_id, 0 if accepted_only else timeout)
        preparation = prepared(namespace=new_namespace, manifests=manifests, prunes=prune_instance_types)
        begin = partial(begin_attach, kube=kube, preparation=preparation, all_checks=preflight, grant=grant)
        with connected(cmd, watcher=door.watcher, registers=True, timeout=timeout) as azure:
            azure.import_ahead(azure.COMPUTES)
            named = (workspace, str(given.name), wanted)
            operation = begin(azure, door, *named, timeout=timeout, creates_namespace=create_namespace)
            return operation.resource if accepted_only else operation.wait(door.watcher, timeout)


def _wanted(
    cluster_id: "ClusterId", configuration: "Configuration", kind: str | None, identities: Sequence[str] | None
) -> "Wanted":
    from azext_amlarc.resources.compute import Wanted
    from azext_amlarc.validation.document.identity import meant_type

    ids, meant = tuple(identities or ()), meant_type(kind, identities)
    return Wanted(cluster_id, configuration.document, ids, meant, configuration.file is not None)


def _prepared(
    access: "KubeAccess | None",
    door: AzDoor,
    cluster_id: "ClusterId",
    timeout: float,
    *,
    namespace: str | None,
    manifests: "list[dict[str, Any]]",
    prunes: bool,
) -> "Preparation | None":
    if access is None or not (namespace or manifests or prunes):
        return None
    from azext_amlarc.workflows.prepare import agreed, compared

    return agreed(compared(access, door, cluster_id, namespace, manifests, prunes=prunes, timeout=timeout), door)


def _completed(
    cmd: Any,
    given: Given,
    *,
    namespace: str | None,
    kube: "KubeAccess | None",
    converted: bool,
    policy: Sequence[str],
) -> "tuple[Given, Configuration]":
    """What to attach, completed by prompts, and the configuration ready to be sent; findings are shown.

    With `converted` its instance types have to become objects on the cluster.
    """
    from azext_amlarc.commands.az.output import show_findings
    from azext_amlarc.commands.inputs.document import read_document
    from azext_amlarc.resources import naming
    from azext_amlarc.validation.document import validate_compute_name

    named = validate_compute_name(given.name, "--name") if given.name else []
    is_asked_for = bool(missing_for_attach(given)) and not given.config
    configuration, *_ = together(
        partial(read_document, given.config, namespace, named, converted, () if is_asked_for else policy),
        *([partial(naming.cluster_of, given.resource_id, "--resource-id")] if given.resource_id else []),
        *([kube.read] if kube else []),
    )
    show_findings(configuration.findings)
    if missing_for_attach(given):
        from azext_amlarc.commands.inputs import form

        return form.complete(
            cmd, given, configuration=configuration, namespace=namespace, converted=converted, policy=policy
        )
    return given, configuration


def show(cmd: Any, name: str, workspace_name: str, resource_group_name: str) -> "Compute":
    """Show a compute target."""
    from azext_amlarc.azure.compute import lookup as compute

    with connected(cmd) as azure:
        return compute.show(azure, workspace_of(cmd, resource_group_name, workspace_name), name)


def list_all(cmd: Any, workspace_name: str, resource_group_name: str) -> "list[Compute]":
    """List the workspace's compute targets on Kubernetes clusters."""
    from azext_amlarc.azure.compute import lookup as compute

    with connected(cmd) as azure:
        return compute.list_all(azure, workspace_of(cmd, resource_group_name, workspace_name))


def detach(
    cmd: Any,
    *,
    name: str,
    workspace_name: str,
    resource_group_name: str,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> None:
    """Detach the compute target from the workspace; the cluster stays as it is."""
    from azext_amlarc.azure.compute import attach as attachment

    workspace = workspace_of(cmd, resource_group_name, workspace_name)
    door = AzDoor(cmd, yes)
    agree = partial(door.confirm, "", f"Detach {name!r} from the workspace {workspace.name!r}?")
    with connected(cmd, watcher=door.watcher) as azure:
        operation = attachment.begin_detach(azure, workspace, name, door.watcher, agree)
        if operation and not accepted_only:
            operation.wait(door.watcher, timeout)


def wait(
    cmd: Any,
    *,
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

    workspace = workspace_of(cmd, resource_group_name, workspace_name)
    condition = Condition.of(created or updated, deleted, exists, custom)
    with connected(cmd) as azure:
        condition.wait(
            lambda: compute.read(azure, workspace, name),
            lambda found: attachment.subject(azure, workspace, name).reason("attaching", found),
            terminal_watcher(cmd),
            timeout,
            interval,
        )


def _manifests(configuration: "Configuration") -> "list[dict[str, Any]]":
    from azext_amlarc.commands.az.output import show_findings

    manifests = configuration.instance_types()
    show_findings(manifests.findings)
    return manifests.items or []
