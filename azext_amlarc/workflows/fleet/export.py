"""What clusters have, or what a manifest says of them, as a manifest, a template, Terraform or a policy."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import clusters, graph, workspaces
from azext_amlarc.azure.compute import lookup as compute
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.registration import unregistered_provider
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher
from azext_amlarc.azure.extension import lookup as extension
from azext_amlarc.errors import NotFound, Refused
from azext_amlarc.product.clusters import PROVIDERS
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.fleet import Fleet, Member, WantedState, membership, shared_names, wanted_for
from azext_amlarc.resources.ids import ClusterId, WorkspaceId, folded, name_of
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.templates import arm, policy, terraform
from azext_amlarc.resources.templates.parts import Deployment, deployment, shared_ids, type_of
from azext_amlarc.validation.manifest import standing, writing
from azext_amlarc.validation.manifest.standing import Standing
from azext_amlarc.wording import legible_json
from azext_amlarc.workflows.fleet.access import Access
from azext_amlarc.workflows.fleet.manifests import Manifest
from azext_amlarc.workflows.fleet.planning import judged
from azext_amlarc.workflows.fleet.present import subscriptions_of

S = TypeVar("S")
T = TypeVar("T")

# Azure allows bursts of 250 reads and then 25 a second: more connections would only be throttled.
_AT_A_TIME = 8


# A policy does not know the identities of workspaces, and its own would need the right to give roles.
_UNSAID = ("The roles of the workspace's identity are not part of this: give them with az ml arc check --fix.",)
_UNSAID_OF_COMPUTES = (
    "The roles of the compute targets' identities, which come with them, are not part of this: give them with "
    "az ml arc check --fix.",
)


@dataclass(frozen=True)
class Exported:
    """The text of the file, the same as an object, and what the file does not say."""

    text: str
    data: Any
    notes: tuple[str, ...] = ()


def of_clusters(
    azure: AzureClient, cluster: ClusterId | None, resource_group: str | None, form: str, as_yaml: bool
) -> Exported:
    """What there is on one cluster, in a resource group, or in the subscription; NotFound if there is nothing."""
    found = [one for one in _standings(azure, cluster, resource_group) if not one.is_empty]
    where = cluster.name if cluster else resource_group or "the subscription"
    if not found:
        raise NotFound(f"There is nothing to export in {where}: no cluster has the extension or is a compute target.")
    domain = azure.cloud.application_domain
    if form in ("manifest", "policy"):
        name = cluster.name if cluster else resource_group or "fleet"
        fleet, notes = standing.fleet_of(name, found, domain, azure.subscription_id)
        if form == "policy":
            return _policy(azure, fleet)
        data = writing.as_data(fleet)
        return Exported(writing.as_yaml(fleet) if as_yaml else writing.as_json(fleet), data, tuple(notes))
    return _drawn(form, [_deployed(one, domain) for one in found])


def _deployed(one: Standing, domain: str) -> Deployment:
    computes = {folded(there.id): there for _, there in one.computes}
    locations = {folded(str(workspace)): there.location or "" for workspace, there in one.computes}
    return deployment(standing.wanted_of(one, domain), domain, locations, existing=one.extension, computes=computes)


def of_manifest(azure: AzureClient, given: Manifest, form: str) -> Exported:
    """What a manifest says, for the clusters that there are. Nothing is taken from what is on them already."""
    fleet = given.fleet
    if form == "policy":
        return replace(_policy(azure, fleet), notes=_UNSAID if fleet.grants_workspace_identity else ())
    domain = azure.cloud.application_domain
    states = [_wanted(fleet, given, domain, member) for member in _members(azure, fleet)]
    twice = shared_names(states)
    if twice:
        raise Refused(
            f"Several clusters would be one compute target: {', '.join(twice)}.", "Put {cluster} in the name."
        )
    there = _workspaces(azure, {one.workspace for state in states for one in state.computes})
    locations = _locations_of(there)
    access = Access(azure) if fleet.grants_workspace_identity else None
    drawn = [
        deployment(state, domain, locations, grants=access.grants(state, domain, there) if access else ())
        for state in states
    ]
    _stop_at_shared(drawn)
    exported = _drawn(form, drawn)
    untold = fleet.grants_workspace_identity and any(one.identity_type for one in fleet.computes)
    return replace(exported, notes=_UNSAID_OF_COMPUTES if untold else ())


def _wanted(fleet: Fleet, given: Manifest, domain: str, member: Member) -> WantedState:
    """What a cluster should have, its settings judged with what is known of it; InvalidInput if they do not fit."""
    state = wanted_for(fleet, member)
    if state.extension is None:
        return state
    return replace(
        state,
        extension=replace(judged(fleet, given.contents, domain, member, None), protected=state.extension.protected),
    )


def _members(azure: AzureClient, fleet: Fleet) -> tuple[Member, ...]:
    """The clusters that the manifest means; NotFound with all that it names and Azure does not have."""
    active = azure.subscription_id
    members = membership(fleet, graph.clusters(azure, subscriptions_of(fleet, active)), active)
    if members.missing:
        named = ", ".join(f"{one.resource_group}/{one.name}" for one in members.missing)
        raise NotFound(f"These clusters of the manifest do not exist: {named}.", "List yours: az ml arc cluster list")
    if not members.members:
        raise NotFound("No cluster matches the manifest.", "List your clusters: az ml arc cluster list")
    return members.members


def _policy(azure: AzureClient, fleet: Fleet) -> Exported:
    named = {
        WorkspaceId(one.subscription_id or azure.subscription_id, one.resource_group, one.workspace)
        for one in fleet.computes
        if one.resource_group
    }
    domain, locations = azure.cloud.application_domain, _locations(azure, named)
    made = policy.definition(fleet, domain, locations, azure.subscription_id)
    return Exported(_json(made), made)


def _locations(azure: AzureClient, named: Iterable[WorkspaceId]) -> dict[str, str]:
    """The regions of workspaces by their ids in lower case; NotFound for one that does not exist."""
    return _locations_of(_workspaces(azure, named))


def _locations_of(there: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {key: str(found.get("location", "")) for key, found in there.items()}


def _workspaces(azure: AzureClient, named: Iterable[WorkspaceId]) -> dict[str, dict[str, Any]]:
    return {folded(str(one)): compute.read_workspace(azure, one) for one in sorted(named)}


def _stop_at_shared(drawn: Sequence[Deployment]) -> None:
    """Refused where two clusters would get one Relay or Service Bus: a template cannot see which name is free."""
    shared = [f"{type_of(one)} {name_of(one)}" for one in shared_ids(drawn)]
    if shared:
        fix = "Use az ml arc apply instead, which takes names that are free."
        raise Refused(f"Several clusters would have one {', '.join(shared)}.", fix)


def _drawn(form: str, deployments: Sequence[Deployment]) -> Exported:
    if form == "terraform":
        text = terraform.configuration(deployments)
        return Exported(text, {"format": form, "content": text})
    made = arm.template(deployments)
    wrong = arm.too_large(made)
    if wrong:
        raise Refused(f"The template is too large: {wrong}.", "Export fewer clusters at a time.")
    return Exported(_json(made), made)


def _json(made: Mapping[str, Any]) -> str:
    return legible_json(json.dumps(made, indent=2, ensure_ascii=False)) + "\n"


def _standings(azure: AzureClient, cluster: ClusterId | None, resource_group: str | None) -> list[Standing]:
    """The clusters, their extensions, and the compute targets in the subscription's workspaces that they are."""
    if cluster:
        there = [clusters.read(azure, cluster)]
    else:
        there = _of_every_type(partial(clusters.list_all, azure, resource_group=resource_group))
    extensions = dict(_shared(azure, there, _extension))
    attached: dict[str, list[tuple[WorkspaceId, Compute]]] = {}
    for listed in _shared(azure, workspaces.list_all(azure), _computes):
        for workspace, found in listed:
            attached.setdefault(folded(found.resource_id), []).append((workspace, found))
    keyed = sorted(((folded(str(one.id)), one) for one in there), key=lambda pair: pair[0])
    return [Standing(one, extensions[one.id], tuple(attached.get(key, ()))) for key, one in keyed]


def _of_every_type(listed: Callable[[str], list[T]]) -> list[T]:
    """The clusters of both types; of a type whose provider is not registered there can be none."""
    found: list[T] = []
    for kind in PROVIDERS:
        try:
            found += listed(kind)
        except HttpResponseError as error:
            if not unregistered_provider(error.response):
                raise
    return found


def _extension(azure: AzureClient, cluster: Cluster) -> tuple[ClusterId, Extension | None]:
    return cluster.id, extension.find(azure, cluster.id, None)


def _computes(azure: AzureClient, found: workspaces.Workspace) -> list[tuple[WorkspaceId, Compute]]:
    return [(found.id, one) for one in compute.list_all(azure, found.id)]


def _shared(azure: AzureClient, items: Sequence[S], look: Callable[[AzureClient, S], T]) -> list[T]:
    """What `look` finds of each, shared out among several connections."""
    shares = [items[first::_AT_A_TIME] for first in range(min(_AT_A_TIME, len(items)))]

    def work(connection: AzureClient, watcher: Watcher, share: Sequence[S]) -> list[T]:
        found = []
        for one in share:
            watcher.rest(0)  # an interrupted command stops here
            found.append(look(connection, one))
        return found

    works = {f"share {number}": partial(work, share=share) for number, share in enumerate(shares)}
    return [one for found in at_once(azure, SilentWatcher(), works, reads=True) for one in found]
