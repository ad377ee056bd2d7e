"""A cluster's Service Bus: a namespace with two topics, one subscription each, and the keys of a rule on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.waiting import Watcher
from azext_amlarc.azure.supporting.making import Ensured, Found, Made, Making, is_usable, no_name_left
from azext_amlarc.azure.supporting.ownership import is_anothers, tags
from azext_amlarc.resources import names
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId

TITLE = "Service Bus namespace"
ENABLED = "servicebus.enabled"
RESOURCE_ID = "servicebus.resourceID"
PROTECTED = ("serviceBusConnectionString", "servicebus.connectionString")

_MAPPING = "servicebus.topicSubMapping."
_SUBSCRIPTIONS = {
    "computestate-updatedby-computeprovider": "compute-scheduler-computestate",
    "jobstate-updatedby-computeprovider": "compute-scheduler-jobstate",
}
_TOPIC = {"properties": {"maxSizeInMegabytes": 5120, "defaultMessageTimeToLive": "P60D"}}
_SUBSCRIPTION = {
    "properties": {"lockDuration": "PT30S", "maxDeliveryCount": 1, "defaultMessageTimeToLive": "P14D"},
}
# The rule that every namespace is born with, whose keys `az k8s-extension` takes; ours where somebody deleted that.
_BORN_RULE, _OWN_RULE = "authorizationRules/RootManageSharedAccessKey", "authorizationRules/azureml_rw"
_RIGHTS = {"properties": {"rights": ["Manage", "Send", "Listen"]}}


@dataclass(frozen=True)
class ServiceBus:
    """The Service Bus that a cluster is to have: the ids it may have, likeliest first, and each topic's subscription.

    `known` is the id that the installed extension has for it: that one is the cluster's.
    """

    cluster: Cluster
    namespace_ids: tuple[str, ...]
    subscriptions: Mapping[str, str]
    known: str | None

    @property
    def settings(self) -> dict[str, str]:
        return self._settings_for(self.namespace_ids[0])

    def ensure(self, azure: AzureClient, watcher: Watcher) -> Made:
        """Find or make it. Four requests where all is there; none of the writes renews a key."""
        for namespace_id in self.namespace_ids:
            ensured = self._ensure_at(azure, namespace_id, watcher)
            if ensured is not None:
                return Made.of(ensured, self._settings_for(namespace_id), PROTECTED)
        raise no_name_left(TITLE, self.cluster.id.name)

    def _ensure_at(self, azure: AzureClient, namespace_id: str, watcher: Watcher) -> Ensured | None:
        """The namespace with what belongs in it, or None where it is another cluster's."""
        body = {"location": self.cluster.location, "sku": {"name": "Standard"}, "tags": tags(self.cluster.id)}
        namespace = Making(TITLE, namespace_id, body, partial(self._fill, namespace_id=namespace_id))
        found = namespace.find(azure, watcher)
        if found is not None and self._is_anothers(azure, namespace_id, found):
            return None
        if not is_usable(found):
            return namespace.make(azure, watcher)
        missing = list(self._missing(azure, namespace_id))
        if missing:
            namespace.mend(azure, watcher)
        for entity_id, entity in missing:
            azure.put(entity_id, entity)
        return Ensured(namespace, found, _secret(azure, namespace_id) or _new_secret(azure, namespace, watcher))

    def _fill(self, azure: AzureClient, namespace_id: str) -> str:
        for topic_id, subscription_id in self._entities(namespace_id):
            azure.put(topic_id, _TOPIC)
            azure.put(subscription_id, _SUBSCRIPTION)
        return _key(azure, namespace_id, _BORN_RULE)

    def _is_anothers(self, azure: AzureClient, namespace_id: str, found: Found) -> bool:
        return namespace_id != self.known and is_anothers(azure, self.cluster.id, names.SERVICE_BUS, found)

    def _missing(self, azure: AzureClient, namespace_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Ids and bodies of what the namespace lacks, topics before their subscriptions."""
        for topic_id, subscription_id in self._entities(namespace_id):
            if unless_missing(azure.get, subscription_id) is not None:
                continue
            if unless_missing(azure.get, topic_id) is None:
                yield topic_id, _TOPIC
            yield subscription_id, _SUBSCRIPTION

    def _entities(self, namespace_id: str) -> Iterator[tuple[str, str]]:
        """The ids of each topic and its subscription."""
        for topic, subscription in self.subscriptions.items():
            topic_id = f"{namespace_id}/topics/{topic}"
            yield topic_id, f"{topic_id}/subscriptions/{subscription}"

    def _settings_for(self, namespace_id: str) -> dict[str, str]:
        mapping = {_MAPPING + topic: subscription for topic, subscription in self.subscriptions.items()}
        return {RESOURCE_ID: namespace_id, **mapping}


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> ServiceBus | None:
    """The Service Bus that the settings ask for; None where they name one of the user's own, or ask for none."""
    if settings.get(ENABLED, "").lower() != "true" or RESOURCE_ID in settings:
        return None
    known = installed.get(RESOURCE_ID)
    if known is not None and not names.is_beside(cluster.id, known, names.SERVICE_BUS):
        known = None
    return ServiceBus(
        cluster=cluster,
        namespace_ids=names.first(known, names.candidates(cluster.id, names.SERVICE_BUS)),
        subscriptions={topic: settings.get(_MAPPING + topic, usual) for topic, usual in _SUBSCRIPTIONS.items()},
        known=known,
    )


def read_secret(azure: AzureClient, settings: Mapping[str, str], cluster: ClusterId | None) -> dict[str, str]:
    """The protected settings of the Service Bus that an extension's settings name, or else of the cluster's."""
    if settings.get(ENABLED, "").lower() != "true":
        return {}
    known = settings.get(RESOURCE_ID)
    for namespace_id in [known] if known else names.candidates(cluster, names.SERVICE_BUS) if cluster else []:
        secret = _secret(azure, namespace_id)
        if secret is not None:
            return dict.fromkeys(PROTECTED, secret)
    return {}


def _secret(azure: AzureClient, namespace_id: str) -> str | None:
    for rule in (_BORN_RULE, _OWN_RULE):
        secret = unless_missing(_key, azure, namespace_id, rule)
        if secret:
            return secret
    return None


def _new_secret(azure: AzureClient, namespace: Making, watcher: Watcher) -> str:
    namespace.mend(azure, watcher)
    azure.put(f"{namespace.id}/{_OWN_RULE}", _RIGHTS)
    return _key(azure, namespace.id, _OWN_RULE)


def _key(azure: AzureClient, namespace_id: str, rule: str) -> str:
    return str(azure.post(f"{namespace_id}/{rule}/listKeys")["primaryConnectionString"])
