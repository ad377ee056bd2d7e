"""Ask which releases of the extension a cluster can have. The API is in preview: not every cloud has it."""

from collections.abc import Sequence

from azure.core.exceptions import AzureError

from azext_amlarc.azure.connection.answers import explained
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.extension.lookup import find
from azext_amlarc.errors import NotFound
from azext_amlarc.product import releases
from azext_amlarc.product.extension import TYPE
from azext_amlarc.product.releases import Offer, Wish
from azext_amlarc.product.steps import command
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.resources.installed import Extension


def list_all(azure: AzureClient, cluster: ClusterId) -> list[Offer]:
    """The releases that the cluster can have; a list, and a request for each release train. NotFound for none."""
    existing = find(azure, cluster, None)
    found = releases.offers(_asked(azure, cluster, releases.trains_to_ask(existing)), existing)
    if not any(offer.is_offered for offer in found):
        raise NotFound(f"Azure lists no version of this extension for the cluster {cluster.name!r}.")
    return found


@understood
def versions(azure: AzureClient, cluster: ClusterId, train: str) -> tuple[str, ...]:
    """The versions that the release train has for this cluster, newest first; none if there is no such train."""
    collection = f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensionTypes/{TYPE}/versions"
    found = unless_missing(azure.get_all, collection, releaseTrain=train) or []
    return releases.newest_first(str(item["properties"]["version"]) for item in found)


def stop_at_unknown(
    azure: AzureClient,
    watcher: Watcher,
    cluster: ClusterId,
    existing: Extension | None,
    *,
    train: str | None,
    version: str | None,
) -> None:
    """Refused, with what there is, for a release that does not exist. No request if nothing new is named.

    One request if it exists. An API that does not answer, or lists nothing, stops nobody: the watcher is told.
    """
    wanted = releases.wish(existing, train, version)
    if wanted is None:
        return
    try:
        found = _looked_for(azure, cluster, existing, wanted)
    except AzureError as error:
        watcher.tell(f"Could not ask Azure which versions there are, so the release is not checked: {explained(error)}")
        return
    if found and any(found.values()):
        to_list = command("az ml arc extension versions {cluster} -o table", cluster=cluster.options)
        raise releases.refusal(found, wanted, to_list)
    if found:
        watcher.tell("Azure lists no versions of this extension, so the release is not checked.")


def _looked_for(
    azure: AzureClient, cluster: ClusterId, existing: Extension | None, wanted: Wish
) -> dict[str, tuple[str, ...]]:
    """What all trains have, if the wanted release is not in its train; nothing if it is."""
    own = versions(azure, cluster, wanted.train)
    if releases.has(own, wanted.version):
        return {}
    others = [train for train in releases.trains_to_ask(existing) if train != wanted.train]
    return {wanted.train: own, **_asked(azure, cluster, others)}


def _asked(azure: AzureClient, cluster: ClusterId, trains: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {train: versions(azure, cluster, train) for train in trains}
