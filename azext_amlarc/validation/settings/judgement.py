"""Settings of the cluster extension: read from pairs and files, judged, and made ready for sending."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from azext_amlarc.findings import Finding, Severity
from azext_amlarc.product import catalogue
from azext_amlarc.validation.settings import codes, rules, values
from azext_amlarc.validation.settings.codes import COMMAND_LINE, RULES, Setting, about
from azext_amlarc.validation.settings.rules import PEM_PAIR, ClusterFacts, Given
from azext_amlarc.wording import quoted

__all__ = [
    "COMMAND_LINE",
    "RULES",
    "ClusterFacts",
    "Judgement",
    "Setting",
    "from_mapping",
    "judge",
    "local_files",
    "parse_pairs",
]

# The chart's own keys for the contents of the two local files.
SENT_AS: Final = dict(zip(PEM_PAIR, ("scoringFe.sslCert", "scoringFe.sslKey"), strict=True))
INSTALLED: Final = "the installed extension"


@dataclass(frozen=True)
class Judgement:
    """What was found, and what is to be sent once no finding is an error; protected values are secret."""

    findings: tuple[Finding, ...]
    plain: dict[str, str]
    protected: dict[str, str] = field(repr=False)


def parse_pairs(
    pairs: Sequence[str], source: str = COMMAND_LINE, protected: bool = False
) -> tuple[list[Setting], list[Finding]]:
    """Settings of `key=value` texts, split at the first "="; those that are none become findings."""
    settings, findings = [], []
    for number, pair in enumerate(pairs, 1):
        key, separator, value = pair.partition("=")
        setting = Setting(key if separator else "", value, source, protected=protected)
        shown = f"setting {number}" if protected else quoted(pair)
        finding = _bad_pair(setting, separator, shown) or _bad_key(setting)
        if finding:
            findings.append(finding)
        else:
            settings.append(setting)
    return settings, findings


def _bad_pair(setting: Setting, separator: str, shown: str) -> Finding | None:
    if not separator:
        fix = "write key=value, without spaces around the '=', and a space between two settings"
        return about(setting, codes.PAIR, f"{shown} has no '='", fix)
    if not setting.key:
        return about(setting, codes.PAIR, f"{shown} has no key before its '='", "write key=value")
    return None


def _bad_key(setting: Setting) -> Finding | None:
    if not setting.key:
        return about(setting, codes.PAIR, "a setting has an empty key", "give it a key, or leave it out")
    if setting.key.split() != [setting.key]:
        fix = f"write {''.join(setting.key.split()) or 'a key'}"
        return about(setting, codes.SPACES, f"the key {quoted(setting.key)} has spaces in it", fix)
    return None


def from_mapping(
    mapping: Mapping[str, object],
    source: str,
    protected: bool = False,
    position: Callable[[str], tuple[int, int] | None] = lambda key: None,
) -> tuple[list[Setting], list[Finding]]:
    """Settings of a JSON settings file's top-level object; `position` tells a key's line and column where known."""
    settings, findings = [], []
    for key, value in mapping.items():
        line, column = position(key) or (None, None)
        setting = Setting(key, value, source, line, column, protected)
        finding = _bad_key(setting) or _bad_kind(setting)
        if finding:
            findings.append(finding)
        else:
            settings.append(setting)
    return settings, findings


def _bad_kind(setting: Setting) -> Finding | None:
    outcome = values.judge(setting, None)
    return outcome if isinstance(outcome, Finding) else None


def local_files(settings: Sequence[Setting]) -> list[str]:
    """The paths whose contents `judge` wants in `files`, in the order given."""
    chosen, _ = _one_of_each(settings)
    return [str(setting.value) for setting in chosen if setting.key in SENT_AS and setting.protected and setting.value]


def judge(
    settings: Sequence[Setting],
    *,
    cluster: ClusterFacts | None = None,
    allow_unknown: bool = False,
    files: Mapping[str, bytes] | None = None,
    now: datetime | None = None,
    installed: Mapping[str, str] | None = None,
) -> Judgement:
    """Every rule about settings, each by itself and all together; `files` holds the contents of `local_files`.

    What is sent has booleans as True and False, renamed keys under today's names, and no local path. For an update,
    `installed` holds what Azure shows of the extension (protected settings by name): new settings are judged beside it.
    """
    chosen, repeated = _one_of_each(settings)
    single = [_single(setting, allow_unknown) for setting in chosen]
    today, renamed = _today([outcome.setting for outcome in single if outcome.setting])
    given = _given(_installed(installed or {}), today, _attempted(single, installed or {}), cluster)
    contents = files or {}
    together = [*rules.judge(given), *_pem(given, contents, now or datetime.now(UTC))]
    findings = [
        *repeated,
        *(outcome.finding for outcome in single if outcome.finding),
        *renamed,
        *(finding for finding in together if finding.source != INSTALLED or finding.severity is Severity.ERROR),
    ]
    return Judgement(_in_order(findings, settings), _plain(today), _protected(today, contents))


def _installed(shown: Mapping[str, str]) -> list[Setting]:
    """The installed settings that rules can count on: those a user could have given, and whose values are shown."""
    settings = []
    for key, value in shown.items():
        record = catalogue.find(key)
        if record is not None and value and not record.protected and record.given != "refused":
            settings.append(Setting(key, value, INSTALLED))
    valid = [outcome.setting for setting in settings if (outcome := _single(setting, True)).setting]
    return _today(valid)[0]


def _given(
    installed: Iterable[Setting], today: Iterable[Setting], attempted: frozenset[str], cluster: ClusterFacts | None
) -> Given:
    settings = {setting.key: setting for setting in (*installed, *today)}
    return Given(settings, attempted.union(settings), cluster or ClusterFacts())


def _attempted(single: Iterable["_Outcome"], installed: Mapping[str, str]) -> frozenset[str]:
    """The keys that the user meant to give, and those that are installed already, the protected ones by name."""
    kept = {key for key, name in SENT_AS.items() if name in installed}.union(installed)
    return frozenset(kept.union(*(outcome.meant for outcome in single)))


def _in_order(findings: Iterable[Finding], settings: Sequence[Setting]) -> tuple[Finding, ...]:
    """The order of the sources as they were given, and within a file that of its lines."""
    sources = {source: number for number, source in enumerate(dict.fromkeys(setting.source for setting in settings))}
    return tuple(sorted(findings, key=lambda finding: (sources.get(finding.source, -1), finding.line or 0)))


def _one_of_each(settings: Sequence[Setting]) -> tuple[list[Setting], list[Finding]]:
    """The settings that count, one a key: the command line before a file; any other repetition is an error."""
    chosen: dict[str, Setting] = {}
    findings = []
    for setting in settings:
        first = chosen.setdefault(setting.key, setting)
        if first is setting:
            continue
        findings.append(_repeated(first, setting))
        if setting.from_command_line and not first.from_command_line and setting.protected == first.protected:
            chosen[setting.key] = setting
    return list(chosen.values()), findings


def _repeated(first: Setting, second: Setting) -> Finding:
    key = second.key
    if first.protected != second.protected:
        message = f"given both as a plain and as a protected setting ({first.source} and {second.source})"
        return about(second, codes.PLAIN_AND_PROTECTED, message, f"give {key} once")
    if first.from_command_line == second.from_command_line:
        same = first.source == second.source
        places = f"twice in {first.source}" if same else f"in {first.source} and in {second.source}"
        return about(second, codes.TWICE, f"given {places}", f"keep the {key} that you mean")
    loser = second if first.from_command_line else first
    message = f"the command line's value replaces the one in {loser.source}"
    return about(loser, codes.OVERRIDDEN, message, f"remove {key} from {loser.source} if it is always so")


@dataclass(frozen=True)
class _Outcome:
    """What one setting by itself comes to: its finding, itself with the value as text if usable, the keys it meant."""

    finding: Finding | None
    setting: Setting | None
    meant: tuple[str, ...]


def _single(setting: Setting, allow_unknown: bool) -> _Outcome:
    record = catalogue.find(setting.key)
    finding = _bad_key(setting) or (_unknown(setting, allow_unknown) if record is None else _misplaced(setting, record))
    if finding and finding.code != codes.UNCHECKED.code:
        return _Outcome(finding, None, (setting.key, catalogue.suggestion(setting.key) or ""))
    value = values.judge(setting, record)
    if isinstance(value, Finding):
        return _Outcome(value, None, (setting.key,))
    return _Outcome(finding, replace(setting, value=value), (setting.key,))


def _unknown(setting: Setting, allow_unknown: bool) -> Finding:
    near = catalogue.suggestion(setting.key)
    question = f"did you mean {near}? " if near else ""
    if allow_unknown or "." in setting.key:
        message = "not in the catalogue, and sent unchecked"
        return about(setting, codes.UNCHECKED, message, f"{question}`az ml arc settings list` shows what is known")
    fix = f"{question}`az ml arc settings list` shows what is known; allow-unknown-settings sends it as it is"
    return about(setting, codes.UNKNOWN, "the extension has no such setting", fix)


def _misplaced(setting: Setting, record: catalogue.Record) -> Finding | None:
    if record.given == "refused":
        message = "worked out by the tool, and a wrong one breaks the extension"
        return about(setting, codes.NOT_A_CHOICE, message, f"leave it out: {record.instead}")
    if record.protected and not setting.protected:
        message = "a protected setting among the plain ones, which can be read back"
        fix = "give it as a protected setting"
        return about(setting, codes.MISPLACED_SECRET, message, fix)
    if setting.protected and not record.protected:
        message = "a plain setting among the protected ones"
        return about(setting, codes.NOT_SECRET, message, "give it as a plain setting")
    return None


def _today(settings: Iterable[Setting]) -> tuple[list[Setting], list[Finding]]:
    """The settings under today's names, and what there is to say about the renamed ones."""
    current: dict[str, Setting] = {}
    renamed = []
    for setting in settings:
        record = catalogue.find(setting.key)
        if record is not None and record.replacement is not None:
            renamed.append((setting, record))
        else:
            current[setting.key] = setting
    findings = []
    for setting, record in renamed:
        meant = _successors(setting, record)
        other = [own for key, own in current.items() if key in meant and own.value != meant[key].value]
        findings += [_renamed(setting, record), *(_disagreeing(setting, meant[own.key], own) for own in other)]
        if not other:
            current = {**meant, **current}
    return list(current.values()), findings


def _successors(setting: Setting, record: catalogue.Record) -> dict[str, Setting]:
    successors = record.successors(str(setting.value))
    return {key: replace(setting, key=key, value=value) for key, value in successors.items()}


def _renamed(setting: Setting, record: catalogue.Record) -> Finding:
    new = " ".join(f"{key}={value}" for key, value in record.successors(str(setting.value)).items())
    if not new:
        message = f"an old name: {setting.value} was its default, and nothing is sent for it"
        return about(setting, codes.RENAMED, message, f"leave {setting.key} out")
    opposite = ", because it is the opposite" if record.inverted else ""
    message = f"an old name: {setting.value} is sent as {new}{opposite}"
    return about(setting, codes.RENAMED, message, f"write {new}")


def _disagreeing(setting: Setting, meant: Setting, given: Setting) -> Finding:
    message = f"{setting.value} means {meant.key}={meant.value}, but {given.key} is {given.value}"
    return about(setting, codes.DISAGREEING, message, f"leave {setting.key} out")


def _pem(given: Given, files: Mapping[str, bytes], now: datetime) -> list[Finding]:
    pair = [given.settings[key] for key in PEM_PAIR if key in given.settings]
    unread = [setting for setting in pair if setting.value not in files]
    if unread or not pair:
        return [_unread(setting) for setting in unread]
    # It imports cryptography, which only settings with a certificate should pay for.
    from azext_amlarc.validation.settings import certificates

    certificate, key = (
        certificates.File(given.settings[name], files[str(given.text(name))]) if name in given.settings else None
        for name in PEM_PAIR
    )
    return certificates.judge(certificate, key, given.text("sslCname"), now)


def _unread(setting: Setting) -> Finding:
    fix = "check that the file exists and that you may read it"
    return about(setting, codes.UNREAD_FILE, "the file that it names was not read", fix)


def _plain(settings: Iterable[Setting]) -> dict[str, str]:
    return {setting.key: str(setting.value) for setting in settings if not setting.protected}


def _protected(settings: Iterable[Setting], files: Mapping[str, bytes]) -> dict[str, str]:
    """Local files go as base64 of their contents under the chart's own keys; their paths stay here."""
    sent = {}
    for setting in settings:
        if setting.protected and setting.key not in SENT_AS:
            sent[setting.key] = str(setting.value)
        elif setting.protected and setting.value in files:
            sent[SENT_AS[setting.key]] = base64.b64encode(files[str(setting.value)]).decode("ascii")
    return sent
