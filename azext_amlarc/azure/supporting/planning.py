"""Which supporting resources a cluster's settings ask for, making them, and reading their keys again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.parallel import at_once
from azext_amlarc.azure.connection.waiting import Silence, Watcher
from azext_amlarc.azure.supporting import log_analytics, relay, service_bus
from azext_amlarc.azure.supporting.making import Made
from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId

_KINDS = {relay.TITLE: relay, service_bus.TITLE: service_bus, log_analytics.TITLE: log_analytics}


@dataclass(frozen=True)
class Plan:
    """The resources that settings ask for, by what they are, and the plain settings that follow as far as is known.

    The id of a Log Analytics workspace is known only where an installed extension has it: there, nothing differs.
    """

    parts: Mapping[str, relay.Relay | service_bus.ServiceBus | log_analytics.LogAnalytics]
    settings: dict[str, str]


def plan(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str] | None = None) -> Plan:
    """What `settings` ask for, without a request; resources of this cluster that `installed` names are kept.

    `settings` are those that the user gave with the defaults: what they name themselves is his own, and not made.
    """
    planned = {title: kind.planned(cluster, settings, installed or {}) for title, kind in _KINDS.items()}
    parts = {title: part for title, part in planned.items() if part is not None}
    following = relay.settings_of_ones_own(settings)
    for part in parts.values():
        following |= part.settings
    return Plan(parts, following)


def ensure(azure: AzureClient, plan: Plan, watcher: Watcher) -> Made:
    """Make what is missing of the plan, independent resources at the same time, and read the keys.

    `arm.written` names each resource before its first write. All are let finish before a failure is raised; running it
    again goes on from whatever there is. Azure may still be making what is new: `finish`.
    """
    made = at_once(azure, watcher, {title: part.ensure for title, part in plan.parts.items()})
    settings, protected = dict(plan.settings), dict[str, str]()
    for one in made:
        settings |= one.settings
        protected |= one.protected
    return Made(settings, protected, tuple(new for one in made for new in one.new))


def finish(azure: AzureClient, made: Made, watcher: Watcher, timeout: float) -> None:
    """Wait until all that is new is usable, `timeout` seconds at most for each; a request for each that is already.

    What Azure has failed is written again, once; WriteFailed where that does not help.
    """
    for new in made.new:
        new.finish(azure, watcher, timeout)


def read_secrets(azure: AzureClient, settings: Mapping[str, str]) -> dict[str, str]:
    """The protected settings that the resources of an installed extension make up, by its plain settings.

    A resource that does not exist is left out, as is one that can't be told: extensions made elsewhere may name neither
    it nor their cluster.
    """
    cluster = _cluster(settings)
    reads = {
        title: partial(lambda kind, azure, _: kind.read_secret(azure, settings, cluster), kind)
        for title, kind in _KINDS.items()
    }
    found: dict[str, str] = {}
    for secrets in at_once(azure, Silence(), reads):
        found |= secrets
    return found


def _cluster(settings: Mapping[str, str]) -> ClusterId | None:
    """The cluster that an extension's settings name."""
    try:
        return ClusterId.parse(settings.get("clusterId") or settings.get("cluster_name") or "")
    except InvalidInput:
        return None
