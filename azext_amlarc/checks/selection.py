"""Which checks run: those that were asked for, or those for which enough is known already."""

from collections.abc import Collection, Iterable

from azext_amlarc.checks.check import Check, Phase


def select(
    checks: Iterable[Check], phase: Phase, only: Collection[str] = (), skip: Collection[str] = ()
) -> list[Check]:
    """The checks of a phase that `only` names, or all, without those that `skip` names.

    A word is a group or an id, with or without its AMLARC-; case does not matter.
    """
    kept, skipped = set(map(folded, only)), set(map(folded, skip))
    return [
        check
        for check in checks
        if _fits(check.phase, phase) and (not kept or kept & _words(check)) and not skipped & _words(check)
    ]


def folded(word: str) -> str:
    """A group or an id as it is compared."""
    return word.lower().removeprefix("amlarc-")


def _words(check: Check) -> set[str]:
    return {check.group.lower(), folded(check.id)}


def answerable(checks: Iterable[Check], known: Collection[str]) -> list[Check]:
    """The checks that need no other facts than those known, by name."""
    return [check for check in checks if all(fact.name in known for fact in check.needs)]


def _fits(own: Phase, asked: Phase) -> bool:
    return Phase.ALL in (own, asked) or own is asked
