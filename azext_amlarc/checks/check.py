"""What a check is: a true statement about Azure or a cluster, judged from facts that somebody else gathered.

A check never sees a fact that could not be had: it is then skipped, or in error, with the reason, and never passed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
Known = TypeVar("Known", covariant=True)


class Status(StrEnum):
    """How a check ended. Only `fail` and `error` make the command fail; `warn` does so under --strict."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"
    ERROR = "error"


class Phase(StrEnum):
    """When a check makes sense: before the extension is installed, after it, or at any time."""

    PRE = "pre"
    POST = "post"
    ALL = "all"


@dataclass(frozen=True)
class Fact(Generic[Known]):
    """The name of something to know, and the type of what is known."""

    name: str


@dataclass(frozen=True)
class Unknown:
    """Why a fact is not known: `skipped` where nobody could ask, `error` where asking failed."""

    status: Status
    reason: str


class Unavailable(Exception):
    """A judgement touched a fact that is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class Facts:
    """What is known, by fact. A value may be Unknown; a fact that was never gathered is a mistake of ours."""

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known

    def __getitem__(self, fact: Fact[T]) -> T:
        """The value; raises Unavailable where it could not be had."""
        value = self._known[fact.name]
        if isinstance(value, Unknown):
            raise Unavailable(value)
        return cast(T, value)

    def only(self, needs: Iterable[Fact[Any]]) -> "Facts":
        """These facts and no others."""
        return Facts({fact.name: self._known[fact.name] for fact in needs})


@dataclass(frozen=True)
class Verdict:
    """What a check found: its status, the reason in one sentence, the exact remedy, and what was seen, line by line."""

    status: Status
    message: str = ""
    remedy: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """A true statement to verify; docs/checks.md lists them all.

    `id` is stable (AMLARC-A001 on Azure's side, AMLARC-K001 on the cluster's), `title` the statement, `needs` the facts
    that `judge` reads, `remedy` what usually mends it, `url` where that is documented.
    """

    id: str
    group: str
    title: str
    phase: Phase
    needs: tuple[Fact[Any], ...]
    judge: Callable[[Facts], Verdict]
    remedy: str
    url: str


@dataclass(frozen=True)
class Result:
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
            "remedy": verdict.remedy,
            "url": check.url,
            "evidence": list(verdict.evidence),
        }


def run(checks: Iterable[Check], facts: Facts) -> list[Result]:
    """Every check's result, in the order given; none keeps another from being made."""
    return [Result(check, _verdict(check, facts)) for check in checks]


def _verdict(check: Check, facts: Facts) -> Verdict:
    try:
        verdict = check.judge(facts.only(check.needs))
    except Unavailable as stop:
        return Verdict(stop.unknown.status, stop.unknown.reason)
    if verdict.status in (Status.WARN, Status.FAIL) and not verdict.remedy:
        return Verdict(verdict.status, verdict.message, check.remedy, verdict.evidence)
    return verdict
