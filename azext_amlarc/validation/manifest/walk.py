"""The manifest of a fleet: bytes in, every finding and the fleet out."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, errors_in, position_of
from azext_amlarc.resources.fleet import Fleet, Reference
from azext_amlarc.validation import document, files
from azext_amlarc.validation.manifest import computes, given, members, shape
from azext_amlarc.validation.manifest.building import beside, build
from azext_amlarc.validation.settings import Unread
from azext_amlarc.validation.text import parsing
from azext_amlarc.validation.text import reading as text
from azext_amlarc.validation.text.reading import Complaint, JsonPath, Reading, json_path, kind

RULES = (*shape.RULES, *members.RULES, *computes.RULES)

# The bytes of a file; InvalidInput with a code if it cannot be read. Second, what messages call it, if not its path.
Look = Callable[[str, str], bytes]
_NAMED_HERE = "the file that is named here"


@dataclass(frozen=True)
class Outcome:
    """A validated manifest: its fleet, or None if a finding is an error.

    `contents` has what is behind those protected settings that are files beside it. `reading`, `documents` (the attach
    configurations by their paths) and `parts` are what policies judge; they are there once it could be read.
    """

    fleet: Fleet | None
    findings: tuple[Finding, ...]
    source: str
    contents: Mapping[Reference, bytes | Unread] = field(default_factory=dict, repr=False)
    reading: Reading | None = field(default=None, repr=False, compare=False)
    documents: Mapping[str, document.Outcome] = field(default_factory=dict, repr=False, compare=False)
    parts: given.Parts | None = field(default=None, repr=False, compare=False)


def read(raw: bytes, source: str, look: Look) -> Outcome:
    """Validate a manifest, JSON or YAML; its files are looked up from the folder that `source` is in."""
    return judge(parsing.parse(raw, source), source, look)


def judge(reading: Reading, source: str, look: Look) -> Outcome:
    """Validate the parsed text of a manifest; findings in the order of the text, those of its other files last."""
    if not reading.usable:
        return Outcome(None, reading.findings, source)
    if not isinstance(reading.data, dict):
        what, fix = kind(reading.data), "write an object with apiVersion, kind, metadata and spec"
        wrong = Complaint(text.TOP_LEVEL, (), f"the manifest is {what}, not an object", fix)
        return Outcome(None, tuple(text.placed([wrong], reading, source)), source)
    folder = os.path.dirname(source)
    complaints = list(shape.validate(reading.data))
    broken = {complaint.path for complaint in complaints}
    complaints += [*members.validate(reading.data), *computes.validate(reading.data)]
    contents = {
        one: _content(one, folder, look) for one in given.references(reading.data).values() if one.source == "file"
    }
    documents, elsewhere = _documents(reading, source, folder, look)
    parts = given.parts(reading, source, contents, _are_settings(broken))
    found = [
        *(_unrepeated(finding) for finding in text.placed(complaints, reading, source)),
        *_of_settings(parts, reading),
    ]
    findings = (*sorted(found, key=position_of), *elsewhere)
    named = {path: outcome.document or {} for path, outcome in documents.items()}
    fleet = None if errors_in(findings) else build(reading.data, folder, named)
    return Outcome(fleet, findings, source, contents, reading, documents, parts)


def _content(reference: Reference, folder: str, look: Look) -> bytes | Unread:
    """What is in a file with a protected value; its path may be the secret itself, so no message repeats it."""
    try:
        return look(beside(folder, reference.name), _NAMED_HERE)
    except InvalidInput as error:
        return Unread(error.message, error.fix)


def _documents(
    reading: Reading, source: str, folder: str, look: Look
) -> tuple[dict[str, document.Outcome], list[Finding]]:
    """The attach configurations by their paths, and their findings, each file's once."""
    paths: dict[str, JsonPath] = {}
    for place, one in enumerate(given.items(reading.data, "spec", "computes")):
        if isinstance(one.get("config"), str) and one["config"].strip():
            paths.setdefault(beside(folder, one["config"]), ("spec", "computes", place, "config"))
    spots = reading.spots(list(paths.values()))
    documents: dict[str, document.Outcome] = {}
    findings: list[Finding] = []
    for path, named in paths.items():
        try:
            outcome = document.read(look(path, ""), path)
        except InvalidInput as error:
            line, column, width = spots[named].value
            unread = files.as_finding(error, source)
            findings.append(unread._replace(line=line, column=column, width=width, path=json_path(named)))
            continue
        documents[path] = outcome
        findings += outcome.findings
    return documents, findings


def _are_settings(broken: set[JsonPath]) -> bool:
    """Whether anything is broken where settings are: what seems to be absent may be in there."""
    places = {path[:2] if path[:2] == ("spec", "extension") else path[:2] + path[3:4] for path in broken}
    return not places.isdisjoint({("spec", "extension"), ("spec", "clusters", "settings"), ("spec",), ()})


def _unrepeated(finding: Finding) -> Finding:
    """A reader's finding about a protected value by its rule alone: its message may repeat the value."""
    is_secret = finding.path.startswith(json_path(shape.PROTECTED))
    rule = next((rule for rule in text.RULES if rule.code == finding.code), None)
    if not is_secret or rule is None:
        return finding
    return finding._replace(message=f"broken rule: {rule.title}", fix="correct the file at this place")


def _of_settings(parts: given.Parts, reading: Reading) -> Iterator[Finding]:
    """The findings about settings, each once, with their paths in the manifest in place of their keys.

    What is said of settings that are missing is said where they would be.
    """
    would_be = settings_would_be(reading)
    line, column, width = reading.spots([would_be])[would_be].key
    for finding in dict.fromkeys(parts.judged()):
        if finding.line is None:
            yield finding._replace(source=parts.source, line=line, column=column, width=width, path=json_path(would_be))
        else:
            yield finding._replace(path=parts.paths.get((finding.line, finding.column or 0), finding.path))


def settings_would_be(reading: Reading) -> JsonPath:
    """Where settings are, or else where they would be."""
    around = (given.OF_FLEET, given.OF_FLEET[:2], members.CLUSTERS)
    return next((path for path in around if _is_there(reading, path)), ())


def _is_there(reading: Reading, path: JsonPath) -> bool:
    return path[-1] in given.at(reading.data, *path[:-1])
