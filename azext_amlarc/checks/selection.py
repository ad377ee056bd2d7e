"""Which checks run: those that were asked for, or those for which enough is known already."""

from collections.abc import Collection, Iterable

from azext_amlarc.checks.check import Check, Phase


def select(
    checks: Iterable[Check], phase: Phase, only: Collection[str] = (), skip: Collection[str] = ()
) -> list[Check]:
    """The checks of a phase, without the ids in `skip`; with `only`, just those of its groups. Case does not matter."""
    groups, skipped = {word.lower() for word in only}, {word.lower() for word in skip}
    return [
        check
        for check in checks
        if _fits(check.phase, phase)
        and (not groups or check.group.lower() in groups)
        and check.id.lower() not in skipped
    ]


def answerable(checks: Iterable[Check], known: Collection[str]) -> list[Check]:
    """The checks that need no other facts than those known, by name."""
    return [check for check in checks if all(fact.name in known for fact in check.needs)]


def _fits(own: Phase, asked: Phase) -> bool:
    return Phase.ALL in (own, asked) or own is asked
