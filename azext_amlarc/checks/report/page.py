"""Results of checks as one self-contained page without scripts; page.html is its frame and its style."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from azext_amlarc.checks.check import Result, Status
from azext_amlarc.checks.report import tally
from azext_amlarc.product.steps import is_command
from azext_amlarc.wording import legible

if TYPE_CHECKING:
    from azext_amlarc.product.steps import Step

_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Heading:
    """What was checked, when (ISO 8601), and by which version of the tool; empty fields are left out."""

    cluster: str
    workspace: str
    subscription: str
    when: str
    version: str


def html(results: Sequence[Result], heading: Heading) -> str:
    """The whole page. It is safe to open: every text is escaped, and the page can neither load nor run anything."""
    shown = tally.worst_first(tally.all_legible(results))
    of = Heading(*(escape(legible(getattr(heading, field.name))) for field in fields(heading)))
    groups = tally.groups(shown)
    return frame(
        command="az ml arc check",
        title=f"{of.cluster}: {_outcome(shown)}",
        cluster=of.cluster,
        status=tally.worst(shown),
        outcome=_outcome(shown),
        about="".join(_about(of)),
        strip=_strip(tally.counts(shown)),
        filter="\n".join(choices(tally.counts(shown), len(shown), tally.WORDS)),
        contents="\n".join(_contents(groups)),
        groups="\n".join(_group(place, name, members) for place, (name, members) in enumerate(groups.items())),
        version=of.version,
    )


def frame(**parts: str) -> str:
    """A page with these parts in its frame: markup, whose texts are escaped already."""
    return Template(resources.files(__package__).joinpath("page.html").read_text("utf-8")).substitute(parts)


def _strip(counts: Mapping[Status, int]) -> str:
    bars = "".join(f'<i data-status="{status}"></i>' * number for status, number in counts.items())
    return f'<div class="strip" aria-hidden="true">{bars}</div>'


def _outcome(results: Sequence[Result]) -> str:
    """The page in one sentence."""
    worst = tally.worst(results)
    share = f"{tally.counts(results).get(worst, 0)} of {len(results)} checks"
    return {
        Status.FAIL: f"{share} failed",
        Status.ERROR: f"{share} could not run",
        Status.WARN: f"Nothing failed, {share} warned",
        Status.PASS: f"{share} passed, none failed",
        Status.SKIPPED: "Nothing was checked",
    }[worst]


def _about(of: Heading) -> Iterator[str]:
    clock = re.sub(r"(?:Z|\+00:00)$", " UTC", of.when.replace("T", " "))
    when = clock and f'<time datetime="{of.when}">{clock}</time>'
    for name, value in {"Workspace": of.workspace, "Subscription": of.subscription, "Checked": when}.items():
        if value:
            yield f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def choices(counts: Mapping[Status, int], total: int, words: Mapping[Status, Sequence[str]]) -> Iterator[str]:
    """One choice for each status that occurs, with its number; the style in page.html does the filtering.

    `words` are what one, and what several of a status are called.
    """
    yield '<input class="unseen" type="radio" name="show" id="show-all" checked>'
    yield f'<label for="show-all">All {total}</label>'
    for status, number in counts.items():
        yield f'<input class="unseen" type="radio" name="show" id="show-{status}">'
        word = words[status][number > 1]
        yield f'<label for="show-{status}" data-status="{status}">{mark(status)}{number} {word}</label>'


def _contents(groups: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    for place, (name, members) in enumerate(groups.items()):
        link = f'<a href="#group-{place}">{mark(tally.worst(members))}{escape(name)}</a>'
        yield f"<li {_statuses(members)}>{link}</li>"


def _group(place: int, name: str, members: Sequence[Result]) -> str:
    heading = f"{mark(tally.worst(members))}{escape(name)} <small>{tally.in_words(members)}</small>"
    results = "\n".join(_result(result) for result in members)
    return (
        f'<section class="group" id="group-{place}" {_statuses(members)}>\n'
        f'<h2>{heading}</h2>\n<ul class="results">\n{results}\n</ul>\n</section>'
    )


def _statuses(results: Sequence[Result]) -> str:
    """What the filter and the colors go by: every status inside, and the most important one."""
    return f'data-holds="{" ".join(tally.counts(results))}" data-status="{tally.worst(results)}"'


def mark(status: Status) -> str:
    """A drawing with a shape of its own, hidden from screen readers."""
    return f'<svg class="mark" aria-hidden="true"><use href="#mark-{status}"/></svg>'


def _result(result: Result) -> str:
    check, status = result.check, result.verdict.status
    identity = escape(check.id)
    word = f'<span class="unseen">{tally.WORDS[status][0]}: </span>'
    title = f'<h3><span>{word}{_prose(check.title)}</span> <a href="#{identity}">{identity}</a></h3>'
    parts = (mark(status), title, *_details(result))
    return f'<li class="result" id="{identity}" {_statuses([result])}>{"".join(parts)}</li>'


def _details(result: Result) -> Iterator[str]:
    """Reason, fix, evidence and link; what is wrong shows its evidence, and the link only if there is a fix."""
    verdict = result.verdict
    if verdict.message:
        yield f'<p class="message">{_prose(verdict.message)}</p>'
    if verdict.fix:
        steps = "".join(map(_step, verdict.fix))
        yield f'<div class="fix"><h4>Fix</h4>{steps}</div>'
    if verdict.evidence:
        lines = escape("\n".join(verdict.evidence))
        is_open = " open" if verdict.status.is_bad else ""
        yield f"<details{is_open}><summary>Evidence ({len(verdict.evidence)})</summary><pre>{lines}</pre></details>"
    if verdict.status.is_bad:
        url = escape(result.check.url)
        about = f'<span class="unseen"> about {escape(result.check.id)}</span>'
        yield f'<p class="more"><a href="{url}">Read more{about}</a></p>'


def _step(step: "Step") -> str:
    text = legible(step.text)
    return f"<pre><code>{escape(text)}</code></pre>" if is_command(step) else f"<p>{_prose(text)}</p>"


def _prose(sentence: str) -> str:
    """The sentence escaped, with code between backticks marked up."""
    return _CODE.sub(r"<code>\1</code>", escape(sentence))
