"""The work on one cluster: the steps of single commands in the plan's order, each of which reads before it writes."""

import time
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.compute.attach import begin_detach
from azext_amlarc.azure.connection.answers import refusal, unanswered
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.connection.watcher import Deadline, Watcher
from azext_amlarc.azure.extension import delete as deletion
from azext_amlarc.errors import ArcError, Busy, Refused
from azext_amlarc.findings import Finding, Severity
from azext_amlarc.kubernetes.access import named
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.resources.compute import Wanted
from azext_amlarc.resources.fleet import Fleet, WantedCompute
from azext_amlarc.resources.ids import WorkspaceId, folded, parent_of
from azext_amlarc.validation.manifest import for_member
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.workflows.attach import begin_attach
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.plan import ClusterPlan, Item, Verb
from azext_amlarc.workflows.fleet.running.board import Board, Entry, State
from azext_amlarc.workflows.fleet.running.lanes import Control, Start, Work
from azext_amlarc.workflows.install import Release, begin_install
from azext_amlarc.workflows.removal import attached_to

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.workflows.prepare import Preparation

S = TypeVar("S", ClusterPlan, Entry)
T = TypeVar("T")

# Seconds until something that another one is at is tried again, and until a new operation is looked at first.
_BUSY_PAUSE, _FIRST_LOOK = 10.0, 1.0
_AGAIN = "Run the same command again: it goes on where it stopped."


@dataclass(frozen=True)
class Site:  # pylint: disable=too-many-instance-attributes
    """What the work on all clusters shares. `contents` has the protected values; `timeout` (s) is for each step.

    `ambiguous` are the clusters, by their ids in lower case, of which two would give a resource the same name: one
    after the other sees which names are free. `hung` are the deployment stacks, by their ids in lower case, that Azure
    was still at after the timeout.
    """

    connections: Connections
    door: Door
    fleet: Fleet
    contents: Contents = field(repr=False)
    board: Board
    control: Control
    timeout: float
    ambiguous: Collection[str] = ()
    login: Lock = field(default_factory=Lock)
    naming: Lock = field(default_factory=Lock)
    hung: set[str] = field(default_factory=set)


def bring(site: Site, planned: ClusterPlan) -> Work:
    """Do what is planned for one cluster; its entry of the board says what it came to. Nothing is raised."""
    entry = site.board.begin(planned.id)
    for item in planned.work:
        if site.control.interrupted:
            site.board.finish(entry, State.STOPPED)
            return
        site.board.step(entry, f"{_STEPS[item.verb]} {item.name}")
        try:
            yield from _done(site, planned, item, entry)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # Whatever fails on one cluster, the others go on.
            failed(entry, error)
            site.board.finish(entry, State.FAILED)
            return
        entry.done.append(f"{item.verb} {item.kind} {item.name}")
    site.board.finish(entry, State.BLOCKED if planned.blocked else State.DONE)


_STEPS = {
    Verb.CREATE: "create",
    Verb.CHANGE: "change",
    Verb.RETRY: "retry",
    Verb.WAIT: "wait for",
    Verb.DETACH: "detach",
    Verb.DELETE: "delete",
}


def failed(entry: Entry, error: Exception) -> None:
    """Put on the entry what went wrong, with the fix, Azure's code and the correlation id, as far as they are known."""
    if isinstance(error, ArcError):
        findings = getattr(error, "findings", ())
        entry.error = f"{error.message}\n{as_text(findings)}" if findings else error.message
        entry.fix, entry.code, entry.correlation_id = error.fix, error.code, error.correlation_id or ""
    elif isinstance(error, HttpResponseError) and error.response is not None:
        refused = refusal(error)
        entry.error, entry.fix, entry.code = refused.message, refused.fix or _fix(error), refused.code
        entry.correlation_id = refused.correlation_id or ""
    elif isinstance(error, AzureError | OSError):
        entry.error, entry.fix = unanswered(error), _AGAIN
    else:
        entry.error = f"Internal error in amlarc: {type(error).__name__}: {error}"
    entry.notes += getattr(error, "__notes__", [])


def _fix(error: HttpResponseError) -> str:
    """What helps where no fix is known: trying again where Azure was not at its best."""
    return _AGAIN if (error.status_code or 0) >= 500 or error.status_code in (408, 409, 429) else ""


def fail(site: Site, entries: Iterable[Entry], error: Exception) -> None:
    """Say of the clusters that are still being worked on what went wrong."""
    for entry in entries:
        if entry.state is State.RUNNING:
            failed(entry, error)
            site.board.finish(entry, State.FAILED)


def _done(site: Site, planned: ClusterPlan, item: Item, entry: Entry) -> Work:
    """One step, to its end."""
    door = ClusterDoor(site, entry, agreed=bool(item.consequences))
    if item.verb in (Verb.DETACH, Verb.DELETE):
        begin = _detach if item.verb is Verb.DETACH else _delete
        operation = begin(site, planned, item, door)
    elif item.kind == "extension":
        operation = yield from _patiently(lambda: _install(site, planned, door), site.timeout)
    else:
        yield from _attached(site, planned, item, entry)
        return
    yield from _ended(site, operation, door.watcher)


def _ended(site: Site, operation: Operation[Any] | None, watcher: Watcher) -> Work:
    if operation is not None and operation.doing:
        yield operation.pause or _FIRST_LOOK
        yield from operation.pauses(watcher, site.timeout)
    elif operation is not None:
        operation.then(watcher, site.timeout)


def _patiently(begin: Callable[[], T], timeout: float) -> Generator[float, None, T]:
    """What has begun, as soon as nobody else is at it."""
    deadline = Deadline(timeout)
    while True:
        try:
            return begin()
        except Busy:
            if deadline.is_over():
                raise
        yield _BUSY_PAUSE


def _install(site: Site, planned: ClusterPlan, door: "ClusterDoor") -> Operation[Any] | None:
    spec = site.fleet.extension
    if spec is None or planned.member is None:
        return None
    given = for_member(site.fleet, planned.member, site.contents)
    azure = site.connections.of(planned.id.subscription_id)
    name = None if spec.name == DEFAULT_NAME else spec.name  # the usual name means whatever name it has there
    with site.naming if folded(str(planned.id)) in site.ambiguous else nullcontext():
        return begin_install(
            azure, door, planned.id, name, given=given, release=Release(*spec.release), timeout=0, resumes=True
        )


def _attached(site: Site, planned: ClusterPlan, item: Item, entry: Entry) -> Work:
    """Attach the cluster; what belongs on it is written before, where the manifest says how to get there."""
    wanted, member = _wanted(planned, item), planned.member
    access = named(member.kubeconfig, member.context) if member else None
    grants = site.fleet.grants_workspace_identity
    door = ClusterDoor(site, entry, agreed=bool(item.consequences or access or grants))
    azure = site.connections.of(wanted.workspace.subscription_id)
    with access or nullcontext():
        preparation = _prepared(access, door, wanted.wanted) if access else None
        begin = partial(begin_attach, azure, door, wanted.workspace, wanted.name, wanted.wanted, grant=grants)
        creates = bool(preparation and preparation.namespace)
        operation = yield from _patiently(
            lambda: begin(timeout=0, kube=access, preparation=preparation, creates_namespace=creates), site.timeout
        )
        yield from _ended(site, operation, door.watcher)


def _prepared(access: "KubeAccess", door: "ClusterDoor", wanted: Wanted) -> "Preparation":
    from azext_amlarc.validation.document.manifests import manifests
    from azext_amlarc.workflows.prepare import agreed, compared

    types = manifests(wanted.document) if wanted.document.get("instanceTypes") else []
    return agreed(compared(access, door, wanted.cluster, wanted.namespace, types), door)


def _wanted(planned: ClusterPlan, item: Item) -> WantedCompute:
    computes = planned.wanted.computes if planned.wanted else ()
    return next(one for one in computes if folded(one.id) == folded(item.id))


def _detach(site: Site, _planned: ClusterPlan, item: Item, door: "ClusterDoor") -> Operation[Any] | None:
    workspace = WorkspaceId.find(parent_of(item.id))
    if workspace is None:
        return None
    return begin_detach(site.connections.of(workspace.subscription_id), workspace, item.name, door.watcher)


def _delete(site: Site, planned: ClusterPlan, item: Item, door: "ClusterDoor") -> Operation[Any] | None:
    azure = site.connections.of(planned.id.subscription_id)
    existing = deletion.find_to_delete(azure, planned.id, item.name)
    if existing is None:
        return None
    others = list(attached_to(azure, planned.id))
    if others:
        raise Refused("\n".join(others), "Detach them, or leave the cluster in the manifest.")
    return deletion.begin_delete(azure, planned.id, existing, door.watcher, force=False)


class ClusterDoor:
    """The workflows' door for one cluster: what they say goes on its entry, and what they ask is in the plan."""

    def __init__(self, site: Site, entry: Entry, agreed: bool = False) -> None:
        """`agreed`: the plan says what the step breaks."""
        self._site, self._entry, self._agreed = site, entry, agreed
        self.watcher: Watcher = _EntryWatcher(site, entry)

    def show(self, findings: Iterable[Finding]) -> None:
        self._entry.notes += [as_text([one]) for one in findings if one.severity is Severity.WARNING]

    def warn(self, text: str) -> None:
        self._entry.notes.append(text)

    def confirm(self, consequences: str, question: str = "") -> None:  # pylint: disable=unused-argument
        if not self._agreed:
            raise Refused(f"This is not in the plan: {consequences}", "Plan again: the cluster has changed meanwhile.")

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        with self._site.login:
            return self._site.door.login(azure)


@dataclass
class _EntryWatcher:
    """Puts what Azure says on the cluster's entry."""

    site: Site
    entry: Entry

    def seen(self, state: str, elapsed: float) -> None:  # pylint: disable=unused-argument
        self.site.board.seen(self.entry, state)

    def tell(self, text: str) -> None:
        self.entry.says = text

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)


def starts(site: Site, planned: Iterable[ClusterPlan]) -> dict[str, list[Start]]:
    """The work that there is, by subscription."""
    return by_subscription(partial(bring, site), (one for one in planned if one.work))


def by_subscription(begin: Callable[[ClusterPlan], Work], planned: Iterable[ClusterPlan]) -> dict[str, list[Start]]:
    """What begins the work on each of these clusters, by their subscriptions: each has a lane."""
    return {key: [partial(begin, one) for one in members] for key, members in grouped(planned).items()}


def grouped(members: Iterable[S]) -> dict[str, list[S]]:
    """What is about clusters, by their subscriptions."""
    found: dict[str, list[S]] = {}
    for one in members:
        found.setdefault(one.id.subscription_id.lower(), []).append(one)
    return found
