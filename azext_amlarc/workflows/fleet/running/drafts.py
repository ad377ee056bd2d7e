"""What goes into the deployment stacks of a wave: clusters as they are now, judged again, and drawn for a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from azext_amlarc.azure.compute.lookup import read_workspace
from azext_amlarc.azure.connection.watcher import SilentWatcher
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.facts.clusters import facts_of as facts_of_cluster
from azext_amlarc.azure.facts.workspaces import facts_of as facts_of_workspace
from azext_amlarc.errors import Refused
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.fleet import Member, WantedCompute, WantedState
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId, folded
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.role_assignment import Grant
from azext_amlarc.resources.templates.parts import deployment
from azext_amlarc.resources.templates.stack import Draft, draft
from azext_amlarc.validation.manifest import for_member
from azext_amlarc.workflows.fleet.access import Access
from azext_amlarc.workflows.fleet.plan import ClusterPlan, Item, Verb
from azext_amlarc.workflows.fleet.planning import decided
from azext_amlarc.workflows.fleet.present import Present, look, look_again
from azext_amlarc.workflows.fleet.running.board import Entry
from azext_amlarc.workflows.fleet.running.work import ClusterDoor, Site
from azext_amlarc.workflows.fleet.saved import beyond
from azext_amlarc.workflows.install import Release, stop_at_unknown
from azext_amlarc.workflows.preflight import attachment_checks, installation_checks


@dataclass
class Looks:
    """How the fleet stands now: tables and lists are read once a wave, each cluster's extension by itself."""

    site: Site
    _shared: Present | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def at(self, clusters: Sequence[ClusterId]) -> "Now":
        """These clusters as their own providers have them now."""
        connections, fleet = self.site.connections, self.site.fleet
        with self._lock:
            if self._shared is None:
                self._shared = look(connections, fleet, connections.main.subscription_id)
            shared = self._shared
        present = look_again(connections, shared, clusters)
        plan = decided(connections, fleet, self.site.contents, present)
        return Now(present, {one.id: one for one in plan.clusters})


@dataclass(frozen=True)
class Now:
    """What there is, and what would become of each cluster."""

    present: Present
    plans: Mapping[ClusterId, ClusterPlan]

    def is_busy(self, planned: ClusterPlan) -> bool:
        """Whether somebody is writing what the cluster's template would write: Azure refuses a second one."""
        there = [self.present.extensions.get(folded(str(planned.id)))]
        computes = [
            self.present.computes.get(folded(one.id)) for one in (planned.wanted.computes if planned.wanted else ())
        ]
        return any(one and (one.in_progress or one.is_being_deleted) for one in (*there, *computes))

    def obstacle(self, planned: ClusterPlan) -> str:
        """Why the cluster is not in the template: what cannot be done on it, or what the plan does not say."""
        now = self.plans.get(planned.id)
        if now is None:
            return "It is no longer in the fleet."
        blocked = [f"{item.kind} {item.name}: {item.reason}" for item in now.blocked]
        return "\n".join(blocked or beyond(planned, now))


@dataclass
class Drafts:
    """Draws clusters of one subscription; each workspace is read once."""

    site: Site
    now: Now
    _workspaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    _access: Access = field(init=False)

    def __post_init__(self) -> None:
        self._access = Access(self.site.connections.main)

    def of(self, planned: ClusterPlan, entry: Entry) -> Draft:
        """The cluster's resources; Refused by the checks that also precede a single installation or attach."""
        one = self.now.plans[planned.id]
        if one.member is None or one.wanted is None:
            raise Refused("It is no longer in the fleet.", "Plan again.")
        there = self.now.present.extensions.get(folded(str(one.id)))
        existing = None if there and there.is_being_deleted else there
        door = ClusterDoor(self.site, entry, agreed=True)
        wanted = self._extension(one, one.member, existing, door)
        for compute in one.wanted.computes:
            self._check_attach(one, compute, door)
        locations = {key: str(found.get("location", "")) for key, found in self._workspaces.items()}
        state = replace(one.wanted, extension=wanted and replace(wanted, protected=dict.fromkeys(wanted.protected, "")))
        domain = self.site.connections.main.cloud.application_domain
        grants = self._grants(one, state, domain, existing)
        drawn = deployment(
            state, domain, locations, existing=existing, computes=self.now.present.computes, grants=grants
        )
        return draft(drawn, wanted.protected if wanted else {}, self._kept(one.member, existing, wanted))

    def _grants(self, one: ClusterPlan, state: WantedState, domain: str, existing: Extension | None) -> list[Grant]:
        """The roles of the workspaces' identities: missing ones where something is attached, as `attach` gives them."""
        if not self.site.fleet.grants_workspace_identity:
            return []
        attaches = any(item.verb in (Verb.CREATE, Verb.CHANGE) for item in one.items if item.kind == "compute target")
        return self._access.grants(state, domain, self._workspaces, existing, new=attaches)

    def _extension(
        self, one: ClusterPlan, member: Member, existing: Extension | None, door: ClusterDoor
    ) -> Wanted | None:
        spec = self.site.fleet.extension
        if spec is None:
            return None
        azure = self.site.connections.of(one.id.subscription_id)
        given = for_member(self.site.fleet, member, self.site.contents)
        judgement = given.judged(member.cluster, existing, azure.cloud.application_domain)
        door.show(judgement.findings)
        if _has_work(one, "extension"):
            checks = installation_checks(azure, door, member.cluster, name=None, settings=judgement.plain, kube=None)
            checks.before(facts_of_cluster(azure, member.cluster), everything=False)
            stop_at_unknown(azure, door, one.id, existing, Release(*spec.release))
        return Wanted(judgement.plain, judgement.protected, *spec.release)

    def _kept(self, member: Member, existing: Extension | None, wanted: Wanted | None) -> dict[str, str]:
        """Installed protected settings that the manifest does not have, as far as Azure gives them back."""
        if existing is None or wanted is None:
            return {}
        azure = self.site.connections.of(member.cluster.id.subscription_id)
        return Installation(azure, member.cluster, existing.name, wanted, SilentWatcher()).kept(existing)

    def _check_attach(self, one: ClusterPlan, compute: WantedCompute, door: ClusterDoor) -> None:
        found = self._workspace(compute.workspace)
        if one.member is None or not _has_work(one, compute.id):
            return
        azure = self.site.connections.of(compute.workspace.subscription_id)
        target = Target.of_cluster(one.id, compute.workspace, compute.name)
        known = facts_of_cluster(azure, one.member.cluster) | facts_of_workspace(azure, found)
        attachment_checks(
            azure, door, target, document=compute.wanted.document, kube=None, creates_namespace=False
        ).before(known, everything=False)

    def _workspace(self, workspace: WorkspaceId) -> dict[str, Any]:
        key = folded(str(workspace))
        if key not in self._workspaces:
            self._workspaces[key] = read_workspace(self.site.connections.of(workspace.subscription_id), workspace)
        return self._workspaces[key]


def _has_work(one: ClusterPlan, what: str) -> bool:
    """Whether something is to be done about the extension, or about the compute target of this id."""
    return any(_is(item, what) for item in one.work)


def _is(item: Item, what: str) -> bool:
    return item.kind == what or folded(item.id) == folded(what)
