"""`az ml arc check --fix`: the results, the plan, the question, the changes, and the checks once more."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from azext_amlarc.checks.report import terminal
from azext_amlarc.commands.az.connection import AzDoor, signed_in
from azext_amlarc.commands.terminal.asking import say
from azext_amlarc.workflows.check import CheckRequest, run_checks, run_until_right
from azext_amlarc.workflows.mend import run
from azext_amlarc.workflows.mend.ways import Means

if TYPE_CHECKING:
    from azext_amlarc.checks.check import Result


def mended(
    cmd: Any, request: CheckRequest, timeout: float, *, yes: bool, dry_run: bool, wait: bool
) -> "tuple[Sequence[Result], list[str], bool]":
    """The results once everything that can be mended is, lines for the user about that, and whether nothing failed.

    The results before and the plan go to stderr; with `dry_run`, or without a plan, the plan is among the lines.
    """
    door = AzDoor(cmd, yes)
    options = {"watcher": door.watcher, "registers": True, "timeout": timeout}
    with request.kube or nullcontext(), signed_in(cmd, door, request.target.subscription_id, **options) as login:
        azure, known = login

        def check() -> "list[Result]":
            if wait:
                return run_until_right(request, azure, known, door.watcher, timeout)
            return run_checks(request, azure, known)

        before = check()
        means = Means(door, request.target, timeout, azure, request.kube)
        plan = run.plan(before, means)
        if dry_run or not plan.steps:
            return before, [*plan.lines()], True
        say(terminal.text(before, verbose=False, color=False))
        say("\n".join(["", *plan.lines(), ""]))
        door.confirm("", plan.question)
        after = run.carry_out(plan, means, check)
        return after.results, [*after.lines()], not after.failed
