"""Which roles the managed identities of a workspace and of its compute targets have.

Assignments are read at a resource group, where Azure lists those above it, on it, and on what is in it; `assignedTo`
adds those of the groups that the identity is a member of.
https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.facts.sources import Known, Source, cluster_of, skipped
from azext_amlarc.checks.azure.facts import (
    COMPUTE_ROLES,
    COMPUTES,
    WORKSPACE,
    WORKSPACE_ROLES,
    Assignment,
    Compute,
    ComputeRoles,
    Grant,
    Identity,
    Roles,
    Workspace,
)
from azext_amlarc.checks.check import Facts, Status, Unavailable, Unknown
from azext_amlarc.resources.ids import ResourceId, Target, group_id, name_of
from azext_amlarc.resources.shapes import texts

_PROVIDER = "providers/Microsoft.Authorization"

Definition = tuple[str, tuple[Grant, ...]]  # a role's name, and what it allows


def _workspace_roles(azure: AzureClient, target: Target, known: Facts) -> Known:
    cluster, identity = cluster_of(target), known[WORKSPACE].identity
    if identity is None:
        raise Unavailable(skipped("The workspace has no managed identity."))
    group = group_id(cluster.subscription_id, cluster.resource_group)
    return {WORKSPACE_ROLES.name: RoleReader(azure).roles(identity, group)}


def _compute_roles(azure: AzureClient, _target: Target, known: Facts) -> Known:
    workspace, reader = known[WORKSPACE], RoleReader(azure)
    found = [_of_compute(reader, one, one.identity, workspace) for one in known[COMPUTES] if one.identity]
    return {COMPUTE_ROLES.name: tuple(found)}


def _of_compute(reader: "RoleReader", compute: Compute, identity: Identity, workspace: Workspace) -> ComputeRoles:
    if identity.id and not reader.exists(identity.id):
        return ComputeRoles(compute.name, identity, False, None, None)
    storage = _at_resource(reader, identity, workspace.storage)
    return ComputeRoles(compute.name, identity, True, storage, _at_resource(reader, identity, workspace.registry))


def _at_resource(reader: "RoleReader", identity: Identity, resource_id: str) -> Roles | None:
    place = ResourceId.find(resource_id)
    return reader.roles(identity, group_id(place.subscription_id, place.resource_group)) if place else None


class RoleReader:  # pylint: disable=too-few-public-methods
    """Reads each thing once: compute targets share identities, and storage and registry are often in one group."""

    def __init__(self, azure: AzureClient) -> None:
        self.azure = azure
        self.exists = cache(lambda identity_id: unless_missing(azure.get, identity_id) is not None)
        self.roles = cache(partial(_roles, azure, cache(partial(_definition, azure))))


def _roles(azure: AzureClient, define: Callable[[str], Definition], identity: Identity, group: str) -> Roles:
    """One request for the assignments, and one for each role among them."""
    if not identity.principal_id:
        raise Unavailable(Unknown(Status.ERROR, f"Azure does not say which principal {identity.id} has."))
    only = {"$filter": f"assignedTo('{identity.principal_id}')"}
    found = azure.get_all(f"{group}/{_PROVIDER}/roleAssignments", **only)
    used = sorted({str(item["properties"]["roleDefinitionId"]).lower() for item in found})
    definitions = {id_: define(id_) for id_ in used}
    return Roles(identity, tuple(_assignment(item, identity, definitions) for item in found))


def _definition(azure: AzureClient, role_id: str) -> Definition:
    own = azure.get(role_id)["properties"]
    return str(own.get("roleName") or name_of(role_id)), tuple(map(_grant, own.get("permissions") or ()))


def _grant(item: Mapping[str, Any]) -> Grant:
    return Grant(*(texts(item.get(part)) for part in ("actions", "notActions", "dataActions", "notDataActions")))


def _assignment(item: Mapping[str, Any], identity: Identity, definitions: Mapping[str, Definition]) -> Assignment:
    own = item["properties"]
    definition = definitions[own["roleDefinitionId"].lower()]
    return Assignment(
        role_id=name_of(own["roleDefinitionId"]).lower(),
        role=definition[0],
        grants=definition[1],
        scope=str(own.get("scope") or ""),
        condition=str(own.get("condition") or ""),
        by_group=str(own["principalId"]).lower() != identity.principal_id.lower(),
        id=str(item.get("id") or ""),
    )


SOURCES = (
    Source((WORKSPACE_ROLES,), _workspace_roles, (WORKSPACE,)),
    Source((COMPUTE_ROLES,), _compute_roles, (WORKSPACE, COMPUTES)),
)
