"""Find or create a cluster's Azure Relay: a namespace with a hybrid connection, and a rule with keys."""

from collections.abc import Mapping
from functools import partial

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.azure.supporting.making import (
    Found,
    Provision,
    Ready,
    SupportingResource,
    is_new,
    is_usable,
    no_name_left,
)
from azext_amlarc.resources.ids import ClusterId, name_of
from azext_amlarc.resources.supporting.relay import (
    CONNECTION,
    CONNECTION_ID,
    ENABLED,
    PROTECTED,
    RIGHTS,
    RULE,
    TITLE,
    Relay,
    connection_ids,
    namespace_of,
    settings_for,
)


def ensure(azure: AzureClient, watcher: Watcher, *, wanted: Relay) -> Provision:
    """Find or create it. Two requests if everything exists; no write renews a key."""
    for connection_id in wanted.connection_ids:
        ready = _ensure_at(azure, wanted, connection_id, watcher)
        if ready is not None:
            return Provision.of(ready, settings_for(connection_id), PROTECTED)
    raise no_name_left(TITLE, wanted.cluster.id.name)


def _ensure_at(azure: AzureClient, wanted: Relay, connection_id: str, watcher: Watcher) -> Ready | None:
    """The hybrid connection in its namespace, or None if the namespace is another cluster's."""
    fill = partial(_fill, connection_id=connection_id)
    namespace = SupportingResource(TITLE, namespace_of(connection_id), wanted.body, fill)
    if not wanted.is_first:
        return _completed(azure, connection_id, namespace, namespace.find(azure, watcher), watcher)
    answer = namespace.put(azure, watcher)
    if answer is None:
        return None
    if is_new(answer):
        return namespace.filled(azure, answer, watcher)
    return _completed(azure, connection_id, namespace, namespace.settled(azure, answer, watcher), watcher)


def allow(azure: AzureClient, watcher: Watcher, rule_id: str) -> None:
    """Give an authorization rule that exists all rights; its keys stay."""
    watcher.tell(f"Giving the authorization rule {name_of(rule_id)} all rights")
    with recorded(azure.writes, f"rights of the authorization rule {rule_id}"):
        azure.put(rule_id, RIGHTS)


def read_secret(azure: AzureClient, settings: Mapping[str, str], cluster: ClusterId | None) -> dict[str, str]:
    """The protected settings of the Relay that an extension's settings name, or otherwise of the cluster's."""
    if settings.get(ENABLED, "").lower() == "false":
        return {}
    known = settings.get(CONNECTION_ID)
    for connection_id in [known] if known else connection_ids(cluster) if cluster else []:
        secret = secret_of(azure, connection_id)
        if secret is not None:
            return dict.fromkeys(PROTECTED, secret)
    return {}


@understood
def connections_in(azure: AzureClient, namespace_id: str) -> set[str]:
    """The names of the hybrid connections in a namespace, in lower case: each belongs to the cluster with that name."""
    return {str(item["name"]).lower() for item in azure.get_all(f"{namespace_id}/hybridConnections")}


def _completed(
    azure: AzureClient, connection_id: str, namespace: SupportingResource, found: Found | None, watcher: Watcher
) -> Ready | None:
    """Create what is missing, the namespace included; None if the namespace is another cluster's."""
    if not is_usable(found):
        return namespace.create(azure, watcher)
    secret = secret_of(azure, connection_id)
    if secret is None:
        others = connections_in(azure, namespace.id)
        is_there = name_of(connection_id).lower() in others
        if others and not is_there:
            return None
        secret = namespace.repair(azure, watcher, lambda: _fill(azure, connection_id, is_there))
    return Ready(namespace, found, secret)


@understood
def _fill(azure: AzureClient, connection_id: str, is_there: bool = False) -> str:
    """The writes change nothing that already exists; without one of the connection if it `is_there`."""
    if not is_there:
        azure.put(connection_id, CONNECTION)
    azure.put(f"{connection_id}/{RULE}", RIGHTS)
    return str(azure.post(f"{connection_id}/{RULE}/listKeys")["primaryConnectionString"])


@understood
def secret_of(azure: AzureClient, connection_id: str) -> str | None:
    keys = unless_missing(azure.post, f"{connection_id}/{RULE}/listKeys")
    return str(keys["primaryConnectionString"]) if keys else None
