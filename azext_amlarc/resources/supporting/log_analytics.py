"""A cluster's Log Analytics workspace as data: its possible ids, the request body, and the settings for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.supporting import names

TITLE = "Log Analytics workspace"
WANTED = "logAnalyticsWS"
ENABLED = "azure_log_analytics.enabled"
CUSTOMER_ID = "azure_log_analytics.customer_id"
PROTECTED = "azure_log_analytics.connection_string"


class LogAnalytics(NamedTuple):
    """The workspace of a cluster: its possible ids, and the customer id in the installed extension's settings."""

    cluster: Cluster
    workspace_ids: tuple[str, ...]
    known: str | None
    tags: Mapping[str, str] = MappingProxyType({})

    @property
    def settings(self) -> dict[str, str]:
        """The plain settings; Azure assigns the customer id when it creates the workspace."""
        return {ENABLED: "True"} | ({CUSTOMER_ID: self.known} if self.known else {})

    @property
    def body(self) -> dict[str, Any]:
        """The body of the PUT."""
        return {"location": self.cluster.location, "tags": names.merged(self.tags, names.tags(self.cluster.id))}


def planned(cluster: Cluster, settings: Mapping[str, str], installed: Mapping[str, str]) -> LogAnalytics | None:
    """The workspace that the settings ask for; None if they ask for none."""
    if settings.get(WANTED, "").lower() != "true":
        return None
    ids = tuple(names.candidates(cluster.id, names.LOG_ANALYTICS))
    return LogAnalytics(cluster, ids, installed.get(CUSTOMER_ID))
