"""The tables of Resource Graph, made from what the emulator holds."""

import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.listings import is_tracked
from amlarc_emulator.arm.model import GROUP, SUBSCRIPTION, Cloud, Json, Resource, ResourceType
from amlarc_emulator.providers import kubernetes_configuration

RESOURCES, CONTAINERS, EXTENSIONS = "Resources", "ResourceContainers", "KubernetesConfigurationResources"
TABLES = (RESOURCES, CONTAINERS, EXTENSIONS)
TEXT, OBJECT = "VARCHAR", "JSON"
COLUMNS = {
    "id": TEXT,
    "name": TEXT,
    "type": TEXT,
    "tenantId": TEXT,
    "kind": TEXT,
    "location": TEXT,
    "resourceGroup": TEXT,
    "subscriptionId": TEXT,
    "managedBy": TEXT,
    "sku": OBJECT,
    "plan": OBJECT,
    "properties": OBJECT,
    "tags": OBJECT,
    "identity": OBJECT,
    "zones": OBJECT,
    "extendedLocation": OBJECT,
    "apiVersion": TEXT,
}
NOTHING: Json = {name: "" if kind == TEXT else None for name, kind in COLUMNS.items()}
# Ids of extensions as published queries take them apart, and as the operations of extensions spell them, too.
SPELLINGS = {
    "/connectedClusters/": "/ConnectedClusters/",
    "/managedClusters/": "/ManagedClusters/",
    "/extensions/": "/Extensions/",
}


class Row(NamedTuple):
    """A row as JSON, with what decides who sees it: its subscription ("" for none) and the action to read it."""

    table: str
    subscription: str
    action: str
    text: str


def rows(cloud: Cloud) -> list[Row]:
    """All rows of all tables, in an order that means nothing, as Azure's."""
    made = [*_containers(cloud), *_resources(cloud)]
    return sorted(made, key=lambda row: zlib.crc32(row.text.encode()))


def _resources(cloud: Cloud) -> Iterator[Row]:
    for item in cloud.state.resources.values():
        type_ = cloud.types.get(item.kind)
        if type_ is None:
            continue
        if item.kind == kubernetes_configuration.KIND:
            yield _row(EXTENSIONS, cloud, type_, _extension(cloud, item, type_))
        elif is_tracked(item):
            yield _row(RESOURCES, cloud, type_, _tracked(item, type_))


def _row(table: str, cloud: Cloud, type_: ResourceType, cells: Json) -> Row:
    subscription, group = place(cells["id"])
    common = {"tenantId": cloud.state.tenant, "subscriptionId": subscription, "resourceGroup": group.lower()}
    action = f"{type_.provider}/{type_.path}/read"
    return Row(table, subscription.lower(), action, _text({**NOTHING, **common, **cells}))


def _tracked(item: Resource, type_: ResourceType) -> Json:
    shown = type_.shown(item, type_.newest)
    cells = {name: shown[name] for name in COLUMNS if shown.get(name) is not None}
    region = str(shown["location"]).replace(" ", "").lower()
    if "lastConnectivityTime" in shown["properties"]:
        # The graph learns of an agent when the cluster's resource changes, and not with each look at it.
        heard = item.body["systemData"]["lastModifiedAt"]
        cells["properties"] = {**shown["properties"], "lastConnectivityTime": heard}
    return {**cells, "type": item.kind, "location": region, "apiVersion": type_.newest}


def _extension(cloud: Cloud, item: Resource, type_: ResourceType) -> Json:
    shown = type_.shown(item, type_.newest)
    id_ = shown["id"]
    for usual, here in SPELLINGS.items():
        id_ = id_.replace(usual, here)
    cluster = cloud.state.get(item.id.rpartition("/providers/")[0])
    return {
        "id": id_,
        "name": shown["name"],
        "type": item.kind,
        "location": cluster.body["location"] if cluster else "",
        "properties": _capital(shown["properties"]),
        "identity": shown.get("identity"),
        "apiVersion": type_.newest,
    }


def _capital(properties: Json) -> Json:
    """Properties of an extension as the graph names them; the names inside of settings are the user's."""
    scope = {kind: _capitals(inner) for kind, inner in (properties.get("scope") or {}).items()}
    return _capitals({**properties, "scope": scope})


def _capitals(named: Json) -> Json:
    return {name[0].upper() + name[1:]: value for name, value in named.items()}


def _containers(cloud: Cloud) -> Iterator[Row]:
    root = {"name": cloud.state.tenant, "displayName": "Tenant Root Group"}
    for item in cloud.state.of_kind(SUBSCRIPTION):
        yield _container(cloud, "Microsoft.Resources/subscriptions/read", _subscription(item, root))
    for item in cloud.state.of_kind(GROUP):
        yield _container(cloud, "Microsoft.Resources/subscriptions/resourceGroups/read", _group(item))
    yield _container(cloud, "Microsoft.Management/managementGroups/read", _root(root))


def _container(cloud: Cloud, action: str, cells: Json) -> Row:
    subscription = place(cells["id"]).subscription
    common = {"tenantId": cloud.state.tenant, "subscriptionId": subscription}
    return Row(CONTAINERS, subscription.lower(), action, _text({**NOTHING, **common, **cells}))


def _root(group: Json) -> Json:
    """The management group that all subscriptions are below; its name is the tenant's id."""
    return {
        "id": f"/providers/Microsoft.Management/managementGroups/{group['name']}",
        "name": group["name"],
        "type": "microsoft.management/managementgroups",
        "properties": {"displayName": group["displayName"], "tenantId": group["name"], "details": {"parent": None}},
    }


def _subscription(item: Resource, root: Json) -> Json:
    properties = {
        "state": item.body.get("state", "Enabled"),
        "managedByTenants": [],
        "managementGroupAncestorsChain": [root],
    }
    return {
        "id": item.id,
        "name": item.body["displayName"],
        "type": SUBSCRIPTION,
        "properties": properties,
        "tags": {},
    }


def _group(item: Resource) -> Json:
    name = name_of(item.id)
    cells = {"type": f"{SUBSCRIPTION}/resourcegroups", "resourceGroup": name.lower(), "tags": item.body.get("tags")}
    location = {"location": item.body["location"], "properties": item.properties}
    return {"id": item.id, "name": name, **cells, **location}


def _text(cells: Json) -> str:
    return json.dumps(cells)
