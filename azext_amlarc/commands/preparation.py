"""What an attach writes to the cluster itself: shown, and agreed upon, before anything is sent to Azure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.terminal.asking import confirm
from azext_amlarc.commands.terminal.progress import Progress
from azext_amlarc.resources.ids import Target

if TYPE_CHECKING:
    from azext_amlarc.resources.ids import ClusterId
    from azext_amlarc.workflows.prepare import Preparation


@contextmanager
def prepared(
    kubeconfig: str | None,
    context: str | None,
    cluster: "ClusterId",
    namespace: str | None,
    manifests: Sequence[Mapping[str, Any]],
    yes: bool,
    watcher: Progress,
) -> "Iterator[Preparation | None]":
    """What is to be written to the cluster, once the user has agreed; None where neither is wanted there.

    InvalidInput where they don't, Refused where the kubeconfig is another cluster's; nothing has been written then, and
    nothing sent to Azure.
    """
    if namespace is None and not manifests:
        yield None
        return
    from azext_amlarc.kubernetes.client import connect
    from azext_amlarc.workflows.prepare import prepare

    with closing(connect(kubeconfig, context)) as kube:
        preparation = prepare(kube, Target.of_cluster(cluster), namespace, manifests)
        watcher.tell(f"On the cluster {kube.server} (context {kube.context}):")
        for line in preparation.lines():
            watcher.tell(line)
        if preparation.changes_instance_types:
            confirm(f"Write these instance types to {kube.server} (context {kube.context})?", yes)
        yield preparation
