"""Results in groups and in numbers: what the text, the JUnit file and the page all say."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from azext_amlarc.checks.check import Result, Status, Verdict
from azext_amlarc.wording import legible

# From what matters most to what matters least, each with its mark and its words for one and for more.
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


def counts(results: Iterable[Result]) -> Mapping[Status, int]:
    """How many ended in which way; what nothing ended in is left out."""
    ended = Counter(result.verdict.status for result in results)
    return {status: ended[status] for status in MARKS if ended[status]}


def worst(results: Iterable[Result]) -> Status:
    """The status that matters most; `skipped` where there is no result, since nothing was checked."""
    return next(iter(counts(results)), Status.SKIPPED)


def in_words(results: Iterable[Result]) -> str:
    """The counts as a person says them: `1 failed, 2 warnings, 5 passed`."""
    return ", ".join(f"{number} {WORDS[status][number > 1]}" for status, number in counts(results).items())


def all_legible(results: Iterable[Result]) -> list[Result]:
    """The results with ? for what a terminal would act on: Azure's and the cluster's texts are nobody's promise."""
    return [replace(result, verdict=_legible(result.verdict)) for result in results]


def _legible(verdict: Verdict) -> Verdict:
    evidence = tuple(map(legible, verdict.evidence))
    return Verdict(verdict.status, legible(verdict.message), legible(verdict.remedy), evidence)
