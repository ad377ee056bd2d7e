"""Results of checks as text for a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from azext_amlarc.checks.check import Result, Status
from azext_amlarc.checks.report import tally
from azext_amlarc.product.steps import lines

_COLORS = {Status.FAIL: 31, Status.ERROR: 31, Status.WARN: 33, Status.PASS: 32, Status.SKIPPED: 90}
_BOLD = 1
# An error that several checks share is reported once, in one line, like the reason why checks were skipped.
_SHARED = {Status.ERROR: 2, Status.SKIPPED: 1}


@dataclass(frozen=True)
class _Pen:
    """How a terminal shows marks: with color or without, as symbols or as words."""

    color: bool
    signs: bool

    def mark(self, status: Status) -> str:
        return self._in(_COLORS[status], tally.MARKS[status] if self.signs else f"[{status}]")

    def group(self, name: str) -> str:
        return self._in(_BOLD, name)

    def _in(self, code: int, words: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.color else words


def text(results: Sequence[Result], verbose: bool, color: bool, encoding: str = "utf-8") -> str:
    """The results by group: what did not pass with its reason, evidence, fix and link; with `verbose`, everything.

    Lines are not wrapped. If the terminal's `encoding` has no marks, they are words; other characters are escaped.
    """
    pen = _Pen(color, _holds(encoding, "".join(tally.MARKS.values())))
    clean = tally.all_legible(results)
    shared = {} if verbose else {status: tally.by_reason(clean, status, least) for status, least in _SHARED.items()}
    inline = _Inline(verbose, [result for reasons in shared.values() for same in reasons.values() for result in same])
    blocks = [list(_group(pen, name, members, inline)) for name, members in tally.groups(clean).items()]
    once = [line for status, reasons in shared.items() for line in _once(pen, status, reasons)]
    found = [*_apart([*blocks, once]), "", _closing(pen, clean)]
    return "\n".join(found).strip("\n").encode(encoding, "backslashreplace").decode(encoding)


@dataclass(frozen=True)
class Stream:
    """The results as `text` shows them, group by group as they come; what is skipped, and the sum, at the end.

    An error that several groups share is shown in each: when the first is shown, the others are not there yet.
    """

    verbose: bool
    color: bool
    encoding: str = "utf-8"

    @property
    def _pen(self) -> _Pen:
        return _Pen(self.color, _holds(self.encoding, "".join(tally.MARKS.values())))

    def group(self, results: Sequence[Result]) -> str:
        """The results of one group; empty if all of them were skipped."""
        clean = tally.all_legible(results)
        inline = _Inline(self.verbose, [] if self.verbose else _skipped(clean))
        blocks = [list(_group(self._pen, name, members, inline)) for name, members in tally.groups(clean).items()]
        return self._encoded(line for block in blocks for line in block)

    def end(self, results: Sequence[Result]) -> str:
        """Why results were skipped, and how many there are of each kind."""
        clean = tally.all_legible(results)
        reasons = {} if self.verbose else tally.by_reason(clean, Status.SKIPPED)
        once = list(_once(self._pen, Status.SKIPPED, reasons))
        return self._encoded([*once, *([""] if once else []), _closing(self._pen, clean)])

    def _encoded(self, told: Iterable[str]) -> str:
        return "\n".join(told).encode(self.encoding, "backslashreplace").decode(self.encoding)


def _skipped(results: Iterable[Result]) -> list[Result]:
    return [result for result in results if result.verdict.status is Status.SKIPPED]


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


@dataclass(frozen=True)
class _Inline:
    """Which results are shown in their group: all if `verbose`, else what did not pass and is not said once below."""

    verbose: bool
    said_once: Sequence[Result]

    def shows(self, result: Result) -> bool:
        return self.verbose or (result.verdict.status is not Status.PASS and not self.is_said_once(result))

    def is_said_once(self, result: Result) -> bool:
        return any(result is other for other in self.said_once)


def _group(pen: _Pen, name: str, members: Sequence[Result], inline: _Inline) -> Iterator[str]:
    if all(map(inline.is_said_once, members)):
        return
    yield f"{pen.mark(tally.worst(members))} {pen.group(name)}: {tally.in_words(members)}"
    for result in filter(inline.shows, members):
        yield f"  {pen.mark(result.verdict.status)} {result.check.title} ({result.check.id})"
        yield from (f"    {line}" for line in details(result))


def details(result: Result) -> Iterator[str]:
    """Reason, evidence, fix and link; the link only if there is something to fix."""
    verdict = result.verdict
    yield from verdict.message.splitlines()
    yield from (f"  {line}" for entry in verdict.evidence for line in entry.splitlines())
    fix = lines(verdict.fix)
    if len(fix) == 1:
        yield f"fix: {fix[0]}"
    elif fix:
        yield from ("fix:", *(f"  {line}" for line in fix))
    if verdict.status.is_bad:
        yield f"see: {result.check.url}"


def _once(pen: _Pen, status: Status, reasons: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """One line a reason: which groups, how many checks, why."""
    for reason, members in reasons.items():
        names = ", ".join(pen.group(name) for name in tally.groups(members))
        yield f"{pen.mark(status)} {names}: {tally.in_words(members)}: {reason}"


def _closing(pen: _Pen, results: Sequence[Result]) -> str:
    number = f"{len(results)} check{'' if len(results) == 1 else 's'}"
    words = tally.in_words(results)
    return f"{pen.mark(tally.worst(results))} {number}{f': {words}' if words else ''}"
