"""Results by group, by reason and in numbers, for the text, the JUnit file and the page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from azext_amlarc.checks.check import Result, Status, Verdict
from azext_amlarc.wording import legible

# The most important first, each with its mark and its words for one result and for several.
MARKS = {Status.FAIL: "✘", Status.ERROR: "!", Status.WARN: "⚠", Status.PASS: "✔", Status.SKIPPED: "–"}
WORDS = {
    Status.FAIL: ("failed", "failed"),
    Status.ERROR: ("error", "errors"),
    Status.WARN: ("warning", "warnings"),
    Status.PASS: ("passed", "passed"),
    Status.SKIPPED: ("skipped", "skipped"),
}


def groups(results: Iterable[Result]) -> Mapping[str, Sequence[Result]]:
    """The results by their group, in the order in which the groups first appear."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.check.group, []).append(result)
    return found


def worst_first(results: Sequence[Result]) -> list[Result]:
    """The groups by their most important status, and so the results in each; what is alike keeps its order."""
    rank = {status: place for place, status in enumerate(MARKS)}
    members = sorted(groups(results).values(), key=lambda group: rank[worst(group)])
    return [result for group in members for result in sorted(group, key=lambda one: rank[one.verdict.status])]


def counts(results: Iterable[Result]) -> Mapping[Status, int]:
    """How many results have each status; a status that none has is left out."""
    ended = Counter(result.verdict.status for result in results)
    return {status: ended[status] for status in MARKS if ended[status]}


def worst(results: Iterable[Result]) -> Status:
    """The most important status; `skipped` if there are no results, since nothing was checked."""
    return next(iter(counts(results)), Status.SKIPPED)


def in_words(results: Iterable[Result]) -> str:
    """The counts in words: `1 failed, 2 warnings, 5 passed`."""
    return ", ".join(f"{number} {WORDS[status][number > 1]}" for status, number in counts(results).items())


def all_legible(results: Iterable[Result]) -> list[Result]:
    """The results with ? for whatever a terminal would act on: the texts of Azure and the cluster may hold anything.

    The text of a fix is drawn legibly from its steps.
    """
    return [result._replace(verdict=_legible(result.verdict)) for result in results]


def _legible(verdict: Verdict) -> Verdict:
    evidence = tuple(map(legible, verdict.evidence))
    return verdict._replace(message=legible(verdict.message), evidence=evidence)


def by_reason(results: Iterable[Result], status: Status, at_least: int = 1) -> Mapping[str, Sequence[Result]]:
    """The results with this status by their message in one line; of messages that `at_least` so many share."""
    found: dict[str, list[Result]] = {}
    for result in results:
        if result.verdict.status is status:
            found.setdefault(" ".join(result.verdict.message.split()), []).append(result)
    return {reason: members for reason, members in found.items() if len(members) >= at_least}
