"""Azure Machine Learning workspaces, found like in azureml-core, and their compute targets."""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from azure.core.credentials import TokenCredential

from azext_amlarc.azure import workspaces
from azext_amlarc.azure.compute import lookup as compute
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources import naming
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.sdk.arguments import TEXT, credential_of, path_of, stop_at_types
from azext_amlarc.sdk.compute import KubernetesCompute, listed
from azext_amlarc.sdk.connection import connect
from azext_amlarc.sdk.elsewhere import OF_WORKSPACE, Known
from azext_amlarc.sdk.exceptions import WorkspaceException, raised_as
from azext_amlarc.validation import files
from azext_amlarc.wording import in_line
from azext_amlarc.workflows import whole_files

_KEYS = ("subscription_id", "resource_group", "workspace_name")
_FOLDER, _FILE = ".azureml", "config.json"
_DOWNLOAD = "Download it from the workspace's page in the Azure portal, or pass subscription, group and name yourself."


class Workspace(Known):
    """A workspace, by subscription, resource group and name. Creating the object sends no request.

    `credential` is any TokenCredential, by default azure-identity's DefaultAzureCredential. `cloud` is AzureCloud,
    AzureChinaCloud, AzureUSGovernment, or the URL of a metadata document; by default the one at ARM_CLOUD_METADATA_URL,
    otherwise the public cloud. Not thread-safe: use one object for each thread.
    """

    ELSEWHERE = OF_WORKSPACE

    def __init__(
        self,
        subscription_id: str,
        resource_group: str,
        name: str | None = None,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
        *,
        workspace_name: str | None = None,
        auth: object = None,
    ) -> None:
        """`workspace_name` and `auth` are azureml-core's words for `name` and `credential`.

        WorkspaceException for names that Azure never has.
        """
        with raised_as(WorkspaceException):
            self.id = _named(subscription_id, resource_group, name, workspace_name)
            self._credential = credential_of(credential, auth)
            stop_at_types(TEXT, cloud=cloud)
        self._cloud = cloud

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | None = None,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
        *,
        auth: object = None,
        _file_name: str | None = None,
    ) -> "Workspace":
        """The workspace that a config.json names: `path` is the file, or a folder to search upwards from (default: .).

        Searches in the order of Azure ML's own SDKs: first for .azureml/config.json, then for config.json; `_file_name`
        is another name of it. WorkspaceException if there is none, or if it lacks subscription_id, resource_group or
        workspace_name.
        """
        with raised_as(WorkspaceException):
            found = _read_config(_find_config(path_of(path, "path") or ".", _named_file(_file_name, "_file_name")))
        return cls(found.subscription_id, found.resource_group, found.name, credential, cloud, auth=auth)

    @classmethod
    def get(
        cls,
        name: str,
        subscription_id: str = "",
        resource_group: str | None = None,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
        *,
        auth: object = None,
        location: str | None = None,  # pylint: disable=unused-argument  # azureml-core's
    ) -> "Workspace":
        """The workspace, if it exists; otherwise WorkspaceException. One request.

        Without a resource group it is first looked for in the whole subscription. `location` is azureml-core's, and not
        needed.
        """
        if resource_group is None:
            with raised_as(WorkspaceException):
                naming.stop_at_faults({"name": (naming.WORKSPACE, name)})
                azure = _connected(subscription_id, None, credential, auth, cloud)
                resource_group = workspaces.find(azure, name).resource_group
        workspace = cls(subscription_id, resource_group, name, credential, cloud, auth=auth)
        # Read now, to raise if there is none, and kept.
        _ = workspace._answer
        return workspace

    @classmethod
    def list(
        cls,
        subscription_id: str,
        auth: object = None,
        resource_group: str | None = None,
        *,
        credential: TokenCredential | None = None,
        cloud: str | None = None,
    ) -> "dict[str, list[Workspace]]":
        """The workspaces of a subscription, or of one resource group, by name: several groups can have the same.

        One request for each page.
        """
        with raised_as(WorkspaceException):
            azure = _connected(subscription_id, resource_group, credential, auth, cloud)
            found = [workspace.id for workspace in workspaces.list_all(azure, resource_group)]
        named: dict[str, list[Workspace]] = {}
        for id_ in found:
            named.setdefault(id_.name, []).append(cls(*id_, credential, cloud, auth=auth))
        return named

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
    def location(self) -> str:
        """The workspace's region, read on first access."""
        return str(self._answer.get("location", ""))

    @property
    def tags(self) -> dict[str, str]:
        """The workspace's tags, read on first access."""
        return dict(self._answer.get("tags") or {})

    @property
    def sku(self) -> str | None:
        """The workspace's SKU, such as Basic, read on first access."""
        return (self._answer.get("sku") or {}).get("name")

    @property
    def discovery_url(self) -> str | None:
        """Where Azure ML's own services of the workspace are found, read on first access."""
        found: str | None = self._answer.get("properties", {}).get("discoveryUrl")
        return found

    def write_config(self, path: str | os.PathLike[str] | None = None, file_name: str | None = None) -> None:
        """Write .azureml/config.json below `path` (default: .), for `from_config` of this and of Azure ML's own SDKs.

        `file_name` is another name for it. WorkspaceException if that fails.
        """
        content = dict(zip(_KEYS, self.id, strict=True))
        with raised_as(WorkspaceException):
            file = Path(path_of(path, "path") or ".") / _FOLDER / _named_file(file_name, "file_name")
            if "\0" in str(file):
                raise InvalidInput("path or file_name has a NUL, which no path can have.")
            os.makedirs(file.parent, exist_ok=True)
            whole_files.replace(str(file), json.dumps(content, indent=4) + "\n")

    def get_details(self) -> dict[str, Any]:
        """The workspace's properties as Azure returns them, in one dictionary as in azureml-core. One request."""
        self.__dict__.pop("_answer", None)
        answer = dict(self._answer)
        return {**answer.pop("properties", {}), **answer}

    @cached_property
    def _answer(self) -> dict[str, Any]:
        with raised_as(WorkspaceException):
            return compute.read_workspace(self.connection, self.id)

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
        with raised_as(WorkspaceException):
            return {found.name: found for found in listed(self._workspace)}

    def __getitem__(self, name: str) -> KubernetesCompute:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        """As the dictionary that azureml-core returns: it is what a notebook shows."""
        return repr(self._found)


def _connected(
    subscription_id: str,
    resource_group: str | None,
    credential: TokenCredential | None,
    auth: object,
    cloud: str | None,
) -> AzureClient:
    """A connection to whatever workspaces there are."""
    named = {
        "subscription_id": (naming.SUBSCRIPTION, subscription_id or ""),
        "resource_group": (naming.RESOURCE_GROUP, resource_group),
    }
    naming.stop_at_faults(named)
    return connect(subscription_id, credential_of(credential, auth), cloud)


def _named(subscription_id: str, resource_group: str, name: str | None, workspace_name: str | None) -> WorkspaceId:
    if (name is None) == (workspace_name is None):
        raise InvalidInput("A workspace is named by either name or workspace_name.", "Pass one of them.")
    named = name if name is not None else workspace_name
    naming.stop_at_faults(
        {
            "subscription_id": (naming.SUBSCRIPTION, subscription_id or ""),
            "resource_group": (naming.RESOURCE_GROUP, resource_group or ""),
            "name": (naming.WORKSPACE, named),
        }
    )
    return WorkspaceId(subscription_id, resource_group, str(named))


def _named_file(given: str | None, argument: str) -> str:
    return path_of(given, argument) or _FILE


def _find_config(path: str | os.PathLike[str], name: str) -> Path:
    try:
        return _nearest_config(Path(path).resolve(), name)
    except (OSError, ValueError, RuntimeError) as error:  # no permission, a NUL, links in a circle
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"{in_line(str(path))} cannot be searched for a {name}: {reason}.", _DOWNLOAD) from None


def _nearest_config(start: Path, name: str) -> Path:
    if start.is_file():
        return start
    for place in (f"{_FOLDER}/{name}", name):
        for folder in (start, *start.parents):
            if (folder / place).is_file():
                return folder / place
    raise InvalidInput(f"No {name} found in {in_line(str(start))} or above it.", _DOWNLOAD)


def _read_config(path: Path) -> WorkspaceId:
    named = _object_in(path)
    scope = named.get("Scope")  # older files have this instead of the three keys
    found = WorkspaceId.find(scope) if isinstance(scope, str) else None
    if found:
        return found
    missing = [key for key in _KEYS if not _is_name(named.get(key))]
    if missing:
        raise InvalidInput(f"{in_line(str(path))} lacks {', '.join(missing)}.", _DOWNLOAD)
    return WorkspaceId(*(named[key] for key in _KEYS))


def _object_in(path: Path) -> dict[str, Any]:
    name = in_line(str(path))
    try:
        found = json.loads(files.read(str(path)).decode("utf-8-sig"), object_pairs_hook=_unique)
    except ValueError as error:
        raise InvalidInput(f"{name} is not valid JSON: {in_line(str(error))}", _DOWNLOAD) from None
    except RecursionError:
        raise InvalidInput(f"{name} is not valid JSON: it is nested too deeply", _DOWNLOAD) from None
    if not isinstance(found, dict):
        raise InvalidInput(f"{name} is not a JSON object.", _DOWNLOAD)
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _is_name(value: object) -> bool:
    """Whether it can be part of a resource's id."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and not set(value) & set("/?#")
