"""Settings of the cluster extension: validated, each by itself and all together, and made ready to be sent."""

import base64
import codecs
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from azext_amlarc.findings import Finding, Severity
from azext_amlarc.product import catalogue, helm
from azext_amlarc.product.extension import SENT_AS
from azext_amlarc.validation.settings import codes, rules, shapes, single
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.validation.settings.derived import Known, is_copied, same
from azext_amlarc.validation.settings.rules import PEM_PAIR
from azext_amlarc.validation.settings.together import ClusterFacts, Given


@dataclass(frozen=True)
class Judgement:
    """The findings, and what to send if none of them is an error; protected values are secret."""

    findings: tuple[Finding, ...]
    plain: dict[str, str]
    protected: dict[str, str] = field(repr=False)


def given_twice(second: Setting, first: Setting | None = None) -> Finding:
    """The finding about a key that was given before: in the same source, or in that of `first`."""
    is_same = first is None or first.source == second.source
    places = f"twice in {second.source}" if is_same else f"in both {first and first.source} and {second.source}"
    return about(second, codes.TWICE, f"given {places}", f"give {second.name} only once")


class Unread(NamedTuple):
    """Why a local file could not be read, and what to do; the path, which may be a secret, is in neither."""

    message: str
    fix: str


Contents = Mapping[str, bytes | Unread]
_NOT_GIVEN: Final = Unread("the file could not be read", "check that the file exists and that you may read it")


def local_files(settings: Sequence[Setting]) -> list[str]:
    """The paths whose contents `judge` needs in `files`, in the order given."""
    return [str(setting.value) for setting in _one_of_each(settings)[0] if _names_a_file(setting)]


def _names_a_file(setting: Setting) -> bool:
    is_text = isinstance(setting.value, str) and bool(setting.value) and shapes.contents(setting.value) is None
    return setting.key in SENT_AS and setting.protected and is_text


def judge(
    settings: Sequence[Setting],
    *,
    cluster: ClusterFacts | None = None,
    allow_unknown: bool = False,
    files: Contents | None = None,
    now: datetime | None = None,
    installed: Mapping[str, str] | None = None,
    derived: Mapping[str, str] | None = None,
    incomplete: bool = False,
    later: Collection[str] = (),
) -> Judgement:
    """Validate settings, each by itself and all together; `files` has the contents of `local_files`.

    What is sent has booleans as True and False, renamed keys under today's names, and no local path. For an update,
    `installed` has the settings that Azure shows (protected ones by name): new settings are validated with them.
    `derived` is what the tool sets for this cluster, if that is known: the same given by the user is not sent twice.
    With `incomplete` more was given than could be read, so nothing is said about what is absent. Of the settings in
    `later` the values are not known yet: nothing is said about these.
    """
    chosen, repeated = _one_of_each(settings)
    known = Known(derived, installed or {}, is_copied(chosen))
    outcomes = [single.validate(setting, allow_unknown, known) for setting in chosen]
    today, renamed = _today([outcome.setting for outcome in outcomes if outcome.setting])
    given = _given(_installed(installed or {}), today, _attempted(outcomes, installed or {}), cluster, derived or {})
    contents = {path: _without_mark(content) for path, content in (files or {}).items()}
    together = [*rules.validate(given), *_pem(given, contents, now or datetime.now(UTC))]
    findings = [
        *repeated,
        *(outcome.finding for outcome in outcomes if outcome.finding),
        *renamed,
        *_weighed(together, _of_installed(installed or {}, cluster)),
    ]
    kept = [finding for finding in findings if not (incomplete and finding.code in codes.ABSENT)]
    kept = [finding for finding in kept if not (finding.path in later and finding.code in codes.ABOUT_VALUES)]
    return Judgement(_in_order(kept, settings), _plain(today, derived or {}), _protected(today, contents))


def _weighed(findings: Iterable[Finding], before: Collection[tuple[str, str]]) -> Iterator[Finding]:
    """Findings about what is installed only warn if they were there before: others may have installed it."""
    for finding in findings:
        if finding.source != codes.INSTALLED:
            yield finding
        elif finding.severity is Severity.ERROR:
            was_there = (finding.code, finding.path) in before
            yield finding._replace(severity=Severity.WARNING) if was_there else finding


def _of_installed(installed: Mapping[str, str], cluster: ClusterFacts | None) -> set[tuple[str, str]]:
    """The codes and settings of the findings about what is installed by itself."""
    there = _given(_installed(installed), [], frozenset(installed), cluster, {})
    return {(finding.code, finding.path) for finding in rules.validate(there)} if installed else set()


def plain_values(settings: Sequence[Setting]) -> dict[str, str]:
    """The valid plain settings under today's names, those of the tool's own that a user may set among them."""
    outcomes = [single.validate(setting, allow_unknown=True) for setting in _one_of_each(settings)[0]]
    return _plain(_today([outcome.setting for outcome in outcomes if outcome.setting])[0], {})


def judge_each(
    settings: Sequence[Setting], *, allow_unknown: bool = False, files: Contents | None = None
) -> tuple[Finding, ...]:
    """The rules about each setting by itself: what is wrong whatever is installed beside it."""
    chosen, repeated = _one_of_each(settings)
    outcomes = [single.validate(setting, allow_unknown) for setting in chosen]
    valid = [outcome.setting for outcome in outcomes if outcome.setting]
    unread = [_unread(setting, files or {}) for setting in valid if _is_unread(setting, files or {})]
    return _in_order([*repeated, *(outcome.finding for outcome in outcomes if outcome.finding), *unread], settings)


def _without_mark(content: bytes | Unread) -> bytes | Unread:
    """Go's TLS refuses a byte order mark, so it is neither validated nor sent."""
    return content.removeprefix(codecs.BOM_UTF8) if isinstance(content, bytes) else content


def _installed(shown: Mapping[str, str]) -> list[Setting]:
    """The installed settings that rules can use: those that a user can give and whose values Azure shows."""
    settings = []
    for key, value in shown.items():
        record = catalogue.find(key)
        if record is not None and value and not record.protected and record.given != "refused":
            settings.append(Setting(key, value, codes.INSTALLED))
    valid = [outcome.setting for setting in settings if (outcome := single.validate(setting, True)).setting]
    return _today(valid)[0]


def _given(
    installed: Iterable[Setting],
    today: Iterable[Setting],
    attempted: frozenset[str],
    cluster: ClusterFacts | None,
    derived: Mapping[str, str],
) -> Given:
    settings = {setting.key: setting for setting in (*installed, *today)}
    usual = frozenset(key for key, setting in settings.items() if same(str(setting.value), derived.get(key)))
    return Given(settings, attempted.union(settings), cluster or ClusterFacts(), usual)


def _attempted(outcomes: Iterable[single.Outcome], installed: Mapping[str, str]) -> frozenset[str]:
    """The keys that the user meant to give, and those that are installed, including protected ones."""
    kept = {key for key, name in SENT_AS.items() if name in installed}.union(installed)
    return frozenset(kept.union(*(outcome.meant for outcome in outcomes)))


def _in_order(findings: Iterable[Finding], settings: Sequence[Setting]) -> tuple[Finding, ...]:
    """Findings in the order of their sources, and within a file of its lines."""
    sources = {source: number for number, source in enumerate(dict.fromkeys(setting.source for setting in settings))}
    return tuple(sorted(findings, key=lambda finding: (sources.get(finding.source, -1), finding.line or 0)))


def _one_of_each(settings: Sequence[Setting]) -> tuple[list[Setting], list[Finding]]:
    """One setting for each key: the command line overrides a file; any other repetition is an error."""
    chosen: dict[str, Setting] = {}
    findings = []
    for setting in settings:
        key = helm.as_sent(setting.key)
        first = chosen.setdefault(key, setting)
        if first is setting:
            continue
        findings.append(_repeated(first, setting))
        if setting.from_command_line and not first.from_command_line and setting.protected == first.protected:
            chosen[key] = setting
    return list(chosen.values()), findings


def _repeated(first: Setting, second: Setting) -> Finding:
    key = second.name
    if first.protected != second.protected:
        message = f"given as both a plain and a protected setting ({first.source} and {second.source})"
        return about(second, codes.PLAIN_AND_PROTECTED, message, f"give {key} only once")
    if first.from_command_line == second.from_command_line:
        return given_twice(second, first)
    loser = second if first.from_command_line else first
    message = f"the value on the command line overrides the one in {loser.source}"
    return about(loser, codes.OVERRIDDEN, message, f"remove {key} from {loser.source} if you always override it")


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


def _pem(given: Given, files: Contents, now: datetime) -> list[Finding]:
    pair = [given.settings[key] for key in PEM_PAIR if key in given.settings]
    findings = [_unread(setting, files) for setting in pair if _is_unread(setting, files)]
    read = {setting.key: files[str(setting.value)] for setting in pair if not _is_unread(setting, files)}
    if not read:
        return findings
    # Only settings with a certificate pay for importing cryptography.
    from azext_amlarc.validation.settings.tls import certificates, pem

    contents = {
        key: pem.File(given.settings[key], content) for key, content in read.items() if isinstance(content, bytes)
    }
    certificate, key = (contents.get(name) for name in PEM_PAIR)
    return [*findings, *certificates.validate(certificate, key, given.text("sslCname"), now)]


def _is_unread(setting: Setting, files: Contents) -> bool:
    return setting.key in SENT_AS and not isinstance(files.get(str(setting.value)), bytes)


def _unread(setting: Setting, files: Contents) -> Finding:
    found = files.get(str(setting.value))
    reason = found if isinstance(found, Unread) else _NOT_GIVEN
    return about(setting, codes.UNREAD_FILE, reason.message, reason.fix)


def _plain(settings: Iterable[Setting], derived: Mapping[str, str]) -> dict[str, str]:
    """The plain settings; those that the tool sets to the same are spelled as it spells them."""
    plain = {setting.key: str(setting.value) for setting in settings if not setting.protected}
    return {key: derived[key] if same(value, derived.get(key)) else value for key, value in plain.items()}


def _protected(settings: Iterable[Setting], files: Contents) -> dict[str, str]:
    """Local files are sent as the base64 of their contents under the chart's own keys; their paths are not sent."""
    sent = {}
    for setting in settings:
        content = files.get(str(setting.value))
        if setting.protected and setting.key not in SENT_AS:
            sent[setting.key] = str(setting.value)
        elif setting.protected and isinstance(content, bytes):
            from azext_amlarc.validation.settings.tls import pem

            own = pem.certificates_of(content) if setting.key == PEM_PAIR[0] else pem.key_of(content)
            sent[SENT_AS[setting.key]] = base64.b64encode(own).decode("ascii")
    return sent
