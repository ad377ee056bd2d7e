"""Azure Machine Learning workspaces, found like in azureml-core, and their compute targets."""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from azure.core.credentials import TokenCredential

from azext_amlarc.azure.compute import attach as attachment
from azext_amlarc.azure.compute import lookup as compute
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.sdk.compute import KubernetesCompute
from azext_amlarc.sdk.connection import connect
from azext_amlarc.sdk.exceptions import WorkspaceException, raised_as
from azext_amlarc.validation import files

_KEYS = ("subscription_id", "resource_group", "workspace_name")
_DOWNLOAD = "Download it from the workspace's page in the Azure portal, or pass subscription, group and name yourself."


class Workspace:
    """A workspace, by subscription, resource group and name. Creating the object sends no request.

    `credential` is any TokenCredential, by default azure-identity's DefaultAzureCredential. `cloud` is AzureCloud,
    AzureChinaCloud, AzureUSGovernment, or the URL of a metadata document; by default the one at ARM_CLOUD_METADATA_URL,
    otherwise the public cloud. Not thread-safe: use one object for each thread.
    """

    def __init__(
        self,
        subscription_id: str,
        resource_group: str,
        name: str,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
    ) -> None:
        self.id = WorkspaceId(subscription_id, resource_group, name)
        self._credential = credential
        self._cloud = cloud

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | None = None,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
    ) -> "Workspace":
        """The workspace that a config.json names: `path` is the file, or a folder to search upwards from (default: .).

        Searches in the order of Azure ML's own SDKs: first for .azureml/config.json, then for config.json.
        WorkspaceException if there is none, or if it lacks subscription_id, resource_group or workspace_name.
        """
        with raised_as(WorkspaceException):
            found = _read_config(_find_config(Path(path or ".").resolve()))
        return cls(found.subscription_id, found.resource_group, found.name, credential, cloud)

    @classmethod
    def get(
        cls,
        name: str,
        subscription_id: str,
        resource_group: str,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
    ) -> "Workspace":
        """The workspace, if it exists; otherwise WorkspaceException. One request."""
        workspace = cls(subscription_id, resource_group, name, credential, cloud)
        with raised_as(WorkspaceException):
            compute.workspace_location(workspace.connection, workspace.id)
        return workspace

    @property
    def name(self) -> str:
        return self.id.name

    @property
    def resource_group(self) -> str:
        return self.id.resource_group

    @property
    def subscription_id(self) -> str:
        return self.id.subscription_id

    @property
    def compute_targets(self) -> "ComputeTargets":
        """The workspace's compute targets on Kubernetes clusters by name, read on first access."""
        return ComputeTargets(self)

    @cached_property
    def connection(self) -> AzureClient:
        """The connection to Azure, shared by everything in this workspace."""
        azure = connect(self.subscription_id, self._credential, self._cloud)
        azure.import_ahead(azure.COMPUTES)
        return azure

    def __repr__(self) -> str:
        return f"Workspace({self.subscription_id!r}, {self.resource_group!r}, {self.name!r})"


class ComputeTargets(Mapping[str, KubernetesCompute]):
    """Compute targets by name. The first access lists them, one request for each page; later ones send none."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @cached_property
    def _found(self) -> dict[str, KubernetesCompute]:
        workspace = self._workspace
        with raised_as(WorkspaceException):
            azure = workspace.connection
            return {
                found.name: KubernetesCompute(workspace, found.name, attachment.join(azure, workspace.id, found))
                for found in compute.list_all(azure, workspace.id)
            }

    def __getitem__(self, name: str) -> KubernetesCompute:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _find_config(start: Path) -> Path:
    if start.is_file():
        return start
    for name in (".azureml/config.json", "config.json"):
        for folder in (start, *start.parents):
            if (folder / name).is_file():
                return folder / name
    raise InvalidInput(f"No config.json found in {start} or above it.", _DOWNLOAD)


def _read_config(path: Path) -> WorkspaceId:
    try:
        found = json.loads(files.read(str(path)).decode("utf-8-sig"))
    except ValueError as error:
        raise InvalidInput(f"{path} is not valid JSON: {error}", _DOWNLOAD) from None
    named = found if isinstance(found, dict) else {}
    scope = WorkspaceId.find(str(named.get("Scope")))  # older files have this instead of the three keys
    if scope:
        return scope
    missing = [key for key in _KEYS if not isinstance(named.get(key), str)]
    if missing:
        raise InvalidInput(f"{path} lacks {', '.join(missing)}.", _DOWNLOAD)
    return WorkspaceId(*(named[key] for key in _KEYS))
