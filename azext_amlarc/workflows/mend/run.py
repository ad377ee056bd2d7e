"""From results to a plan, from an agreed plan to changes, and to new results: the same behind both doors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.connection.answers import refusal, unanswered
from azext_amlarc.checks import mending
from azext_amlarc.checks.check import Result, Status
from azext_amlarc.checks.mending import Step
from azext_amlarc.errors import ArcError, InvalidInput, StillRunning
from azext_amlarc.wording import legible, number
from azext_amlarc.workflows.mend.ways import WAYS, Means


@dataclass(frozen=True)
class Planned:
    """A step of the plan with what it would change, line by line; or why we cannot or must not make it."""

    step: Step
    preview: tuple[str, ...] = ()
    obstacle: str = ""


@dataclass(frozen=True)
class Plan:
    """What can be mended, in order, and what could not be for the reason it has."""

    steps: tuple[Planned, ...]
    refused: tuple[Planned, ...]

    def lines(self) -> Iterator[str]:
        """The plan for the user: each change with what, where and why; then what is not for us, as commands."""
        if not self.steps:
            yield "Nothing here can be mended by this command."
        else:
            yield f"{number(len(self.steps), 'change')} can mend this:"
        for place, planned in enumerate(self.steps, 1):
            first, *others = planned.step.lines(planned.preview)
            yield f"{place}. {first}"
            yield from (f"   {line}" for line in others)
        yield from _refused(self.refused)

    @property
    def question(self) -> str:
        return f"Make {'this change' if len(self.steps) == 1 else f'these {len(self.steps)} changes'}?"


def _refused(refused: Sequence[Planned]) -> Iterator[str]:
    for planned in refused:
        yield f"Not made: {planned.step.change.what}: {planned.obstacle}"
        yield f"  {planned.step.change.text}"


@dataclass(frozen=True)
class Mended:
    """What was made, what failed with its reason, the results of the checks after that, and what has been sent."""

    made: tuple[Planned, ...]
    failed: tuple[Planned, ...]
    results: tuple[Result, ...]
    sent: str

    def lines(self) -> Iterator[str]:
        """What became of the plan, and what is left for whom."""
        if self.made or self.failed:
            yield f"{number(len(self.made), 'change')} made, {len(self.failed)} failed."
        yield from _refused(self.failed)
        if self.sent and (self.failed or any(result.verdict.status is Status.ERROR for result in self.results)):
            yield self.sent
        yield from mending.left(self.results)


def plan(results: Sequence[Result], means: Means) -> Plan:
    """What could mend the results, each change compared with what is there now; nothing is written."""
    steps = [_planned(step, means) for step in mending.plan(results)]
    good = tuple(planned for planned in steps if not planned.obstacle)
    return Plan(good, tuple(planned for planned in steps if planned.obstacle))


def _planned(step: Step, means: Means) -> Planned:
    try:
        return Planned(step, tuple(WAYS[type(step.change)].preview(means, step.change)))
    except (ArcError, AzureError, OSError) as error:
        return Planned(step, obstacle=why(error))


def carry_out(agreed: Plan, means: Means, check: Callable[[], Sequence[Result]]) -> Mended:
    """Make the changes of the plan in order, then check again. One that fails does not keep the others from being made.

    StillRunning at once if the time is up while Azure works on one: repeating the command goes on from there.
    """
    made, failed = list[Planned](), list[Planned]()
    for place, planned in enumerate(agreed.steps, 1):
        means.door.watcher.tell(f"[{place}/{len(agreed.steps)}] {planned.step.change.what}")
        reason = _made(planned.step, means)
        if reason:
            failed.append(Planned(planned.step, planned.preview, reason))
        else:
            made.append(planned)
    return Mended(tuple(made), tuple(failed), tuple(check()), str(means.writes))


def _made(step: Step, means: Means) -> str:
    """Make the change; the reason if that failed."""
    try:
        WAYS[type(step.change)].make(means, step.change)
    except StillRunning:
        raise
    except (ArcError, AzureError, OSError) as error:
        return why(error)
    return ""


def why(error: Exception) -> str:
    """Why a change could not be made, with the notes that the error has, and its fix."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        said = refusal(error)
        text, fix = f"({said.code}) {said.message}", said.fix
    elif isinstance(error, ArcError):
        text, fix = error.message, error.fix
    else:
        text, fix = unanswered(error), ""
    if isinstance(error, InvalidInput) and error.findings:
        text += " " + "; ".join(f"{finding.path}: {finding.message}" for finding in error.findings)
    notes = getattr(error, "__notes__", [])
    return legible(" ".join(part for part in (text, *notes, fix) if part))
