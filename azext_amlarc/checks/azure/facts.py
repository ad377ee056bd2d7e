"""The facts of Azure's side that checks judge, and what each of them holds.

Named tuples: every attach imports these, and frozen dataclasses take six times as long to define.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from azext_amlarc.checks.check import Fact, Facts, Status, Unknown, Verdict
from azext_amlarc.checks.given import Pool
from azext_amlarc.product.clusters import CONNECTED, MANAGED

if TYPE_CHECKING:
    from azext_amlarc.checks.fix import Fix


class Presence(NamedTuple):
    """Whether something that was named exists; if not, a message and what to do about it."""

    found: bool
    message: str = ""
    fix: "Fix" = ()


class Subscription(NamedTuple):
    """The subscription; `state` is Enabled, Warned, PastDue, Disabled or Deleted."""

    id: str
    name: str
    state: str


class Provider(NamedTuple):
    """A resource provider in a subscription: its registration state, and the regions of each of its types."""

    namespace: str
    state: str
    regions: Mapping[str, tuple[str, ...]]
    subscription_id: str


class Grant(NamedTuple):
    """What one role allows: actions, with `*` for anything, except those in `not_actions`; likewise actions on data."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        return covers(self.actions, action) and not covers(self.not_actions, action)

    def allows_on_data(self, action: str) -> bool:
        return covers(self.data_actions, action) and not covers(self.not_data_actions, action)


class Rights(NamedTuple):
    """What the signed-in principal may do at a scope, a resource group's id."""

    scope: str
    grants: tuple[Grant, ...]

    def allow(self, action: str) -> bool:
        return any(grant.allows(action) for grant in self.grants)


class Identity(NamedTuple):
    """A managed identity: the id of its principal, and its resource id, which is empty for a system-assigned one."""

    principal_id: str
    id: str = ""

    @property
    def kind(self) -> str:
        return "user-assigned" if self.id else "system-assigned"


class Assignment(NamedTuple):
    """A role that an identity has: its id (a GUID) and name, what it allows, at which scope, under which condition.

    `by_group` if a group has it that the identity is a member of; `id` is the assignment's own.
    """

    role_id: str
    role: str
    grants: tuple[Grant, ...]
    scope: str
    condition: str = ""
    by_group: bool = False
    id: str = ""


class Roles(NamedTuple):
    """An identity's assignments that apply to a resource group or to something in it."""

    identity: Identity
    assignments: tuple[Assignment, ...]


class ComputeRoles(NamedTuple):
    """What a compute target's identity is, and which roles it has.

    `exists` is False for a user-assigned identity that is gone. `storage` and `registry` are the roles in the groups of
    the workspace's storage account and container registry; None if the workspace has none.
    """

    compute: str
    identity: Identity
    exists: bool
    storage: Roles | None
    registry: Roles | None


class Cluster(NamedTuple):
    """A cluster of either type, as Azure has it. `node_count` is None until the agents have reported it."""

    id: str
    location: str
    provisioning_state: str
    kubernetes_version: str | None
    node_count: int | None
    distribution: str | None


class Agents(NamedTuple):
    """What Azure knows of the agents of a connected cluster. `connectivity` is Connected, Connecting, Offline, Expired.

    `desired_version` is the version that somebody asked for; None if nobody did.
    """

    connectivity: str
    last_seen: datetime | None
    version: str | None
    desired_version: str | None
    upgrade_themselves: bool


class Aks(NamedTuple):
    """What decides whether the service can use an AKS cluster. `power` is Running or Stopped."""

    power: str
    has_managed_identity: bool
    local_accounts_disabled: bool
    authorized_ranges: tuple[str, ...]
    is_private: bool
    pools: tuple[Pool, ...] = ()


class ExtensionStatus(NamedTuple):
    """One status of the extension; `level` is Error, Warning, Information, or None if Azure gives none."""

    code: str
    level: str | None
    message: str


class Extension(NamedTuple):
    """The cluster extension, as Azure has it. `changed` is when its resource was last written."""

    name: str
    provisioning_state: str
    version: str | None
    current_version: str | None
    release_train: str | None
    upgrades_itself: bool
    settings: Mapping[str, str]
    statuses: tuple[ExtensionStatus, ...]
    changed: datetime | None
    # The names of its protected settings: Azure gives no values back.
    protected: frozenset[str] = frozenset()

    @property
    def in_progress(self) -> bool:
        return self.provisioning_state.lower() not in {"succeeded", "failed", "canceled"}

    @property
    def install_state(self) -> str:
        """The 2021 guide's word."""
        if self.in_progress:
            return "Pending"
        return "Installed" if self.provisioning_state.lower() == "succeeded" else "Failed"


class RelayPart(NamedTuple):
    """A part of the cluster's Relay: its id, and its state; None if it does not exist.

    The state is the namespace's status, the hybrid connection's number of listeners, or the rule's rights.
    """

    id: str
    state: str | int | frozenset[str] | None


class Workspace(NamedTuple):
    """A workspace. `private_endpoints` are its connections, each with its status (Approved, Pending, Rejected).

    `identity` is the one that it uses itself; `storage` and `registry` are ids, the latter empty until it is needed.
    """

    location: str
    provisioning_state: str
    is_public: bool
    private_endpoints: tuple[tuple[str, str], ...]
    identity: Identity | None = None
    storage: str = ""
    registry: str = ""


class ComputeError(NamedTuple):
    """Why a compute target failed, in Azure's words."""

    code: str
    message: str


class Compute(NamedTuple):
    """A compute target on a Kubernetes cluster."""

    name: str
    workspace: str
    cluster_id: str
    namespace: str
    provisioning_state: str
    errors: tuple[ComputeError, ...]
    # The one that its jobs have: Azure uses only the first of several user-assigned ones.
    identity: Identity | None = None


class Attachments(NamedTuple):
    """The compute targets that other workspaces have on this cluster, and the workspaces that could not be read."""

    computes: tuple[Compute, ...]
    unread: tuple[str, ...]


NOW: Fact[datetime] = Fact("now")
SIGNED_IN: Fact[Presence] = Fact("signedIn")
ACCOUNT: Fact[str] = Fact("account")
SUBSCRIPTION: Fact[Subscription] = Fact("subscription")
EXTENSION_PROVIDER: Fact[Provider] = Fact("extensionProvider")
CLUSTER_PROVIDER: Fact[Provider] = Fact("clusterProvider")
RELAY_PROVIDER: Fact[Provider] = Fact("relayProvider")
WORKSPACE_PROVIDER: Fact[Provider] = Fact("workspaceProvider")
CLUSTER_RIGHTS: Fact[Rights] = Fact("clusterRights")
WORKSPACE_RIGHTS: Fact[Rights] = Fact("workspaceRights")
# What the workspace's identity has in the cluster's resource group, or on something in it.
WORKSPACE_ROLES: Fact[Roles] = Fact("workspaceRoles")
# Of the compute targets in COMPUTES, those that have an identity.
COMPUTE_ROLES: Fact[tuple[ComputeRoles, ...]] = Fact("computeRoles")
# Of each pair, the first says whether it exists; if it does not, the second is unknown.
CLUSTER_FOUND: Fact[Presence] = Fact("clusterFound")
CLUSTER: Fact[Cluster] = Fact("cluster")
AGENTS: Fact[Agents] = Fact("agents")
AKS: Fact[Aks] = Fact("aks")
EXTENSION_FOUND: Fact[Presence] = Fact("extensionFound")
EXTENSION: Fact[Extension] = Fact("extension")
RELAY_NAMESPACE: Fact[RelayPart] = Fact("relayNamespace")
RELAY_CONNECTION: Fact[RelayPart] = Fact("relayConnection")
RELAY_RULE: Fact[RelayPart] = Fact("relayRule")
WORKSPACE_FOUND: Fact[Presence] = Fact("workspaceFound")
WORKSPACE: Fact[Workspace] = Fact("workspace")
# The workspace's compute targets on this cluster, or the one that was named; empty if there are none.
COMPUTES: Fact[tuple[Compute, ...]] = Fact("computes")
ATTACHMENTS: Fact[Attachments] = Fact("attachments")


def it_exists(facts: Facts, fact: Fact[Presence]) -> Verdict:
    """What was named exists."""
    presence = facts[fact]
    return Verdict(Status.PASS if presence.found else Status.FAIL, presence.message, presence.fix)


_NOT_APPLICABLE: Mapping[str, Mapping[str, tuple[Fact[Any], ...]]] = {
    CONNECTED: {"The cluster is not an AKS cluster: it is connected through Azure Arc.": (AKS,)},
    MANAGED: {
        "An AKS cluster has no Arc agents.": (AGENTS,),
        "An AKS cluster needs no Relay.": (RELAY_PROVIDER, RELAY_NAMESPACE, RELAY_CONNECTION, RELAY_RULE),
    },
}


def not_applicable(cluster_type: str) -> dict[str, object]:
    """The facts that clusters of this type do not have, each with the reason."""
    reasons = _NOT_APPLICABLE[cluster_type].items()
    return {fact.name: Unknown(Status.SKIPPED, reason) for reason, facts in reasons for fact in facts}


def covers(patterns: Iterable[str], action: str) -> bool:
    """Whether one of the patterns, with `*` for anything, is about the action."""
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
