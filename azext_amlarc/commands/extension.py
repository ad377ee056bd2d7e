"""`az ml arc extension …`: the cluster extension Microsoft.AzureML.Kubernetes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.connection import connected, subscription_id
from azext_amlarc.commands.options import DEFAULT_TIMEOUT
from azext_amlarc.commands.progress import progress
from azext_amlarc.errors import InvalidInput

if TYPE_CHECKING:
    from azext_amlarc.arm.clusters import ClusterId
    from azext_amlarc.arm.extension import Extension


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
    timeout: int = DEFAULT_TIMEOUT,
    accepted_only: bool = False,
) -> "Extension":
    """Install the extension; every setting is checked before anything is sent."""
    from azext_amlarc.arm import clusters, installation
    from azext_amlarc.commands.findings import show_findings
    from azext_amlarc.commands.setting_inputs import read_settings

    given = read_settings(config, config_file, config_protected, config_protected_file, allow_unknown_settings)
    given.judged()
    upgrade = _auto_upgrade(version, auto_upgrade_minor_version)
    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    watcher = progress(cmd)
    with connected(cmd, cluster_id.subscription_id) as arm:
        cluster = clusters.read(arm, cluster_id)
        judgement = given.judged(cluster)
        show_findings(judgement.findings)
        wanted = installation.Wanted(judgement.plain, judgement.protected, release_train, version, upgrade)
        operation = installation.begin_create(arm, cluster, name, wanted, watcher)
        return operation.resource if accepted_only else operation.wait(watcher, timeout)


def show(
    cmd: Any,
    name: str = "amlarc-compute",
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
) -> "Extension":
    """Show the extension, with `installState`: Pending, Installed or Failed."""
    from azext_amlarc.arm import extension

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as arm:
        return extension.show(arm, cluster_id, name)


def list_all(
    cmd: Any,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
) -> "list[Extension]":
    """List the extensions of this type on a cluster."""
    from azext_amlarc.arm import extension

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as arm:
        return extension.list_all(arm, cluster_id)


def wait(
    cmd: Any,
    name: str = "amlarc-compute",
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    timeout: int = DEFAULT_TIMEOUT,
) -> "Extension":
    """Wait until the extension is installed."""
    from azext_amlarc.arm import installation

    cluster_id = address(cmd, resource_group_name, cluster_name, cluster_type, resource_id)
    with connected(cmd, cluster_id.subscription_id) as arm:
        return installation.join(arm, cluster_id, name).wait(progress(cmd), timeout)


def address(
    cmd: Any, resource_group: str | None, cluster_name: str | None, cluster_type: str, resource_id: str | None
) -> "ClusterId":
    """The cluster that the options name; `options.check_cluster` has seen to it that they name one."""
    from azext_amlarc.arm.clusters import ClusterId

    if resource_id:
        return ClusterId.parse(resource_id)
    # az's defaults are strings with an attribute, which its output shows as objects: str() leaves the text.
    return ClusterId(subscription_id(cmd), str(resource_group), str(cluster_type), str(cluster_name))


def _auto_upgrade(version: str | None, auto_upgrade: bool | None) -> bool:
    """A pinned version and automatic upgrades exclude each other (the service refuses the pair, after the relay)."""
    if version and auto_upgrade:
        raise InvalidInput(
            "--version pins the extension, --auto-upgrade-minor-version true moves it on: they exclude each other.",
            "Give one of them; with --version alone automatic upgrades are off.",
        )
    return version is None if auto_upgrade is None else auto_upgrade
