"""The extension's settings in a manifest, judged by the validator of settings; and those of one cluster, to be sent.

A protected value is only known by its reference: a file beside the manifest is read, the others are looked up by what
sends. Until then the rules about a value itself are left out for these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azext_amlarc.findings import Finding
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import SENT_AS
from azext_amlarc.resources.fleet import Fleet, Member, Reference
from azext_amlarc.validation import settings
from azext_amlarc.validation.settings import ClusterFacts, Judgement, Setting, Unread, codes
from azext_amlarc.validation.settings.codes import about
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.validation.text.reading import JsonPath, Position, Reading, json_path

# What is behind a reference: what was read, or why it could not be; nothing for what is looked up later.
Contents = Mapping[Reference, bytes | Unread]

OF_FLEET: JsonPath = ("spec", "extension", "settings")
OF_PROTECTED: JsonPath = ("spec", "extension", "protected")
# What a cluster's own settings are judged with: the type of the cluster, and the settings.
Scope = tuple[str, tuple[Setting, ...]]


@dataclass(frozen=True)
class Parts:  # pylint: disable=too-many-instance-attributes
    """The settings of a manifest as they are in its text: the fleet's, the protected ones, and those of each scope.

    `paths` are those of all settings in the manifest by line and column.
    """

    source: str
    fleet: tuple[Setting, ...]
    protected: tuple[Setting, ...]
    scopes: tuple[Scope, ...]
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes | Unread] = field(repr=False)
    paths: Mapping[tuple[int, int], str]
    allow_unknown: bool = False
    incomplete: bool = False

    later: frozenset[str] = frozenset()

    def judged(self) -> Iterator[Finding]:
        """The findings about every combination of settings that a cluster of the manifest gets."""
        yield from self.findings
        for _, judgement in self.combinations(self.allow_unknown):
            yield from judgement.findings

    def combinations(self, allow_unknown: bool) -> Iterator[tuple[tuple[Setting, ...], Judgement]]:
        """Every combination of settings that a cluster of the manifest gets, with the judgement of it."""
        for cluster_type, own in self.scopes:
            given = (*_overridden(self.fleet, own), *self.protected)
            if not given:  # the cluster's own are left as they are
                continue
            yield (
                given,
                settings.judge(
                    given,
                    cluster=ClusterFacts(cluster_type),
                    allow_unknown=allow_unknown,
                    files=self.files,
                    incomplete=self.incomplete,
                    later=self.later,
                ),
            )


def _overridden(fleet: tuple[Setting, ...], own: tuple[Setting, ...]) -> tuple[Setting, ...]:
    keys = {setting.key for setting in own}
    return (*(setting for setting in fleet if setting.key not in keys), *own)


def parts(reading: Reading, source: str, contents: Contents, has_broken: bool) -> Parts:
    """The settings in a manifest, whose structure may be broken elsewhere (`has_broken`: among the settings)."""
    extension = at(reading.data, "spec", "extension")
    entries = items(reading.data, "spec", "clusters")
    bases = [OF_FLEET, OF_PROTECTED, *(_of_entry(place) for place, _ in enumerate(entries))]
    spots = reading.spots([(*base, key) for base in bases for key in at(reading.data, *base)])
    places = {path: spot.key for path, spot in spots.items()}
    fleet, findings = _parsed(reading, source, OF_FLEET, places)
    given = references(reading.data)
    protected = [
        _protected(key, _value(key, one, contents), source, places[(*OF_PROTECTED, key)]) for key, one in given.items()
    ]
    findings += _unread(protected, given, contents)
    scopes: list[Scope] = []
    for place, entry in enumerate(entries):
        own, found = _parsed(reading, source, _of_entry(place), places)
        findings += found
        kind = entry.get("type") or at(entry, "selector").get("type") or CONNECTED
        scopes.append((str(kind), tuple(own)))
    return Parts(
        source,
        tuple(fleet),
        tuple(protected),
        _distinct(scopes),
        tuple(findings),
        _files(given, contents),
        {(place.line, place.column): json_path(path) for path, place in places.items()},
        extension.get("allowUnknownSettings") is True,
        has_broken,
        _later(given, contents),
    )


def _protected(key: str, value: object, source: str, place: Position) -> Setting:
    return Setting(key, value, source, place.line, place.column, True, place.width)


def _of_entry(place: int) -> JsonPath:
    return ("spec", "clusters", place, "settings")


def _distinct(scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """One scope of those whose settings are the same: a thousand clusters with one own value are judged once."""
    seen = {(kind, tuple((one.key, str(one.value)) for one in own)): (kind, own) for kind, own in reversed(scopes)}
    return tuple(reversed(seen.values()))


def _parsed(
    reading: Reading, source: str, base: JsonPath, places: Mapping[JsonPath, Position]
) -> tuple[list[Setting], list[Finding]]:
    given = {
        key: value for key, value in at(reading.data, *base).items() if isinstance(value, str | bool | int | float)
    }
    return settings.from_mapping(given, source, position=lambda key: places[(*base, key)])


def references(data: object) -> dict[str, Reference]:
    """The protected settings of a manifest by their keys, as far as they are references."""
    found = {}
    for key, value in at(data, *OF_PROTECTED).items():
        if isinstance(value, dict) and len(value) == 1:
            origin, name = next(iter(value.items()))
            if origin in ("file", "env", "keyVault") and isinstance(name, str):
                found[key] = Reference(origin, name)
    return found


def _value(key: str, reference: Reference, contents: Contents) -> str:
    """What stands for the value: a PEM file is named, another value is the text itself."""
    content = contents.get(reference)
    if key in SENT_AS or not isinstance(content, bytes):
        return str(reference)
    return content.decode(errors="replace").rstrip("\r\n")


def _unread(given: Sequence[Setting], named: Mapping[str, Reference], contents: Contents) -> list[Finding]:
    """Findings about values that could not be read; the validator of settings has its own about PEM files."""
    reasons = [(setting, contents.get(named[setting.key])) for setting in given if setting.key not in SENT_AS]
    return [
        about(setting, codes.UNREAD_FILE, reason.message, reason.fix)
        for setting, reason in reasons
        if isinstance(reason, Unread)
    ]


def _later(given: Mapping[str, Reference], contents: Contents) -> frozenset[str]:
    """The settings whose values are not known yet."""
    known = {key for key, one in given.items() if isinstance(contents.get(one), bytes)}
    return frozenset(key for key, one in given.items() if key not in known and not (key in SENT_AS and one in contents))


def _files(given: Mapping[str, Reference], contents: Contents) -> dict[str, bytes | Unread]:
    return {str(one): contents[one] for key, one in given.items() if key in SENT_AS and one in contents}


def for_member(fleet: Fleet, member: Member, contents: Contents) -> GivenSettings:
    """The settings of one cluster, to be judged with what is known of it (GivenSettings.judged) and then sent.

    `contents` has what is behind each reference; of what is not in it, the values are neither judged nor sent.
    """
    spec = fleet.extension
    if spec is None:
        return GivenSettings((), (), {}, allow_unknown=False)
    source = f"the manifest of {fleet.name}"
    plain = [Setting(key, value, source) for key, value in {**spec.settings, **member.settings}.items()]
    secret = [Setting(key, _value(key, one, contents), source, protected=True) for key, one in spec.protected.items()]
    return GivenSettings(
        (*plain, *secret),
        tuple(_unread(secret, spec.protected, contents)),
        _files(spec.protected, contents),
        spec.allow_unknown,
        _later(spec.protected, contents),
    )


def at(data: object, *path: str | int) -> dict[str, Any]:
    """The object at this path; an empty one where there is none."""
    found: Any = data
    for step in path:
        is_there = (isinstance(found, dict) and step in found) or (isinstance(found, list) and isinstance(step, int))
        found = found[step] if is_there else None
    return found if isinstance(found, dict) else {}


def items(data: object, *path: str) -> list[dict[str, Any]]:
    """The list of objects at this path; an entry that is none is an empty object, an absent list is empty."""
    found = at(data, *path[:-1]).get(path[-1])
    return [one if isinstance(one, dict) else {} for one in found] if isinstance(found, list) else []
