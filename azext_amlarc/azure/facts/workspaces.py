"""The workspace, its compute targets on the cluster, and those that other workspaces have on it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.compute import lookup as compute
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher
from azext_amlarc.azure.facts.sources import Known, Source, cluster_of, skipped, workspace_of
from azext_amlarc.checks.azure.facts import (
    ATTACHMENTS,
    COMPUTES,
    WORKSPACE,
    WORKSPACE_FOUND,
    Attachments,
    Compute,
    ComputeError,
    Identity,
    Presence,
    Workspace,
)
from azext_amlarc.checks.check import Facts, Unavailable
from azext_amlarc.errors import NotFound
from azext_amlarc.product.steps import Note
from azext_amlarc.resources.cluster import region
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId, group_id, is_same

# So many other workspaces are read at a time, and at most four rounds of them.
_READERS = 16
_MOST = 4 * _READERS


@understood
def facts_of(_azure: AzureClient, workspace: Mapping[str, Any]) -> Known:
    """The facts in a workspace that this connection has read already."""
    found = _workspace(workspace)
    return {
        WORKSPACE_FOUND.name: Presence(True, f"{workspace.get('name')} is in {found.location}."),
        WORKSPACE.name: found,
    }


def _read(azure: AzureClient, target: Target, _known: Facts) -> Known:
    try:
        return facts_of(azure, compute.read_workspace(azure, workspace_of(target)))
    except NotFound as error:
        missing = skipped("The workspace does not exist.")
        return {WORKSPACE_FOUND.name: Presence(False, error.message, (Note(error.fix),)), WORKSPACE.name: missing}


def _workspace(found: Mapping[str, Any]) -> Workspace:
    own = found.get("properties") or {}
    return Workspace(
        location=region(found.get("location")),
        provisioning_state=str(own.get("provisioningState") or ""),
        is_public=own.get("publicNetworkAccess") != "Disabled",
        private_endpoints=tuple(map(_endpoint, own.get("privateEndpointConnections") or ())),
        identity=_identity(found.get("identity") or {}, str(own.get("primaryUserAssignedIdentity") or "")),
        storage=str(own.get("storageAccount") or ""),
        registry=str(own.get("containerRegistry") or ""),
    )


def _identity(given: Mapping[str, Any], primary: str = "") -> Identity | None:
    """The one that is used: the primary user-assigned one, the system's, or else the first user-assigned one."""
    users = {str(id_): item or {} for id_, item in (given.get("userAssignedIdentities") or {}).items()}
    named = next((id_ for id_ in users if is_same(id_, primary)), "")
    if not named and given.get("principalId"):
        return Identity(str(given["principalId"]))
    chosen = named or next(iter(users), "")
    return Identity(str(users[chosen].get("principalId") or ""), chosen) if chosen else None


def _endpoint(connection: Mapping[str, Any]) -> tuple[str, str]:
    state = (connection.get("properties") or {}).get("privateLinkServiceConnectionState") or {}
    return str(connection.get("name") or ""), str(state.get("status") or "Unknown")


def _computes(azure: AzureClient, target: Target, _known: Facts) -> Known:
    workspace = workspace_of(target)
    try:
        found = _on_kubernetes(azure, str(workspace))
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise Unavailable(skipped("The workspace does not exist.")) from error
    if target.compute:
        named = [item for item in found if item.name.lower() == target.compute.lower()]
    else:
        cluster = cluster_of(target)
        named = [item for item in found if cluster.same_as(item.cluster_id)]
    return {COMPUTES.name: tuple(named)}


def _attachments(azure: AzureClient, target: Target, _known: Facts) -> Known:
    """Those in the cluster's subscription, without the target's own workspace."""
    cluster = cluster_of(target)
    own = str(target.workspace or "")
    listed = azure.get_all(
        f"{group_id(cluster.subscription_id)}/providers/Microsoft.MachineLearningServices/workspaces"
    )
    others = [str(item["id"]) for item in listed if not is_same(str(item["id"]), own)]
    read, left = others[:_MOST], others[_MOST:]
    shares = {
        f"share {number}": partial(_share, ids=read[number::_READERS], cluster=cluster)
        for number in range(min(_READERS, len(read)))
    }
    parts = at_once(azure, SilentWatcher(), shares, reads=True)
    computes = tuple(item for part in parts for item in part.computes)
    unread = (*(name for part in parts for name in part.unread), *map(_title, left))
    return {ATTACHMENTS.name: Attachments(computes, unread)}


def _share(azure: AzureClient, _watcher: Watcher, *, ids: Sequence[str], cluster: ClusterId) -> Attachments:
    """What some of the workspaces have on the cluster; one that cannot be read does not stop the others."""
    computes, unread = list[Compute](), list[str]()
    for id_ in ids:
        try:
            computes += [item for item in _on_kubernetes(azure, id_) if cluster.same_as(item.cluster_id)]
        except AzureError:
            unread.append(_title(id_))
    return Attachments(tuple(computes), tuple(unread))


def _on_kubernetes(azure: AzureClient, workspace_id: str) -> list[Compute]:
    return [_compute(item, _title(workspace_id)) for item in compute.answers(azure, workspace_id)]


def _compute(item: Mapping[str, Any], workspace: str) -> Compute:
    own = item["properties"]
    errors = [inner for error in own.get("provisioningErrors") or () for inner in _unfolded(error.get("error") or {})]
    return Compute(
        name=str(item.get("name")),
        workspace=workspace,
        cluster_id=str(own.get("resourceId") or ""),
        namespace=str((own.get("properties") or {}).get("namespace") or "default"),
        provisioning_state=str(own.get("provisioningState") or ""),
        errors=tuple(ComputeError(str(it.get("code") or ""), str(it.get("message") or "")) for it in errors),
        identity=_identity(item.get("identity") or {}),
    )


def _unfolded(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An error and the errors among its details, however deep: the innermost may be the known one."""
    yield error
    for detail in error.get("details") or ():
        yield from _unfolded(detail)


def _title(workspace_id: str) -> str:
    """A workspace's group and name."""
    workspace = WorkspaceId.find(workspace_id)
    return workspace.title if workspace else workspace_id


SOURCES = (
    Source((WORKSPACE_FOUND, WORKSPACE), _read),
    Source((COMPUTES,), _computes),
    Source((ATTACHMENTS,), _attachments),
)
