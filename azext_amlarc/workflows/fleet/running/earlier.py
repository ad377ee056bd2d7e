"""Deployment stacks that an earlier run has sent, and that Azure is still at: waited for before anything is written."""

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial

from azext_amlarc.azure import deployment_stacks
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import until
from azext_amlarc.azure.connection.watcher import SilentWatcher
from azext_amlarc.azure.deployment_stacks import Stack
from azext_amlarc.errors import StillRunning
from azext_amlarc.resources.ids import name_of
from azext_amlarc.resources.templates import stack
from azext_amlarc.workflows.fleet.plan import ClusterPlan
from azext_amlarc.workflows.fleet.present import why
from azext_amlarc.workflows.fleet.running.board import Entry, State
from azext_amlarc.workflows.fleet.running.lanes import Start, Work
from azext_amlarc.workflows.fleet.running.work import Site, fail

AGAIN = "Run the same command again to go on: what is in progress is waited for."


def waits(site: Site, planned: Iterable[ClusterPlan]) -> dict[str, list[Start]]:
    """What waits for the fleet's stacks, by subscription of the clusters on which something is to be done."""
    found = dict[str, list[Entry]]()
    for one in planned:
        if site.board.entries[one.id].state is State.WAITING:
            found.setdefault(one.id.subscription_id.lower(), []).append(site.board.entries[one.id])
    return {key: [partial(_waited, site, entries)] for key, entries in found.items()}


def _waited(site: Site, entries: Sequence[Entry]) -> Work:
    """Nothing is raised: whoever may not list stacks can still write to clusters.

    What a stack is still at after the timeout is not written to: the clusters fail then.
    """
    azure = site.connections.of(entries[0].id.subscription_id)
    try:
        stacks = deployment_stacks.list_all(azure, stack.prefix(site.fleet.name))
        for one in stacks:
            if one.fleet == site.fleet.name and not one.is_over:
                yield from _awaited(site, azure, one, entries)
    except StillRunning as error:
        fail(site, entries, error)
    except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
        # The clusters can be written to all the same.
        site.board.tell(f"The deployment stacks of subscription {azure.subscription_id} can't be listed: {why(error)}")
    site.board.wait(entries)


def _awaited(site: Site, azure: AzureClient, running: Stack, entries: Sequence[Entry]) -> Work:
    for entry in entries:
        site.board.step(site.board.begin(entry.id), f"wait for {name_of(running.id)}, sent by an earlier run")

    def look() -> Stack | None:
        found = deployment_stacks.read(azure, running.id)
        for entry in entries:
            site.board.seen(entry, _state(found))
        return found

    yield from ended(site, look)


def ended(site: Site, look: Callable[[], Stack | None]) -> Generator[float, None, Stack | None]:
    """The stack once it has ended, each pause (s) yielded; None if it is gone. StillRunning after the timeout."""
    try:
        return (yield from until(look, _is_over, _state, SilentWatcher(), timeout=site.timeout))
    except StillRunning:
        raise StillRunning(f"Azure is still deploying after {site.timeout:.0f} s.", AGAIN) from None


def _is_over(found: Stack | None) -> bool:
    return found is None or found.is_over


def _state(found: Stack | None) -> str:
    return found.state if found else ""
