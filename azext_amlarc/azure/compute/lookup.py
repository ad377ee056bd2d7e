"""Kubernetes compute targets of an Azure Machine Learning workspace, as Azure has them."""

import json
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import NotFound, Refused
from azext_amlarc.resources.ids import WorkspaceId, folded

KIND = "Kubernetes"


@dataclass(frozen=True)
class Compute:
    """A compute target, flat; the connection strings that Azure may answer with are left out on purpose."""

    name: str
    id: str
    provisioning_state: str
    resource_id: str | None
    namespace: str | None
    default_instance_type: str | None
    instance_types: dict[str, Any] | None
    resource_group: str
    workspace_name: str
    location: str | None
    compute_type: str
    description: str | None
    is_attached_compute: bool | None
    provisioning_errors: list[dict[str, Any]]
    identity: dict[str, Any] | None
    created_on: str | None
    modified_on: str | None
    tags: dict[str, str] | None

    @property
    def is_moving(self) -> bool:
        return self.provisioning_state.lower() not in {"succeeded", "failed", "canceled", "unknown"}

    @property
    def is_being_deleted(self) -> bool:
        return self.provisioning_state.lower() == "deleting"


def workspace_location(azure: AzureClient, workspace: WorkspaceId) -> str:
    """The workspace's region, which a compute has to name; NotFound where there is no such workspace."""
    return str(read_workspace(azure, workspace).get("location", ""))


def read_workspace(azure: AzureClient, workspace: WorkspaceId) -> dict[str, Any]:
    """The workspace as Azure answers, one request; NotFound where there is no such workspace."""
    try:
        return azure.get(str(workspace))
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise _workspace_missing(workspace, error) from error


def _workspace_missing(workspace: WorkspaceId, error: HttpResponseError) -> NotFound:
    group = workspace.resource_group
    if error.error and error.error.code == "ResourceGroupNotFound":
        return NotFound(f"There is no resource group {group!r}.", "List yours: az group list -o table")
    return NotFound(
        f"There is no workspace {workspace.name!r} in the resource group {group!r}.",
        "A workspace may be in another group than the cluster: name the workspace's own.",
    )


def read(azure: AzureClient, workspace: WorkspaceId, name: str) -> Compute | None:
    """The compute, or None where the workspace has none of that name; one request."""
    try:
        return from_sdk(azure.computes.get(workspace.resource_group, workspace.name, name), workspace)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        if error.error and error.error.code in {"ResourceGroupNotFound", "ParentResourceNotFound"}:
            raise _workspace_missing(workspace, error) from error
        if workspace.name.lower() in _missing_workspace(error):
            raise _workspace_missing(workspace, error) from error
        return None


def _missing_workspace(error: HttpResponseError) -> str:
    """ARM's words where the workspace, not the compute, is what does not exist; else nothing."""
    message = str(error.error.message if error.error else "").lower()
    return message if "'microsoft.machinelearningservices/workspaces/" in message else ""


def show(azure: AzureClient, workspace: WorkspaceId, name: str) -> Compute:
    """The compute; NotFound where there is none, Refused where it is of another kind."""
    found = read(azure, workspace, name)
    if found is None:
        raise NotFound(
            f"The workspace {workspace.name!r} has no compute {name!r}.",
            f"See what it has: az ml arc list -w {workspace.name} -g {workspace.resource_group}",
        )
    refuse_another_kind(found)
    return found


def list_all(azure: AzureClient, workspace: WorkspaceId) -> list[Compute]:
    """The workspace's computes on Kubernetes clusters."""
    try:
        found = [from_sdk(item, workspace) for item in azure.computes.list(workspace.resource_group, workspace.name)]
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise _workspace_missing(workspace, error) from error
    return [compute for compute in found if compute.compute_type == KIND]


def names_by_cluster(azure: AzureClient, workspace: WorkspaceId) -> dict[str, list[str]]:
    """The names of the workspace's computes by their clusters' resource ids in lower case; one request a page."""
    try:
        found = answers(azure, str(workspace))
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise _workspace_missing(workspace, error) from error
    names: dict[str, list[str]] = {}
    for item in found:
        names.setdefault(folded(item["properties"].get("resourceId")), []).append(item["name"])
    return names


def answers(azure: AzureClient, workspace_id: str) -> list[dict[str, Any]]:
    """The computes of a workspace on Kubernetes clusters as Azure answers them; one request a page, without the SDK."""
    found = azure.get_all(f"{workspace_id}/computes")
    return [item for item in found if (item.get("properties") or {}).get("computeType") == KIND]


def refuse_another_kind(existing: Compute) -> None:
    """Refused where the name belongs to a compute that is no Kubernetes cluster."""
    if existing.compute_type != KIND:
        raise Refused(
            f"The compute {existing.name!r} of the workspace is of the kind {existing.compute_type}, not a cluster.",
            "Choose another name.",
        )


def from_answer(body: str, workspace: WorkspaceId) -> Compute:
    """A compute of Azure's answer to a write: the SDK takes its kind out while it reads the answer the first time."""
    from azure.mgmt.machinelearningservices import models

    return from_sdk(models.ComputeResource.deserialize(json.loads(body)), workspace)


def from_sdk(model: Any, workspace: WorkspaceId) -> Compute:
    """A compute of the SDK's model."""
    own = model.properties
    kubernetes = getattr(own, "properties", None) if own.compute_type == KIND else None
    return Compute(
        name=model.name,
        id=model.id,
        provisioning_state=str(own.provisioning_state or ""),
        resource_id=own.resource_id,
        namespace=getattr(kubernetes, "namespace", None),
        default_instance_type=getattr(kubernetes, "default_instance_type", None),
        instance_types=_plain_types(kubernetes),
        resource_group=workspace.resource_group,
        workspace_name=workspace.name,
        location=model.location,
        compute_type=own.compute_type,
        description=own.description,
        is_attached_compute=own.is_attached_compute,
        provisioning_errors=[error.serialize(keep_readonly=True) for error in own.provisioning_errors or []],
        identity=model.identity.serialize(keep_readonly=True) if model.identity else None,
        created_on=own.created_on.isoformat() if own.created_on else None,
        modified_on=own.modified_on.isoformat() if own.modified_on else None,
        tags=model.tags,
    )


def _plain_types(kubernetes: Any) -> dict[str, Any] | None:
    types = getattr(kubernetes, "instance_types", None)
    return {name: kind.serialize() for name, kind in types.items()} if types else None
