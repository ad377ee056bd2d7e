"""Microsoft.Relay: namespaces, hybrid connections, and the keys to both.

Namespaces have no operation to poll: a new one is "Created" until a few GETs later, then "Succeeded". All below them
is synchronous.
"""

import base64
import re
import secrets
from collections.abc import Callable

from emulator import clock, errors, operations
from emulator.core import LOCATIONS
from emulator.errors import ArmError
from emulator.ids import name_of, place
from emulator.model import Call, Cloud, Handler, Json, Operation, Reply, Resource, ResourceType

VERSIONS = ("2017-04-01", "2021-11-01")
NAMESPACE = "microsoft.relay/namespaces"
RULE = "microsoft.relay/namespaces/authorizationrules"
ALL_RIGHTS = ["Listen", "Manage", "Send"]
NAMESPACE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]")
CONNECTION_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,258}[A-Za-z0-9])?")
RULE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?")


def put_namespace(call: Call) -> Reply:
    """PUT a namespace: 200 without an operation; one that exists keeps its keys and its age."""
    _check_name(call, NAMESPACE_NAME)
    location = str(call.body.get("location") or "").replace(" ", "").lower()
    if not location:
        raise errors.location_required()
    known = call.existing
    if known:
        known.body |= {"tags": call.body.get("tags") or {}}
        known.properties["updatedAt"] = _now()
        return Reply(200, call.shown(known))
    namespace = call.cloud.state.add(_new_namespace(call.id, location, call.body))
    call.cloud.state.add(_root_rule(namespace))
    operations.begin(call.cloud, namespace, "create", "Activating", ending=call.ending)
    return Reply(200, call.shown(namespace))


def patch_namespace(call: Call) -> Reply:
    """PATCH a namespace: its tags."""
    namespace = call.resource
    namespace.body |= {"tags": call.body.get("tags", namespace.body["tags"])}
    namespace.properties["updatedAt"] = _now()
    return Reply(200, call.shown(namespace))


def delete_namespace(call: Call) -> Reply:
    """DELETE a namespace: 202 and a Location, which answers 202 with the namespace until it is gone."""
    namespace = call.resource
    namespace.properties["status"] = "Removing"
    target = f"{namespace.id}/operationresults/{name_of(namespace.id)}?api-version={call.version}"
    operations.begin(call.cloud, namespace, "delete", "Removing", target=target, ending=call.ending)
    return Reply(202, headers={"location": call.cloud.endpoint + target})


def ended(cloud: Cloud, namespace: Resource, operation: Operation) -> None:
    """A namespace becomes active, or goes."""
    if operation.verb == "delete" and operation.status == "Succeeded":
        cloud.state.remove(namespace.id)
    elif operation.status == "Succeeded":
        namespace.properties.update({"provisioningState": "Succeeded", "status": "Active", "updatedAt": _now()})
    else:
        namespace.properties.update({"provisioningState": "Failed", "status": "Failed"})


def report(cloud: Cloud, operation: Operation) -> Reply:
    """The Location of a deletion."""
    namespace = cloud.state.get(operation.resource)
    if operation.status or namespace is None:
        return Reply(200)
    version = operation.target.rpartition("=")[2]
    shown = cloud.types[NAMESPACE].shown(cloud, namespace, version)
    return Reply(202, shown, {"location": cloud.endpoint + operation.target})


def put_connection(call: Call) -> Reply:
    """PUT a hybrid connection: 200 at once."""
    _check_name(call, CONNECTION_NAME)
    asked, known = call.body.get("properties") or {}, call.existing
    now = _now()
    properties = {
        "createdAt": known.properties["createdAt"] if known else now,
        "updatedAt": now,
        "listenerCount": 0,
        "requiresClientAuthorization": asked.get("requiresClientAuthorization", True),
    }
    if asked.get("userMetadata") is not None:
        properties["userMetadata"] = asked["userMetadata"]
    body = {"location": call.parent.body["location"], "properties": properties}
    return _kept(call, Resource(known.id if known else call.id, call.type.kind, body))


def put_rule(call: Call) -> Reply:
    """PUT an authorization rule: 200 at once; one that exists keeps its keys."""
    _check_name(call, RULE_NAME)
    rights = (call.body.get("properties") or {}).get("rights")
    if not rights or not set(rights) <= set(ALL_RIGHTS):
        raise _bad_request("The rights of an authorization rule must be among Manage, Send and Listen.")
    if "Manage" in rights and len(set(rights)) < len(ALL_RIGHTS):
        raise _bad_request("Manage permission should also include Send and Listen.")
    known = call.existing
    location = call.cloud.state.resources[_namespace_id(call.id).lower()].body["location"]
    body = {"location": location, "properties": {"rights": rights}}
    hidden = known.hidden if known else _new_keys()
    return _kept(call, Resource(known.id if known else call.id, call.type.kind, body, hidden))


def delete_below(call: Call) -> Reply:
    """DELETE a hybrid connection or a rule: 200 at once."""
    call.cloud.state.remove(call.resource.id)
    return Reply(200)


def list_keys(call: Call) -> Reply:
    """POST listKeys: both keys, with the connection strings that hold them."""
    return Reply(200, _keys(call.resource))


def regenerate_keys(call: Call) -> Reply:
    """POST regenerateKeys: a new key in place of the named one."""
    rule, wanted = call.resource, call.body.get("keyType")
    names = {"PrimaryKey": "primaryKey", "SecondaryKey": "secondaryKey"}
    if wanted not in names:
        raise _bad_request("The keyType must be PrimaryKey or SecondaryKey.")
    rule.hidden[names[wanted]] = call.body.get("key") or _new_key()
    return Reply(200, _keys(rule))


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """An active namespace with its root rule."""
    namespace = _new_namespace(id_, given["location"], given)
    namespace.properties.update({"provisioningState": "Succeeded", "status": "Active"})
    cloud.state.add(_root_rule(namespace))
    return namespace


def seeded_below(kind: str) -> Callable[[Cloud, str, Json], Resource]:
    """A hybrid connection or a rule of a seed."""

    def grow(cloud: Cloud, id_: str, given: Json) -> Resource:
        namespace = cloud.state.get(_namespace_id(id_))
        if namespace is None:
            raise ValueError(f"the seed has no namespace for {id_}")
        defaults = {"createdAt": _now(), "updatedAt": _now(), "listenerCount": 0, "requiresClientAuthorization": True}
        told = given.get("properties", {"rights": ALL_RIGHTS} if kind.endswith("rules") else {})
        properties = told if kind.endswith("rules") else {**defaults, **told}
        return Resource(id_, kind, {"location": namespace.body["location"], "properties": properties}, _new_keys())

    return grow


def show_namespace(namespace: Resource, version: str) -> Json:
    """The namespace at an api-version: the older one has no status, and both spell the region for people."""
    properties = dict(namespace.properties)
    if version < "2021-11-01":
        del properties["status"]
    location = namespace.body["location"]
    return {**namespace.body, "location": LOCATIONS.get(location, location), "properties": properties}


def show_below(resource: Resource, version: str) -> Json:
    """A hybrid connection or a rule; the older api-version has no location."""
    body = dict(resource.body)
    if version < "2021-11-01":
        del body["location"]
    return body


def _new_namespace(id_: str, location: str, given: Json) -> Resource:
    now, name = _now(), name_of(id_)
    body = {
        "sku": {"name": "Standard", "tier": "Standard"},
        "location": location,
        "tags": given.get("tags") or {},
        "properties": {
            "provisioningState": "Created",
            "metricId": f"{place(id_).subscription}:{name.lower()}",
            "createdAt": now,
            "updatedAt": now,
            "serviceBusEndpoint": f"https://{name}.servicebus.windows.net:443/",
            "status": "Activating",
        },
    }
    return Resource(id_, NAMESPACE, body)


def _root_rule(namespace: Resource) -> Resource:
    """The rule that every namespace is born with."""
    body = {"location": namespace.body["location"], "properties": {"rights": ALL_RIGHTS}}
    return Resource(f"{namespace.id}/authorizationRules/RootManageSharedAccessKey", RULE, body, _new_keys())


def _kept(call: Call, resource: Resource) -> Reply:
    call.cloud.state.add(resource)
    return Reply(200, call.shown(resource))


def _keys(rule: Resource) -> Json:
    name, parts = name_of(rule.id), rule.id.split("/")
    entity = f";EntityPath={parts[10]}" if parts[9].lower() == "hybridconnections" else ""
    address = f"Endpoint=sb://{parts[8]}.servicebus.windows.net/;SharedAccessKeyName={name};SharedAccessKey="
    strings = {
        f"{which}ConnectionString": f"{address}{rule.hidden[f'{which}Key']}{entity}"
        for which in ("primary", "secondary")
    }
    return {**strings, **rule.hidden, "keyName": name}


def _namespace_id(id_: str) -> str:
    return "/".join(id_.split("/")[:9])


def _new_keys() -> Json:
    return {"primaryKey": _new_key(), "secondaryKey": _new_key()}


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _check_name(call: Call, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(call.name):
        raise _bad_request(f"The specified name '{call.name}' is not valid for {call.type.path}.")


def _bad_request(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message, cause=None)


def _missing_below(call: Call) -> ArmError:
    return ArmError(404, "NotFound", f"The requested resource {call.name} does not exist.", cause=None)


def _now() -> str:
    return clock.stamp(3)


def _lowered(id_: str) -> str:
    """Azure answers the types below a namespace in lower case."""
    return id_.replace("/hybridConnections/", "/hybridconnections/").replace(
        "/authorizationRules/", "/authorizationrules/"
    )


def _below(path: str, put: Handler, actions: dict[str, Handler]) -> ResourceType:
    shown = f"Microsoft.Relay/{path.lower()}"
    return ResourceType(
        provider="Microsoft.Relay",
        path=path,
        versions=VERSIONS,
        shown_type=shown,
        put=put,
        delete=delete_below,
        actions=actions,
        show=show_below,
        missing=_missing_below,
        seeded=seeded_below(shown.lower()),
        spell=_lowered,
    )


KEYS: dict[str, Handler] = {"listkeys": list_keys, "regeneratekeys": regenerate_keys}
TYPES = (
    ResourceType(
        provider="Microsoft.Relay",
        path="namespaces",
        versions=VERSIONS,
        shown_type="Microsoft.Relay/Namespaces",
        put=put_namespace,
        patch=patch_namespace,
        delete=delete_namespace,
        show=show_namespace,
        ended=ended,
        report=report,
        seeded=seeded,
    ),
    _below("namespaces/authorizationRules", put_rule, KEYS),
    _below("namespaces/hybridConnections", put_connection, {}),
    _below("namespaces/hybridConnections/authorizationRules", put_rule, KEYS),
)
