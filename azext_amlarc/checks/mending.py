"""From the results of checks to a plan: what we could mend ourselves, in which order, and what is left for whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import get_args

from azext_amlarc.checks.check import Check, Result, Status
from azext_amlarc.checks.fix import (
    SOME_CLUSTER,
    AllowRelay,
    Change,
    ChangeSettings,
    Fix,
    InstallAgain,
    RestoreRelay,
    changes_in,
)
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.product.roles import GIVERS
from azext_amlarc.product.steps import is_command, lines
from azext_amlarc.wording import number

# The kinds of changes, in the order in which they are made.
ORDER: tuple[type, ...] = get_args(Change)
# What is not as it should be; a check in error has found out nothing that could be mended.
_MENDED = (Status.FAIL, Status.WARN)


_INSTALL, _SETTINGS = InstallAgain(SOME_CLUSTER, DEFAULT_NAME), ChangeSettings(SOME_CLUSTER, DEFAULT_NAME, ())
_RESTORE = RestoreRelay(SOME_CLUSTER, DEFAULT_NAME)
# What may mend results of checks whose usual fix is another one.
_SOMETIMES: Mapping[str, tuple[Change, ...]] = {
    "AMLARC-A025": (_INSTALL, _SETTINGS),
    "AMLARC-A027": (_SETTINGS,),
    "AMLARC-A052": (AllowRelay("RULE-ID", ("Listen", "Manage", "Send")), _RESTORE),
    "AMLARC-A053": (_RESTORE,),
    "AMLARC-K052": (),
    "AMLARC-K071": (_SETTINGS,),
    "AMLARC-K080": (_SETTINGS,),
}


def documented(check: Check) -> tuple[Change, ...]:
    """What may mend results of the check, for no cluster in particular; empty if nothing of ours can."""
    return _SOMETIMES[check.id] if check.id in _SOMETIMES else changes_in(check.fix)


@dataclass(frozen=True)
class Step:
    """A change to make, and the results that it is to mend."""

    change: Change
    because: tuple[Result, ...]

    def lines(self, preview: Iterable[str] = ()) -> Iterator[str]:
        """What it changes and where, `preview` line by line, and why."""
        yield self.change.what
        yield from (f"  {line}" for line in preview)
        yield from (f"  because: {result.verdict.message} ({result.check.id})" for result in self.because)


def plan(results: Iterable[Result]) -> list[Step]:
    """The changes that could mend the results, each once, in the order in which they are made."""
    steps: list[Step] = []
    for result in results:
        for change in changes_in(result.verdict.fix) if result.verdict.status in _MENDED else ():
            steps = _with(steps, Step(change, (result,)))
    return sorted(steps, key=lambda step: ORDER.index(type(step.change)))


def _with(steps: list[Step], new: Step) -> list[Step]:
    for old in steps:
        both = _both(old.change, new.change)
        if both is not None:
            joined = Step(both, (*old.because, *new.because))
            return [joined if step is old else step for step in steps]
    return [*steps, new]


def _both(one: Change, other: Change) -> Change | None:
    """The one change that is both; None if there is none.

    An installation creates what is missing of the Relay, too; an extension takes all its settings in one update. Named
    tuples of different kinds are equal if their fields are: only the kind tells a restored Relay from an installation.
    """
    if type(one) is type(other) and one == other:
        return one
    if {type(one), type(other)} == {RestoreRelay, InstallAgain} and one[:2] == other[:2]:
        return one if isinstance(one, InstallAgain) else other
    if not isinstance(one, ChangeSettings) or not isinstance(other, ChangeSettings) or one[:2] != other[:2]:
        return None
    settings = {pair.partition("=")[0]: pair for pair in (*other.settings, *one.settings)}
    return one._replace(settings=tuple(settings.values()))


def left(results: Iterable[Result]) -> list[str]:
    """What is not as it should be, by who could do something about it, with whole commands; empty if all is well."""
    bad = [result for result in results if result.verdict.status.is_bad]
    by = {who: list(members) for who, members in groupby(sorted(bad, key=_for_whom), _for_whom)}
    return [line for who, members in by.items() for line in _left_for(who, members)]


def _left_for(who: str, members: Sequence[Result]) -> Iterator[str]:
    yield f"{number(len(members), 'result')} left for {who}:"
    for result in members:
        yield f"  {result.verdict.message} ({result.check.id})"
        yield from (f"    {line}" for line in lines(result.verdict.fix))


# Whose right the first command of a fix takes.
_WHO = {
    "az login": "you",
    "az role": f"an {GIVERS} of the scope",
    "az provider": "a Contributor of the subscription",
    "kubectl": "an administrator of the cluster",
    "helm": "an administrator of the cluster",
    "az": "whoever manages these resources in Azure",
}


def _for_whom(result: Result) -> str:
    if result.verdict.status is Status.ERROR:
        return "whoever may read what could not be read"
    return for_whom(result.verdict.fix)


def for_whom(fix: Fix) -> str:
    """Who could carry out the fix, by its first command."""
    commands = [step.text for step in fix if is_command(step)]
    known = (who for start, who in _WHO.items() if commands and f"{commands[0]} ".startswith(f"{start} "))
    return next(known, "you to decide")
