"""Deployment stacks that an earlier run has sent, and that Azure is still at: waited for before anything is written."""

import shlex
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from azure.core.exceptions import AzureError

from azext_amlarc.azure import deployment_stacks
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import until
from azext_amlarc.azure.connection.watcher import SilentWatcher
from azext_amlarc.azure.deployment_stacks import Stack
from azext_amlarc.errors import ArcError, StillRunning
from azext_amlarc.resources.ids import name_of
from azext_amlarc.resources.templates import arm, stack
from azext_amlarc.workflows.fleet.plan import ClusterPlan
from azext_amlarc.workflows.fleet.present import why
from azext_amlarc.workflows.fleet.running.board import Entry, State
from azext_amlarc.workflows.fleet.running.lanes import Start, Work
from azext_amlarc.workflows.fleet.running.work import Site, fail, grouped

AGAIN = "Run the same command again to go on: what is in progress is waited for."
# Looks in a row that may fail, each after its retries: Azure goes on by itself.
_MISSES_ALLOWED = 2


def waits(site: Site, planned: Iterable[ClusterPlan]) -> dict[str, list[Start]]:
    """What waits for the fleet's stacks, by subscription of the clusters on which something is to be done."""
    entries = (site.board.entries[one.id] for one in planned)
    waiting = grouped(entry for entry in entries if entry.state is State.WAITING)
    return {key: [partial(_waited, site, own)] for key, own in waiting.items()}


def _waited(site: Site, entries: Sequence[Entry]) -> Work:
    """Nothing is raised: whoever may not list stacks can still write to clusters.

    What a stack is still at after the timeout, or for all that is known, is not written to: the clusters fail then.
    """
    azure = site.connections.of(entries[0].id.subscription_id)
    for one in _running(site, azure):
        own = concerned(azure, one.id, entries)
        try:
            yield from awaited(site, azure, one, own)
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
            # The other clusters go on.
            fail(site, concerned(azure, one.id, own), error)
    site.board.wait(entries)


def concerned(azure: AzureClient, stack_id: str, entries: Sequence[Entry]) -> list[Entry]:
    """The clusters that Azure is still to write to for the stack; all where it does not say."""
    try:
        left = deployment_stacks.unfinished(azure, stack_id)
    except (ArcError, AzureError):
        return [*entries]
    return [entry for entry in entries if any(arm.is_nested_of(entry.id, one) for one in left)]


def _running(site: Site, azure: AzureClient) -> list[Stack]:
    """The fleet's stacks that Azure is at; none where they can't be listed."""
    try:
        found = deployment_stacks.list_all(azure, stack.prefix(site.fleet.name))
    except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
        # The clusters can be written to all the same.
        site.board.tell(f"The deployment stacks of subscription {azure.subscription_id} can't be listed: {why(error)}")
        return []
    return [one for one in found if one.fleet == site.fleet.name and not one.is_over]


def awaited(site: Site, azure: AzureClient, running: Stack, entries: Sequence[Entry]) -> Work:
    """Wait until Azure is no longer at a stack that another run has sent, or until nothing new may begin anyway.

    Nothing is waited for without entries.
    """
    if not entries:
        return
    for entry in entries:
        site.board.step(site.board.begin(entry.id), f"wait for {name_of(running.id)}, sent by an earlier run")

    def look() -> Stack | None:
        found = deployment_stacks.read(azure, running.id)
        for entry in entries:
            site.board.seen(entry, _state(found))
        return found

    for pause in ended(site, look, running):
        if site.control.stopped:
            return
        yield pause


def ended(site: Site, look: Callable[[], Stack | None], sent: Stack) -> Generator[float, None, Stack | None]:
    """The stack that was `sent`, once it has ended, each pause (s) yielded; None if it is gone.

    StillRunning after the timeout, or if Azure does not answer time and again.
    """
    patient = _Patient(look, sent)
    try:
        return (yield from until(patient, _is_over, _state, SilentWatcher(), timeout=site.timeout))
    except AzureError as error:
        raise StillRunning(f"How far Azure is can't be told: {why(error)}", AGAIN) from error
    except StillRunning:
        site.hung.add(sent.id.lower())
        raise StillRunning(f"Azure is still deploying after {site.timeout:.0f} s.", _way_out(patient.last)) from None


def _way_out(still: Stack | None) -> str:
    """How to go on, or to end a deployment that hangs: Azure may wait for days for a cluster that is gone."""
    if still is None or not still.deployment_id:
        return AGAIN
    name, subscription = shlex.quote(name_of(still.deployment_id)), shlex.quote(still.id.split("/")[2])
    return f"{AGAIN} To give up what hangs: az deployment sub cancel -n {name} --subscription {subscription}"


@dataclass
class _Patient:
    """Looks at a stack; a look that failed brings what the last one has."""

    look: Callable[[], Stack | None]
    last: Stack | None
    missed: int = 0

    def __call__(self) -> Stack | None:
        try:
            self.last, self.missed = self.look(), 0
        except AzureError:
            self.missed += 1
            if self.missed > _MISSES_ALLOWED:
                raise
        return self.last


def _is_over(found: Stack | None) -> bool:
    return found is None or found.is_over


def _state(found: Stack | None) -> str:
    return found.state if found else ""
