"""The cluster extension Microsoft.AzureML.Kubernetes, as Azure has it."""

from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import clusters
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import NotFound
from azext_amlarc.product.extension import TYPE
from azext_amlarc.resources.ids import ClusterId


@dataclass(frozen=True)
class Extension:
    """An installed extension, as `az k8s-extension show` names things, and `install_state`: the guide's word for it.

    `configuration_protected_settings` holds names alone: Azure never gives the values back, and we never keep them.
    """

    name: str
    id: str
    install_state: str
    provisioning_state: str
    extension_type: str
    release_train: str | None
    version: str | None
    current_version: str | None
    auto_upgrade_minor_version: bool | None
    resource_group: str
    cluster_name: str
    cluster_type: str
    configuration_settings: dict[str, str]
    configuration_protected_settings: list[str]
    scope: dict[str, Any] | None
    statuses: list[dict[str, Any]]
    error_info: dict[str, Any] | None
    identity: dict[str, Any] | None
    is_system_extension: bool | None
    aks_assigned_identity: dict[str, Any] | None
    custom_location_settings: dict[str, str] | None
    package_uri: str | None
    plan: dict[str, Any] | None
    system_data: dict[str, Any] | None
    type: str | None

    @property
    def shown_settings(self) -> dict[str, str]:
        """The settings as Azure shows them: the protected ones by name, with an empty value."""
        return {**self.configuration_settings, **dict.fromkeys(self.configuration_protected_settings, "")}

    @property
    def is_moving(self) -> bool:
        return self.install_state == "Pending"

    @property
    def is_being_deleted(self) -> bool:
        return self.provisioning_state.lower() == "deleting"


def read(azure: AzureClient, cluster: ClusterId, name: str) -> Extension | None:
    """The extension, or None where the cluster has none of that name; one request."""
    try:
        return from_sdk(azure.extensions.get(*address(cluster), name), cluster)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        return None


def show(azure: AzureClient, cluster: ClusterId, name: str) -> Extension:
    """The extension; NotFound where there is none."""
    found = read(azure, cluster, name)
    if found is None:
        clusters.read(azure, cluster)  # raises where it is the cluster that does not exist
        raise NotFound(
            f"The cluster {cluster.name!r} (resource group {cluster.resource_group!r}) has no extension {name!r}.",
            f"See what it has: az ml arc extension list -c {cluster.name} -g {cluster.resource_group}",
        )
    return found


def list_all(azure: AzureClient, cluster: ClusterId) -> list[Extension]:
    """The extensions of our type that a cluster has: one as a rule, since a second can't be installed."""
    try:
        found = list(azure.extensions.list(*address(cluster)))
    except HttpResponseError as error:
        if error.status_code == 404:
            clusters.read(azure, cluster)  # raises what is missing in our words
        raise
    return [from_sdk(item, cluster) for item in found if (item.extension_type or "").lower() == TYPE]


def install_states(azure: AzureClient, cluster: ClusterId) -> dict[str, str]:
    """The installState of each extension of our type on a cluster, by name; one request a page, without the SDK."""
    return {
        str(item.get("name")): _install_state(str(item["properties"].get("provisioningState") or ""))
        for item in answers(azure, cluster)
    }


def answers(azure: AzureClient, cluster: ClusterId) -> list[dict[str, Any]]:
    """The extensions of our type on a cluster as Azure answers them; one request a page, without the SDK."""
    found = azure.get_all(f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensions")
    return [item for item in found if str((item.get("properties") or {}).get("extensionType")).lower() == TYPE]


def address(cluster: ClusterId) -> tuple[str, str, str, str]:
    """A cluster as the SDK's operations on extensions want it."""
    return cluster.resource_group, cluster.provider, cluster.cluster_type, cluster.name


_INSTALL_STATES = {"succeeded": "Installed", "failed": "Failed", "canceled": "Failed"}


def _install_state(provisioning_state: str) -> str:
    return _INSTALL_STATES.get(provisioning_state.lower(), "Pending")


def from_sdk(model: Any, cluster: ClusterId) -> Extension:
    """An extension of the SDK's model."""
    state = str(model.provisioning_state or "")
    return Extension(
        name=model.name,
        id=model.id,
        install_state=_install_state(state),
        provisioning_state=state,
        extension_type=model.extension_type or "",
        release_train=model.release_train,
        version=model.version,
        current_version=model.current_version,
        auto_upgrade_minor_version=model.auto_upgrade_minor_version,
        resource_group=cluster.resource_group,
        cluster_name=cluster.name,
        cluster_type=cluster.cluster_type,
        configuration_settings=dict(model.configuration_settings or {}),
        configuration_protected_settings=sorted(model.configuration_protected_settings or {}),
        scope=_plain(model.scope),
        statuses=[_plain(status) or {} for status in model.statuses or []],
        error_info=_plain(model.error_info),
        identity=_plain(model.identity),
        is_system_extension=model.is_system_extension,
        aks_assigned_identity=_plain(model.aks_assigned_identity),
        custom_location_settings=model.custom_location_settings,
        package_uri=model.package_uri,
        plan=_plain(model.plan),
        system_data=_plain(model.system_data),
        type=model.type,
    )


def _plain(model: Any) -> dict[str, Any] | None:
    """An SDK model as Azure wrote it: camelCase keys, read-only ones included."""
    plain: dict[str, Any] | None = model.serialize(keep_readonly=True) if model is not None else None
    return plain
