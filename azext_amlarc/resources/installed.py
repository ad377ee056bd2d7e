"""The cluster extension Microsoft.AzureML.Kubernetes as Azure returns it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_amlarc.errors import Refused
from azext_amlarc.product.extension import TYPE
from azext_amlarc.resources.ids import ClusterId


@dataclass(frozen=True)
class Extension:  # pylint: disable=too-many-instance-attributes
    """An installed extension, with the property names of `az k8s-extension show`, and `install_state`.

    `install_state` is named as in Microsoft's guide of 2021. `configuration_protected_settings` has only names: Azure
    never returns the values, and we never keep them.
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
        """The settings as Azure shows them: protected ones with an empty value."""
        return {**self.configuration_settings, **dict.fromkeys(self.configuration_protected_settings, "")}

    @property
    def is_ours(self) -> bool:
        return self.extension_type.lower() == TYPE

    @property
    def in_progress(self) -> bool:
        return self.install_state == "Pending"

    @property
    def is_being_deleted(self) -> bool:
        return self.provisioning_state.lower() == "deleting"


_INSTALL_STATES = {"succeeded": "Installed", "failed": "Failed", "canceled": "Failed"}


def install_state_of(provisioning_state: str) -> str:
    return _INSTALL_STATES.get(provisioning_state.lower(), "Pending")


def from_sdk(model: Any, cluster: ClusterId) -> Extension:
    """An extension from the SDK's model."""
    state = str(model.provisioning_state or "")
    return Extension(
        name=model.name,
        id=model.id,
        install_state=install_state_of(state),
        provisioning_state=state,
        extension_type=model.extension_type or "",
        release_train=model.release_train,
        version=model.version,
        current_version=model.current_version,
        auto_upgrade_minor_version=model.auto_upgrade_minor_version,
        resource_group=cluster.resource_group,
        cluster_name=cluster.name,
        cluster_type=cluster.cluster_type,
        configuration_settings={name: str(value or "") for name, value in (model.configuration_settings or {}).items()},
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


def from_graph(row: Mapping[str, Any], cluster: ClusterId) -> Extension:
    """An extension from a row of Resource Graph, whose properties may begin with capitals."""
    own = {key[:1].lower() + key[1:]: value for key, value in (row.get("properties") or {}).items()}
    state = str(own.get("provisioningState") or "")
    return Extension(
        name=row["name"],
        id=row["id"],
        install_state=install_state_of(state),
        provisioning_state=state,
        extension_type=str(own.get("extensionType") or ""),
        release_train=own.get("releaseTrain"),
        version=own.get("version"),
        current_version=own.get("currentVersion"),
        auto_upgrade_minor_version=own.get("autoUpgradeMinorVersion"),
        resource_group=cluster.resource_group,
        cluster_name=cluster.name,
        cluster_type=cluster.cluster_type,
        configuration_settings={
            key: str(value or "") for key, value in (own.get("configurationSettings") or {}).items()
        },
        configuration_protected_settings=sorted(own.get("configurationProtectedSettings") or {}),
        scope=own.get("scope"),
        statuses=list(own.get("statuses") or []),
        error_info=own.get("errorInfo"),
        identity=row.get("identity"),
        is_system_extension=own.get("isSystemExtension"),
        aks_assigned_identity=own.get("aksAssignedIdentity"),
        custom_location_settings=own.get("customLocationSettings"),
        package_uri=own.get("packageUri"),
        plan=row.get("plan"),
        system_data=row.get("systemData"),
        type=row.get("type"),
    )


def _plain(model: Any) -> dict[str, Any] | None:
    """An SDK model as Azure returned it: camelCase keys, including read-only ones."""
    plain: dict[str, Any] | None = model.serialize(keep_readonly=True) if model is not None else None
    return plain


def refuse_another_type(existing: Extension) -> None:
    """Refused if the name belongs to an extension of another type."""
    if not existing.is_ours:
        raise Refused(
            f"{existing.name!r} on this cluster is an extension of type {existing.extension_type}.",
            "Choose another name.",
        )


def refuse_another(existing: Extension) -> None:
    """Refused if the name belongs to an extension of another type, or to one that is being deleted."""
    refuse_another_type(existing)
    if existing.is_being_deleted:
        raise Refused(
            f"The extension {existing.name!r} is being deleted; you cannot reinstall it until that finishes.",
            "Wait about ten minutes, then run the command again.",
        )
