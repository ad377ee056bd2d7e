"""What exists at the start.

A seed is a JSON object; `seed.json` beside this module is the default one and shows all of it:

* `tenantId`, and `servicePrincipal` with clientId, clientSecret, objectId, and where it may not do everything `actions`
  and `notActions`, as in a role's definition;
* `groups`, where the directory has any: the ids of each group's members, which may be groups, by the group's id;
* `subscriptions`, each with subscriptionId, displayName, `state` ("Enabled" if it isn't given; a "Disabled" one takes
  no writes), `resourceGroups` (name, location, tags), `providers` (the registration state of each that Azure has
  here), `resources`, and `clusters`, a number: so many connected clusters more, cluster-0001 and so on, a hundred in
  each of the groups fleet-1, fleet-2 and so on; their tag `ring` is canary for the first twentieth, broad for the rest.

A resource has an `id` below its subscription and whatever the body of its PUT would hold: location, tags, identity,
properties. Its provider completes it to something that works, so a seed only says what is different: a cluster that is
Offline, an extension whose provisioningState is Failed. Locks, role definitions and assignments can be below a
subscription, a group or a resource. Parents come before what is below them.
"""

from pathlib import Path

from amlarc_emulator import snapshot
from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.guards import STATES
from amlarc_emulator.arm.ids import parse
from amlarc_emulator.arm.model import GROUP, NAMESPACE, SUBSCRIPTION, Cloud, Json, Resource

PER_GROUP = 100
REGIONS = ("eastus", "westeurope", "southeastasia")
SHAPE: shapes.Shape = {
    "tenantId": str,
    "servicePrincipal": dict,
    "groups": shapes.Each([str]),
    "subscriptions": [
        {
            "subscriptionId": str,
            "displayName": str,
            "state": str,
            "resourceGroups": [{"name": str, "location": str, "tags": shapes.Each(str)}],
            "providers": shapes.Each(str),
            "resources": [{"id": str, **shapes.resource(dict)}],
            "clusters": int,
        }
    ],
}
DEFAULT = Path(__file__).with_name("seed.json")


def load(cloud: Cloud, file: Path | None, clusters: int = 0) -> None:
    """Make a cloud hold what a seed file says, so many clusters more in its first subscription, and nothing else.

    Raises ValueError naming the file and what is wrong in it.
    """
    try:
        _load(cloud, file or DEFAULT, clusters)
        if file:
            snapshot.stop_at_misfits(cloud)
    except ValueError as error:
        raise ValueError(f"{file or DEFAULT}: {error}") from None


def _load(cloud: Cloud, file: Path, clusters: int) -> None:
    document = shapes.read(SHAPE, shapes.parse(file.read_bytes()))
    cloud.state.clear()
    try:
        cloud.state.tenant, cloud.state.principal = document["tenantId"], document["servicePrincipal"]
        cloud.state.groups = document.get("groups", {})
        first, *others = document["subscriptions"]
        for subscription in ({**first, "clusters": first.get("clusters", 0) + clusters}, *others):
            _plant(cloud, subscription)
    except KeyError as missing:
        raise ValueError(f"the seed lacks {missing}") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the seed has something of the wrong type: {error}") from None


def _plant(cloud: Cloud, document: Json) -> None:
    root = f"/subscriptions/{document['subscriptionId']}"
    add = cloud.state.add
    state = document.get("state", "Enabled")
    if state not in STATES:
        raise ValueError(f"the seed has a subscription that is {state}, not one of {', '.join(STATES)}")
    add(Resource(root, SUBSCRIPTION, {"displayName": document["displayName"], "state": state}))
    for group in document.get("resourceGroups", []):
        tags = {"tags": group["tags"]} if "tags" in group else {}
        body = {"location": group["location"], **tags, "properties": {"provisioningState": "Succeeded"}}
        add(Resource(f"{root}/resourceGroups/{group['name']}", GROUP, body))
    for name, state in document.get("providers", {}).items():
        add(Resource(f"{root}/providers/{name}", NAMESPACE, {"registrationState": state}))
    for given in document.get("resources", []):
        add(_grown(cloud, root + given["id"], given))
    _plant_fleet(cloud, root, document.get("clusters", 0))


def _plant_fleet(cloud: Cloud, root: str, number: int) -> None:
    """So many clusters, the first twentieth of them canaries."""
    for index in range(number):
        group = f"{root}/resourceGroups/fleet-{index // PER_GROUP + 1}"
        region = REGIONS[index // PER_GROUP % len(REGIONS)]
        if cloud.state.get(group) is None:
            body = {"location": region, "properties": {"provisioningState": "Succeeded"}}
            cloud.state.add(Resource(group, GROUP, body))
        tags = {"ring": "canary" if index < number / 20 else "broad"}
        id_ = f"{group}/providers/Microsoft.Kubernetes/connectedClusters/cluster-{index + 1:04d}"
        cloud.state.add(_grown(cloud, id_, {"location": region, "tags": tags}))


def _grown(cloud: Cloud, id_: str, given: Json) -> Resource:
    address = parse(id_, "GET")
    type_ = cloud.types.get(f"{address.provider}/{address.type_path}".lower()) if address else None
    if type_ is None or type_.seeded is None:
        raise ValueError(f"the seed has a resource of a type that can't be seeded: {id_}")
    return type_.seeded(cloud, id_, given)
