"""Create the supporting resources of a plan, and read their keys again."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import Work, at_once
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher
from azext_amlarc.azure.supporting import log_analytics, relay, service_bus
from azext_amlarc.azure.supporting.making import Provision
from azext_amlarc.errors import Refused
from azext_amlarc.resources.supporting import log_analytics as logs_of
from azext_amlarc.resources.supporting import relay as relay_of
from azext_amlarc.resources.supporting import service_bus as bus_of
from azext_amlarc.resources.supporting.plan import OwnResource, Plan, cluster_in, own_without_strings


def ensure(azure: AzureClient, plan: Plan, watcher: Watcher) -> Provision:
    """Create the missing resources of the plan, in parallel, and read the keys.

    `azure.writes` lists each resource before its first write. All run to their end before a failure is raised; running
    it again continues from what exists. Azure may still be creating the new ones: `finish` waits for them.
    """
    works: dict[str, Work[Provision]] = {}
    if plan.relay:
        works[relay_of.TITLE] = partial(relay.ensure, wanted=plan.relay)
    if plan.service_bus:
        works[bus_of.TITLE] = partial(service_bus.ensure, wanted=plan.service_bus)
    if plan.log_analytics:
        works[logs_of.TITLE] = partial(log_analytics.ensure, wanted=plan.log_analytics)
    settings, protected = dict(plan.settings), dict[str, str]()
    made = at_once(azure, watcher, works)
    for one in made:
        settings |= one.settings
        protected |= one.protected
    return Provision(settings, protected, tuple(new for one in made for new in one.new))


def finish(azure: AzureClient, made: Provision, watcher: Watcher, timeout: float) -> None:
    """Wait until all new resources are usable, `timeout` seconds at most for each; at least one request for each.

    A resource that Azure failed to create is written again, once; WriteFailed if that does not help.
    """
    for new in made.new:
        new.finish(azure, watcher, timeout)


def read_secrets(azure: AzureClient, settings: Mapping[str, str]) -> dict[str, str]:
    """The protected settings of an installed extension, read from the resources that its plain settings name.

    Leaves out resources that do not exist or can't be identified: extensions installed with other tools may name
    neither the resource nor their cluster.
    """
    cluster = cluster_in(settings)
    kinds = {relay_of.TITLE: relay, bus_of.TITLE: service_bus, logs_of.TITLE: log_analytics}
    reads = {
        title: partial(lambda kind, azure, _: kind.read_secret(azure, settings, cluster), kind)
        for title, kind in kinds.items()
    }
    found: dict[str, str] = {}
    for secrets in at_once(azure, SilentWatcher(), reads, reads=True):
        found |= secrets
    return found


def read_own(azure: AzureClient, given: Mapping[str, str], protected: Collection[str]) -> dict[str, str]:
    """The connection strings of the user's own resources that are `given` without them; one request for each.

    Refused if one cannot be read: the extension would be installed without it.
    """
    kinds = {relay_of.TITLE: relay, bus_of.TITLE: service_bus}
    return {
        own.string: _readable(azure, kinds[own.title].secret_of, own) for own in own_without_strings(given, protected)
    }


def _readable(azure: AzureClient, read: Callable[[AzureClient, str], str | None], own: OwnResource) -> str:
    reason = "it does not exist, or has no rule whose keys can be listed"
    try:
        secret = read(azure, own.id)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        secret, reason = None, "you have no right to list its keys"
    if secret is None:
        raise Refused(
            f"The connection string of the {own.title} {own.id} is not given, and cannot be read: {reason}.",
            f"Check the ID, or give the protected setting {own.string} as well.",
        )
    return secret
