"""summary.md: the bundle on a page, to paste into a ticket. It is made of parts that are masked already."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from azext_amlarc.checks.report.page import Heading
from azext_amlarc.resources.ids import Target, name_of
from azext_amlarc.wording import in_line, number
from azext_amlarc.workflows.bundle import azure, checks, cluster, versions
from azext_amlarc.workflows.bundle.parts import Part

PATH = "summary.md"
_MOST_SHOWN = 500  # characters of what Azure or a cluster says
_BAD = {"fail": "failed", "error": "could not run", "warn": "warned"}


def text(target: Target, heading: Heading, parts: Sequence[Part]) -> str:
    """The page, in Markdown."""
    found = {file.path: file.content for part in parts for file in part.files}
    lines = [
        f"# Support bundle of {in_line(heading.cluster)}",
        "",
        f"Collected {heading.when} by amlarc {heading.version}. Secrets are masked (`***`).",
        "",
        *_items(_about(target)),
        *_section("Versions", _versions(_read(found, versions.FILE))),
        *_section("Extension", (_extension(one) for one in _read(found, azure.EXTENSION) or ())),
        *_section("Compute targets", (_compute(one) for one in _read(found, azure.COMPUTES) or ())),
        *_section("Checks that did not pass", _checks(_read(found, checks.OBJECTS) or ())),
        *_section("Helm releases", _releases(found)),
        *_section("What could not be collected", (problem for part in parts for problem in part.problems)),
        *_section("Files", (f"{part.name}: {number(len(part.files), 'file')}" for part in parts)),
    ]
    return "\n".join(lines) + "\n"


def _read(found: Mapping[str, str], path: str) -> Any:
    return json.loads(found[path]) if path in found else None


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A list under its title; nothing if it is empty."""
    items = list(_items(lines))
    if items:
        yield from ("", f"## {title}", "", *items)


def _items(lines: Iterable[str]) -> Iterator[str]:
    return (f"* {_plain(line)}" for line in lines)


def _plain(line: str) -> str:
    """A line that is shown as it is: what Markdown or HTML would act on is escaped, but for our own code spans."""
    return (
        in_line(line, _MOST_SHOWN).replace("\\", "\\\\").replace("<", "\\<").replace("[", "\\[").replace("![", "!\\[")
    )


def _about(target: Target) -> Iterator[str]:
    yield f"Cluster: `{target.named_cluster}`"
    if target.workspace:
        yield f"Workspace: `{target.workspace}`"


def _versions(found: Mapping[str, Any] | None) -> Iterator[str]:
    known = found or {}
    for name in ("az", "python", "platform"):
        if name in known:
            yield f"{name}: {known[name]}"
    for name, version in (known.get("extensions") or {}).items():
        yield f"extension {name}: {version}"


def _extension(one: Mapping[str, Any]) -> str:
    said = "; ".join(str(status.get("message")) for status in one["statuses"] if status.get("message"))
    state = f"{one['name']}: {one['installState']}, version {one['currentVersion'] or one['version'] or 'unknown'}"
    return f"{state}, train {one['releaseTrain']}{f': {said}' if said else ''}"


def _compute(one: Mapping[str, Any]) -> str:
    said = "; ".join(str((error.get("error") or error).get("message")) for error in one["provisioningErrors"])
    state = f"{one['name']}: {one['provisioningState']}, on {name_of(one['resourceId'])}, namespace {one['namespace']}"
    return f"{state}{f': {said}' if said else ''}"


def _checks(results: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for bad, word in _BAD.items():
        for one in results:
            if one["status"] == bad:
                yield f"{one['id']} {word}: {one['title']}: {one['message']}"


def _releases(found: Mapping[str, str]) -> Iterator[str]:
    for path in found:
        if path.startswith(cluster.RELEASES):
            for one in _read(found, path):
                yield f"{one['namespace']}/{one['name']}, revision {one['revision']}: {one['status']}"
