"""All checks in the order in which they are shown, and those among them that somebody asked for."""

from collections.abc import Collection, Iterable

from azext_amlarc.checks import azure, kubernetes
from azext_amlarc.checks.check import Check, Phase

CHECKS: tuple[Check, ...] = (*azure.CHECKS, *kubernetes.CHECKS)
GROUPS = tuple(dict.fromkeys(check.group for check in CHECKS))
IDS = tuple(check.id for check in CHECKS)


def select(phase: Phase, only: Collection[str] = (), skip: Collection[str] = ()) -> list[Check]:
    """The checks of a phase, of the groups in `only` where there are any, without the ids in `skip`, in any case."""
    groups, skipped = {word.lower() for word in only}, {word.lower() for word in skip}
    return [
        check
        for check in CHECKS
        if _fits(check.phase, phase)
        and (not groups or check.group.lower() in groups)
        and check.id.lower() not in skipped
    ]


def answerable(checks: Iterable[Check], known: Collection[str]) -> list[Check]:
    """The checks that need no other facts than those that are known, by name."""
    return [check for check in checks if all(fact.name in known for fact in check.needs)]


def _fits(own: Phase, asked: Phase) -> bool:
    return Phase.ALL in (own, asked) or own is asked
