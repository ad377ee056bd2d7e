"""Find or create a cluster's Log Analytics workspace, which the extension sends its logs to."""

from collections.abc import Mapping
from functools import partial

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.supporting.making import Found, Provision, Ready, SupportingResource, is_usable, no_name_left
from azext_amlarc.azure.supporting.ownership import is_anothers
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.supporting import names
from azext_amlarc.resources.supporting.log_analytics import CUSTOMER_ID, ENABLED, PROTECTED, TITLE, WANTED, LogAnalytics


def ensure(azure: AzureClient, watcher: Watcher, *, wanted: LogAnalytics) -> Provision:
    """Find or create it. Two requests if it exists."""
    for workspace_id in wanted.workspace_ids:
        ready = _ensure_at(azure, wanted, workspace_id, watcher)
        if ready is not None:
            settings = {ENABLED: "True", CUSTOMER_ID: _customer_id(ready.found)}
            return Provision.of(ready, settings, [PROTECTED])
    raise no_name_left(TITLE, wanted.cluster.id.name)


def _ensure_at(azure: AzureClient, wanted: LogAnalytics, workspace_id: str, watcher: Watcher) -> Ready | None:
    """The workspace, or None if it is another cluster's."""
    workspace = SupportingResource(TITLE, workspace_id, wanted.body, partial(_key, workspace_id=workspace_id))
    found = workspace.find(azure, watcher)
    if found is not None and _is_anothers(azure, wanted, found):
        return None
    if not is_usable(found):
        return workspace.create(azure, watcher)
    return Ready(workspace, found, _key(azure, workspace_id))


def _is_anothers(azure: AzureClient, wanted: LogAnalytics, found: Found) -> bool:
    is_known = wanted.known is not None and _customer_id(found) == wanted.known
    return not is_known and is_anothers(azure, wanted.cluster.id, names.LOG_ANALYTICS, found)


def read_secret(azure: AzureClient, settings: Mapping[str, str], cluster: ClusterId | None) -> dict[str, str]:
    """The protected setting of the cluster's workspace, if it has the customer id in the settings."""
    enabled = {settings.get(ENABLED, "").lower(), settings.get(WANTED, "").lower()}
    if cluster is None or "true" not in enabled:
        return {}
    known = settings.get(CUSTOMER_ID)
    for workspace_id in names.candidates(cluster, names.LOG_ANALYTICS):
        found = unless_missing(azure.get, workspace_id)
        if found is not None and known in (None, _customer_id(found)):
            return {PROTECTED: _key(azure, workspace_id)}
    return {}


@understood
def _key(azure: AzureClient, workspace_id: str) -> str:
    """The shared key, which the extension calls the connection string."""
    return str(azure.post(f"{workspace_id}/sharedKeys")["primarySharedKey"])


def _customer_id(workspace: Found) -> str:
    return str((workspace.get("properties") or {}).get("customerId") or "")
