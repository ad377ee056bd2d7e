"""Results of checks for CI systems: JUnit XML, SARIF, annotations of GitHub Actions."""

from collections.abc import Sequence
from typing import Any, Literal

from azext_amlarc.checks.check import Result, Status
from azext_amlarc.checks.report import tally
from azext_amlarc.checks.report.terminal import details
from azext_amlarc.validation.report.github import Annotation
from azext_amlarc.validation.report.junit import Case, Note, Suite, xml
from azext_amlarc.validation.report.sarif import SarifResult, SarifRule, log
from azext_amlarc.wording import number


def junit(results: Sequence[Result], seconds: float, strict: bool = False) -> str:
    """JUnit XML: a suite for each group, a case for each check; a warning is output, or a failure under `strict`."""
    suites = [
        Suite(name, f"amlarc.{name}", tuple(_case(result, strict) for result in members))
        for name, members in tally.groups(results).items()
    ]
    return xml(suites, seconds)


def _case(result: Result, strict: bool) -> Case:
    name = f"{result.check.id} {result.check.title}"
    status, message = result.verdict.status, result.verdict.message
    if status is Status.PASS:
        return Case(name)
    if status is Status.SKIPPED:
        return Case(name, (Note("skipped", message=message),))
    body = "\n".join(details(result))
    if status is Status.WARN and not strict:
        return Case(name, (Note("system-out", body),))
    return Case(name, (Note("error" if status is Status.ERROR else "failure", body, message),))


def sarif(results: Sequence[Result], source: str, where: str, strict: bool = False) -> dict[str, Any]:
    """A SARIF log of what did not pass, placed in the file `source`, since a cluster has no lines; `where` names it."""
    bad = [result for result in tally.all_legible(results) if result.verdict.status.is_bad]
    rules = [SarifRule(result.check.id, result.check.title, "error", result.check.url) for result in bad]
    return log(
        rules,
        [
            SarifResult(result.check.id, _level(result, strict), "\n".join(details(result)), source, where=where)
            for result in bad
        ],
    )


def annotations(results: Sequence[Result], strict: bool = False) -> str:
    """An annotation for each check that did not pass, and the numbers in plain words."""
    bad = [result for result in tally.all_legible(results) if result.verdict.status.is_bad]
    shown = [
        str(Annotation(_level(result, strict), f"{result.check.id} {result.check.title}", "\n".join(details(result))))
        for result in bad
    ]
    return "\n".join([*shown, f"{number(len(results), 'check')}: {tally.in_words(results)}"])


def _level(result: Result, strict: bool) -> Literal["error", "warning"]:
    return "warning" if result.verdict.status is Status.WARN and not strict else "error"
