"""Azure Resource Manager's front door: from a request to a handler, with all that is checked on the way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from amlarc_emulator.arm import core, errors, guards, operations, paging, rights, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import Address, parse, place
from amlarc_emulator.arm.model import (
    SUBSCRIPTION,
    Call,
    Cloud,
    Ending,
    Handler,
    Json,
    Operation,
    Reply,
    Resource,
    ResourceType,
)

MOST_BYTES = 4 * 1024 * 1024
# Where ARM leaves its own provider out of the path: the operations of a deployment to a resource group.
UNNAMED = re.compile(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)(/deployments/)", re.IGNORECASE)
REGISTERED = ("Registered", "Registering")  # creation isn't blocked while a registration runs


@dataclass(frozen=True)
class Request:
    """What came over the wire: `target` is path and query as sent, names of headers are in lower case.

    `ending` is how the operation that it starts should end, when a fault wants that.
    """

    method: str
    path: str
    target: str
    headers: Mapping[str, str]
    content: bytes
    ending: Ending | None = None

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query's parameters, names in lower case."""
        pairs = parse_qsl(self.target.partition("?")[2], keep_blank_values=True)
        return {key.lower(): value for key, value in pairs}


def answer(cloud: Cloud, request: Request) -> Reply:
    """Answer an authenticated request as ARM and the provider behind it would."""
    request = replace(request, path=UNNAMED.sub(r"\1/providers/Microsoft.Resources\2", request.path))
    guards.check(cloud, request.method, request.path)
    operation = operations.at(cloud, request.path, request.target) if request.method == "GET" else None
    if operation:
        return _poll(cloud, operation)
    version = request.query.get("api-version", "").lower()
    if not version:
        raise errors.missing_version()
    reply = _of_arm(cloud, request, version) or _of_provider(cloud, request, version)
    started = "azure-asyncoperation" in reply.headers or (reply.status == 202 and "location" in reply.headers)
    return _with_retry_after(cloud, reply) if started else reply


def _poll(cloud: Cloud, operation: Operation) -> Reply:
    operations.look(cloud, operation)
    reply = cloud.types[operation.kind].report(cloud, operation)
    return reply if operation.status else _with_retry_after(cloud, reply)


def _with_retry_after(cloud: Cloud, reply: Reply) -> Reply:
    seconds = cloud.options.retry_after
    return reply if seconds is None else replace(reply, headers={**reply.headers, "retry-after": str(seconds)})


def _of_arm(cloud: Cloud, request: Request, version: str) -> Reply | None:
    """The answer to a request for one of ARM's own resources."""
    found = core.visit(request.method, request.path)
    if found is None:
        return None
    if version not in core.VERSIONS:
        raise errors.unknown_version(version, core.VERSIONS)
    route, names = found
    return route.handler(core.Visit(cloud, names, version, _content(request), request.ending, request.query))


def _of_provider(cloud: Cloud, request: Request, version: str) -> Reply:
    address = parse(request.path, request.method)
    if address is None:
        raise errors.no_such_route(request.method, request.path)
    _check_place(cloud, request, address)
    known = cloud.types.get(f"{address.provider}/{address.type_path}".lower())
    body = _content(request, known.parse if known else shapes.parse)
    type_ = type_at(cloud, address, version, str(body.get("location") or ""))
    parent = _parent(cloud, address, type_, request.method)
    call = Call(cloud, type_, address, parent, version, request.query, body, request.ending)
    try:
        reply = _handled(call, request)
    except ArmError as error:
        if "x-ms-failure-cause" not in error.headers:
            error.headers = {**type_.headers(call), **error.headers}
        raise
    return replace(reply, headers={**type_.headers(call), **reply.headers})


def _handled(call: Call, request: Request) -> Reply:
    if call.address.is_collection:
        return _list(call, request)
    _check_conditions(call, request)
    handler = _handler(call, request.method)
    return handler(_shaped(call) if request.method in ("PUT", "PATCH") else call)


def _shaped(call: Call) -> Call:
    """The call with a body that fits its type; the 400 of ARM or, about the properties, of the provider otherwise."""
    try:
        return replace(call, body=shapes.read(call.type.shape, call.body))
    except shapes.Misfit as misfit:
        if misfit.path.startswith("properties"):
            raise call.type.malformed(call, str(misfit)) from None
        raise errors.invalid_content(str(misfit)) from None


def _check_place(cloud: Cloud, request: Request, address: Address) -> None:
    subscription, group = place(address.scope)
    if not subscription:
        raise errors.no_such_route(request.method, request.path)
    if cloud.state.get(f"/subscriptions/{subscription}") is None:
        raise errors.subscription_not_found(subscription)
    if group and cloud.state.get(f"/subscriptions/{subscription}/resourceGroups/{group}") is None:
        raise errors.group_not_found(group)


def type_at(cloud: Cloud, address: Address, version: str, location: str) -> ResourceType:
    """The type that a path names, served at this api-version to a subscription that registered its provider.

    `location` is told where the version is none of its versions.
    """
    subscription, group = place(address.scope)
    namespace = cloud.state.get(f"/subscriptions/{subscription}/providers/{address.provider}")
    if namespace is None:
        raise errors.unknown_namespace(address.provider)
    type_ = cloud.types.get(f"{address.provider}/{address.type_path}".lower())
    if type_ is None or type_ in core.TYPES:
        raise errors.unknown_type(address.type_path, address.provider, version)
    if version not in type_.versions:
        owner = cloud.state.get(f"/subscriptions/{subscription}/resourceGroups/{group}")
        location = location or (owner.body["location"] if owner else "eastus")
        raise errors.unsupported_version(location, version, type_.path, type_.versions, core.LOCATIONS)
    if namespace.body["registrationState"] not in REGISTERED:
        raise errors.not_registered(type_.provider)
    return type_


def _parent(cloud: Cloud, address: Address, type_: ResourceType, method: str) -> Resource:
    """What the resource hangs under; a 404 of ARM's own when that doesn't exist."""
    parent = cloud.state.get(address.parent) or type_.implied(cloud, address.parent)
    if parent is None and method == "PUT" and type_.makes_parent and cloud.state.get(_above(address.parent)):
        parent = type_.makes_parent(cloud, address.parent)
    if parent is None:
        verb = rights.VERBS.get(method, "read")
        if verb != "read":
            raise errors.parent_not_found(verb, type_.path, address.parent)
        nested = len(address.types) > 1 and not address.is_collection
        missing = address.id if nested else address.parent
        raise errors.resource_not_found(missing.rpartition("/providers/")[2], place(missing).group)
    in_subscription = address.is_collection and parent.kind == SUBSCRIPTION
    misplaced = type_.scopes and parent.kind not in type_.scopes and not in_subscription
    if len(address.types) == 1 and misplaced:
        raise errors.no_such_route(method, address.parent)
    return parent


def _above(id_: str) -> str:
    return id_.rsplit("/", 2)[0]


def _list(call: Call, request: Request) -> Reply:
    if request.method != "GET":
        raise errors.wrong_method(request.method, call.type.path)
    if call.type.listed:
        return call.type.listed(call)
    found = call.cloud.state.of_kind(call.type.kind, call.parent.id)
    return Reply(200, paging.page(call, request.path, [call.shown(item) for item in found]))


def _check_conditions(call: Call, request: Request) -> None:
    """If-Match and If-None-Match, as the addendum of the resource provider contract has them."""
    if request.method == "GET":
        return
    existing = call.existing
    if request.headers.get("if-none-match") == "*" and existing:
        raise errors.precondition_failed(call.id)
    wanted = request.headers.get("if-match")
    if wanted is None or (existing is None and request.method != "PUT"):
        return
    if existing is None or wanted not in ("*", existing.etag):
        raise errors.precondition_failed(call.id)


def _handler(call: Call, method: str) -> Handler:
    type_ = call.type
    known: Mapping[str, Handler | None] = {
        "GET": type_.get or _get,
        "HEAD": type_.head,
        "PUT": type_.put,
        "PATCH": type_.patch,
        "DELETE": _delete if type_.delete else None,
        "POST": type_.actions.get(call.address.action.lower()),
    }
    handler = known.get(method)
    if handler is None:
        raise errors.wrong_method(method, type_.path)
    return handler


def _get(call: Call) -> Reply:
    resource = operations.look_at(call.cloud, call.resource)
    if resource is None:
        raise call.type.missing(call)
    return Reply(200, call.shown(resource))


def _delete(call: Call) -> Reply:
    """DELETE of what doesn't exist is 204 everywhere."""
    handler = call.type.delete
    return handler(call) if handler and call.existing else Reply(204)


def _content(request: Request, parse: Callable[[bytes], Any] = shapes.parse) -> Json:
    if len(request.content) > MOST_BYTES:
        raise errors.content_too_large()
    if not request.content:
        return {}
    try:
        body = parse(request.content)
    except ValueError as error:
        raise errors.invalid_content(str(error)) from None
    if not isinstance(body, dict):
        raise errors.invalid_content("a JSON object is expected")
    return body
