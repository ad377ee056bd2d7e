"""A cluster's Log Analytics workspace: the extension sends its logs there, by the workspace's own id and shared key."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.waiting import Watcher
from azext_amlarc.azure.supporting.making import Ensured, Found, Made, Making, is_usable, no_name_left
from azext_amlarc.azure.supporting.ownership import is_anothers, tags
from azext_amlarc.resources import names
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import ClusterId

TITLE = "Log Analytics workspace"
WANTED = "logAnalyticsWS"
ENABLED = "azure_log_analytics.enabled"
CUSTOMER_ID = "azure_log_analytics.customer_id"
PROTECTED = "azure_log_analytics.connection_string"


@dataclass(frozen=True)
class LogAnalytics:
    """The workspace that a cluster is to have: the ids it may have, and what the installed extension calls it."""

    cluster: Cluster
    workspace_ids: tuple[str, ...]
    known: str | None

    @property
    def settings(self) -> dict[str, str]:
        """A workspace gets its customer id from Azure: before it is made there is none to name."""
        return {ENABLED: "True"} | ({CUSTOMER_ID: self.known} if self.known else {})

    def ensure(self, azure: AzureClient, watcher: Watcher) -> Made:
        """Find or make it. Two requests where it is there."""
        for workspace_id in self.workspace_ids:
            ensured = self._ensure_at(azure, workspace_id, watcher)
            if ensured is not None:
                settings = {ENABLED: "True", CUSTOMER_ID: _customer_id(ensured.found)}
                return Made.of(ensured, settings, [PROTECTED])
        raise no_name_left(TITLE, self.cluster.id.name)

    def _ensure_at(self, azure: AzureClient, workspace_id: str, watcher: Watcher) -> Ensured | None:
        """The workspace, or None where it is another cluster's."""
        body = {"location": self.cluster.location, "tags": tags(self.cluster.id)}
        workspace = Making(TITLE, workspace_id, body, partial(_key, workspace_id=workspace_id))
        found = workspace.find(azure, watcher)
        if found is not None and self._is_anothers(azure, found):
            return None
        if not is_usable(found):
            return workspace.make(azure, watcher)
        return Ensured(workspace, found, _key(azure, workspace_id))

    def _is_anothers(self, azure: AzureClient, found: Found) -> bool:
        is_known = self.known is not None and _customer_id(found) == self.known
        return not is_known and is_anothers(azure, self.cluster.id, names.LOG_ANALYTICS, found)


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> LogAnalytics | None:
    """The workspace that the settings ask for; None where they ask for none."""
    if settings.get(WANTED, "").lower() != "true":
        return None
    ids = tuple(names.candidates(cluster.id, names.LOG_ANALYTICS))
    return LogAnalytics(cluster, ids, installed.get(CUSTOMER_ID))


def read_secret(azure: AzureClient, settings: Mapping[str, str], cluster: ClusterId | None) -> dict[str, str]:
    """The protected setting of the cluster's workspace: the one with the customer id that the settings name."""
    enabled = {settings.get(ENABLED, "").lower(), settings.get(WANTED, "").lower()}
    if cluster is None or "true" not in enabled:
        return {}
    known = settings.get(CUSTOMER_ID)
    for workspace_id in names.candidates(cluster, names.LOG_ANALYTICS):
        found = unless_missing(azure.get, workspace_id)
        if found is not None and known in (None, _customer_id(found)):
            return {PROTECTED: _key(azure, workspace_id)}
    return {}


def _key(azure: AzureClient, workspace_id: str) -> str:
    """What the extension calls its connection string is the shared key alone."""
    return str(azure.post(f"{workspace_id}/sharedKeys")["primarySharedKey"])


def _customer_id(workspace: Found) -> str:
    return str(workspace["properties"].get("customerId") or "")
