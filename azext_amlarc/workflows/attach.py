"""Attach a cluster to a workspace, with checks before and after, for both doors."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import clusters
from azext_amlarc.azure.compute.attach import Attachment
from azext_amlarc.azure.compute.lookup import read_workspace
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.converge import converge
from azext_amlarc.azure.extension.lookup import answers
from azext_amlarc.azure.facts.clusters import facts_of as facts_of_cluster
from azext_amlarc.azure.facts.workspaces import facts_of as facts_of_workspace
from azext_amlarc.errors import Refused
from azext_amlarc.resources.compute import Compute, Wanted, types_that_go
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.preflight import attachment_checks

if TYPE_CHECKING:
    from azext_amlarc.kubernetes.access import KubeAccess
    from azext_amlarc.workflows.prepare import Preparation


def begin_attach(
    azure: AzureClient,
    door: Door,
    workspace: WorkspaceId,
    name: str,
    wanted: Wanted,
    *,
    timeout: float,
    kube: "KubeAccess | None" = None,
    preparation: "Preparation | None" = None,
    creates_namespace: bool = False,
    all_checks: bool = False,
    grant: bool = False,
) -> Operation[Compute]:
    """Run checks, write the confirmed changes to the cluster (`preparation`), and attach it.

    With `grant`, the workspace's identity first gets the roles that it lacks on the cluster; when the operation has
    ended well, the compute target's identity gets those that jobs usually need. If the operation fails, the error
    includes what the checks find then. Another write to the compute target is waited for, `timeout` seconds at most.
    Refused before anything is sent if a check fails.
    """
    if kube:
        kube.read()  # one that is of no use is said before anybody is asked
    found = read_workspace(azure, workspace)
    cluster = clusters.read(azure, wanted.cluster)
    target = Target.of_cluster(cluster.id, workspace, name)
    checks = attachment_checks(
        azure, door, target, document=wanted.document, kube=kube, creates_namespace=creates_namespace
    )
    known: Mapping[str, object] = facts_of_cluster(azure, cluster) | facts_of_workspace(azure, found)
    checks.before(known, all_checks)
    pending: list[Callable[[], None]] = [partial(preparation.write, azure.writes)] if preparation else []
    if grant:
        pending.append(_agreed_roles(azure, door, target, wanted))
    spelled = replace(wanted, cluster=cluster.id)
    change = Attachment(azure, workspace, name, spelled, str(found.get("location", "")))

    def agree(existing: Compute | None) -> None:
        if existing is None:
            _stop_without_extension(azure, cluster.id)
        gone = types_that_go(existing, spelled) if existing else []
        if gone:
            door.confirm(f"Jobs can no longer use these instance types: {', '.join(gone)}.")
        write_first()

    def write_first() -> None:
        while pending:
            pending.pop()()

    operation = converge(change, change.read(), door.watcher, timeout, agree)
    write_first()  # if Azure had nothing to be sent, nobody was asked
    if grant:
        operation = _with_roles_of_compute(azure, door, target, operation)
    return checks.explaining(operation)


def _agreed_roles(azure: AzureClient, door: Door, target: Target, wanted: Wanted) -> Callable[[], None]:
    from azext_amlarc.workflows.mend import grants

    return grants.agreed(azure, door, target, and_compute=wanted.identity_type is not None)


def _with_roles_of_compute(
    azure: AzureClient, door: Door, target: Target, operation: Operation[Compute]
) -> Operation[Compute]:
    from azext_amlarc.workflows.mend import grants

    return operation._replace(then=partial(grants.give_to_compute, azure, door, target))


def _stop_without_extension(azure: AzureClient, cluster: ClusterId) -> None:
    """Azure would accept the attach, and fail it minutes later. Without the right to look, Azure decides.

    One request, only for a compute target that does not exist yet.
    """
    try:
        found = unless_missing(answers, azure, cluster)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return
    where = " ".join(cluster.options)
    if not found:
        raise Refused(
            f"The cluster {cluster.name!r} does not have the extension yet, which compute targets need.",
            f"Install it first: az ml arc extension create {where} --config enableTraining=True",
        )
    state = str((found[0].get("properties") or {}).get("provisioningState") or "").lower()
    if state == "creating":
        message = f"The extension on the cluster {cluster.name!r} is still being installed."
        raise Refused(message, f"Wait for it: az ml arc extension wait {where}")
    if state == "deleting":
        message = f"The extension on the cluster {cluster.name!r} is being deleted."
        raise Refused(message, f"Install it again: az ml arc extension create {where} --config enableTraining=True")
