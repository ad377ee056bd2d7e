"""What goes with something that is removed, in words for the user, before it is."""

from collections.abc import Iterator

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.facts.gathering import gather
from azext_amlarc.checks.azure.facts import ATTACHMENTS, Attachments
from azext_amlarc.checks.check import Unknown
from azext_amlarc.checks.given import TARGET
from azext_amlarc.resources.ids import ClusterId, Target
from azext_amlarc.wording import number


def attached_to(azure: AzureClient, cluster: ClusterId) -> Iterator[str]:
    """The compute targets on the cluster, in whatever workspace of its subscription; nothing if there are none.

    One request for the workspaces, and one for each of them; those that cannot be read are named.
    """
    found = gather(azure, {ATTACHMENTS}, {TARGET.name: Target.of_cluster(cluster)})[ATTACHMENTS.name]
    if isinstance(found, Unknown):
        yield f"Whether compute targets use the cluster is not known: {found.reason}"
    if not isinstance(found, Attachments):
        return
    if found.computes:
        yield f"{number(len(found.computes), 'compute target')} of the cluster will stop working; detach first:"
        for compute in found.computes:
            yield f"  {compute.name} in the workspace {compute.workspace}, namespace {compute.namespace}"
    if found.unread:
        yield f"Compute targets in these workspaces are not known: {', '.join(found.unread)}"
