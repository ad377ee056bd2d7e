"""A cluster's Azure Relay as data: its possible ids, the request bodies, and the settings for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId, name_of, parent_of
from azext_amlarc.resources.supporting import names

TITLE = "Relay namespace"
ENABLED = "relayserver.enabled"
CONNECTION_ID = "relayserver.hybridConnectionResourceID"
CONNECTION_NAME = "relayserver.hybridConnectionName"
PROTECTED = ("relayServerConnectionString", "relayserver.relayConnectionString")

RULE = "authorizationRules/azureml_rw"
RIGHTS = {"properties": {"rights": ["Manage", "Send", "Listen"]}}
CONNECTION = {"properties": {"requiresClientAuthorization": True}}


class Relay(NamedTuple):
    """The Relay of a cluster: the possible ids of its hybrid connection, the most likely first.

    `is_first`: nothing is installed that could have created it, so its namespace is written without reading it first.
    If it exists after all, that changes nothing.
    """

    cluster: Cluster
    connection_ids: tuple[str, ...]
    is_first: bool
    tags: Mapping[str, str] = MappingProxyType({})

    @property
    def settings(self) -> dict[str, str]:
        return settings_for(self.connection_ids[0])

    @property
    def body(self) -> dict[str, Any]:
        """The body of the namespace's PUT."""
        return {"location": self.cluster.location, "tags": names.merged(self.tags, names.TAGS)}


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> Relay | None:
    """The Relay that the settings need; None if they name one of the user's own, or need none."""
    if settings.get(ENABLED, "").lower() != "true" or CONNECTION_ID in settings:
        return None
    known = installed.get(CONNECTION_ID)
    is_ours = known is not None and is_created_for(cluster.id, known)
    return Relay(cluster, names.first(known if is_ours else None, connection_ids(cluster.id)), not installed)


def settings_for(connection_id: str) -> dict[str, str]:
    """The plain settings that name a hybrid connection."""
    return {CONNECTION_ID: connection_id, CONNECTION_NAME: name_of(connection_id)}


def settings_of_ones_own(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings for a Relay that the user names; empty if there is none."""
    return settings_for(settings[CONNECTION_ID]) if settings.get(CONNECTION_ID) else {}


def connection_ids(cluster: ClusterId) -> list[str]:
    """The possible ids of the cluster's hybrid connection."""
    return [f"{namespace}/hybridConnections/{cluster.name}" for namespace in names.candidates(cluster, names.RELAY)]


def namespace_of(connection_id: str) -> str:
    """The id of the namespace that a hybrid connection is in."""
    return parent_of(connection_id)


def is_created_for(cluster: ClusterId, connection_id: str) -> bool:
    """Whether a hybrid connection may be one that was created for the cluster: beside it, and of its name."""
    is_beside = names.is_beside(cluster, connection_id, names.RELAY)
    return is_beside and name_of(connection_id).lower() == cluster.name.lower()
