"""A cluster's Log Analytics workspace as data: which one it is, what is sent for it, and the settings that name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_amlarc.resources import names
from azext_amlarc.resources.cluster import Cluster

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
        """A workspace gets its customer id from Azure: before it is created there is none to name."""
        return {ENABLED: "True"} | ({CUSTOMER_ID: self.known} if self.known else {})

    @property
    def body(self) -> dict[str, Any]:
        """What is sent for it."""
        return {"location": self.cluster.location, "tags": names.tags(self.cluster.id)}


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> LogAnalytics | None:
    """The workspace that the settings ask for; None if they ask for none."""
    if settings.get(WANTED, "").lower() != "true":
        return None
    ids = tuple(names.candidates(cluster.id, names.LOG_ANALYTICS))
    return LogAnalytics(cluster, ids, installed.get(CUSTOMER_ID))
