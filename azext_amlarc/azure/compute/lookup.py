"""Read the Kubernetes compute targets of an Azure Machine Learning workspace."""

import json
from contextlib import AbstractContextManager
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import envelope
from azext_amlarc.azure.connection.client import AzureClient, Pages, not_found, or_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.errors import NotFound
from azext_amlarc.resources.compute import KIND, Compute, from_sdk, refuse_another_kind
from azext_amlarc.resources.ids import WorkspaceId, folded


def read_workspace(azure: AzureClient, workspace: WorkspaceId) -> dict[str, Any]:
    """The workspace as Azure returns it, one request; NotFound if there is no such workspace."""
    with _in(workspace):
        return azure.get(str(workspace))


def _in(workspace: WorkspaceId) -> AbstractContextManager[None]:
    """Raises a 404 as NotFound: the workspace is missing, or its resource group."""
    return or_missing(workspace.resource_group, _missing(workspace))


def _missing(workspace: WorkspaceId) -> NotFound:
    return NotFound(
        f"There is no workspace {workspace.name!r} in the resource group {workspace.resource_group!r}.",
        "If the workspace is in another resource group, pass that one.",
    )


@understood
def read(azure: AzureClient, workspace: WorkspaceId, name: str) -> Compute | None:
    """The compute target, or None if the workspace has none with this name; one request."""
    try:
        return from_sdk(azure.computes.get(workspace.resource_group, workspace.name, name), workspace)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        if _is_of_the_workspace(error, workspace):
            raise not_found(error, workspace.resource_group, _missing(workspace)) from error
        return None


def _is_of_the_workspace(error: HttpResponseError, workspace: WorkspaceId) -> bool:
    """Whether a 404 says that the workspace, not the compute target, is missing."""
    told = envelope(error)
    if told.code in {"ResourceGroupNotFound", "ParentResourceNotFound"}:
        return True
    message = told.text.lower()
    return "'microsoft.machinelearningservices/workspaces/" in message and workspace.name.lower() in message


def show(azure: AzureClient, workspace: WorkspaceId, name: str) -> Compute:
    """The compute target; NotFound if it does not exist, Refused if it is of another type."""
    found = read(azure, workspace, name)
    if found is None:
        raise NotFound(
            f"The workspace {workspace.name!r} has no compute target {name!r}.",
            f"To list them: az ml arc list {' '.join(workspace.options)}",
        )
    refuse_another_kind(found)
    return found


@understood
def list_all(azure: AzureClient, workspace: WorkspaceId) -> list[Compute]:
    """The workspace's compute targets on Kubernetes clusters."""
    with _in(workspace):
        listed = Pages(azure.cloud).all(azure.computes.list(workspace.resource_group, workspace.name))
    found = [from_sdk(item, workspace) for item in listed]
    return [compute for compute in found if compute.compute_type == KIND]


@understood
def names_by_cluster(azure: AzureClient, workspace: WorkspaceId) -> dict[str, list[str]]:
    """The names of the workspace's compute targets by their clusters' ids in lower case; one request for each page."""
    with _in(workspace):
        found = answers(azure, str(workspace))
    names: dict[str, list[str]] = {}
    for item in found:
        names.setdefault(folded(item["properties"].get("resourceId")), []).append(item["name"])
    return names


@understood
def answers(azure: AzureClient, workspace_id: str) -> list[dict[str, Any]]:
    """The compute targets on Kubernetes clusters as Azure returns them; one request for each page, without the SDK."""
    found = azure.get_all(f"{workspace_id}/computes")
    return [item for item in found if (item.get("properties") or {}).get("computeType") == KIND]


def from_answer(body: str, workspace: WorkspaceId) -> Compute:
    """A compute target from a write's body, parsed again: the SDK's first parse removes computeType."""
    from azure.mgmt.machinelearningservices import models

    return from_sdk(models.ComputeResource.deserialize(json.loads(body)), workspace)
