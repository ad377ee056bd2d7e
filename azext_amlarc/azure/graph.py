"""Azure Resource Graph: what many subscriptions hold, in a few requests.

It lags behind Azure by seconds, sometimes by minutes: whatever is to be changed is read from its own provider first.
https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import UnreadableAnswer, understood
from azext_amlarc.azure.connection.transport import host_of
from azext_amlarc.product.clusters import PROVIDERS
from azext_amlarc.product.extension import TYPE
from azext_amlarc.resources.cluster import from_answer
from azext_amlarc.resources.fleet import Found
from azext_amlarc.resources.ids import ClusterId, folded, parent_of
from azext_amlarc.resources.installed import Extension, from_graph

# Rows of a page and subscriptions of a request: the most that Azure takes.
_ROWS, _SUBSCRIPTIONS = 1000, 1000
_MOST_PAGES = 1000

_KINDS = ", ".join(f"'{provider.lower()}/{kind.lower()}'" for kind, provider in PROVIDERS.items())
# Without an order that no two rows share, rows could be missed between two pages.
_CLUSTERS = f"""Resources
| where type in~ ({_KINDS})
| project id, name, type, location, tags, properties
| order by id asc"""
# The table spells the names of properties as the service stores them, with a capital.
_EXTENSIONS = f"""KubernetesConfigurationResources
| where type =~ 'microsoft.kubernetesconfiguration/extensions'
| where tostring(properties.ExtensionType) =~ '{TYPE}' or tostring(properties.extensionType) =~ '{TYPE}'
| project id, name, type, identity, properties
| order by id asc"""


@understood
def clusters(azure: AzureClient, subscriptions: Sequence[str]) -> list[Found]:
    """The connected and AKS clusters of these subscriptions, with their tags, as far as the login may see them."""
    found = []
    for row in _rows(azure, _CLUSTERS, subscriptions):
        cluster = ClusterId.find(str(row["id"]))
        if cluster:
            found.append(Found(from_answer(row, cluster), row.get("tags") or {}))
    return found


@understood
def extensions(azure: AzureClient, subscriptions: Sequence[str]) -> dict[str, Extension]:
    """The extensions of our type in these subscriptions by their clusters' ids in lower case.

    Azure installs a second one of a type on no cluster.
    """
    found = {}
    for row in _rows(azure, _EXTENSIONS, subscriptions):
        cluster = ClusterId.find(parent_of(parent_of(str(row["id"]))))
        if cluster:
            found[folded(str(cluster))] = from_graph(row, cluster)
    return found


def _rows(azure: AzureClient, query: str, subscriptions: Sequence[str]) -> Iterator[dict[str, Any]]:
    asked = sorted({one.lower() for one in subscriptions})
    for first in range(0, len(asked), _SUBSCRIPTIONS):
        beyond = first + _SUBSCRIPTIONS
        yield from _pages(azure, query, asked[first:beyond])


def _pages(azure: AzureClient, query: str, subscriptions: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of all pages; UnreadableAnswer for pages without an end, and for rows that Azure keeps back."""
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": _ROWS}
    seen = set[str]()
    while True:
        body = {"subscriptions": list(subscriptions), "query": query, "options": dict(options)}
        page = azure.post("/providers/Microsoft.ResourceGraph/resources", body=body)
        yield from page["data"]
        token = page.get("$skipToken")
        if not token:
            return _stop_at_missing_rows(azure, page)
        if token in seen or len(seen) >= _MOST_PAGES:
            raise UnreadableAnswer(f"{host_of(azure.cloud.endpoint)} answered a query with pages that have no end.")
        seen.add(token)
        options["$skipToken"] = token


def _stop_at_missing_rows(azure: AzureClient, page: Mapping[str, Any]) -> None:
    if str(page.get("resultTruncated", "false")).lower() == "true":
        host = host_of(azure.cloud.endpoint)
        raise UnreadableAnswer(f"{host} kept rows of a query back ({page.get('totalRecords')} altogether).")
