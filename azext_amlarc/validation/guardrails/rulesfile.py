"""`.amlarc.yaml`: which findings a team has decided to treat differently, each with a reason and perhaps a last day."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation import files
from azext_amlarc.validation.text import parsing
from azext_amlarc.validation.text.reading import Complaint, JsonPath, Position, kind, placed
from azext_amlarc.wording import did_you_mean, quoted

OFF = "off"

STRUCTURE = Rule("AMLARC-R001", Severity.ERROR, "a rules file has its documented keys and values")
REASON = Rule("AMLARC-R002", Severity.ERROR, "each entry of a rules file has a reason")
CODE = Rule("AMLARC-R003", Severity.ERROR, "an entry of a rules file is about a code that exists")
FIXED = Rule("AMLARC-R004", Severity.ERROR, "what hides other findings, and what is about secrets, stays an error")
EXPIRED = Rule("AMLARC-R005", Severity.WARNING, "the last day of an entry of a rules file has not passed")
UNUSED = Rule("AMLARC-R006", Severity.WARNING, "an entry of a rules file has an effect")

RULES = (STRUCTURE, REASON, CODE, FIXED, EXPIRED, UNUSED)

_KEYS = ("code", "severity", "files", "path", "reason", "until")
_SEVERITIES = (OFF, *Severity)


class Entry(NamedTuple):
    """One decision: the severity of a code (None: off), in these files (all), at this path (anywhere), until a day."""

    code: str
    severity: Severity | None
    files: tuple[str, ...]
    path: str
    reason: str
    until: date | None
    position: Position
    where: JsonPath


@dataclass(frozen=True)
class RulesFile:
    """The valid entries of a rules file, and the findings about the others."""

    source: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


def read(path: str, known: Mapping[str, Rule], fixed: Collection[str]) -> RulesFile:
    """The rules file at this path. `known` are the codes that exist, `fixed` those that must not be changed."""
    try:
        reading = parsing.parse(files.read(path), path)
    except InvalidInput as error:
        return RulesFile(path, (), (files.as_finding(error, path),))
    if not reading.usable:
        return RulesFile(path, (), reading.findings)
    complaints = list(_whole(reading.data))
    listed = reading.data.get("rules") if isinstance(reading.data, dict) else None
    entries = []
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        where: JsonPath = ("rules", number)
        wrong = list(_entry(one, where, known, fixed))
        complaints += wrong
        if not wrong:
            entries.append(_made(one, reading.spots([where])[where].value, where))
    return RulesFile(path, tuple(entries), tuple(placed(complaints, reading, path)))


def _whole(data: Any) -> Iterator[Complaint]:
    if not isinstance(data, dict):
        yield Complaint(STRUCTURE, (), f"the rules file is {kind(data)}, not an object", "write rules: [{code: …}]")
        return
    for key in data:
        if key != "rules":
            fix = did_you_mean(key, ["rules"])
            yield Complaint(STRUCTURE, (key,), f"unknown key {quoted(key)}", fix, at_key=True)
    if not isinstance(data.get("rules"), list):
        is_there: JsonPath = ("rules",) if "rules" in data else ()
        yield Complaint(STRUCTURE, is_there, "rules is not a list", "write rules: [{code: …, severity: …, reason: …}]")


def _entry(one: Any, where: JsonPath, known: Mapping[str, Rule], fixed: Collection[str]) -> Iterator[Complaint]:
    if not isinstance(one, dict):
        fix = "write {code: …, severity: …, reason: …}"
        yield Complaint(STRUCTURE, where, f"the entry is {kind(one)}, not an object", fix)
        return
    for key in one:
        if key not in _KEYS:
            fix = did_you_mean(key, _KEYS)
            yield Complaint(STRUCTURE, (*where, key), f"unknown key {quoted(key)}", fix, at_key=True)
    yield from _code(one, where, known, fixed)
    yield from _severity(one, where)
    yield from _scope(one, where)
    if not isinstance(one.get("reason"), str) or not one["reason"].strip():
        yield Complaint(
            REASON, _place(one, where, "reason"), "the entry has no reason", "write why, for whoever reads it in a year"
        )


def _code(
    one: dict[str, Any], where: JsonPath, known: Mapping[str, Rule], fixed: Collection[str]
) -> Iterator[Complaint]:
    code = one.get("code")
    place = _place(one, where, "code")
    if not isinstance(code, str):
        yield Complaint(STRUCTURE, place, "the entry has no code", "write code: AMLARC-D009, for one")
    elif code in fixed:
        fix = "delete the entry, and correct what the finding is about"
        yield Complaint(FIXED, place, f"{code} cannot be turned off or changed", fix)
    elif code.startswith("AMLARC-") and code not in known:
        yield Complaint(
            CODE, place, f"there is no code {quoted(code)} of the validator", did_you_mean(code, list(known))
        )


def _severity(one: dict[str, Any], where: JsonPath) -> Iterator[Complaint]:
    if one.get("severity") is not False and one.get("severity") not in _SEVERITIES:  # YAML 1.1 reads off as false
        place, wanted = _place(one, where, "severity"), ", ".join(_SEVERITIES)
        yield Complaint(STRUCTURE, place, f"severity is none of {wanted}", f"write one of {wanted}")


def _place(one: dict[str, Any], where: JsonPath, key: str) -> JsonPath:
    """The place of a key, or of the entry that lacks it."""
    return (*where, key) if key in one else where


def _scope(one: dict[str, Any], where: JsonPath) -> Iterator[Complaint]:
    named = one.get("files", [])
    if not isinstance(named, list) or not all(isinstance(name, str) and name for name in named):
        yield Complaint(STRUCTURE, (*where, "files"), "files is not a list of names", "write files: [clusters/*.json]")
    if not isinstance(one.get("path", ""), str):
        fix = "write it as the finding has it: $.instanceTypes.gpu"
        yield Complaint(STRUCTURE, (*where, "path"), f"path is {kind(one['path'])}, not a string", fix)
    if "until" in one and _day(one["until"]) is None:
        yield Complaint(STRUCTURE, (*where, "until"), "until is not a day", "write the last day: 2027-03-31")


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _made(one: dict[str, Any], position: Position, where: JsonPath) -> Entry:
    severity = None if one["severity"] in (False, OFF) else Severity(one["severity"])
    named = tuple(one.get("files", ()))
    return Entry(
        one["code"],
        severity,
        named,
        one.get("path", ""),
        one["reason"].strip(),
        _day(one.get("until")),
        position,
        where,
    )
