"""A cluster's Azure Relay: a namespace, in it a hybrid connection with the cluster's name, and a rule with keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.waiting import Watcher
from azext_amlarc.azure.supporting.making import Ensured, Found, Made, Making, is_new, is_usable, no_name_left
from azext_amlarc.azure.supporting.ownership import TAGS
from azext_amlarc.resources import names
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId, name_of, parent_of

TITLE = "Relay namespace"
ENABLED = "relayserver.enabled"
CONNECTION_ID = "relayserver.hybridConnectionResourceID"
CONNECTION_NAME = "relayserver.hybridConnectionName"
PROTECTED = ("relayServerConnectionString", "relayserver.relayConnectionString")

RULE = "authorizationRules/azureml_rw"
_RIGHTS = {"properties": {"rights": ["Manage", "Send", "Listen"]}}
_CONNECTION = {"properties": {"requiresClientAuthorization": True}}


@dataclass(frozen=True)
class Relay:
    """The Relay that a cluster is to have: the ids that its hybrid connection may have, the likeliest first.

    `is_first`: nothing is installed that could have made it, so its namespace is written without a look for it first.
    Where it is there all the same, that changes nothing.
    """

    cluster: Cluster
    connection_ids: tuple[str, ...]
    is_first: bool

    @property
    def settings(self) -> dict[str, str]:
        return settings_for(self.connection_ids[0])

    def ensure(self, azure: AzureClient, watcher: Watcher) -> Made:
        """Find or make it. Two requests where all is there; none of the writes renews a key."""
        for connection_id in self.connection_ids:
            ensured = self._ensure_at(azure, connection_id, watcher)
            if ensured is not None:
                return Made.of(ensured, settings_for(connection_id), PROTECTED)
        raise no_name_left(TITLE, self.cluster.id.name)

    def _ensure_at(self, azure: AzureClient, connection_id: str, watcher: Watcher) -> Ensured | None:
        """The hybrid connection in its namespace, or None where the namespace is another cluster's."""
        body = {"location": self.cluster.location, "tags": TAGS}
        namespace = Making(TITLE, namespace_of(connection_id), body, partial(_fill, connection_id=connection_id))
        if not self.is_first:
            return _take_up(azure, connection_id, namespace, namespace.find(azure, watcher), watcher)
        answer = namespace.put(azure, watcher)
        if answer is None:
            return None
        if is_new(answer):
            return namespace.filled(azure, answer, watcher)
        return _take_up(azure, connection_id, namespace, namespace.settled(azure, answer, watcher), watcher)


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> Relay | None:
    """The Relay that the settings ask for; None where they name one of the user's own, or ask for none."""
    if settings.get(ENABLED, "").lower() != "true" or CONNECTION_ID in settings:
        return None
    known = installed.get(CONNECTION_ID)
    is_ours = known is not None and names.is_beside(cluster.id, known, names.RELAY) and _is_of(cluster.id, known)
    return Relay(cluster, names.first(known if is_ours else None, connection_ids(cluster.id)), not installed)


def settings_for(connection_id: str) -> dict[str, str]:
    """The plain settings that name a hybrid connection."""
    return {CONNECTION_ID: connection_id, CONNECTION_NAME: name_of(connection_id)}


def settings_of_ones_own(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings for a Relay that the user names; none where he does not."""
    return settings_for(settings[CONNECTION_ID]) if settings.get(CONNECTION_ID) else {}


def read_secret(azure: AzureClient, settings: Mapping[str, str], cluster: ClusterId | None) -> dict[str, str]:
    """The protected settings of the Relay that an extension's settings name, or else of the cluster's."""
    if settings.get(ENABLED, "").lower() == "false":
        return {}
    known = settings.get(CONNECTION_ID)
    for connection_id in [known] if known else connection_ids(cluster) if cluster else []:
        secret = _secret(azure, connection_id)
        if secret is not None:
            return dict.fromkeys(PROTECTED, secret)
    return {}


def connection_ids(cluster: ClusterId) -> list[str]:
    """The ids that the cluster's hybrid connection may have."""
    return [f"{namespace}/hybridConnections/{cluster.name}" for namespace in names.candidates(cluster, names.RELAY)]


def connections_in(azure: AzureClient, namespace_id: str) -> set[str]:
    """The names of the hybrid connections in a namespace, in lower case: each belongs to the cluster of that name."""
    return {str(item["name"]).lower() for item in azure.get_all(f"{namespace_id}/hybridConnections")}


def namespace_of(connection_id: str) -> str:
    """The id of the namespace that a hybrid connection is in."""
    return parent_of(connection_id)


def _take_up(
    azure: AzureClient, connection_id: str, namespace: Making, found: Found | None, watcher: Watcher
) -> Ensured | None:
    """What a namespace that was there, or was not, lacks; None where it is another cluster's."""
    if not is_usable(found):
        return namespace.make(azure, watcher)
    secret = _secret(azure, connection_id)
    if secret is None:
        others = connections_in(azure, namespace.id)
        if others and name_of(connection_id).lower() not in others:
            return None
        namespace.mend(azure, watcher)
    return Ensured(namespace, found, secret or _fill(azure, connection_id))


def _is_of(cluster: ClusterId, connection_id: str) -> bool:
    return name_of(connection_id).lower() == cluster.name.lower()


def _fill(azure: AzureClient, connection_id: str) -> str:
    """Writes that change nothing where the thing is there."""
    azure.put(connection_id, _CONNECTION)
    azure.put(f"{connection_id}/{RULE}", _RIGHTS)
    return str(azure.post(f"{connection_id}/{RULE}/listKeys")["primaryConnectionString"])


def _secret(azure: AzureClient, connection_id: str) -> str | None:
    keys = unless_missing(azure.post, f"{connection_id}/{RULE}/listKeys")
    return str(keys["primaryConnectionString"]) if keys else None
