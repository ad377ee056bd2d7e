"""The work of a wave as deployment stacks: one for each subscription, or a few, which Azure carries out by itself.

A stack says what all its clusters should have, even those that are as wanted already: what it left out would no longer
be its own. So it is written only where something is to be done, and what a template can't say has been done before.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import AzureError

from azext_amlarc.azure import deployment_stacks
from azext_amlarc.azure.compute.attach import subject as subject_of_compute
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import FIRST_PAUSE
from azext_amlarc.azure.connection.watcher import Deadline
from azext_amlarc.azure.converge import Subject
from azext_amlarc.azure.deployment_stacks import Outcome, Stack
from azext_amlarc.azure.extension.watch import subject as subject_of_extension
from azext_amlarc.azure.supporting.making import is_of_a_name_in_use
from azext_amlarc.errors import ArcError, Refused, StillRunning, WriteFailed
from azext_amlarc.product.known_errors import advice_for_request
from azext_amlarc.product.steps import sentence
from azext_amlarc.resources.fleet import OWNER
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId, folded, name_of, parent_of
from azext_amlarc.resources.supporting import names
from azext_amlarc.resources.templates import arm, stack
from azext_amlarc.resources.templates.parts import type_of
from azext_amlarc.resources.templates.stack import Draft
from azext_amlarc.wording import quoted
from azext_amlarc.workflows.fleet.plan import ClusterPlan
from azext_amlarc.workflows.fleet.present import why
from azext_amlarc.workflows.fleet.running.board import Entry, State
from azext_amlarc.workflows.fleet.running.drafts import Drafts, Looks, Now
from azext_amlarc.workflows.fleet.running.earlier import AGAIN, awaited, concerned, ended
from azext_amlarc.workflows.fleet.running.lanes import Start, Work
from azext_amlarc.workflows.fleet.running.work import ClusterDoor, Site, fail, grouped

_BEGUN = (State.WAITING, State.DONE)
_STEP = "deployment stack"
_LAG = 30.0  # seconds for which Azure may show a stack as it was
_DENIED = "AuthorizationFailed"
_AS_WANTED = "It was as wanted before: a deployment stack writes all clusters of its wave."


def starts(site: Site, wave: int, planned: Iterable[ClusterPlan], *, only: bool) -> dict[str, list[Start]]:
    """The stacks of the wave, by subscription; none where nothing is to be done.

    Clusters for which Azure takes no stack wait for requests of our own; with `only`, they fail.
    """
    looks = Looks(site)
    own = (one for one in planned if one.goes_along or (one.member and site.board.entries[one.id].state in _BEGUN))
    works = {key: _Wave(site, looks, wave, members, only) for key, members in grouped(own).items()}
    return {key: [one.run] for key, one in works.items() if one.todo}


@dataclass
class _Wave:
    """The stacks of one wave in one subscription. `members` are also the clusters that are as wanted already."""

    site: Site
    looks: Looks
    number: int
    members: Sequence[ClusterPlan]
    only: bool

    @property
    def azure(self) -> AzureClient:
        return self.site.connections.of(self.members[0].id.subscription_id)

    @property
    def todo(self) -> list[ClusterPlan]:
        """The clusters on which something is still to be done, and has neither succeeded nor failed yet."""
        return [one for one in self.members if self.entry(one).state in (State.WAITING, State.RUNNING)]

    def entry(self, planned: ClusterPlan) -> Entry:
        return self.site.board.entries[planned.id]

    def run(self) -> Work:
        """Deploy them; the entries of the clusters say what they came to. Nothing is raised."""
        for one in self.todo:
            self.site.board.step(self.site.board.begin(one.id), _STEP)
        try:
            deadline = Deadline(self.site.timeout)
            while (yield from self._deployed()):
                if not deadline.left:
                    raise StillRunning("Other runs have sent the same stacks time and again.", AGAIN)
                self.looks = Looks(self.site)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # Whatever fails in one subscription, the others go on.
            fail(self.site, map(self.entry, self.todo), error)

    def _drafts(self, now: Now) -> Iterator[Draft]:
        """The clusters that can be deployed; the entries of the others say why not, or that they are done.

        Where somebody else is writing, Azure would refuse a write, and a template can't see whether a name that two new
        clusters may have is free: such a cluster waits for requests of our own. The others do not.
        """
        drafts, ambiguous = Drafts(self.site, now), names.ambiguous(now.present.shown)
        for one in self.members:
            entry = self.entry(one)
            key = folded(str(one.id))
            in_doubt = key in ambiguous and key not in now.present.extensions
            if self.site.control.stopped or in_doubt or now.is_busy(one):
                self.site.board.wait([entry])
                continue
            try:
                _stop_at_obstacle(now, one)
                yield drafts.of(one, entry)
                if entry.state is State.RUNNING and not now.plans[one.id].work:
                    _give_roles(self.site, one, entry)
                    self.site.board.finish(entry, State.DONE)
            except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
                # Whatever is wrong with one cluster, the others go on.
                fail(self.site, [entry], error)

    def _deployed(self) -> Generator[float, None, bool]:
        """Send every stack with a cluster that waits for it, and follow them; whether others have to be sent again.

        Azure takes no stack while it is at what another run has sent: that is waited for.
        """
        drafts = list(self._drafts(self.looks.at([one.id for one in self.members])))
        planned = {one.id: one for one in self.members}
        shares = [
            _Share(self.site, self.azure, self._address(place), own, planned, self.only)
            for place, own in enumerate(stack.shares(self.site.fleet.name, drafts) if drafts else ())
        ]
        begun = [one for one in shares if one.running and one.begin()]
        for one in begun:
            yield from one.followed()
        held = [(one, one.held_by) for one in shares if one.held_by]
        for share, other in held:
            yield FIRST_PAUSE
            yield from self._free(share, other)
        return bool(held)

    def _free(self, share: "_Share", other: Stack) -> Work:
        """Wait for what keeps Azure from taking a stack; if that hangs, only its own clusters fail."""
        try:
            if other.id.lower() in self.site.hung:
                raise StillRunning(f"Azure is still at the deployment stack {name_of(other.id)}, which hangs.", AGAIN)
            yield from awaited(self.site, self.azure, other, share.entries)
        except StillRunning as error:
            fail(self.site, concerned(self.azure, other.id, share.entries), error)
            share.set_aside(error)

    def _address(self, place: int) -> str:
        name = stack.name(self.site.fleet.name, self.number, place)
        return deployment_stacks.address(self.azure.subscription_id, name)


def _stop_at_obstacle(now: Now, planned: ClusterPlan) -> None:
    unread = now.present.unread.get(folded(str(planned.id)))
    if unread:
        raise Refused(unread, "Run the same command again: what is on the cluster could not be read.")
    obstacle = now.obstacle(planned)
    if obstacle:
        raise Refused(f"This is not in the plan: {obstacle}", "Plan again: the cluster has changed meanwhile.")


def _stop_at_others(existing: Stack | None, fleet: str) -> None:
    """Refused for a stack that is not the fleet's own: writing it would take what it manages, and guards, out of it."""
    if existing and existing.fleet != fleet:
        whose = f"is of the fleet {quoted(existing.fleet)}" if existing.fleet else f"has no tag {OWNER}"
        raise Refused(
            f"The deployment stack {name_of(existing.id)} is not this fleet's: it {whose}.",
            f"Give the fleet another name; or, if the stack is its own, tag it {OWNER}={fleet}.",
        )


@dataclass
class _Share:  # pylint: disable=too-many-instance-attributes
    """One stack: its clusters, and what is known of them so far."""

    site: Site
    azure: AzureClient
    id: str
    drafts: Sequence[Draft]
    planned: Mapping[ClusterId, ClusterPlan]
    only: bool
    before: Stack | None = None
    lag: Deadline = field(default_factory=lambda: Deadline(0.0))
    held_by: Stack | None = None
    ended: set[ClusterId] = field(default_factory=set)

    @property
    def running(self) -> list[Draft]:
        """The clusters that have neither succeeded nor failed yet."""
        return [one for one in self.drafts if self._entry(one).state is State.RUNNING]

    @property
    def entries(self) -> list[Entry]:
        return [self._entry(one) for one in self.running]

    def begin(self) -> bool:
        """Send the stack; whether it was. The entries say why not, or wait for requests of our own."""
        entries = self.entries
        for entry in entries:
            if entry.step != _STEP:
                self.site.board.step(entry, _STEP)
        try:
            return self._sent(entries)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # The other stacks go on.
            if deployment_stacks.is_busy(error):
                self.held_by = deployment_stacks.begun(self.id)
            elif deployment_stacks.is_unavailable(error):
                self.set_aside(error)
            else:
                fail(self.site, entries, error)
            return False

    def set_aside(self, error: Exception) -> None:
        """Have its clusters wait for requests of our own, unless only stacks are wanted: then they fail."""
        entries = self.entries
        if self.only:
            fail(self.site, entries, error)
        elif entries:
            self.site.board.tell(f"Wave {entries[0].wave} is changed without a deployment stack: {why(error)}")
            self.site.board.wait(entries)

    def _sent(self, entries: Sequence[Entry]) -> bool:
        existing = deployment_stacks.read(self.azure, self.id)
        _stop_at_others(existing, self.site.fleet.name)
        if self.site.control.stopped:
            self.site.board.wait(entries)
            return False
        if existing and not existing.is_over:
            self.held_by = existing
            return False
        self.before = existing
        there = existing or deployment_stacks.begun(self.id)
        location = there.location or self.drafts[0].location
        body = stack.body(self.site.fleet.name, self.drafts, location, tags=there.tags, deny=there.deny)
        deployment_stacks.write(self.azure, self.id, body)
        self.lag = Deadline(_LAG)
        return True

    def followed(self) -> Work:
        """Wait for the end; each cluster's entry is finished as soon as its own deployments have ended."""
        try:
            last = yield from ended(self.site, self._look, deployment_stacks.begun(self.id))
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # The other stacks go on.
            fail(self.site, map(self._entry, self.running), error)
            return
        for one in self.running:
            if last and last.state == "succeeded":
                self._done(one)
            else:
                fail(self.site, [self._entry(one)], self._failure(last))

    def _look(self) -> Stack | None:
        found = deployment_stacks.read(self.azure, self.id)
        if found and self._is_stale(found):
            return deployment_stacks.begun(self.id)
        if found and found.deployment_id and not (self.before and self.before.deployment_id == found.deployment_id):
            seen = deployment_stacks.outcomes(self.azure, found.deployment_id)
            for one in self.drafts:
                if self._entry(one).id not in self.ended:
                    self._take_in(one, found, seen)
        return found

    def _is_stale(self, found: Stack) -> bool:
        """Whether the stack is shown as it was before it was sent: one of Azure's caches may answer."""
        before = self.before
        same = before and (before.correlation_id, before.deployment_id) == (found.correlation_id, found.deployment_id)
        return bool(same and found.is_over and self.lag.left)

    def _take_in(self, one: Draft, found: Stack, seen: Mapping[str, Outcome]) -> None:
        """What came of a cluster's deployments so far."""
        known = [seen.get(id_.lower()) for id_ in arm.nested_ids(one.deployment)]
        bad = next((outcome for outcome in known if outcome and outcome.state in ("failed", "canceled")), None)
        if bad:
            self.ended.add(self._entry(one).id)
            self._end(one, bad, found.correlation_id)
        elif all(outcome and outcome.state == "succeeded" for outcome in known):
            self.ended.add(self._entry(one).id)
            self._done(one)
        elif self._entry(one).state is State.RUNNING:
            states = [outcome.state for outcome in known if outcome]
            self.site.board.seen(self._entry(one), states[-1] if states else found.state)

    def _done(self, one: Draft) -> None:
        entry = self._entry(one)
        if entry.state is not State.RUNNING:
            return
        try:
            _give_roles(self.site, self.planned[entry.id], entry)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # Whatever fails on one cluster, the others go on.
            fail(self.site, [entry], error)
            return
        entry.done += [f"{item.verb} {item.kind} {item.name}" for item in self.planned[entry.id].work]
        self.site.board.finish(entry, State.DONE)

    def _entry(self, one: Draft) -> Entry:
        return self.site.board.entries[one.deployment.state.cluster.id]

    def _end(self, one: Draft, bad: Outcome, correlation_id: str) -> None:
        """One of a cluster's deployments failed: the first of its resources that did says why.

        Requests of our own find another name where that of a new resource is somebody else's, and need no right to
        deploy. A cluster that was as wanted is so no more.
        """
        entry = self._entry(one)
        was_as_wanted = entry.state is not State.RUNNING
        if was_as_wanted:
            self.site.board.step(self.site.board.begin(entry.id), _STEP)
            entry.notes.append(_AS_WANTED)
        resource = self._failed_in(bad)
        if not was_as_wanted and (is_of_a_name_in_use(resource.error) or self._may_not_be_deployed(resource)):
            self.site.board.wait([entry])
        else:
            fail(self.site, [entry], self._reason(one, resource, correlation_id))

    def _may_not_be_deployed(self, failed: Outcome) -> bool:
        """Whether the login lacks the right to deploy to the group, which requests of our own do not need."""
        codes = {one.code for one in failed.error}
        return not self.only and type_of(failed.id) == arm.DEPLOYMENTS and _DENIED in codes

    def _failed_in(self, bad: Outcome) -> Outcome:
        """The first resource of a deployment that failed; the deployment itself where that can't be read."""
        try:
            inner = deployment_stacks.outcomes(self.azure, bad.id).values()
        except (ArcError, AzureError):
            return bad
        return next((outcome for outcome in inner if outcome.state == "failed"), bad)

    def _reason(self, one: Draft, resource: Outcome, correlation_id: str) -> WriteFailed:
        """Why a cluster's resource failed, in its provider's words."""
        cause = [*resource.error][-1]
        text = cause.text or "Azure gave no reason."
        where = f"{type_of(resource.id).rpartition('/')[2]} {name_of(resource.id)}"
        hint = self._hint(one.deployment.state.cluster.id, resource.id, cause.code, text)
        return WriteFailed(f"{where}: {text}", hint, cause.code, correlation_id)

    def _hint(self, cluster: ClusterId, failed_id: str, code: str, text: str) -> str:
        """The known fix of an error of an extension or of a compute target."""
        workspace = WorkspaceId.find(parent_of(failed_id))
        if type_of(failed_id).endswith("/extensions"):
            return _advice(subject_of_extension(self.azure, cluster, name_of(failed_id)), code, text)
        if workspace:
            azure = self.site.connections.of(workspace.subscription_id)
            return _advice(subject_of_compute(azure, workspace, name_of(failed_id)), code, text)
        known = sentence(advice_for_request(code, text))
        return known or f"See what is in the way: az ml arc check {' '.join(cluster.options)}"

    def _failure(self, last: Stack | None) -> WriteFailed:
        """Why the stack ended without the cluster: it was not begun, or what it waits for failed."""
        if last is None:
            return WriteFailed(f"The deployment stack {name_of(self.id)} has been deleted meanwhile.", AGAIN)
        cause = [*last.error][-1]
        text = last.error.text or f"the deployment stack {name_of(self.id)} ended as {last.state}"
        return WriteFailed(text, AGAIN, cause.code or last.error.code, last.correlation_id)


def _give_roles(site: Site, planned: ClusterPlan, entry: Entry) -> None:
    """The identity of a new compute target is known only now: what `attach --grant` gives it afterwards."""
    attached = {folded(item.id) for item in planned.work}
    computes = planned.wanted.computes if planned.wanted and site.fleet.grants_workspace_identity else ()
    for one in computes:
        if one.wanted.identity_type and folded(one.id) in attached:
            from azext_amlarc.workflows.mend.grants import give_to_compute

            door = ClusterDoor(site, entry, agreed=True)
            azure = site.connections.of(one.workspace.subscription_id)
            target = Target.of_cluster(planned.id, one.workspace, one.name)
            give_to_compute(azure, door, target, door.watcher, site.timeout)


def _advice(subject: Subject[Any], code: str, text: str) -> str:
    try:
        found = subject.read()
        return subject.hint(found, code, text) if found is not None else ""
    except (ArcError, AzureError):
        return AGAIN  # the reason is known, and its fix is not
