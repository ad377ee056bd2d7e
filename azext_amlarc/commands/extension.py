"""`az ml arc extension …`: the cluster extension Microsoft.AzureML.Kubernetes."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import AzDoor, connected
from azext_amlarc.commands.az.options import DEFAULT_TIMEOUT
from azext_amlarc.commands.inputs.targets import cluster_of
from azext_amlarc.commands.terminal.progress import terminal_watcher
from azext_amlarc.errors import together

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.waiting import Operation
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.product.releases import Offer
    from azext_amlarc.resources.ids import ClusterId
    from azext_amlarc.resources.installed import Extension
    from azext_amlarc.workflows.scaling import Scaling


def create(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
    name: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown_settings: bool = False,
    policy: Sequence[str] | None = None,
    release_train: str | None = None,
    version: str | None = None,
    auto_upgrade_minor_version: bool | None = None,
    tags: Sequence[str] | None = None,
    scale_from_zero: bool | None = None,
    preflight: bool = False,
    kubeconfig: str | None = None,
    context: str | None = None,
    get_credentials: bool = False,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Extension":
    """Install the extension; settings are validated before anything is sent, and the cluster is checked first."""
    from azext_amlarc.commands.inputs.credentials import access_to
    from azext_amlarc.commands.inputs.settings import read_settings
    from azext_amlarc.commands.inputs.tags import read_tags
    from azext_amlarc.resources.extension import auto_upgrade
    from azext_amlarc.workflows.install import Release, begin_install

    sources = (config, config_file, config_protected, config_protected_file)
    given = read_settings(
        *sources, allow_unknown=allow_unknown_settings, scale_from_zero=scale_from_zero, policy=policy
    )
    cluster = (resource_group_name, cluster_name, cluster_type, resource_id)
    kube = access_to(cmd, kubeconfig, context, get_credentials, *cluster)
    _, named, cluster_id, *_ = together(
        given.stop_at_single_errors,
        partial(read_tags, tags),
        partial(cluster_of, cmd, *cluster),
        *([kube.read] if kube else []),
    )
    release = Release(release_train, version, auto_upgrade(version, auto_upgrade_minor_version))
    begin = partial(begin_install, name=name, given=given, release=release, kube=kube, tags=named, all_checks=preflight)
    return _written(
        cmd,
        AzDoor(cmd, yes),
        cluster_id,
        begin,
        kube=kube,
        scale_from_zero=scale_from_zero,
        timeout=timeout,
        accepted_only=accepted_only,
    )


def _written(
    cmd: Any,
    door: AzDoor,
    cluster_id: "ClusterId",
    begin: "Callable[..., Operation[Extension]]",
    *,
    kube: "KubeAccess | None",
    scale_from_zero: bool | None,
    timeout: int,
    accepted_only: bool,
) -> "Extension":
    """What `begin` starts, waited for; what that changes on the cluster is confirmed before Azure is asked anything."""
    from azext_amlarc.commands.inputs.credentials import for_changes

    opened = for_changes(kube, scale_from_zero is not None)
    with opened or nullcontext():
        scaling = _scaling(opened, door, cluster_id, scale_from_zero)
        with connected(cmd, cluster_id.subscription_id, watcher=door.watcher, registers=True, timeout=timeout) as azure:
            azure.import_ahead(azure.EXTENSIONS)
            operation = begin(azure, door, cluster_id, timeout=0 if accepted_only else timeout, scaling=scaling)
            if not accepted_only:
                return operation.wait(door.watcher, timeout)
            if scaling:
                door.warn("With --no-wait the scheduler is left alone; repeat the command without it to finish.")
            return operation.resource


def _scaling(access: "KubeAccess | None", door: AzDoor, cluster_id: "ClusterId", on: bool | None) -> "Scaling | None":
    if access is None or on is None:
        return None
    from azext_amlarc.workflows import scaling

    return scaling.agreed(access, door, cluster_id, on)


def show(
    cmd: Any,
    *,
    name: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
) -> "Extension":
    """Show the extension, with `installState`: Pending, Installed or Failed."""
    from azext_amlarc.azure.extension import lookup as extension

    cluster_id = cluster_of(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as azure:
        return extension.show(azure, cluster_id, name)


def list_all(
    cmd: Any,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
) -> "list[Extension]":
    """List the extensions of this type on a cluster."""
    from azext_amlarc.azure.extension import lookup as extension

    cluster_id = cluster_of(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as azure:
        return extension.list_all(azure, cluster_id)


def update(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
    name: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown_settings: bool = False,
    policy: Sequence[str] | None = None,
    release_train: str | None = None,
    version: str | None = None,
    auto_upgrade_minor_version: bool | None = None,
    scale_from_zero: bool | None = None,
    kubeconfig: str | None = None,
    context: str | None = None,
    get_credentials: bool = False,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Extension":
    """Update an installed extension; shows what would change, and confirms what would break, before it is sent."""
    from azext_amlarc.commands.inputs.credentials import access_to
    from azext_amlarc.commands.inputs.settings import read_settings
    from azext_amlarc.resources.extension import auto_upgrade
    from azext_amlarc.workflows.install import Release, begin_update

    sources = (config, config_file, config_protected, config_protected_file)
    given = read_settings(
        *sources, allow_unknown=allow_unknown_settings, scale_from_zero=scale_from_zero, policy=policy
    )
    cluster = (resource_group_name, cluster_name, cluster_type, resource_id)
    kube = access_to(cmd, kubeconfig, context, get_credentials, *cluster)
    _, cluster_id, *_ = together(
        given.stop_at_single_errors,
        partial(cluster_of, cmd, *cluster),
        *([kube.read] if kube else []),
    )
    release = Release(release_train, version, auto_upgrade(version, auto_upgrade_minor_version))
    begin = partial(begin_update, name=name, given=given, release=release)
    return _written(
        cmd,
        AzDoor(cmd, yes),
        cluster_id,
        begin,
        kube=kube,
        scale_from_zero=scale_from_zero,
        timeout=timeout,
        accepted_only=accepted_only,
    )


def delete(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
    name: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    force: bool = False,
    purge: bool = False,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> None:
    """Remove the extension from the cluster; with --purge, also the Azure resources that were created for it."""
    from azext_amlarc.azure.extension import delete as deletion
    from azext_amlarc.azure.supporting import purging
    from azext_amlarc.product.extension import DEFAULT_NAME
    from azext_amlarc.workflows import removal

    cluster_id = cluster_of(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    door = AzDoor(cmd, yes)
    watcher = door.watcher
    with connected(cmd, cluster_id.subscription_id, watcher=watcher, timeout=timeout) as azure:
        existing = deletion.find_to_delete(azure, cluster_id, name)
        settings = existing.configuration_settings if existing else {}
        owned = purging.owned(azure, cluster_id, settings) if purge else []
        shown = existing.name if existing else name or DEFAULT_NAME
        for line in deletion.consequences(existing) if existing else [f"The cluster has no extension {shown!r}."]:
            watcher.tell(line)
        for line in removal.attached_to(azure, cluster_id) if existing else ():
            watcher.tell(line)
        for item in owned:
            watcher.tell(f"Will also delete: {item}")
        if not existing and not owned:
            return
        door.confirm("", f"Delete the extension {shown!r} from the cluster {cluster_id.name!r}?")
        if existing:
            operation = deletion.begin_delete(azure, cluster_id, existing, watcher, force=force)
            if accepted_only:
                return
            operation.wait(watcher, timeout)
        purging.purge(azure, owned, watcher)


def wait(
    cmd: Any,
    *,
    name: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    exists: bool = False,
    custom: str | None = None,
    interval: int | None = None,
    timeout: int = DEFAULT_TIMEOUT,
) -> None:
    """Wait until a condition of the extension is met; without one, until it is installed."""
    from azext_amlarc.azure.extension import lookup as extension
    from azext_amlarc.azure.extension import watch as extension_watch
    from azext_amlarc.commands.inputs.conditions import Condition

    cluster_id = cluster_of(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    condition = Condition.of(created or updated, deleted, exists, custom)
    with connected(cmd, cluster_id.subscription_id) as azure:
        condition.wait(
            lambda: (
                extension.find(azure, cluster_id, name) if name is None else extension.read(azure, cluster_id, name)
            ),
            lambda found: extension_watch.subject(azure, cluster_id, found.name).reason("changing", found),
            terminal_watcher(cmd),
            timeout,
            interval,
        )


def versions(
    cmd: Any,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
) -> "list[Offer]":
    """List the versions that the cluster can have, by release train."""
    from azext_amlarc.azure.extension import releases

    cluster_id = cluster_of(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as azure:
        return releases.list_all(azure, cluster_id)
