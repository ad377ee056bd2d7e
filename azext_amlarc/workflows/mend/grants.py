"""Roles for an attach: those that the workspace's identity lacks before it, the compute target's identity after it."""

from collections.abc import Callable
from functools import partial

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.checks import mending
from azext_amlarc.checks.check import Status
from azext_amlarc.checks.fix import GrantRole
from azext_amlarc.checks.mending import Step
from azext_amlarc.errors import Refused
from azext_amlarc.product.roles import BLOB_READER, GIVERS, IMAGE_PULLER
from azext_amlarc.resources.ids import Target
from azext_amlarc.workflows.check import CheckRequest, run_checks
from azext_amlarc.workflows.door import Door
from azext_amlarc.workflows.mend import run
from azext_amlarc.workflows.mend.ways import Means

_OF_WORKSPACE, _OF_COMPUTE = ("AMLARC-A012", "AMLARC-A013"), ("AMLARC-A014",)


def agreed(azure: AzureClient, door: Door, target: Target, *, and_compute: bool) -> Callable[[], None]:
    """What gives the workspace's identity the roles that it lacks on the cluster, after the user has confirmed them.

    With `and_compute`, those of the compute target's identity are confirmed as well. Refused if roles cannot be read;
    nothing has been written yet.
    """
    steps = _lacking(azure, door, target, _OF_WORKSPACE)
    lines = [line for step in steps for line in step.lines()]
    if and_compute:
        names = f"{BLOB_READER.name} and, if the workspace has a registry, {IMAGE_PULLER.name}"
        lines.append(f"Give the compute target's identity, once it is attached, what it lacks of {names}")
    for line in lines or ["The workspace's identity lacks no role on the cluster."]:
        door.watcher.tell(line)
    if lines:
        door.confirm("", "Give these roles?")
    return partial(_give, azure, door, target, steps)


def give_to_compute(azure: AzureClient, door: Door, target: Target, _watcher: Watcher, _timeout: float) -> None:
    """Give the identity of the compute target, which exists now, the roles that jobs usually need."""
    _give(azure, door, target, _lacking(azure, door, target, _OF_COMPUTE))


def _lacking(azure: AzureClient, door: Door, target: Target, checks: tuple[str, ...]) -> list[Step]:
    accepted, login = door.login(azure)
    results = run_checks(CheckRequest(target, only=checks), azure if accepted else None, login)
    unseen = [result for result in results if result.verdict.status is Status.ERROR]
    if unseen:
        reason = unseen[0].verdict.message
        raise Refused(
            f"It cannot be seen which roles are missing: {reason}", "Ask somebody who may read role assignments."
        )
    return [step for step in mending.plan(results) if isinstance(step.change, GrantRole)]


def _give(azure: AzureClient, door: Door, target: Target, steps: list[Step]) -> None:
    """Refused, with the commands for whoever may, if a role cannot be given."""
    plan = run.Plan(tuple(map(run.Planned, steps)), ())
    failed = run.carry_out(plan, Means(door, target, azure.timeout, azure, None), tuple).failed
    if failed:
        commands = "\n".join(planned.step.change.text for planned in failed)
        raise Refused(
            f"{len(failed)} of {len(steps)} roles could not be given: {failed[0].obstacle}",
            f"With the role {GIVERS} of the scope:\n{commands}",
        )
