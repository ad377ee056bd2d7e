"""The results of all checks, as an object and as the page."""

from collections.abc import Sequence

from azext_amlarc.checks.check import Result
from azext_amlarc.checks.report import page
from azext_amlarc.checks.report.page import Heading
from azext_amlarc.workflows.bundle.masking import text
from azext_amlarc.workflows.bundle.masking.text import Learn
from azext_amlarc.workflows.bundle.parts import File, Part

NAME = "checks"
OBJECTS = "checks.json"


def part(results: Sequence[Result], heading: Heading, learn: Learn) -> Part:
    """Both files. What goes on the page is masked before: within its markup, that would be guesswork."""
    shown = [_masked(result, learn) for result in results]
    objects = File(OBJECTS, [result.as_object() for result in shown])
    return Part(NAME, (objects, File("checks.html", page.html(shown, heading), is_safe=True)))


def _masked(result: Result, learn: Learn) -> Result:
    verdict = result.verdict
    evidence = tuple(text.masked(line, learn) for line in verdict.evidence)
    return result._replace(verdict=verdict._replace(message=text.masked(verdict.message, learn), evidence=evidence))
