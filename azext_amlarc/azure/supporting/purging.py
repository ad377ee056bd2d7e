"""Delete the supporting resources that were created for a cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from azure.core.rest import HttpResponse

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.retries import read_retry_after
from azext_amlarc.azure.connection.waiting import Operation, Poll
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.azure.supporting import relay
from azext_amlarc.azure.supporting.ownership import is_anothers
from azext_amlarc.errors import WriteFailed
from azext_amlarc.resources.ids import ClusterId, name_of
from azext_amlarc.resources.supporting import log_analytics, names, service_bus
from azext_amlarc.resources.supporting import relay as relays


@dataclass(frozen=True)
class Owned:
    """A resource that was created for one cluster only: its kind in words, and its id."""

    title: str
    id: str

    def __str__(self) -> str:
        return f"{self.title} {self.id}"


def owned(azure: AzureClient, cluster_id: ClusterId, settings: Mapping[str, str]) -> list[Owned]:
    """What was created for this cluster, by us or by `az k8s-extension`: tagged, and used by no other cluster.

    `settings` are those of its extension, empty if it has none any more. If another cluster uses the Relay namespace
    too, only the hybrid connection belongs to this one.
    """
    looks: dict[str, Callable[[AzureClient, Watcher], list[Owned]]] = {
        relays.TITLE: lambda azure, _: _owned_relays(azure, cluster_id, settings.get(relays.CONNECTION_ID)),
        service_bus.TITLE: lambda azure, _: _owned(azure, cluster_id, service_bus.TITLE, names.SERVICE_BUS),
        log_analytics.TITLE: lambda azure, _: _owned(azure, cluster_id, log_analytics.TITLE, names.LOG_ANALYTICS),
    }
    return [item for found in at_once(azure, SilentWatcher(), looks, reads=True) for item in found]


def purge(azure: AzureClient, items: Sequence[Owned], watcher: Watcher) -> None:
    """Delete all of them in parallel and wait until they are gone; those that are already gone are no error."""
    at_once(azure, watcher, {str(item): partial(_delete, item) for item in items})


def _owned_relays(azure: AzureClient, cluster: ClusterId, named: str | None) -> list[Owned]:
    known = named if named and name_of(named).lower() == cluster.name.lower() else None
    found = [_owned_of_relay(azure, item) for item in names.first(known, relays.connection_ids(cluster))]
    return [item for item in found if item is not None]


def _owned_of_relay(azure: AzureClient, connection_id: str) -> Owned | None:
    """The namespace if no other cluster uses it, otherwise the hybrid connection."""
    namespace_id = relays.namespace_of(connection_id)
    namespace = unless_missing(azure.get, namespace_id)
    if namespace is None or not names.is_tagged(namespace):
        return None
    ours, users = name_of(connection_id).lower(), relay.connections_in(azure, namespace_id)
    if users <= {ours}:
        return Owned(relays.TITLE, namespace_id)
    return Owned("hybrid connection", connection_id) if ours in users else None


def _owned(azure: AzureClient, cluster: ClusterId, title: str, kind: names.Kind) -> list[Owned]:
    """Found by name only: the settings may name a resource that belongs to another cluster."""
    return [
        Owned(title, resource_id)
        for resource_id in names.candidates(cluster, kind)
        if (found := unless_missing(azure.get, resource_id))
        and names.is_tagged(found)
        and not is_anothers(azure, cluster, kind, found)
    ]


def _delete(item: Owned, azure: AzureClient, watcher: Watcher) -> None:
    watcher.tell(f"Deleting the {item}")
    with recorded(azure.writes, f"deletion of the {item}"):
        url = unless_missing(azure.delete, item.id)
    if url is None:
        return
    Operation[None](
        doing=f"deleting the {item}",
        resource=None,
        poll=lambda: _poll(unless_missing(azure.get_url, url)),
        read=lambda: _check(azure, item),
        reason=lambda _: WriteFailed(f"The {item} was not deleted."),
        follow="Run the same command again to continue.",
    ).wait(watcher, azure.timeout)


def _poll(answer: HttpResponse | None) -> Poll[None]:
    """A deletion's Location answers 202 until the resource is gone."""
    if answer is None or answer.status_code != 202:
        return Poll("Succeeded")
    return Poll("Removing", pause=read_retry_after(answer.headers))


def _check(azure: AzureClient, item: Owned) -> None:
    if unless_missing(azure.get, item.id) is not None:
        raise WriteFailed(f"The {item} was not deleted.", "Run the same command again.")
