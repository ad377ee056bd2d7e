"""The inventory of clusters that can be attached, and what decides whether they can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure import clusters
from azext_amlarc.azure.compute import lookup as compute
from azext_amlarc.azure.connection.answers import with_code
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.reading import UnreadableAnswer
from azext_amlarc.azure.connection.registration import unregistered_provider
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher
from azext_amlarc.azure.extension import lookup as extension
from azext_amlarc.product.clusters import MANAGED, PROVIDERS
from azext_amlarc.resources.cluster import Cluster, is_reachable
from azext_amlarc.resources.ids import WorkspaceId

NOT_INSTALLED, UNKNOWN = "NotInstalled", "Unknown"
_OBSTACLES = {
    NOT_INSTALLED: ["extension not installed"],
    "Pending": ["extension still being installed"],
    "Failed": ["extension failed"],
}
# Azure allows bursts of 250 reads and then 25 a second: more connections would only be throttled.
_AT_A_TIME = 8


@dataclass(frozen=True)
class ListedCluster:  # pylint: disable=too-many-instance-attributes
    """A cluster, flat. `extension_state` is the installState, NotInstalled, or Unknown with the reason in `note`.

    `attached_as` has the names of its compute targets in the given workspace, None without a workspace.
    """

    name: str
    id: str
    resource_group: str
    cluster_type: str
    location: str
    connectivity: str | None
    kubernetes_version: str | None
    node_count: int | None
    distribution: str | None
    extension_state: str
    attached_as: list[str] | None
    note: str | None

    @property
    def obstacles(self) -> list[str]:
        """Why it can't be attached now, in words; empty if it can, or if that is unknown."""
        return [
            *([] if is_reachable(self.connectivity) else [f"not connected ({self.connectivity or 'unknown'})"]),
            *_OBSTACLES.get(self.extension_state, []),
        ]


@dataclass(frozen=True)
class _State:
    """An extension's state, with a note if it is unknown."""

    word: str
    note: str | None = None


@dataclass(frozen=True)
class Inventory:
    """The clusters, sorted by group and name, and warnings about a type that Azure did not list."""

    clusters: list[ListedCluster]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    """The clusters of one type, or why Azure did not list them."""

    kind: str
    clusters: Sequence[Cluster] = ()
    refusal: AzureError | None = None


def take(azure: AzureClient, resource_group: str | None = None, workspace: WorkspaceId | None = None) -> Inventory:
    """Both types of clusters in the subscription, or in one resource group; if one can't be listed, only the other.

    One request for each page of each list, and one for the extensions of each cluster.
    """
    names = compute.names_by_cluster(azure, workspace) if workspace else None
    works = {kind: partial(_list, kind=kind, resource_group=resource_group) for kind in PROVIDERS}
    answers = at_once(azure, SilentWatcher(), works, reads=True)
    refusals = [answer.refusal for answer in answers if answer.refusal]
    if len(refusals) == len(answers):
        raise refusals[0]
    found = sorted((cluster for answer in answers for cluster in answer.clusters), key=_by_group_and_name)
    states = _extension_states(azure, found)
    listed = [_listed(cluster, states[cluster], names) for cluster in found]
    return Inventory(listed, tuple(_warning(answer.kind, answer.refusal) for answer in answers if answer.refusal))


def _by_group_and_name(cluster: Cluster) -> tuple[str, str]:
    return cluster.id.resource_group.lower(), cluster.id.name.lower()


def _list(azure: AzureClient, _watcher: Watcher, *, kind: str, resource_group: str | None) -> _Answer:
    try:
        return _Answer(kind, clusters.list_all(azure, kind, resource_group))
    except HttpResponseError as error:
        if error.status_code != 403 and not unregistered_provider(error.response):
            raise
        return _Answer(kind, refusal=error)
    except UnreadableAnswer as error:
        return _Answer(kind, refusal=error)


def _warning(kind: str, error: AzureError) -> str:
    is_denied = isinstance(error, HttpResponseError) and error.status_code == 403
    fix = " Pass a resource group that you can read." if is_denied else ""
    return f"{kind} could not be listed: {with_code(error)}{fix}"


def _extension_states(azure: AzureClient, found: Sequence[Cluster]) -> dict[Cluster, _State]:
    """The extension's state on each cluster; the clusters are shared out among several connections."""
    shares = [found[first::_AT_A_TIME] for first in range(min(_AT_A_TIME, len(found)))]
    works = {f"share {number}": partial(_states_of, share=share) for number, share in enumerate(shares)}
    return {
        cluster: state
        for states in at_once(azure, SilentWatcher(), works, reads=True)
        for cluster, state in states.items()
    }


def _states_of(azure: AzureClient, watcher: Watcher, *, share: Sequence[Cluster]) -> dict[Cluster, _State]:
    states = {}
    for cluster in share:
        watcher.rest(0)  # an interrupted command stops here
        states[cluster] = _extension_state(azure, cluster)
    return states


def _extension_state(azure: AzureClient, cluster: Cluster) -> _State:
    try:
        found = extension.install_states(azure, cluster.id)
    except (HttpResponseError, UnreadableAnswer) as error:
        return _State(UNKNOWN, with_code(error))
    return _State(next(iter(found.values()), NOT_INSTALLED))


def _listed(cluster: Cluster, state: _State, names: Mapping[str, list[str]] | None) -> ListedCluster:
    return ListedCluster(
        name=cluster.id.name,
        id=str(cluster.id),
        resource_group=cluster.id.resource_group,
        cluster_type=cluster.id.cluster_type,
        location=cluster.location,
        connectivity=cluster.connectivity,
        kubernetes_version=cluster.kubernetes_version,
        node_count=cluster.node_count,
        distribution=cluster.distribution or ("aks" if cluster.id.cluster_type == MANAGED else None),
        extension_state=state.word,
        attached_as=None if names is None else names.get(str(cluster.id).lower(), []),
        note=state.note,
    )
