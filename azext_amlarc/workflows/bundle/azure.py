"""What Azure has of a cluster: the cluster, the extension, its Relay, its compute targets."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

from azext_amlarc.azure import clusters
from azext_amlarc.azure.compute import lookup as compute
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.extension import lookup as extension
from azext_amlarc.product.extension import DEFAULT_NAMESPACE
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId, is_same
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.supporting import relay
from azext_amlarc.workflows.bundle.parts import Part, Source, as_shown, taken

NAME = "azure"
EXTENSION, COMPUTES = "azure/extension.json", "azure/computes.json"


def collect(azure: AzureClient, target: Target) -> Part:
    """All that can be read; without a workspace no compute target is known."""
    cluster = target.named_cluster
    installed = cache(partial(extension.list_all, azure, cluster))
    sources = [
        Source("azure/cluster.json", partial(_cluster, azure, cluster)),
        Source(EXTENSION, lambda: as_shown(installed())),
        Source("azure/relay.json", partial(_relay, azure, cluster, installed)),
    ]
    if target.workspace is None:
        return taken(NAME, sources).joined(Part(NAME, (), (f"{COMPUTES}: no workspace was given.",)))
    return taken(NAME, [*sources, Source(COMPUTES, partial(_computes, azure, target, target.workspace))])


def job_namespaces(part: Part) -> Sequence[str]:
    """The namespaces in which the compute targets of a part run their jobs."""
    computes = [one for file in part.files if file.path == COMPUTES for one in file.content]
    return sorted({one["namespace"] or DEFAULT_NAMESPACE for one in computes})


def _cluster(azure: AzureClient, cluster: ClusterId) -> dict[str, Any]:
    found = clusters.read(azure, cluster)
    return {**as_shown(found), "id": str(found.id), "name": found.id.name, "properties": dict(found.properties)}


def _computes(azure: AzureClient, target: Target, workspace: WorkspaceId) -> Any:
    found = compute.list_all(azure, workspace)
    return as_shown([one for one in found if _is_meant(one, target)])


def _is_meant(one: Compute, target: Target) -> bool:
    is_named = target.compute is not None and one.name.lower() == target.compute.lower()
    return is_named or (target.compute is None and is_same(one.resource_id, str(target.named_cluster)))


@understood
def _relay(azure: AzureClient, cluster: ClusterId, installed: Callable[[], list[Extension]]) -> Any:
    """Namespace and hybrid connection, without keys: those that the extension names, or else may have."""
    known = [one.configuration_settings.get(relay.CONNECTION_ID) for one in installed()]
    named = [id_ for id_ in known if id_] or relay.connection_ids(cluster)
    return [one for id_ in named for one in _existing(azure, relay.namespace_of(id_), id_)]


def _existing(azure: AzureClient, *ids: str) -> Iterator[dict[str, Any]]:
    for id_ in ids:
        found = unless_missing(azure.get, id_)
        if found is not None:
            yield found
