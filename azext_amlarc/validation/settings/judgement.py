"""Settings of the cluster extension: parsed from pairs and files, validated, and made ready to be sent."""

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
    """The findings, and what to send if none of them is an error; protected values are secret."""

    findings: tuple[Finding, ...]
    plain: dict[str, str]
    protected: dict[str, str] = field(repr=False)


def parse_pairs(
    pairs: Sequence[str], source: str = COMMAND_LINE, protected: bool = False
) -> tuple[list[Setting], list[Finding]]:
    """Parse `key=value` texts, split at the first "="; invalid ones become findings."""
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
        fix = "write key=value without spaces around the '=', and separate settings by spaces"
        return about(setting, codes.PAIR, f"{shown} has no '='", fix)
    if not setting.key:
        return about(setting, codes.PAIR, f"{shown} has no key before its '='", "write key=value")
    return None


def _bad_key(setting: Setting) -> Finding | None:
    if not setting.key:
        return about(setting, codes.PAIR, "the key is empty", "name a setting, or delete this one")
    if setting.key.split() != [setting.key]:
        fix = f"write {''.join(setting.key.split()) or 'a key'}"
        return about(setting, codes.SPACES, f"the key {quoted(setting.key)} contains spaces", fix)
    return None


def from_mapping(
    mapping: Mapping[str, object],
    source: str,
    protected: bool = False,
    position: Callable[[str], tuple[int, int] | None] = lambda key: None,
) -> tuple[list[Setting], list[Finding]]:
    """Settings from the top-level object of a JSON file; `position` gives a key's line and column, if known."""
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
    outcome = values.normalize(setting, None)
    return outcome if isinstance(outcome, Finding) else None


def local_files(settings: Sequence[Setting]) -> list[str]:
    """The paths whose contents `judge` needs in `files`, in the order given."""
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
    """Validate settings, each by itself and all together; `files` has the contents of `local_files`.

    What is sent has booleans as True and False, renamed keys under today's names, and no local path. For an update,
    `installed` has the settings that Azure shows (protected ones by name): new settings are validated with them.
    """
    chosen, repeated = _one_of_each(settings)
    single = [_single(setting, allow_unknown) for setting in chosen]
    today, renamed = _today([outcome.setting for outcome in single if outcome.setting])
    given = _given(_installed(installed or {}), today, _attempted(single, installed or {}), cluster)
    contents = files or {}
    together = [*rules.validate(given), *_pem(given, contents, now or datetime.now(UTC))]
    findings = [
        *repeated,
        *(outcome.finding for outcome in single if outcome.finding),
        *renamed,
        *(finding for finding in together if finding.source != INSTALLED or finding.severity is Severity.ERROR),
    ]
    return Judgement(_in_order(findings, settings), _plain(today), _protected(today, contents))


def judge_each(settings: Sequence[Setting], *, allow_unknown: bool = False) -> tuple[Finding, ...]:
    """The rules about each setting by itself: what is wrong whatever is installed beside it."""
    chosen, repeated = _one_of_each(settings)
    single = [_single(setting, allow_unknown) for setting in chosen]
    return _in_order([*repeated, *(outcome.finding for outcome in single if outcome.finding)], settings)


def _installed(shown: Mapping[str, str]) -> list[Setting]:
    """The installed settings that rules can use: those that a user can give and whose values Azure shows."""
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
    """The keys that the user meant to give, and those that are installed, including protected ones."""
    kept = {key for key, name in SENT_AS.items() if name in installed}.union(installed)
    return frozenset(kept.union(*(outcome.meant for outcome in single)))


def _in_order(findings: Iterable[Finding], settings: Sequence[Setting]) -> tuple[Finding, ...]:
    """Findings in the order of their sources, and within a file of its lines."""
    sources = {source: number for number, source in enumerate(dict.fromkeys(setting.source for setting in settings))}
    return tuple(sorted(findings, key=lambda finding: (sources.get(finding.source, -1), finding.line or 0)))


def _one_of_each(settings: Sequence[Setting]) -> tuple[list[Setting], list[Finding]]:
    """One setting for each key: the command line overrides a file; any other repetition is an error."""
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
        message = f"given as both a plain and a protected setting ({first.source} and {second.source})"
        return about(second, codes.PLAIN_AND_PROTECTED, message, f"give {key} only once")
    if first.from_command_line == second.from_command_line:
        same = first.source == second.source
        places = f"twice in {first.source}" if same else f"in both {first.source} and {second.source}"
        return about(second, codes.TWICE, f"given {places}", f"give {key} only once")
    loser = second if first.from_command_line else first
    message = f"the value on the command line overrides the one in {loser.source}"
    return about(loser, codes.OVERRIDDEN, message, f"remove {key} from {loser.source} if you always override it")


@dataclass(frozen=True)
class _Outcome:
    """One setting by itself: its finding, the setting with its value as text if it is usable, the keys it meant."""

    finding: Finding | None
    setting: Setting | None
    meant: tuple[str, ...]


def _single(setting: Setting, allow_unknown: bool) -> _Outcome:
    record = catalogue.find(setting.key)
    finding = _bad_key(setting) or (_unknown(setting, allow_unknown) if record is None else _misplaced(setting, record))
    if finding and finding.code != codes.UNCHECKED.code:
        return _Outcome(finding, None, (setting.key, catalogue.suggestion(setting.key) or ""))
    value = values.normalize(setting, record)
    if isinstance(value, Finding):
        return _Outcome(value, None, (setting.key,))
    return _Outcome(finding, replace(setting, value=value), (setting.key,))


def _unknown(setting: Setting, allow_unknown: bool) -> Finding:
    near = catalogue.suggestion(setting.key)
    question = f"did you mean {near}? " if near else ""
    listed = f"{question}`az ml arc settings list` shows all known settings"
    if allow_unknown or "." in setting.key:
        return about(setting, codes.UNCHECKED, "not a known setting, so it is sent unchecked", listed)
    fix = f"{listed}; allow unknown settings to send it unchecked"
    return about(setting, codes.UNKNOWN, "the extension has no such setting", fix)


def _misplaced(setting: Setting, record: catalogue.Record) -> Finding | None:
    if record.given == "refused":
        message = "the tool determines this setting, and a wrong value breaks the extension"
        return about(setting, codes.NOT_A_CHOICE, message, record.instead)
    if record.protected and not setting.protected:
        message = "must be protected: plain settings can be read back"
        return about(setting, codes.MISPLACED_SECRET, message, "pass it as a protected setting")
    if setting.protected and not record.protected:
        message = "must not be protected: it is not a secret"
        return about(setting, codes.NOT_SECRET, message, "pass it as a plain setting")
    return None


def _today(settings: Iterable[Setting]) -> tuple[list[Setting], list[Finding]]:
    """The settings under today's names, and the findings about the renamed ones."""
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
        message = f"renamed, and not sent: {setting.value} was its default"
        return about(setting, codes.RENAMED, message, f"leave {setting.key} out")
    opposite = ", its opposite" if record.inverted else ""
    message = f"renamed: {setting.value} is sent as {new}{opposite}"
    return about(setting, codes.RENAMED, message, f"use {new}")


def _disagreeing(setting: Setting, meant: Setting, given: Setting) -> Finding:
    message = f"{setting.value} means {meant.key}={meant.value}, but {given.key}={given.value} is given too"
    return about(setting, codes.DISAGREEING, message, f"leave {setting.key} out")


def _pem(given: Given, files: Mapping[str, bytes], now: datetime) -> list[Finding]:
    pair = [given.settings[key] for key in PEM_PAIR if key in given.settings]
    unread = [setting for setting in pair if setting.value not in files]
    if unread or not pair:
        return [_unread(setting) for setting in unread]
    # Only settings with a certificate pay for importing cryptography.
    from azext_amlarc.validation.settings import certificates

    certificate, key = (
        certificates.File(given.settings[name], files[str(given.text(name))]) if name in given.settings else None
        for name in PEM_PAIR
    )
    return certificates.validate(certificate, key, given.text("sslCname"), now)


def _unread(setting: Setting) -> Finding:
    fix = "check that the file exists and that you may read it"
    return about(setting, codes.UNREAD_FILE, "the file could not be read", fix)


def _plain(settings: Iterable[Setting]) -> dict[str, str]:
    return {setting.key: str(setting.value) for setting in settings if not setting.protected}


def _protected(settings: Iterable[Setting], files: Mapping[str, bytes]) -> dict[str, str]:
    """Local files are sent as the base64 of their contents under the chart's own keys; their paths are not sent."""
    sent = {}
    for setting in settings:
        if setting.protected and setting.key not in SENT_AS:
            sent[setting.key] = str(setting.value)
        elif setting.protected and setting.value in files:
            sent[SENT_AS[setting.key]] = base64.b64encode(files[str(setting.value)]).decode("ascii")
    return sent
