"""Find or create a cluster's Service Bus: a namespace, two topics with one subscription each, a rule's keys."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.supporting.making import Found, Provision, Ready, SupportingResource, is_usable, no_name_left
from azext_amlarc.azure.supporting.ownership import is_anothers
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting import names
from azext_amlarc.resources.supporting.service_bus import (
    BORN_RULE,
    ENABLED,
    OWN_RULE,
    PROTECTED,
    RESOURCE_ID,
    RIGHTS,
    SUBSCRIPTION,
    TITLE,
    TOPIC,
    ServiceBus,
)


def ensure(azure: AzureClient, watcher: Watcher, *, wanted: ServiceBus) -> Provision:
    """Find or create it. Four requests if everything exists; no write renews a key."""
    for namespace_id in wanted.namespace_ids:
        ready = _ensure_at(azure, wanted, namespace_id, watcher)
        if ready is not None:
            return Provision.of(ready, wanted.settings_for(namespace_id), PROTECTED)
    raise no_name_left(TITLE, wanted.cluster.id.name)


def _ensure_at(azure: AzureClient, wanted: ServiceBus, namespace_id: str, watcher: Watcher) -> Ready | None:
    """The namespace with its topics and subscriptions, or None if it is another cluster's."""
    fill = partial(_fill, wanted=wanted, namespace_id=namespace_id)
    namespace = SupportingResource(TITLE, namespace_id, wanted.body, fill)
    found = namespace.find(azure, watcher)
    if found is not None and _is_anothers(azure, wanted, namespace_id, found):
        return None
    if not is_usable(found):
        return namespace.create(azure, watcher)
    missing = list(_missing(azure, wanted, namespace_id))
    if missing:
        namespace.repair(azure, watcher, lambda: [azure.put(entity_id, entity) for entity_id, entity in missing])
    return Ready(namespace, found, secret_of(azure, namespace_id) or _new_secret(azure, namespace, watcher))


def _fill(azure: AzureClient, wanted: ServiceBus, namespace_id: str) -> str:
    for topic_id, subscription_id in wanted.entities(namespace_id):
        azure.put(topic_id, TOPIC)
        azure.put(subscription_id, SUBSCRIPTION)
    return _key(azure, namespace_id, BORN_RULE)


def _is_anothers(azure: AzureClient, wanted: ServiceBus, namespace_id: str, found: Found) -> bool:
    return namespace_id != wanted.known and is_anothers(azure, wanted.cluster.id, names.SERVICE_BUS, found)


def _missing(azure: AzureClient, wanted: ServiceBus, namespace_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Ids and bodies of the missing topics and subscriptions, topics before their subscriptions."""
    for topic_id, subscription_id in wanted.entities(namespace_id):
        if unless_missing(azure.get, subscription_id) is not None:
            continue
        if unless_missing(azure.get, topic_id) is None:
            yield topic_id, TOPIC
        yield subscription_id, SUBSCRIPTION


def read_secret(azure: AzureClient, settings: Mapping[str, str], cluster: ClusterId | None) -> dict[str, str]:
    """The protected settings of the Service Bus that an extension's settings name, or otherwise of the cluster's."""
    if settings.get(ENABLED, "").lower() != "true":
        return {}
    known = settings.get(RESOURCE_ID)
    for namespace_id in [known] if known else names.candidates(cluster, names.SERVICE_BUS) if cluster else []:
        secret = secret_of(azure, namespace_id)
        if secret is not None:
            return dict.fromkeys(PROTECTED, secret)
    return {}


def secret_of(azure: AzureClient, namespace_id: str) -> str | None:
    for rule in (BORN_RULE, OWN_RULE):
        secret = unless_missing(_key, azure, namespace_id, rule)
        if secret:
            return secret
    return None


def _new_secret(azure: AzureClient, namespace: SupportingResource, watcher: Watcher) -> str:
    namespace.repair(azure, watcher, lambda: azure.put(f"{namespace.id}/{OWN_RULE}", RIGHTS))
    return _key(azure, namespace.id, OWN_RULE)


@understood
def _key(azure: AzureClient, namespace_id: str, rule: str) -> str:
    return str(azure.post(f"{namespace_id}/{rule}/listKeys")["primaryConnectionString"])
