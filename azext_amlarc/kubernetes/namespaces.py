"""The namespace that a compute target's jobs run in."""

from lightkube import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from azext_amlarc.errors import Refused
from azext_amlarc.kubernetes.client import Kube


def is_to_be_created(kube: Kube, name: str) -> bool:
    """Whether the namespace does not exist; a dry run has confirmed then that the server would create it.

    Refused if it is being deleted.
    """
    found = _read(kube, name)
    if found is None:
        create(kube, name, dry_run=True)
    elif found.metadata and found.metadata.deletionTimestamp:
        raise Refused(f"The namespace {name!r} is being deleted.", "Wait until it is gone, or choose another name.")
    return found is None


def exists(kube: Kube, name: str) -> bool:
    """Whether the namespace exists and stays."""
    found = _read(kube, name)
    return found is not None and not (found.metadata and found.metadata.deletionTimestamp)


def _read(kube: Kube, name: str) -> Namespace | None:
    return kube.found(f"read the namespace {name!r}", lambda: kube.client.get(Namespace, name))


def create(kube: Kube, name: str, *, dry_run: bool = False) -> None:
    """Create the namespace, or with `dry_run` only ask the server whether it would; no error if it exists."""
    with kube.asking(f"create the namespace {name!r}"):
        try:
            kube.client.create(Namespace(metadata=ObjectMeta(name=name)), dry_run=dry_run)
        except ApiError as error:
            if error.status.reason != "AlreadyExists":
                raise
