"""An organization's own policies: JSON Schemas for attach configurations, settings and manifests of fleets."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.validation import files
from azext_amlarc.validation.guardrails import apart, texts
from azext_amlarc.validation.guardrails.texts import FOR
from azext_amlarc.validation.text import parsing
from azext_amlarc.validation.text.reading import TOP_LEVEL, JsonPath, Reading, Spot, finding, json_path, kind
from azext_amlarc.wording import quoted

BROKEN = Rule("AMLARC-P001", Severity.ERROR, "an organization's own policies are kept")
INVALID = Rule("AMLARC-P002", Severity.ERROR, "a policy is a valid JSON Schema")
REFERENCE = Rule("AMLARC-P003", Severity.ERROR, "a policy's references are to its own parts")
UNJUDGED = Rule("AMLARC-P004", Severity.ERROR, "judging by a policy comes to an end")
MISSING = Rule("AMLARC-P005", Severity.ERROR, "judging by a policy requires jsonschema")

RULES = (BROKEN, INVALID, REFERENCE, UNJUDGED, MISSING)

ATTACH, SETTINGS, FLEET = "attach", "settings", "fleet"
KINDS = (ATTACH, SETTINGS, FLEET)
_NOUNS = {ATTACH: "the configuration", SETTINGS: "the group of settings", FLEET: "the manifest"}

# The place of a finding: source, line, column, path and width.
Place = tuple[str, int | None, int | None, str, int]
# Whose places are asked for: each part of the data by its path, and whether its key is meant, not its value.
Wanted = Sequence[tuple[JsonPath, bool]]


@dataclass(frozen=True)
class Policy:
    """One policy, as it was read."""

    source: str
    schema: dict[str, Any]
    reading: Reading

    def is_for(self, subject: "Subject") -> bool:
        """Whether it is for this kind of thing; one that doesn't say is for whatever is not part of something else."""
        named = self.schema.get(FOR, [] if subject.is_part else subject.kind)
        return subject.kind in named if isinstance(named, list) else subject.kind == named


class Subject(NamedTuple):
    """Something to judge: its kind, its data, where its parts are, and what of it must not be repeated.

    `called` is what messages call a key: one may be part of a secret.
    A part of something else, such as the settings in a manifest, is judged only by policies that say they are for it.
    """

    kind: str
    data: object
    placed: Callable[[Wanted], Sequence[Place]]
    is_hidden: Callable[[JsonPath], bool] = lambda path: False
    is_part: bool = False
    called: Callable[[str], str] = str

    def overridden(self, path: JsonPath, where: Callable[[], Place]) -> "Subject":
        """The same, with another place for this part."""

        def placed(wanted: Wanted) -> list[Place]:
            own = where()
            return [own if one == path else place for (one, _), place in zip(wanted, self.placed(wanted), strict=True)]

        return self._replace(placed=placed)  # pylint: disable=no-member  # a NamedTuple's


@dataclass(frozen=True)
class Policies:
    """Those that a command is given, with what is wrong with their files."""

    given: tuple[Policy, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules about policies, and those that have codes of the organization's own, each by its description."""
        own = {rule.code: rule for one in self.given for rule in _own_rules(one.schema)}
        return (*RULES, *own.values())

    def judge(self, subjects: Sequence[Subject]) -> list[Finding]:
        """What is wrong with the policies themselves, and where the subjects break them."""
        if self.given and not apart.is_possible():
            fix = "install it (pip install jsonschema), or leave the policy out"
            message = "judging by a policy requires jsonschema, which is not installed"
            return [*self.findings, finding(MISSING, message, fix, self.given[0].source)]
        found = [one for policy in self.given for one in _judged(policy, subjects)]
        return [*self.findings, *dict.fromkeys(found)]


def of_reading(kind_of_it: str, reading: Reading, source: str) -> Subject:
    """A document in a file."""

    def placed(wanted: Wanted) -> list[Place]:
        known = [_known(reading.data, path) for path, _ in wanted]
        spots = reading.spots(set(known))
        found: list[Place] = []
        for (path, is_key), near in zip(wanted, known, strict=True):
            line, column, width = spots[near].key if is_key or near != path else spots[near].value
            found.append((source, line, column, json_path(path), width))
        return found

    return Subject(kind_of_it, reading.data, placed)


def said_at(kind_of_it: str, where: Callable[[], Place]) -> Subject:
    """Something without its data yet, all of whose parts have one place."""
    return Subject(kind_of_it, {}, lambda wanted: [where()] * len(wanted))


def _known(data: Any, path: JsonPath) -> JsonPath:
    """As much of the path as the data has."""
    for number, step in enumerate(path):
        is_there = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if not is_there:
            return path[:number]
        data = data[step]
    return path


def read(names: Iterable[str]) -> Policies:
    """The policies in the files, folders and patterns of these names, JSON or YAML."""
    given: list[Policy] = []
    findings: list[Finding] = []
    for one in (one for name in names for one in _read(name)):
        if isinstance(one, Policy):
            given.append(one)
            findings += one.reading.findings
        else:
            findings += one
    return Policies(tuple(given), tuple(findings))


def _read(name: str) -> Iterator[Policy | tuple[Finding, ...]]:
    """The policies that a name means, and the findings about what is not one."""
    loaded = files.as_text(name)
    source = files.TEXT if loaded else files.STDIN if name == "-" else name
    try:
        # Through links: a folder of a ConfigMap is one, and no policy may be left out.
        for path in [name] if loaded else files.expand(name, through_links=True):
            source = path if path not in ("-", name) else source
            yield _policy(parsing.parse(loaded or files.read(path), source), source)
    except InvalidInput as error:
        yield (files.as_finding(error, source),)


def _policy(reading: Reading, source: str) -> Policy | tuple[Finding, ...]:
    schema = reading.data
    if not reading.usable:
        return reading.findings
    if not isinstance(schema, dict):
        place, fix = reading.spots([()])[()].value, "write an object with the keywords of JSON Schema"
        return (finding(TOP_LEVEL, f"the policy is {kind(schema)}, not an object", fix, source, place),)
    named = schema.get(FOR, list(KINDS))
    kinds = named if isinstance(named, list) else [named]
    if kinds and all(one in KINDS for one in kinds):
        return Policy(source, schema, reading)
    spot = reading.spots([(FOR,)])[(FOR,)].value
    listed = ", ".join(KINDS)
    fix = f"write one of {listed}, or a list of them"
    return (finding(INVALID, f"{FOR} is none of {listed}", fix, source, spot, path=(FOR,)),)


def _own_rules(schema: Mapping[str, Any]) -> Iterator[Rule]:
    parts: list[Any] = [schema]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            code, said = part.get(texts.CODE), part.get("description") or part.get("title")
            if isinstance(code, str):
                yield Rule(code, _severity(part.get(texts.SEVERITY)), str(said or BROKEN.title).rstrip("."))
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


def _judged(policy: Policy, subjects: Sequence[Subject]) -> Iterator[Finding]:
    meant = [subject for subject in subjects if policy.is_for(subject)]
    try:
        answer = apart.judge(policy.schema, [subject.data for subject in meant])
    except apart.Unjudged as error:
        yield finding(UNJUDGED, str(error), error.fix, policy.source)
        return
    yield from (_fault(policy, fault) for fault in answer["faults"])
    for subject, broken in zip(meant, answer["broken"], strict=False):
        yield from _violations(policy, subject, broken)


def _fault(policy: Policy, fault: Mapping[str, Any]) -> Finding:
    path = tuple(fault["path"])
    spot = _spot(policy.reading, path)
    subject = _named(path, _at(policy.schema, path)) if path else "the policy"
    rule = REFERENCE if fault["reason"] in ("reference", "endless", "target") else INVALID
    message, fix = texts.fault(fault["reason"], fault["said"], subject)
    return finding(rule, message, fix, policy.source, spot.value, path=path)


def _violations(policy: Policy, subject: Subject, broken: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    if not broken:
        return
    paths = [tuple(one["path"]) for one in broken]
    wanted = [
        (path, one["isKey"] or one["keyword"] in texts.ABOUT_KEYS) for path, one in zip(paths, broken, strict=True)
    ]
    rules = _spots(policy.reading, {tuple(one["rule"]) for one in broken})
    for one, path, place in zip(broken, paths, subject.placed(wanted), strict=True):
        what, names = _subject(path, subject, one["isKey"]), [subject.called(name) for name in one["names"]]
        problem, fix = texts.said(one["keyword"], _at(policy.schema, one["rule"]), names, what)
        described = (one["description"] or "").strip().rstrip(".")
        line, column, _ = rules[tuple(one["rule"])].key
        yield Finding(
            one[texts.CODE] or BROKEN.code,
            _severity(one[texts.SEVERITY]),
            f"{problem}: {described}" if described else problem,
            f"{fix}; the policy is {policy.source}:{line}:{column}",
            *place,
        )


def _severity(word: Any) -> Severity:
    return Severity(word) if word in tuple(Severity) else BROKEN.severity


def _subject(path: JsonPath, subject: Subject, is_key: bool) -> str:
    """What is wrong, by its name and, if it is short and no secret, its value."""
    if not path:
        return _NOUNS[subject.kind]
    if is_key:
        return f"the key {quoted(subject.called(str(path[-1])))}"
    value = None if subject.is_hidden(path) else _at(subject.data, path)
    return _named(path if isinstance(path[-1], int) else (*path[:-1], subject.called(path[-1])), value)


def _named(path: JsonPath, value: object) -> str:
    name = f"entry {path[-1] + 1}" if isinstance(path[-1], int) else str(path[-1])
    if isinstance(value, str | bool | int | float):
        return f"{name} {texts.shown(value)}"
    return name if name.isidentifier() else quoted(name)


def _at(data: Any, path: Iterable[str | int]) -> Any:
    """What is at the path, or else what is around it."""
    for step in _known(data, tuple(path)):
        data = data[step]
    return data


def _spot(reading: Reading, path: JsonPath) -> Spot:
    return _spots(reading, [path])[path]


def _spots(reading: Reading, wanted: Collection[JsonPath]) -> dict[JsonPath, Spot]:
    """The places of parts of a policy; of what is around them for those that are not in the text."""
    known = {path: _known(reading.data, path) for path in wanted}
    spots = reading.spots(set(known.values()))
    return {path: spots[near] for path, near in known.items()}
