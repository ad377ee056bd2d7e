"""Which supporting resources (Relay, Service Bus, Log Analytics) a cluster's settings need. No requests.

Names and values are those of `az k8s-extension`, so that each tool recognizes clusters set up with the other.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting import log_analytics, relay, service_bus


class Plan(NamedTuple):
    """The resources that the settings need (None if not), and the plain settings that follow from them.

    The customer id of a Log Analytics workspace is only known from an installed extension.
    """

    relay: relay.Relay | None
    service_bus: service_bus.ServiceBus | None
    log_analytics: log_analytics.LogAnalytics | None
    settings: dict[str, str]

    @property
    def protected_names(self) -> set[str]:
        """The protected settings that the resources make up."""
        return {
            *(relay.PROTECTED if self.relay else ()),
            *(service_bus.PROTECTED if self.service_bus else ()),
            *((log_analytics.PROTECTED,) if self.log_analytics else ()),
        }

    def tagged(self, tags: Mapping[str, str]) -> "Plan":
        """The plan whose resources get these tags beside our own, if they are created."""
        return self._replace(  # pylint: disable=no-member  # a NamedTuple's
            relay=self.relay and self.relay._replace(tags=tags),
            service_bus=self.service_bus and self.service_bus._replace(tags=tags),
            log_analytics=self.log_analytics and self.log_analytics._replace(tags=tags),
        )

    def resumed(self) -> "Plan":
        """The plan of whoever may have been cut short before: nothing is written that has not been read first."""
        relays = self.relay and self.relay._replace(is_first=False)
        return self._replace(relay=relays)  # pylint: disable=no-member  # a NamedTuple's


def plan(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str] | None = None) -> Plan:
    """The resources that `settings` need; this cluster's resources in the `installed` settings are kept.

    `settings` are those given by the user, with the defaults. Resources that they name are the user's own, and are not
    created.
    """
    there = installed or {}
    hybrid = relay.planned(cluster, settings, there)
    bus = service_bus.planned(cluster, settings, there)
    logs = log_analytics.planned(cluster, settings, there)
    following = relay.settings_of_ones_own(settings)
    for part in (hybrid, bus, logs):
        following |= part.settings if part else {}
    return Plan(hybrid, bus, logs, following)


def cluster_in(settings: Mapping[str, str]) -> ClusterId | None:
    """The cluster that an extension's settings name."""
    return ClusterId.find(settings.get("clusterId") or settings.get("cluster_name"))


class OwnResource(NamedTuple):
    """A Relay or Service Bus of the user's own: its kind in words, its id, the setting for its connection string."""

    title: str
    id: str
    string: str


_OWN = (
    (relay.TITLE, relay.CONNECTION_ID, relay.PROTECTED[0]),
    (service_bus.TITLE, service_bus.RESOURCE_ID, service_bus.PROTECTED[0]),
)


def own_without_strings(given: Mapping[str, str], protected: Collection[str]) -> Iterator[OwnResource]:
    """The user's own resources among the settings given whose connection strings are not among the protected ones."""
    for title, key, string in _OWN:
        if key in given and string not in protected:
            yield OwnResource(title, given[key], string)
