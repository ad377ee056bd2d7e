"""A fleet as one self-contained page without scripts: a cell a cluster, failures first. Its frame is that of checks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from azext_amlarc.checks.check import Status
from azext_amlarc.checks.report.page import choices, frame, mark
from azext_amlarc.product.steps import command
from azext_amlarc.wording import legible
from azext_amlarc.workflows.fleet.report.wording import board_summary, explanation
from azext_amlarc.workflows.fleet.running.board import Board, State
from azext_amlarc.workflows.fleet.status import FleetStatus, Standing, drift_of

_OF_STATE = {
    State.FAILED: Status.FAIL,
    State.BLOCKED: Status.ERROR,
    State.RUNNING: Status.WARN,
    State.STOPPED: Status.WARN,
    State.WAITING: Status.SKIPPED,
    State.DONE: Status.PASS,
    State.UNCHANGED: Status.PASS,
}
_OF_STANDING = {
    "blocked": Status.ERROR,
    "drift": Status.FAIL,
    "in progress": Status.WARN,
    "unreachable": Status.WARN,
    "in sync": Status.PASS,
}
_ORDER = (Status.FAIL, Status.ERROR, Status.WARN, Status.SKIPPED, Status.PASS)
_APPLIED = {
    Status.FAIL: ("failed", "failed"),
    Status.ERROR: ("blocked", "blocked"),
    Status.WARN: ("unfinished", "unfinished"),
    Status.SKIPPED: ("not begun", "not begun"),
    Status.PASS: ("as wanted", "as wanted"),
}
_STOOD = {**_APPLIED, Status.FAIL: ("drift", "drift"), Status.WARN: ("to look at", "to look at")}


@dataclass(frozen=True)
class Row:
    """One cluster on the page."""

    name: str
    about: str
    group: str
    status: Status
    word: str
    lines: tuple[str, ...] = ()
    fix: str = ""


@dataclass(frozen=True)
class Heading:
    """Which fleet, by which command, when (ISO 8601), and by which version of the tool."""

    fleet: str
    command: str
    when: str
    version: str


def applied(board: Board, heading: Heading) -> str:
    """The page of an apply."""
    rows = [
        Row(
            entry.id.name,
            f"{entry.id.resource_group}, {entry.seconds:.0f} s" if entry.seconds else entry.id.resource_group,
            f"Wave {entry.wave}" if entry.wave else "Not in Azure",
            _OF_STATE[entry.state],
            str(entry.state),
            tuple(line for line in (*entry.done, *explanation(entry)) if not line.startswith("fix: ")),
            entry.fix,
        )
        for entry in board
    ]
    return _html(rows, heading, board_summary(board), _APPLIED)


def stood(found: FleetStatus, heading: Heading, manifest: str) -> str:
    """The page of how a fleet stands by the manifest in that file."""
    fix = command("az ml arc apply -f {file}", file=manifest).text
    rows = [
        Row(
            one.plan.id.name,
            ", ".join([one.plan.id.resource_group, *_health(one)]),
            f"Wave {one.plan.wave}" if one.plan.wave else "Not in Azure",
            _OF_STANDING[one.word],
            one.word,
            tuple(drift_of(one)),
            fix if one.plan.work else "",
        )
        for one in found.clusters
    ]
    return _html(rows, heading, found.summary, _STOOD)


def _health(one: Standing) -> Iterator[str]:
    if one.connectivity:
        yield one.connectivity
    if one.extension_state:
        yield f"extension {one.extension_state} {one.extension_version or ''}".strip()
    yield from (f"{name} {state}" for name, state in one.computes)


def _html(rows: Iterable[Row], heading: Heading, summary: str, words: Mapping[Status, Sequence[str]]) -> str:
    shown = sorted(rows, key=lambda row: _ORDER.index(row.status))
    counts = {status: sum(row.status is status for row in shown) for status in _ORDER}
    counts = {status: number for status, number in counts.items() if number}
    groups: dict[str, list[tuple[int, Row]]] = {}
    for place, row in enumerate(shown):
        groups.setdefault(row.group, []).append((place, row))
    cells = "".join(_cell(place, row) for place, row in enumerate(shown))
    return frame(
        command=_text(heading.command),
        title=_text(summary),
        cluster=_text(heading.fleet),
        status=next(iter(counts), Status.SKIPPED),
        outcome=_text(summary),
        about=f'<div><dt>Time</dt><dd><time datetime="{_text(heading.when)}">{_text(heading.when)}</time></dd></div>',
        strip=f'<ul class="cells" aria-label="Clusters">{cells}</ul>',
        filter="\n".join(choices(counts, len(shown), words)),
        contents="\n".join(_link(name, [row for _, row in members]) for name, members in groups.items()),
        groups="\n".join(_group(name, members) for name, members in groups.items()),
        version=_text(heading.version),
    )


def _cell(place: int, row: Row) -> str:
    title = _text(f"{row.name}: {row.word}")
    return f'<li><a href="#c{place}" data-status="{row.status}" title="{title}" aria-label="{title}"></a></li>'


def _link(name: str, rows: Sequence[Row]) -> str:
    return f'<li {_statuses(rows)}><a href="#{_anchor(name)}">{mark(rows[0].status)}{_text(name)}</a></li>'


def _group(name: str, members: Sequence[tuple[int, Row]]) -> str:
    rows = [row for _, row in members]
    heading = f"{mark(rows[0].status)}{_text(name)} <small>{len(rows)}</small>"
    results = "\n".join(_result(place, row) for place, row in members)
    return (
        f'<section class="group" id="{_anchor(name)}" {_statuses(rows)}>\n'
        f'<h2>{heading}</h2>\n<ul class="results">\n{results}\n</ul>\n</section>'
    )


def _result(place: int, row: Row) -> str:
    title = f'<h3><span>{_text(row.name)}: {_text(row.word)}</span> <a href="#c{place}">{_text(row.about)}</a></h3>'
    lines = "\n".join(map(_text, row.lines))
    reason = f"<pre>{lines}</pre>" if lines else ""
    fix = f'<div class="fix"><h4>Fix</h4><p>{_text(row.fix)}</p></div>' if row.fix else ""
    return f'<li class="result" id="c{place}" {_statuses([row])}>{mark(row.status)}{title}{reason}{fix}</li>'


def _statuses(rows: Sequence[Row]) -> str:
    """What the filter and the colors go by: every status inside, and the worst one, which comes first."""
    holds = " ".join(dict.fromkeys(row.status for row in rows))
    return f'data-holds="{holds}" data-status="{rows[0].status}"'


def _anchor(name: str) -> str:
    return "g-" + "".join(char if char.isalnum() else "-" for char in name.lower())


def _text(text: str) -> str:
    return escape(legible(text))
