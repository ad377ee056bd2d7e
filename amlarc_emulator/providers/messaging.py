"""What Microsoft.Relay and Microsoft.ServiceBus share, since one service of Azure's answers for both.

That is namespaces, the authorization rules on them and on what is in them, and the keys of those rules. Namespaces have
no operation to poll: a new one is "Created" until a few GETs later, then "Succeeded". All below them is synchronous.
Whether a Relay or Service Bus namespace takes anything before it is active no recording shows. Event Hubs, of the same
service, have been seen to refuse (mspnp/serverless-reference-implementation, issue 30): `--strict-namespaces`.
"""

import base64
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amlarc_emulator.arm import clock, operations, shapes
from amlarc_emulator.arm.core import LOCATIONS, location_in
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Call, Cloud, Handler, Json, Operation, Reply, Resource, ResourceType

ALL_RIGHTS = ["Listen", "Manage", "Send"]
NAMESPACE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]")
ENTITY_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,258}[A-Za-z0-9])?")
SHORT_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?")
SKU: shapes.Shape = {"name": str, "tier": str, "capacity": int}
KEYS: shapes.Shape = {"keyType": shapes.Words("PrimaryKey", "SecondaryKey"), "key": str}
NAMESPACE_RULE_PARTS = 11  # of the id of a rule on a namespace, split at its slashes


@dataclass(frozen=True)
class Namespaces:
    """The namespaces of one provider.

    `writable` is the shape of the properties that a caller may write. `chosen` reads what the body of a write decides,
    as `{"sku": …, "properties": …}`. `later` has the properties that not every api-version shows: the first one that
    does, by property.
    """

    provider: str
    writable: shapes.Shape
    chosen: Callable[[Json], Json]
    later: Mapping[str, str]

    def as_type(self) -> ResourceType:
        """The type for the provider's table."""
        return ResourceType(
            provider=self.provider,
            path="namespaces",
            type_shown=f"{self.provider}/Namespaces",
            put=self.put,
            patch=self.patch,
            delete=delete_namespace,
            show=self.show,
            ended=ended,
            report=report,
            seeded=self.seeded,
            shape=shapes.resource(self.writable, sku=SKU, identity=shapes.IDENTITY),
            malformed=malformed,
        )

    def put(self, call: Call) -> Reply:
        """PUT a namespace: 200 without an operation; one that exists keeps its keys and, unless it failed, its age."""
        check_name(call, NAMESPACE_NAME)
        location = location_in(call.body)
        known = call.existing
        if known and known.properties["provisioningState"] != "Failed":
            return self._changed(call, known, call.body.get("tags") or {})
        namespace = call.cloud.state.add(self._new(known.id if known else call.id, location, call.body))
        if not known:
            call.cloud.state.add(self._root_rule(namespace))
        operations.begin(call.cloud, namespace, "create", "Activating", ending=call.ending)
        return Reply(200, call.shown(namespace))

    def patch(self, call: Call) -> Reply:
        """PATCH a namespace: what the body names."""
        return self._changed(call, call.resource, call.body.get("tags"))

    def show(self, namespace: Resource, version: str) -> Json:
        """The namespace at an api-version; its region is spelled for people."""
        properties = {key: item for key, item in namespace.properties.items() if version >= self.later.get(key, "")}
        location = namespace.body["location"]
        return {**namespace.body, "location": LOCATIONS.get(location, location), "properties": properties}

    def seeded(self, cloud: Cloud, id_: str, given: Json) -> Resource:
        """An active namespace with its root rule."""
        namespace = self._new(id_, given["location"], given)
        namespace.properties.update({"provisioningState": "Succeeded", "status": "Active"})
        cloud.state.add(self._root_rule(namespace))
        return namespace

    def _changed(self, call: Call, namespace: Resource, tags: Json | None) -> Reply:
        properties = {**namespace.properties, **(call.body.get("properties") or {})}
        chosen = self.chosen({"sku": namespace.body["sku"], **call.body, "properties": properties})
        namespace.body |= {"tags": namespace.body["tags"] if tags is None else tags, "sku": chosen["sku"]}
        namespace.properties.update({**chosen["properties"], "updatedAt": now()})
        return Reply(200, call.shown(namespace))

    def _new(self, id_: str, location: str, given: Json) -> Resource:
        moment, name, chosen = now(), name_of(id_), self.chosen(given)
        properties = {
            **chosen["properties"],
            "provisioningState": "Created",
            "metricId": f"{place(id_).subscription}:{name.lower()}",
            "createdAt": moment,
            "updatedAt": moment,
            "serviceBusEndpoint": f"https://{name}.servicebus.windows.net:443/",
            "status": "Activating",
        }
        body = {"sku": chosen["sku"], "location": location, "tags": given.get("tags") or {}, "properties": properties}
        return Resource(id_, f"{self.provider}/namespaces".lower(), body)

    def _root_rule(self, namespace: Resource) -> Resource:
        """The rule that every namespace is born with."""
        body = {"location": namespace.body["location"], "properties": {"rights": ALL_RIGHTS}}
        kind = f"{namespace.kind}/authorizationrules"
        return Resource(f"{namespace.id}/authorizationRules/RootManageSharedAccessKey", kind, body, _new_keys())


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
        namespace.properties.update({"provisioningState": "Succeeded", "status": "Active", "updatedAt": now()})
    else:
        namespace.properties.update({"provisioningState": "Failed", "status": "Failed"})


def report(cloud: Cloud, operation: Operation) -> Reply:
    """The Location of a deletion."""
    namespace = cloud.state.get(operation.resource)
    if operation.status or namespace is None:
        return Reply(200)
    version = operation.target.rpartition("=")[2]
    shown = cloud.types[operation.kind].shown(namespace, version)
    return Reply(202, shown, {"location": cloud.endpoint + operation.target})


def put_rule(call: Call) -> Reply:
    """PUT an authorization rule: 200 at once; one that exists keeps its keys."""
    check_name(call, SHORT_NAME)
    rights = (call.body.get("properties") or {}).get("rights")
    if not rights or not set(rights) <= set(ALL_RIGHTS):
        raise bad_request("The rights of an authorization rule must be among Manage, Send and Listen.")
    if "Manage" in rights and len(set(rights)) < len(ALL_RIGHTS):
        raise bad_request("Manage permission should also include Send and Listen.")
    return kept(call, {"rights": rights}, call.existing.hidden if call.existing else _new_keys())


def list_keys(call: Call) -> Reply:
    """POST listKeys: both keys, with the connection strings that hold them."""
    return Reply(200, _keys(call.resource))


def regenerate_keys(call: Call) -> Reply:
    """POST regenerateKeys: a new key in place of the named one."""
    rule, asked = call.resource, _asked_of_keys(call.body)
    names = {"PrimaryKey": "primaryKey", "SecondaryKey": "secondaryKey"}
    rule.hidden[names[asked["keyType"]]] = asked.get("key") or _new_key()
    return Reply(200, _keys(rule))


def _asked_of_keys(body: Json) -> Json:
    try:
        asked: Json = shapes.read(KEYS, body)
    except shapes.Misfit as misfit:
        raise bad_request(str(misfit)) from None
    if "keyType" not in asked:
        raise bad_request("The keyType must be PrimaryKey or SecondaryKey.")
    return asked


def delete_below(call: Call) -> Reply:
    """DELETE anything below a namespace: 200 at once."""
    call.cloud.state.remove(call.resource.id)
    return Reply(200)


def seeded_rule(_cloud: Cloud, _id: str, given: Json) -> tuple[Json, Json]:
    """A rule of a seed: its properties, and keys of its own."""
    return {"rights": ALL_RIGHTS, **given.get("properties", {})}, _new_keys()


def kept(call: Call, properties: Json, hidden: Json | None = None) -> Reply:
    """Store a resource that a PUT below a namespace created, under the id it was first created with."""
    namespace, known = namespace_of(call.cloud, call.id), call.existing
    body = {"location": namespace.body["location"], "properties": properties}
    id_ = known.id if known else call.id
    return Reply(200, call.shown(call.cloud.state.add(Resource(id_, call.type.kind, body, hidden or {}))))


def below(
    provider: str,
    path: str,
    writable: shapes.Shape,
    put: Handler,
    *,
    seeded: Callable[[Cloud, str, Json], tuple[Json, Json]],
    delete: Handler = delete_below,
    actions: Mapping[str, Handler] | None = None,
) -> ResourceType:
    """A type below namespaces: `writable` is the shape of its properties.

    `seeded` gives the properties and what is hidden of one in a seed.
    """
    kind = f"{provider}/{path}".lower()

    def grow(cloud: Cloud, id_: str, given: Json) -> Resource:
        properties, hidden = seeded(cloud, id_, given)
        location = namespace_of(cloud, id_).body["location"]
        return Resource(id_, kind, {"location": location, "properties": properties}, hidden)

    return ResourceType(
        provider=provider,
        path=path,
        type_shown=f"{provider}/{path.lower()}",
        put=_once_active(put),
        delete=delete,
        actions={name: _once_active(action) for name, action in (actions or {}).items()},
        show=show_below,
        missing=_missing_below,
        seeded=grow,
        spell=_lowered,
        shape=shapes.resource(writable),
        malformed=malformed,
    )


def rules(provider: str, path: str) -> ResourceType:
    """The authorization rules at a path."""
    keys = {"listkeys": list_keys, "regeneratekeys": regenerate_keys}
    return below(provider, path, {"rights": [str]}, put_rule, seeded=seeded_rule, actions=keys)


def _once_active(handler: Handler) -> Handler:
    """The handler, which `--strict-namespaces` keeps closed while the namespace is being activated."""

    def guarded(call: Call) -> Reply:
        namespace = namespace_of(call.cloud, call.id)
        if call.cloud.options.strict_namespaces and namespace.properties["status"] == "Activating":
            raise _not_active(namespace)
        return handler(call)

    return guarded


def show_below(resource: Resource, version: str) -> Json:
    """Anything below a namespace; the oldest api-version has no location."""
    body = dict(resource.body)
    if version < "2021-11-01":
        del body["location"]
    return body


def namespace_of(cloud: Cloud, id_: str) -> Resource:
    """The namespace that an id is below; raises ValueError when a seed has none for it."""
    namespace = cloud.state.get("/".join(id_.split("/")[:9]))
    if namespace is None:
        raise ValueError(f"the seed has no namespace for {id_}")
    return namespace


def check_name(call: Call, pattern: re.Pattern[str]) -> None:
    """Raise the provider's 400 for a name that breaks Azure's naming rules."""
    if not pattern.fullmatch(call.name):
        raise bad_request(f"The specified name '{call.name}' is not valid for {call.type.path}.")


def bad_request(message: str) -> ArmError:
    """The provider's 400."""
    return ArmError(400, "BadRequest", message, cause=None)


def malformed(_call: Call, message: str) -> ArmError:
    """The 400 for properties that don't fit their type."""
    return bad_request(message)


def now() -> str:
    """The current moment as the provider spells it."""
    return clock.stamp(3)


def _not_active(namespace: Resource) -> ArmError:
    message = (
        f"The namespace {name_of(namespace.id)} in subscription {place(namespace.id).subscription} is not active, its "
        f"current state is {namespace.properties['provisioningState']}. CorrelationId: {uuid.uuid4()}"
    )
    return ArmError(404, "NotFound", message, cause=None)


def _missing_below(call: Call) -> ArmError:
    return ArmError(404, "NotFound", f"The requested resource {call.name} does not exist.", cause=None)


def _keys(rule: Resource) -> Json:
    name, parts = name_of(rule.id), rule.id.split("/")
    entity = "" if len(parts) == NAMESPACE_RULE_PARTS else f";EntityPath={parts[10]}"
    address = f"Endpoint=sb://{parts[8]}.servicebus.windows.net/;SharedAccessKeyName={name};SharedAccessKey="
    strings = {
        f"{which}ConnectionString": f"{address}{rule.hidden[f'{which}Key']}{entity}"
        for which in ("primary", "secondary")
    }
    return {**strings, **rule.hidden, "keyName": name}


def _new_keys() -> Json:
    return {"primaryKey": _new_key(), "secondaryKey": _new_key()}


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _lowered(id_: str) -> str:
    """Azure answers the types below a namespace in lower case."""
    parts = id_.split("/")
    return "/".join([*parts[:9], *(part if index % 2 else part.lower() for index, part in enumerate(parts[9:]))])
