"""`az ml arc extension …`: the cluster extension Microsoft.AzureML.Kubernetes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected, subscription_id
from azext_amlarc.commands.az.options import DEFAULT_TIMEOUT
from azext_amlarc.commands.terminal.progress import progress

if TYPE_CHECKING:
    from azext_amlarc.azure.extension.lookup import Extension
    from azext_amlarc.resources.ids import ClusterId


def create(
    cmd: Any,
    name: str = "amlarc-compute",
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown_settings: bool = False,
    release_train: str = "stable",
    version: str | None = None,
    auto_upgrade_minor_version: bool | None = None,
    preflight: bool = False,
    kubeconfig: str | None = None,
    context: str | None = None,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Extension":
    """Install the extension; every setting is checked before anything is sent, and the cluster before it is written."""
    from azext_amlarc.azure import clusters
    from azext_amlarc.azure.extension import install as installation
    from azext_amlarc.azure.facts.clusters import facts_of
    from azext_amlarc.commands.az.output import show_findings
    from azext_amlarc.commands.inputs.settings import read_settings
    from azext_amlarc.commands.inputs.targets import installation_checks

    given = read_settings(config, config_file, config_protected, config_protected_file, allow_unknown_settings)
    given.judged()
    upgrade = installation.auto_upgrade(version, auto_upgrade_minor_version)
    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    watcher = progress(cmd)
    with connected(cmd, cluster_id.subscription_id, registrar=watcher, patience=timeout) as azure:
        azure.import_ahead(azure.EXTENSIONS)
        cluster = clusters.read(azure, cluster_id)
        judgement = given.judged(cluster)
        show_findings(judgement.findings)
        checks = installation_checks(cmd, azure, cluster, judgement.plain, kubeconfig, context)
        checks.before(facts_of(cluster), preflight)
        wanted = installation.Wanted(judgement.plain, judgement.protected, release_train, version, upgrade)
        patience = 0 if accepted_only else timeout
        operation = installation.begin_create(azure, cluster, name, wanted, watcher, patience)
        if accepted_only:
            return operation.resource
        with checks.explained():
            return operation.wait(watcher, timeout)


def show(
    cmd: Any,
    name: str = "amlarc-compute",
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
) -> "Extension":
    """Show the extension, with `installState`: Pending, Installed or Failed."""
    from azext_amlarc.azure.extension import lookup as extension

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
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

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as azure:
        return extension.list_all(azure, cluster_id)


def update(
    cmd: Any,
    name: str = "amlarc-compute",
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown_settings: bool = False,
    release_train: str | None = None,
    version: str | None = None,
    auto_upgrade_minor_version: bool | None = None,
    yes: bool = False,
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Extension":
    """Change an installed extension; what would change, and what breaks, is said before anything is sent."""
    from azext_amlarc.azure import clusters
    from azext_amlarc.azure.extension import install as installation
    from azext_amlarc.azure.extension import lookup as extension
    from azext_amlarc.azure.extension import update as updating
    from azext_amlarc.commands.az.output import show_findings
    from azext_amlarc.commands.inputs.settings import confirm_breakage, read_settings

    given = read_settings(config, config_file, config_protected, config_protected_file, allow_unknown_settings)
    upgrade = installation.auto_upgrade(version, auto_upgrade_minor_version)
    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    watcher = progress(cmd)
    with connected(cmd, cluster_id.subscription_id, registrar=watcher, patience=timeout) as azure:
        azure.import_ahead(azure.EXTENSIONS)
        cluster = clusters.read(azure, cluster_id)
        existing = extension.show(azure, cluster.id, name)
        installation.refuse_another(existing)
        if existing.is_moving:
            patience = 0 if accepted_only else timeout
            existing = installation.wait_for_another(azure, cluster.id, existing, watcher, patience)
        judgement = given.judged(cluster, existing)
        show_findings(judgement.findings)
        properties = {"version": version, "autoUpgradeMinorVersion": upgrade, "releaseTrain": release_train}
        change = updating.plan_change(cluster, existing, judgement.plain, judgement.protected, properties)
        if not change.lines:
            watcher.tell("Unchanged: it is as wanted already.")
            return existing
        for line in change.lines:
            watcher.tell(f"Changing {line}")
        confirm_breakage(existing, change, yes)
        operation = updating.begin_update(azure, cluster, existing, change, watcher)
        return operation.resource if accepted_only else operation.wait(watcher, timeout)


def delete(
    cmd: Any,
    name: str = "amlarc-compute",
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
    """Take the extension off the cluster, with --purge together with the Azure resources that were made for it."""
    from azext_amlarc.azure import supporting
    from azext_amlarc.azure.extension import delete as deletion
    from azext_amlarc.azure.extension import lookup as extension
    from azext_amlarc.commands.terminal.asking import confirm

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    watcher = progress(cmd)
    with connected(cmd, cluster_id.subscription_id, patience=timeout) as azure:
        existing = extension.read(azure, cluster_id, name)
        settings = existing.configuration_settings if existing else {}
        owned = supporting.owned(azure, cluster_id, settings) if purge else []
        for sentence in deletion.goes_with_it(existing) if existing else [f"There is no extension {name!r}."]:
            watcher.tell(sentence)
        for item in owned:
            watcher.tell(f"Deleting {item} as well")
        if not existing and not owned:
            return
        confirm(f"Delete the extension {name!r} of the cluster {cluster_id.name!r}?", yes)
        if existing:
            operation = deletion.begin_delete(azure, cluster_id, existing, watcher, force=force)
            if accepted_only:
                return
            operation.wait(watcher, timeout)
        supporting.purge(azure, owned, watcher)


def wait(
    cmd: Any,
    name: str = "amlarc-compute",
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

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    condition = Condition.of(created or updated, deleted, exists, custom)
    with connected(cmd, cluster_id.subscription_id) as azure:
        condition.wait(
            lambda: extension.read(azure, cluster_id, name),
            lambda found: extension_watch.join(azure, cluster_id, found).reason(found),
            progress(cmd),
            timeout,
            interval,
        )


def address(
    cmd: Any, resource_group: str | None, cluster_name: str | None, cluster_type: str, resource_id: str | None
) -> "ClusterId":
    """The cluster that the options name; `options.check_cluster` has seen to it that they name one."""
    from azext_amlarc.resources.ids import ClusterId

    if resource_id:
        return ClusterId.parse(resource_id, "--resource-id")
    # az's defaults are strings with an attribute, which its output shows as objects: str() leaves the text.
    return ClusterId(subscription_id(cmd), str(resource_group), str(cluster_type), str(cluster_name))
