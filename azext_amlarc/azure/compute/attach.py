"""Attach a cluster to a workspace as a compute target, and detach it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from azext_amlarc.azure.compute.lookup import from_answer, read, show
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.waiting import Accepted, Operation, write
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.converge import Subject
from azext_amlarc.resources import compute as resource
from azext_amlarc.resources.compute import Compute, Wanted
from azext_amlarc.resources.ids import WorkspaceId

_VERBS = {"creating": "attaching", "updating": "updating", "deleting": "detaching"}


class Attachment(NamedTuple):
    """A compute target to attach, as a Change for `converge`. `location` is the workspace's.

    Its name must not belong to another cluster, namespace or type of compute: Azure would overwrite it silently.
    """

    azure: AzureClient
    workspace: WorkspaceId
    name: str
    wanted: Wanted
    location: str

    def read(self) -> Compute | None:
        return read(self.azure, self.workspace, self.name)

    def refuse(self, existing: Compute) -> None:
        resource.refuse_another_kind(existing)
        if not existing.is_being_deleted:
            resource.refuse_another_place(existing, self.workspace, self.wanted)

    def differences(self, existing: Compute) -> list[str]:
        return resource.changes(existing, self.wanted)

    def join(self, existing: Compute) -> Operation[Compute]:
        return join(self.azure, self.workspace, existing)

    @understood
    def write(self, existing: Compute | None) -> Operation[Compute]:
        def took_effect() -> bool:
            found = self.read()
            return found is not None and (existing is None or found.in_progress)

        accepted = write(
            self.azure,
            f"compute target {self.name} in workspace {self.workspace.name}",
            self.azure.computes.begin_create_or_update,
            self.workspace.resource_group,
            self.workspace.name,
            self.name,
            json.dumps(resource.body(self.wanted, self.location, existing)).encode(),
            content_type="application/json",
            took_effect=took_effect,
        )
        followed = subject(self.azure, self.workspace, self.name)
        if accepted is None:
            return followed.by_resource("attaching", show(self.azure, self.workspace, self.name))
        sent = from_answer(accepted.body, self.workspace)
        follow = followed.by_resource if existing is None else followed.by_operation
        return follow("attaching", sent, accepted)


def subject(azure: AzureClient, workspace: WorkspaceId, name: str) -> Subject[Compute]:
    """The compute target with this name, to be followed."""
    where = " ".join(["-n", name, *workspace.options])
    return Subject(
        azure=azure,
        title=f"the compute target {name!r}",
        read=partial(read, azure, workspace, name),
        show=partial(show, azure, workspace, name),
        own_error=resource.own_error,
        hint=partial(_hint, workspace),
        wait_command=f"az ml arc wait {where}",
        wait_for_deletion=f"az ml arc wait {where} --deleted",
    )


def _hint(workspace: WorkspaceId, last: Compute, code: str, message: str) -> str:
    from azext_amlarc.product import known_errors
    from azext_amlarc.product.steps import sentence
    from azext_amlarc.resources.advice import names_of_compute

    known = known_errors.advice(known_errors.Subject.COMPUTE, code, message, names_of_compute(workspace, last))
    where = " ".join(["-n", last.name, *workspace.options])
    return sentence(known) or f"To see its provisioningErrors: az ml arc show {where}"


def join(azure: AzureClient, workspace: WorkspaceId, compute: Compute) -> Operation[Compute]:
    """Follow a write to the compute target that is already in progress."""
    return subject(azure, workspace, compute.name).joined(_VERBS, compute)


def begin_detach(
    azure: AzureClient,
    workspace: WorkspaceId,
    name: str,
    watcher: Watcher,
    agree: Callable[[], None] = lambda: None,
) -> Operation[Compute] | None:
    """Detach the compute target from the workspace; the cluster, its extension and its namespace stay as they are.

    None (and a line for the watcher) if the workspace has no such compute target; NotFound if there is no workspace.
    `agree` is called before the write, after the watcher has been told what goes, and raises to cancel it.
    """
    found = read(azure, workspace, name)
    if found is None:
        watcher.tell(f"The workspace {workspace.name!r} has no compute target {name!r}.")
        return None
    resource.refuse_another_kind(found)
    followed = subject(azure, workspace, name)
    if not found.is_being_deleted:
        watcher.tell(resource.what_detaching_does(found))
        agree()
    accepted = None if found.is_being_deleted else _send_deletion(azure, workspace, name)
    if accepted is None:
        return followed.by_absence("detaching", found, accepted)
    return followed.by_deletion("detaching", found, accepted)


def _send_deletion(azure: AzureClient, workspace: WorkspaceId, name: str) -> Accepted | None:
    def took_effect() -> bool:
        found = read(azure, workspace, name)
        return found is None or found.is_being_deleted

    arguments: tuple[Any, ...] = (workspace.resource_group, workspace.name, name, "Detach")
    return write(
        azure,
        f"detachment of the compute target {name} from workspace {workspace.name}",
        azure.computes.begin_delete,
        *arguments,
        took_effect=took_effect,
    )
