"""The resources of one cluster in the order of their dependencies, with the bodies that create and attach send.

What only Azure knows when it deploys them (keys of a Relay), and what only the user knows (a TLS key), is a `Value`: no
part holds a secret.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from azext_amlarc.product import catalogue
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.product.extension import SENT_AS
from azext_amlarc.resources import compute, extension
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.fleet import WantedState
from azext_amlarc.resources.ids import ResourceId, folded, parent_of
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.role_assignment import Grant
from azext_amlarc.resources.supporting import log_analytics, plan, relay, service_bus


@dataclass(frozen=True)
class Keys:
    """A secret that Azure gives: `field` of the answer of a POST `action` on a resource."""

    id: str
    action: str
    field: str


@dataclass(frozen=True)
class Property:
    """What Azure makes up when it creates a resource: the property at this path."""

    id: str
    path: str


@dataclass(frozen=True)
class Parameter:
    """What the user has to give when the template is deployed."""

    name: str
    description: str


Value = Keys | Property | Parameter


@dataclass(frozen=True)
class Part:
    """One resource: the body of its PUT, but for the settings in `values`, whose values are not known before.

    `values` are by their place: ("properties", "configurationSettings", KEY).
    """

    id: str
    body: Mapping[str, Any]
    after: tuple[str, ...] = ()
    values: Mapping[tuple[str, ...], Value] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """Its provider and types: Microsoft.Relay/namespaces/hybridConnections."""
        return type_of(self.id)

    @property
    def api_version(self) -> str:
        return api_version_of(self.id)


@dataclass(frozen=True)
class Deployment:
    """The parts of one cluster; `cluster` names them for people, `state` is what they are made from."""

    state: WantedState
    parts: tuple[Part, ...]

    @property
    def parameters(self) -> dict[str, Parameter]:
        return parameters_of(self.parts)


def all_parts(deployments: Iterable[Deployment]) -> list[Part]:
    """The parts of all clusters, each resource once: some share a Log Analytics workspace, or a Relay namespace."""
    found = {folded(part.id): part for one in reversed([*deployments]) for part in reversed(one.parts)}
    return [*reversed(found.values())]


def shared_ids(deployments: Iterable[Deployment]) -> list[str]:
    """The ids of resources that would be created for several clusters.

    The names that `az k8s-extension` gives can be the same for two: my-cluster and mycluster.
    """
    ids = [part.id for one in deployments for part in {folded(part.id): part for part in one.parts}.values()]
    number = Counter(map(folded, ids))
    return [*{folded(id_): id_ for id_ in ids if number[folded(id_)] > 1}.values()]


def parameters_of(parts: Iterable[Part]) -> dict[str, Parameter]:
    """What the user has to give for these parts, by name."""
    found = (value for part in parts for value in part.values.values())
    return {value.name: value for value in found if isinstance(value, Parameter)}


def type_of(resource_id: str) -> str:
    """The provider and the types of an id, without its scope."""
    found = ResourceId.find(resource_id)
    return "/".join((found.provider, *(kind for kind, _ in found.path))) if found else ""


def api_version_of(resource_id: str) -> str:
    return API_VERSIONS[type_of(resource_id).partition("/")[0]]


def deployment(
    state: WantedState,
    domain: str,
    locations: Mapping[str, str],
    *,
    existing: Extension | None = None,
    computes: Mapping[str, Compute] | None = None,
    grants: Iterable[Grant] = (),
) -> Deployment:
    """All that a cluster should have.

    `locations` are the regions of the workspaces by their ids in lower case. What is there already (`existing`, and
    `computes` by their ids in lower case) goes along, as it does when it is written. `grants` are roles that are given
    before a compute target is attached.
    """
    parts: list[Part] = []
    after: tuple[str, ...] = ()
    if state.extension:
        parts += _extension(state, state.extension, domain, existing)
        after = (parts[-1].id,)
    roles = [_role(one, parts) for one in grants]
    parts += roles
    after += tuple(part.id for part in roles)
    for one in state.computes:
        there = (computes or {}).get(folded(one.id))
        body = compute.body(one.wanted, locations[folded(str(one.workspace))], there)
        parts.append(Part(one.id, body, after))
    return Deployment(state, tuple(parts))


def _role(grant: Grant, parts: Iterable[Part]) -> Part:
    return Part(grant.address, grant.body, tuple(part.id for part in parts if part.id == grant.scope))


def _extension(state: WantedState, wanted: extension.Wanted, domain: str, existing: Extension | None) -> list[Part]:
    resolved = extension.resolve(state.cluster, domain, wanted.settings, existing)
    made = list(_supporting(resolved.plan))
    known = [part for part, _ in made]
    values = {key: value for _, found in made for key, value in found.items()} | dict(_own(wanted, resolved.plan))
    kept = set(existing.configuration_protected_settings) if existing else set()
    given = {*wanted.protected, *extension.second_names(wanted.protected), *(kept - {*SENT_AS})}
    values |= {_protected(key): _parameter(key) for key in given if _protected(key) not in values}
    bare = replace(wanted, protected={})
    settings = {key: value for key, value in resolved.settings.items() if _plain(key) not in values}
    body = extension.body(state.cluster, bare, settings, {}, existing)
    name = existing.name if existing else state.extension_name
    whole = f"{state.cluster.id}/providers/Microsoft.KubernetesConfiguration/extensions/{name}"
    return [*known, Part(whole, body, tuple(part.id for part in known), values)]


def _plain(key: str) -> tuple[str, ...]:
    return ("properties", "configurationSettings", key)


def _protected(key: str) -> tuple[str, ...]:
    return ("properties", "configurationProtectedSettings", key)


def _parameter(key: str) -> Parameter:
    """A protected setting that only the user has; both names of a connection string are one parameter."""
    first = {second: one for one, second in extension.SECOND_NAMES.items()}.get(key, key)
    of_file = {sent: given for given, sent in SENT_AS.items()}.get(key)
    what = f"The PEM text that {of_file} names, in base64." if of_file else f"The protected setting {first}."
    return Parameter(_named(first), what)


def _named(key: str) -> str:
    """A setting's key as the name of a parameter, in which ARM ignores case: known keys by their words.

    Any other one gets a digest, so that no two are one parameter.
    """
    words = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", key))
    name = words[:1].lower() + words[1:]
    if key in catalogue.records() or key in SENT_AS.values():
        return name
    return f"setting{words}{hashlib.sha256(key.encode()).hexdigest()[:10]}"


_Made = tuple[Part, dict[tuple[str, ...], Value]]


def _supporting(needed: plan.Plan) -> Iterator[_Made]:
    """The resources that the settings need, each with the settings that it provides."""
    if needed.relay:
        yield from _relay(needed.relay)
    if needed.service_bus:
        yield from _service_bus(needed.service_bus)
    if needed.log_analytics:
        yield _log_analytics(needed.log_analytics)


def _relay(wanted: relay.Relay) -> Iterator[_Made]:
    connection = wanted.connection_ids[0]
    namespace, rule = relay.namespace_of(connection), f"{connection}/{relay.RULE}"
    yield Part(namespace, wanted.body), {}
    yield Part(connection, relay.CONNECTION, (namespace,)), {}
    yield Part(rule, relay.RIGHTS, (connection,)), _keys(rule, relay.PROTECTED)


def _service_bus(wanted: service_bus.ServiceBus) -> Iterator[_Made]:
    namespace = wanted.namespace_ids[0]
    rule = f"{namespace}/{service_bus.BORN_RULE}"
    yield Part(namespace, wanted.body), _keys(rule, service_bus.PROTECTED)
    for topic, subscription in wanted.entities(namespace):
        yield Part(topic, service_bus.TOPIC, (namespace,)), {}
        yield Part(subscription, service_bus.SUBSCRIPTION, (topic,)), {}


def _log_analytics(wanted: log_analytics.LogAnalytics) -> _Made:
    workspace = wanted.workspace_ids[0]
    values: dict[tuple[str, ...], Value] = {
        _plain(log_analytics.CUSTOMER_ID): Property(workspace, "properties.customerId"),
        _protected(log_analytics.PROTECTED): Keys(workspace, "sharedKeys", "primarySharedKey"),
    }
    return Part(workspace, wanted.body), values


def _keys(rule: str, names: tuple[str, ...]) -> dict[tuple[str, ...], Value]:
    return dict.fromkeys(map(_protected, names), Keys(rule, "listKeys", "primaryConnectionString"))


def _own(wanted: extension.Wanted, _needed: plan.Plan) -> Iterator[tuple[tuple[str, ...], Value]]:
    """The connection strings of resources of the user's own that are given without them: as create reads them."""
    rules = {relay.TITLE: relay.RULE, service_bus.TITLE: service_bus.BORN_RULE}
    for own in plan.own_without_strings(wanted.settings, wanted.protected):
        keys = Keys(f"{own.id}/{rules[own.title]}", "listKeys", "primaryConnectionString")
        yield _protected(own.string), keys
        yield _protected(extension.SECOND_NAMES[own.string]), keys


def scope_of(resource_id: str) -> str:
    """The id of the resource that an extension resource belongs to; empty for any other."""
    before, provider, _ = resource_id.rpartition("/providers/")
    return before if provider and "/providers/" in before else ""


def parent_in(resource_id: str) -> str:
    """The id of what a resource lies in: its parent, its scope, or its resource group."""
    scope = scope_of(resource_id)
    found = ResourceId.find(resource_id)
    if found and len(found.path) > 1:
        return parent_of(resource_id)
    return scope or resource_id.partition("/providers/")[0]
