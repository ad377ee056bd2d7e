"""Results of checks as a person reads them in a terminal and as CI systems read them; page.py writes HTML."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from azext_amlarc.checks.check import Result, Status
from azext_amlarc.checks.report import tally
from azext_amlarc.validation.report.junit import Case, Note, Suite, xml

_COLORS = {Status.FAIL: 31, Status.ERROR: 31, Status.WARN: 33, Status.PASS: 32, Status.SKIPPED: 90}
_BOLD = 1


@dataclass(frozen=True)
class _Pen:
    """How a terminal shows marks: in color or not, as signs or as words."""

    color: bool
    signs: bool

    def mark(self, status: Status) -> str:
        return self._in(_COLORS[status], tally.MARKS[status] if self.signs else f"[{status}]")

    def group(self, name: str) -> str:
        return self._in(_BOLD, name)

    def _in(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text


def text(results: Sequence[Result], verbose: bool, color: bool, encoding: str = "utf-8") -> str:
    """The results by group: what did not pass with its reason, evidence, fix and link, all under `verbose`.

    Nothing is wrapped. `encoding` is the terminal's: where it has no marks they are words, and what else it lacks is
    escaped.
    """
    pen = _Pen(color, _holds(encoding, "".join(tally.MARKS.values())))
    clean = tally.all_legible(results)
    blocks = [list(_group(pen, name, members, verbose)) for name, members in tally.groups(clean).items()]
    skipped = [] if verbose else list(_skipped(pen, clean))
    lines = [*_apart([*blocks, skipped]), "", _closing(pen, clean)]
    return "\n".join(lines).strip("\n").encode(encoding, "backslashreplace").decode(encoding)


def _holds(encoding: str, marks: str) -> bool:
    try:
        marks.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _apart(blocks: Sequence[list[str]]) -> Iterator[str]:
    """The lines of all blocks, with an empty line on both sides of a block of several lines."""
    filled = [block for block in blocks if block]
    for before, block in pairwise([[], *filled]):
        if before and len(before) + len(block) > 2:
            yield ""
        yield from block


def _group(pen: _Pen, name: str, members: Sequence[Result], verbose: bool) -> Iterator[str]:
    status = tally.worst(members)
    if status is Status.SKIPPED and not verbose:
        return
    yield f"{pen.mark(status)} {pen.group(name)}: {tally.in_words(members)}"
    for result in members:
        if verbose or result.verdict.status not in (Status.PASS, Status.SKIPPED):
            yield f"  {pen.mark(result.verdict.status)} {result.check.title} ({result.check.id})"
            yield from (f"    {line}" for line in _details(result))


def _details(result: Result) -> Iterator[str]:
    """Reason, evidence, fix and link; the link only where there is something to mend."""
    verdict = result.verdict
    yield from verdict.message.splitlines()
    yield from (f"  {line}" for entry in verdict.evidence for line in entry.splitlines())
    remedy = verdict.remedy.splitlines()
    if len(remedy) == 1:
        yield f"fix: {remedy[0]}"
    elif remedy:
        yield from ("fix:", *(f"  {line}" for line in remedy))
    if verdict.status not in (Status.PASS, Status.SKIPPED):
        yield f"see: {result.check.url}"


def _skipped(pen: _Pen, results: Iterable[Result]) -> Iterator[str]:
    """One line a reason: which groups, how many checks, why."""
    reasons: dict[str, list[Result]] = {}
    for result in results:
        if result.verdict.status is Status.SKIPPED:
            reasons.setdefault(" ".join(result.verdict.message.split()), []).append(result)
    for reason, members in reasons.items():
        names = ", ".join(pen.group(name) for name in tally.groups(members))
        yield f"{pen.mark(Status.SKIPPED)} {names}: {tally.in_words(members)}: {reason}"


def _closing(pen: _Pen, results: Sequence[Result]) -> str:
    number = f"{len(results)} check{'' if len(results) == 1 else 's'}"
    words = tally.in_words(results)
    return f"{pen.mark(tally.worst(results))} {number}{f': {words}' if words else ''}"


def junit(results: Sequence[Result], seconds: float, strict: bool = False) -> str:
    """JUnit XML: a suite a group, a case a check; a warning is output, or a failure under `strict`."""
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
    body = "\n".join(_details(result))
    if status is Status.WARN and not strict:
        return Case(name, (Note("system-out", body),))
    return Case(name, (Note("error" if status is Status.ERROR else "failure", body, message),))
