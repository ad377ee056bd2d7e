"""What a check is: a statement about Azure or a cluster, judged by facts that were gathered before.

A fact that could not be read is never judged: a check that needs it is skipped or in error, with the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from azext_amlarc.product.steps import lines

if TYPE_CHECKING:
    from azext_amlarc.checks.fix import Fix

T = TypeVar("T")
Known_co = TypeVar("Known_co", covariant=True)


class Status(StrEnum):
    """How a check ended. `fail` and `error` make the command fail, under --strict `warn` does too."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"
    ERROR = "error"

    @property
    def is_bad(self) -> bool:
        """Whether there is something to look at: a statement that is not true, or that could not be checked."""
        return self not in (Status.PASS, Status.SKIPPED)


class Phase(StrEnum):
    """When a check makes sense: before the extension is installed, after that, or at any time."""

    PRE = "pre"
    POST = "post"
    ALL = "all"


class Fact(NamedTuple, Generic[Known_co]):
    """The name of something that checks need to know, and the type of its value."""

    name: str


@dataclass(frozen=True)
class Unknown:
    """Why a fact is not known: `skipped` if it could not be asked for, `error` if asking failed."""

    status: Status
    reason: str


class Unavailable(Exception):
    """A check read a fact that is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class Facts:
    """What is known, by fact. A value may be Unknown; KeyError for a fact that was never gathered."""

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known

    def __getitem__(self, fact: Fact[T]) -> T:
        """The value; Unavailable if it is not known."""
        value = self._known[fact.name]
        if isinstance(value, Unknown):
            raise Unavailable(value)
        return cast(T, value)

    def only(self, needs: Iterable[Fact[Any]]) -> "Facts":
        """These facts and no others."""
        return Facts({fact.name: self._known[fact.name] for fact in needs})


class Verdict(NamedTuple):
    """What a check found: its status, the reason in one sentence, how to fix it, and what was seen, line by line.

    `may_come_right` if what is going on may make it true without anybody's help: it is worth asking again.
    """

    status: Status
    message: str = ""
    fix: "Fix" = ()
    evidence: tuple[str, ...] = ()
    may_come_right: bool = False


class Check(NamedTuple):
    """A statement that should be true; docs/checks.md lists them all.

    `id` is stable (AMLARC-A001 on Azure's side, AMLARC-K001 on the cluster's), `title` is the statement, `needs` are
    the facts that `judge` reads, `fix` is for verdicts that have no fix of their own, `url` is where to read more.
    """

    id: str
    group: str
    title: str
    phase: Phase
    needs: tuple[Fact[Any], ...]
    judge: Callable[[Facts], Verdict]
    fix: "Fix"
    url: str


class Result(NamedTuple):
    """A check and how it ended."""

    check: Check
    verdict: Verdict

    def as_object(self) -> dict[str, Any]:
        """The result as commands print it (docs/output.md)."""
        check, verdict = self.check, self.verdict
        return {
            "id": check.id,
            "group": check.group,
            "title": check.title,
            "status": verdict.status.value,
            "message": verdict.message,
            "fix": "\n".join(lines(verdict.fix)),
            "url": check.url,
            "evidence": list(verdict.evidence),
        }


def run(checks: Iterable[Check], facts: Facts) -> list[Result]:
    """Every check's result, in the order given; none keeps another from running."""
    return [Result(check, _verdict(check, facts)) for check in checks]


def _verdict(check: Check, facts: Facts) -> Verdict:
    try:
        verdict = check.judge(facts.only(check.needs))
    except Unavailable as stop:
        return Verdict(stop.unknown.status, stop.unknown.reason)
    if verdict.status in (Status.WARN, Status.FAIL) and not verdict.fix:
        return verdict._replace(fix=check.fix)
    return verdict
