"""Whether the identities of the workspace and of the compute target have the roles that attaching and jobs need.

https://learn.microsoft.com/azure/machine-learning/how-to-attach-kubernetes-to-workspace: a workspace's system-assigned
identity gets them by itself, a user-assigned one must be given them before the cluster is attached.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from azext_amlarc.checks.azure.facts import (
    COMPUTE_ROLES,
    COMPUTES,
    EXTENSION,
    WORKSPACE,
    WORKSPACE_ROLES,
    Assignment,
    Compute,
    ComputeRoles,
    Identity,
    Roles,
    Workspace,
    covers,
)
from azext_amlarc.checks.azure.rights import GROUP
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Unavailable, Verdict
from azext_amlarc.checks.fix import Fix, GrantRole
from azext_amlarc.checks.given import NO_CLUSTER, TARGET
from azext_amlarc.product import links
from azext_amlarc.product.roles import BLOB_READER, GIVERS, IMAGE_PULLER, ON_CLUSTER, RELAY_OWNER, Role
from azext_amlarc.product.steps import Command, Note, command
from azext_amlarc.resources.ids import group_of, name_of
from azext_amlarc.resources.supporting.relay import CONNECTION_ID, namespace_of

# The actions that a condition of an assignment is about: `(!(ActionMatches{'…/roleAssignments/write'})) OR …`.
_CONDITIONED = re.compile(r"(?:Sub)?(?:Operation|Action)Matches\{\s*'([^']*)'\s*\}", re.IGNORECASE)

_ATTACHED_WITHOUT = (
    "The workspace's system-assigned identity has no such role, and the cluster is attached all the same."
)


class Need(NamedTuple):
    """A role that is needed at a scope, and the assignments there that give it: at once, or under a condition."""

    role: Role
    scope: str
    given: tuple[Assignment, ...]
    perhaps: tuple[Assignment, ...]

    def lines(self) -> Iterator[str]:
        """What was found, in a line or, for conditions, in several."""
        where = name_of(self.scope)
        for found in (self.given or self.perhaps)[:1]:
            by = ", by a group" if found.by_group else ""
            under = "" if self.given else f" under a condition: {found.condition}"
            yield f"{self.role.name} on {where}: has {found.role} at {found.scope}{by}{under}"
        if not self.given and not self.perhaps:
            yield f"{self.role.name} on {where}: missing"


def lacks(roles: Roles, role: Role, scope: str) -> bool:
    """Whether no assignment gives the role at the scope, or all that is needed of it, for sure."""
    return not _need(roles, role, scope).given


def _need(roles: Roles, role: Role, scope: str) -> Need:
    """Whether the assignments that apply to the scope give the role, or all that is needed of it."""
    there = [one for one in roles.assignments if _applies(one.scope, scope)]
    sure = _giving([one for one in there if not _is_conditioned(one, role)], role)
    return Need(role, scope, sure, () if sure else _giving(there, role))


def _applies(assigned: str, scope: str) -> bool:
    """Whether an assignment is on the scope or above it; of management groups, Azure lists only those above."""
    above = assigned.lower().rstrip("/")
    return above.startswith("/providers/microsoft.management/") or f"{scope.lower()}/".startswith(f"{above}/")


def _giving(there: Sequence[Assignment], role: Role) -> tuple[Assignment, ...]:
    """Those of the role itself, or some that together allow all that is needed of it; none if they do not."""
    named = tuple(one for one in there if one.role_id == role.id)
    by = [[one for one in there if any(grant.allows(action) for grant in one.grants)] for action in role.actions]
    by += [
        [one for one in there if any(grant.allows_on_data(action) for grant in one.grants)]
        for action in role.data_actions
    ]
    return named or (tuple(dict.fromkeys(found[0] for found in by)) if all(by) else ())


def _is_conditioned(one: Assignment, role: Role) -> bool:
    """Whether a condition of the assignment may take away what is needed: not if it names only other actions."""
    if not one.condition:
        return False
    patterns = _CONDITIONED.findall(one.condition)
    return not patterns or any(covers(patterns, action) for action in (*role.actions, *role.data_actions))


def workspace_has_its_roles(facts: Facts) -> Verdict:
    """The workspace's identity can read the cluster, its extension and, on AKS, its administrator's credential.

    Without these an attach fails with "extension not installed", or with an internal server error.
    """
    target = facts[TARGET]
    if target.cluster is None:
        raise Unavailable(NO_CLUSTER)
    roles, cluster = facts[WORKSPACE_ROLES], str(target.cluster)
    needs = [_need(roles, role, cluster) for role in ON_CLUSTER[target.cluster_type]]
    return _of_workspace(roles, facts[COMPUTES], needs)


def workspace_may_use_the_relay(facts: Facts) -> Verdict:
    """The workspace's identity may send through the cluster's Relay."""
    connection, roles, computes = facts[EXTENSION].settings.get(CONNECTION_ID), facts[WORKSPACE_ROLES], facts[COMPUTES]
    if not connection:
        return Verdict(Status.SKIPPED, "The extension's settings name no hybrid connection.")
    namespace, cluster = namespace_of(connection), facts[TARGET].named_cluster
    if group_of(namespace) != group_of(str(cluster)):
        message = (
            f"The Relay {name_of(namespace)} is in another resource group than the cluster: its roles are not read."
        )
        return Verdict(Status.SKIPPED, message)
    return _of_workspace(roles, computes, [_need(roles, RELAY_OWNER, namespace)])


def _of_workspace(roles: Roles, computes: Sequence[Compute], needs: Sequence[Need]) -> Verdict:
    lacking = [need for need in needs if not need.given]
    who = f"The workspace's {roles.identity.kind} identity"
    evidence = tuple(line for need in needs for line in need.lines())
    names = ", ".join(need.role.name for need in lacking or needs)
    where = name_of(needs[0].scope)
    if not lacking:
        return Verdict(Status.PASS, f"{who} has what it needs on {where}: {names}.", evidence=evidence)
    fix = _fix(roles.identity, lacking)
    if not roles.identity.id:
        return _of_system(computes, f"{who} does not have {names} on {where}", fix, evidence)
    if all(need.perhaps for need in lacking):
        return Verdict(Status.WARN, f"{who} has {names} on {where} only under a condition.", fix, evidence)
    return Verdict(Status.FAIL, f"{who} lacks {names} on {where}.", fix, evidence)


def _of_system(computes: Sequence[Compute], message: str, fix: Fix, evidence: tuple[str, ...]) -> Verdict:
    """Azure's documentation asks nothing of a system-assigned identity; once the cluster is attached, it is right."""
    if any(compute.provisioning_state.lower() == "succeeded" for compute in computes):
        return Verdict(Status.SKIPPED, _ATTACHED_WITHOUT, evidence=evidence)
    said = "Azure's documentation says that it needs none to be given; if attaching fails, give them"
    return Verdict(Status.WARN, f"{message}. {said}.", fix, evidence)


def _fix(identity: Identity, lacking: Sequence[Need]) -> Fix:
    """Give what is missing; where a condition may be in the way, only whoever set it can say."""
    principal = identity.principal_id
    grants = [GrantRole(principal, need.role.id, need.role.name, need.scope) for need in lacking if not need.perhaps]
    if grants:
        return (_who(), *grants)
    return (Note("See whether the condition allows this:"), _list(principal, lacking[0].scope))


def _who() -> Note:
    return Note(f"With the role {GIVERS} of the scope:")


def _list(principal: str, scope: str) -> Command:
    template = "az role assignment list --assignee {principal} --scope {scope} --include-inherited --include-groups"
    return command(template, principal=principal, scope=scope)


def compute_has_its_roles(facts: Facts) -> Verdict:
    """The compute target's identity exists, and may read the workspace's storage and pull images.

    What else its jobs use, only who writes them knows.
    """
    found, computes, workspace = facts[COMPUTE_ROLES], facts[COMPUTES], facts[WORKSPACE]
    if not computes:
        return Verdict(Status.SKIPPED, "The workspace has no such compute target.")
    if not found:
        return Verdict(Status.SKIPPED, "The compute target has no identity.")
    gone = [one for one in found if not one.exists]
    if gone:
        return _gone(gone[0])
    needs = [(one, need) for one in found for need in _of_jobs(one, workspace)]
    lacking = [(one, need) for one, need in needs if not need.given]
    evidence = tuple(f"{one.compute}: {line}" for one, need in needs for line in need.lines())
    if not lacking:
        return Verdict(Status.PASS, "The compute target's identity exists and has the usual roles.", evidence=evidence)
    fixes = [step for one, need in lacking for step in _fix(one.identity, [need])]
    names = ", ".join(dict.fromkeys(f"{need.role.name} on {name_of(need.scope)}" for _, need in lacking))
    message = f"The compute target's identity does not have {names}; its jobs may need it."
    return Verdict(Status.WARN, message, tuple(dict.fromkeys(fixes)), evidence)


def _gone(one: ComputeRoles) -> Verdict:
    message = f"The identity {name_of(one.identity.id)} of the compute target {one.compute} does not exist."
    note = Note("Attach the cluster again with an identity that exists (--user-assigned-identities).")
    return Verdict(Status.FAIL, message, (note,), (one.identity.id,))


def _of_jobs(one: ComputeRoles, workspace: Workspace) -> Iterator[Need]:
    if one.storage is not None:
        yield _need(one.storage, BLOB_READER, workspace.storage)
    if one.registry is not None:
        yield _need(one.registry, IMAGE_PULLER, workspace.registry)


_GRANT = (_who(), GrantRole("PRINCIPAL-ID", "", "ROLE", "SCOPE"))
CHECKS = (
    Check(
        id="AMLARC-A012",
        group=GROUP,
        title="The workspace's identity has the roles on the cluster that an attach needs",
        phase=Phase.ALL,
        needs=(TARGET, WORKSPACE_ROLES, COMPUTES),
        judge=workspace_has_its_roles,
        fix=_GRANT,
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A013",
        group=GROUP,
        title="The workspace's identity may use the cluster's Relay",
        phase=Phase.POST,
        needs=(TARGET, EXTENSION, WORKSPACE_ROLES, COMPUTES),
        judge=workspace_may_use_the_relay,
        fix=_GRANT,
        url=links.ATTACH,
    ),
    Check(
        id="AMLARC-A014",
        group=GROUP,
        title="The compute target's identity exists and has the roles that jobs usually need",
        phase=Phase.POST,
        needs=(COMPUTES, COMPUTE_ROLES, WORKSPACE),
        judge=compute_has_its_roles,
        fix=_GRANT,
        url=links.COMPUTE_TROUBLES,
    ),
)
