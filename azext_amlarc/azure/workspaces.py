"""The Azure Machine Learning workspaces of a subscription."""

from dataclasses import dataclass

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import NotFound, Refused
from azext_amlarc.resources.ids import WorkspaceId, group_id


@dataclass(frozen=True)
class Workspace:
    """A workspace and its region."""

    id: WorkspaceId
    location: str


def list_all(azure: AzureClient, resource_group: str | None = None) -> list[Workspace]:
    """The workspaces of the subscription, or of one resource group, by name; one request for each page."""
    scope = group_id(azure.subscription_id, resource_group)
    found = azure.get_all(f"{scope}/providers/Microsoft.MachineLearningServices/workspaces")
    ids = ((WorkspaceId.find(item.get("id")), str(item.get("location", ""))) for item in found)
    workspaces = [Workspace(id_, location) for id_, location in ids if id_]
    return sorted(workspaces, key=lambda item: (item.id.name.lower(), item.id.resource_group.lower()))


def find(azure: AzureClient, name: str) -> WorkspaceId:
    """The only workspace with this name in the subscription; NotFound if there is none, Refused for several."""
    found = [workspace.id for workspace in list_all(azure) if workspace.id.name.lower() == name.lower()]
    if not found:
        raise NotFound(
            f"No workspace {name!r} found that you can see in the subscription.",
            "Pass its resource group, or check the active subscription: az account show",
        )
    if len(found) > 1:
        groups = ", ".join(workspace.resource_group for workspace in found)
        raise Refused(f"There are several workspaces named {name!r}.", f"Pass its resource group, one of: {groups}.")
    return found[0]
