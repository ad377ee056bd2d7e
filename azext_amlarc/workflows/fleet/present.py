"""What there is of a fleet: clusters and extensions by Resource Graph, compute targets by the lists of workspaces."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from azure.core.exceptions import AzureError

from azext_amlarc import background
from azext_amlarc.azure import clusters, graph
from azext_amlarc.azure.compute import lookup as computes
from azext_amlarc.azure.connection.answers import with_code
from azext_amlarc.azure.extension import lookup as extension
from azext_amlarc.errors import ArcError
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.fleet import OWNER, Fleet, Found, Membership, membership, workspace_of
from azext_amlarc.resources.ids import ClusterId, WorkspaceId, folded
from azext_amlarc.resources.installed import Extension
from azext_amlarc.workflows.fleet.connections import Connections

T = TypeVar("T")

# Lists and looks at a time: the rates that Azure allows slow them down, not their number.
_READERS = 16


@dataclass(frozen=True)
class Present:
    """The fleet's clusters, their extensions and the compute targets of its workspaces, by their ids in lower case.

    `shown` are all clusters of the subscriptions that Resource Graph shows, and those of the fleet that it doesn't.
    `unread` says why the compute targets of a workspace, or what is on a cluster, are not known.
    """

    membership: Membership
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    computes: Mapping[str, Compute] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[ClusterId, ...] = ()


def subscriptions_of(fleet: Fleet, active: str) -> tuple[str, ...]:
    """The subscriptions that the manifest's clusters are in; `active` is that of whoever names none."""
    named = [entry.subscription_id or active for entry in fleet.entries]
    named += [one for selector in fleet.selectors for one in selector.subscription_ids or (active,)]
    return tuple(sorted({one.lower() for one in named}))


def look(connections: Connections, fleet: Fleet, active: str) -> Present:
    """What there is: one request a page for each of two tables, and one a page for each workspace.

    One more for each cluster that is not shown, and whose compute target would be removed for that. A workspace that
    cannot be read is said to be; the others are read.
    """
    azure, subscriptions = connections.main, subscriptions_of(fleet, active)
    shown = graph.clusters(azure, subscriptions)
    members = membership(fleet, shown, active)
    ids = [workspace_of(spec, member.cluster.id) for member in members.members for spec in fleet.computes]
    found, unread = _computes(connections, {folded(str(one)): one for one in (*ids, *_fixed(fleet, active))}.values())
    unseen, why_not = _unseen(connections, fleet, found.values(), {folded(str(one.cluster.id)) for one in shown})
    if unseen:
        members = membership(fleet, [*shown, *unseen], active)
    seen = (*(one.cluster.id for one in shown), *(one.cluster.id for one in members.members))
    return Present(members, graph.extensions(azure, subscriptions), found, {**unread, **why_not}, seen)


def _unseen(
    connections: Connections, fleet: Fleet, attached: Iterable[Compute], seen: Collection[str]
) -> tuple[list[Found], dict[str, str]]:
    """The clusters of the fleet's compute targets that Resource Graph does not show, and why some can't be read.

    It shows no cluster that the login may not see, which is no sign that a cluster has left the manifest.
    """
    found = list[Found]()
    if fleet.on_removal == "keep":
        return found, {}
    ours = [ClusterId.find(one.resource_id) for one in attached if (one.tags or {}).get(OWNER) == fleet.name]

    def read(cluster: ClusterId) -> None:
        there = clusters.find(connections.of(cluster.subscription_id), cluster)
        found.extend([Found(*there)] if there else [])

    return found, _side_by_side({one for one in ours if one and folded(str(one)) not in seen}, read)


def _fixed(fleet: Fleet, active: str) -> Iterator[WorkspaceId]:
    """The workspaces that are the same for every cluster: the last one to leave the manifest is found there, too."""
    for spec in fleet.computes:
        if spec.resource_group:
            yield WorkspaceId(spec.subscription_id or active, spec.resource_group, spec.workspace)


def _computes(connections: Connections, workspaces: Iterable[WorkspaceId]) -> tuple[dict[str, Compute], dict[str, str]]:
    found = dict[str, Compute]()

    def read(workspace: WorkspaceId) -> None:
        listed = computes.list_all(connections.of(workspace.subscription_id), workspace)
        found.update({folded(f"{workspace}/computes/{one.name}"): one for one in listed})

    return found, _side_by_side(workspaces, read)


def look_again(connections: Connections, present: Present, doubtful: Sequence[ClusterId]) -> Present:
    """The same with these clusters' extensions as their own provider has them now: one request for each."""
    fresh = dict(present.extensions)

    def read(cluster: ClusterId) -> None:
        key, found = folded(str(cluster)), extension.find(connections.of(cluster.subscription_id), cluster, None)
        fresh.pop(key, None)
        if found:
            fresh[key] = found

    unread = _side_by_side(doubtful, read)
    return replace(present, extensions=fresh, unread={**present.unread, **unread})


def _side_by_side(ids: Iterable[T], read: Callable[[T], None]) -> dict[str, str]:
    """Read each; why some could not be read, by their ids in lower case."""
    unread = dict[str, str]()

    def attempt(one: T) -> None:
        try:
            read(one)
        except (ArcError, AzureError, OSError) as error:
            unread[folded(str(one))] = why(error)

    background.each(attempt, ids, _READERS)
    return unread


def why(error: Exception) -> str:
    """Why something could not be read or done, in words: Azure's, or ours."""
    return error.message if isinstance(error, ArcError) else with_code(error)
