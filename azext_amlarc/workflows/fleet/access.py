"""The roles that the workspaces' identities lack on a cluster, for templates: as `attach --grant` gives them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.facts.roles import RoleReader
from azext_amlarc.azure.facts.workspaces import facts_of
from azext_amlarc.checks.azure.facts import WORKSPACE, Identity, Roles, Workspace
from azext_amlarc.checks.azure.roles import lacks
from azext_amlarc.checks.check import Unavailable
from azext_amlarc.errors import Refused
from azext_amlarc.product.roles import ON_CLUSTER, RELAY_OWNER, Role
from azext_amlarc.resources import extension
from azext_amlarc.resources.fleet import WantedState
from azext_amlarc.resources.ids import ClusterId, folded, group_id, group_of, is_same
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.role_assignment import Grant
from azext_amlarc.resources.supporting.relay import CONNECTION_ID, namespace_of


class Access:  # pylint: disable=too-few-public-methods
    """Reads each identity's assignments in a group once."""

    def __init__(self, azure: AzureClient) -> None:
        self._reader = RoleReader(azure)

    def grants(
        self,
        state: WantedState,
        domain: str,
        workspaces: Mapping[str, Mapping[str, Any]],
        existing: Extension | None = None,
        *,
        new: bool = True,
    ) -> list[Grant]:
        """What a template gives the identities of the cluster's workspaces on the cluster and its Relay.

        These are the roles that they lack, and those that a template or this tool has given: under the same names
        nothing changes. With `new` false only the latter. What somebody else gave is left alone: Azure refuses the same
        under another name. `workspaces` are Azure's answers, by the workspaces' ids in lower case. Refused if it cannot
        be seen which roles are missing.
        """
        needs = list(_needs(state, domain, existing))
        identities = dict.fromkeys(self._identity(workspaces[folded(str(one.workspace))]) for one in state.computes)
        return [grant for one in identities if one for grant in self._lacking(state, one, needs, new)]

    def _identity(self, workspace: Mapping[str, Any]) -> Identity | None:
        found = facts_of(self._reader.azure, workspace)[WORKSPACE.name]
        return found.identity if isinstance(found, Workspace) else None

    def _lacking(
        self, state: WantedState, identity: Identity, needs: Sequence[tuple[Role, str]], new: bool
    ) -> Iterator[Grant]:
        roles = self._roles(identity, state)
        there = {folded(one.id) for one in roles.assignments}
        for role, scope in needs:
            grant = Grant(identity.principal_id, role.id, scope)
            others = tuple(one for one in roles.assignments if not is_same(one.id, grant.address))
            is_ours = folded(grant.address) in there
            if (new or is_ours) and lacks(roles._replace(assignments=others), role, scope):
                yield grant

    def _roles(self, identity: Identity, state: WantedState) -> Roles:
        cluster = state.cluster.id
        try:
            return self._reader.roles(identity, group_id(cluster.subscription_id, cluster.resource_group))
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            raise _unseen(cluster) from error
        except Unavailable as error:
            raise _unseen(cluster) from error


def _unseen(cluster: ClusterId) -> Refused:
    return Refused(
        f"It cannot be seen which roles the workspace's identity lacks on {cluster.name!r}.",
        "Ask somebody who may read role assignments, or leave access out of the manifest.",
    )


def _needs(state: WantedState, domain: str, existing: Extension | None) -> Iterator[tuple[Role, str]]:
    """The roles that are needed, each with its scope: the cluster, and a Relay in the cluster's group."""
    cluster = state.cluster
    for role in ON_CLUSTER[cluster.id.cluster_type]:
        yield role, str(cluster.id)
    given = state.extension.settings if state.extension else {}
    connection = extension.resolve(cluster, domain, given, existing).settings.get(CONNECTION_ID)
    if connection and group_of(connection) == group_of(str(cluster.id)):
        yield RELAY_OWNER, namespace_of(connection)
