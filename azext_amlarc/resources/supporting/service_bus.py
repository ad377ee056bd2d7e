"""A cluster's Service Bus as data: its possible ids, the request bodies, and the settings for it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting import names

TITLE = "Service Bus namespace"
ENABLED = "servicebus.enabled"
RESOURCE_ID = "servicebus.resourceID"
PROTECTED = ("serviceBusConnectionString", "servicebus.connectionString")

# Every namespace is created with the first rule, whose keys `az k8s-extension` uses; the second is ours, in case the
# first was deleted.
BORN_RULE, OWN_RULE = "authorizationRules/RootManageSharedAccessKey", "authorizationRules/azureml_rw"
RIGHTS = {"properties": {"rights": ["Manage", "Send", "Listen"]}}
TOPIC = {"properties": {"maxSizeInMegabytes": 5120, "defaultMessageTimeToLive": "P60D"}}
SUBSCRIPTION = {
    "properties": {"lockDuration": "PT30S", "maxDeliveryCount": 1, "defaultMessageTimeToLive": "P14D"},
}
_MAPPING = "servicebus.topicSubMapping."
_SUBSCRIPTIONS = {
    "computestate-updatedby-computeprovider": "compute-scheduler-computestate",
    "jobstate-updatedby-computeprovider": "compute-scheduler-jobstate",
}


class ServiceBus(NamedTuple):
    """The Service Bus of a cluster: its possible ids, the most likely first, and the subscription of each topic.

    `known` is the id in the installed extension's settings, which is certainly the cluster's.
    """

    cluster: Cluster
    namespace_ids: tuple[str, ...]
    subscriptions: Mapping[str, str]
    known: str | None
    tags: Mapping[str, str] = MappingProxyType({})

    @property
    def settings(self) -> dict[str, str]:
        return self.settings_for(self.namespace_ids[0])

    @property
    def body(self) -> dict[str, Any]:
        """The body of the namespace's PUT."""
        tags = names.merged(self.tags, names.tags(self.cluster.id))
        return {"location": self.cluster.location, "sku": {"name": "Standard"}, "tags": tags}

    def settings_for(self, namespace_id: str) -> dict[str, str]:
        """The plain settings that name a namespace."""
        mapping = {_MAPPING + topic: subscription for topic, subscription in self.subscriptions.items()}
        return {RESOURCE_ID: namespace_id, **mapping}

    def entities(self, namespace_id: str) -> Iterator[tuple[str, str]]:
        """The ids of each topic and its subscription."""
        for topic, subscription in self.subscriptions.items():
            topic_id = f"{namespace_id}/topics/{topic}"
            yield topic_id, f"{topic_id}/subscriptions/{subscription}"


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> ServiceBus | None:
    """The Service Bus that the settings need; None if they name one of the user's own, or need none."""
    if settings.get(ENABLED, "").lower() != "true" or RESOURCE_ID in settings:
        return None
    known = installed.get(RESOURCE_ID)
    if known is not None and not is_created_for(cluster.id, known):
        known = None
    return ServiceBus(
        cluster=cluster,
        namespace_ids=names.first(known, names.candidates(cluster.id, names.SERVICE_BUS)),
        subscriptions={topic: settings.get(_MAPPING + topic, usual) for topic, usual in _SUBSCRIPTIONS.items()},
        known=known,
    )


def is_created_for(cluster: ClusterId, namespace_id: str) -> bool:
    """Whether a namespace may be one that was created for the cluster: it lies beside it."""
    return names.is_beside(cluster, namespace_id, names.SERVICE_BUS)
