"""Settings parsed from pairs and from the objects of files; what cannot be one becomes a finding."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from azext_amlarc.findings import Finding
from azext_amlarc.product import catalogue, helm
from azext_amlarc.validation.names import SEE_LABELS
from azext_amlarc.validation.settings import codes, foreign, shapes, values
from azext_amlarc.validation.settings.codes import COMMAND_LINE, Setting, about
from azext_amlarc.validation.text.reading import Position
from azext_amlarc.wording import is_unicode, quoted

Parsed = tuple[list[Setting], list[Finding]]

_NEXT_KEY = re.compile(r"[\s,;]+([A-Za-z][\w.\\/\[\]-]*)=")


def parse_pairs(pairs: Sequence[str], source: str = COMMAND_LINE, protected: bool = False) -> Parsed:
    """Parse `key=value` texts, split at the first "="; invalid ones become findings."""
    settings, findings = [], []
    for number, pair in enumerate(pairs, 1):
        key, separator, value = pair.partition("=")
        setting = Setting(key if separator else "", value, source, protected=protected, number=number)
        finding = _bad_pair(setting, pair) or bad_key(setting)
        if finding:
            findings.append(finding)
        else:
            settings.append(setting)
    return settings, findings


def _bad_pair(setting: Setting, pair: str) -> Finding | None:
    secret = setting.protected or shapes.may_be_secret(pair)
    shown = f"setting {setting.number}" if secret else quoted(pair)
    found = next((problem for check in _PAIR_CHECKS for problem in check(setting, pair, secret)), None)
    if found is None:
        return None
    unnamed = Setting("", None, setting.source)
    return about(unnamed, codes.PAIR, f"{shown} {found[0]}", found[1])


def _contents(setting: Setting, pair: str, _secret: bool) -> Iterator[tuple[str, str]]:
    what = shapes.contents(pair)
    if what and (shapes.contents(setting.key) or not setting.key):
        yield f"is {what}, not key=value", "name a setting before it: key=value"


def _separated(setting: Setting, pair: str, _secret: bool) -> Iterator[tuple[str, str]]:
    if "=" not in pair:
        fix = "write key=value without spaces around the '=', and separate settings by spaces"
        yield "has no '='", fix
    elif not setting.key:
        yield "has no key before its '='", "write key=value"


def _unquoted(setting: Setting, pair: str, secret: bool) -> Iterator[tuple[str, str]]:
    inner = pair.strip("\"'")
    if setting.key[:1] in ("'", '"'):
        fix = "remove the quotes inside the argument" if secret else f"write {inner} without the inner quotes"
        yield "has quotes around it that the shell did not remove", fix


def _single(setting: Setting, pair: str, secret: bool) -> Iterator[tuple[str, str]]:
    """Several pairs in one argument: `'a=True b=False'` in one pair of quotes, or separated by commas."""
    keys = [setting.key, *_NEXT_KEY.findall(str(setting.value))]
    known = [key for key in keys if catalogue.find(key) or catalogue.suggestion(key)]
    if len(known) < 2 or known[0] != setting.key:
        return
    starts = [0, *(pair.index(f"{key}=", len(setting.key)) for key in known[1:])]
    parts = [pair[start:end].strip(" \t\r\n,;") for start, end in zip(starts, [*starts[1:], None], strict=True)]
    example = " ".join(f"{key}=…" if secret else part for key, part in zip(known, parts, strict=True))
    message = f"is {len(known)} settings in one argument"
    yield message, f"separate them by spaces, and put each in quotes of its own, or none: {example}"


def _comma(setting: Setting, _pair: str, secret: bool) -> Iterator[tuple[str, str]]:
    """`a=True, b=False`: a list with commas, whose first words end in one."""
    value = str(setting.value)
    if value[-1:] in (",", ";") and catalogue.find(setting.key):
        shown = "…" if secret else value.rstrip(",; ")
        yield f"ends in {'a comma' if value[-1] == ',' else 'a semicolon'}", f"write {setting.key}={shown}"


_PAIR_CHECKS: tuple[Callable[[Setting, str, bool], Iterator[tuple[str, str]]], ...] = (
    _contents,
    _separated,
    _unquoted,
    _single,
    _comma,
)


def bad_key(setting: Setting) -> Finding | None:
    """The finding about a key that no setting can have, or None."""
    if not setting.key:
        return about(setting, codes.PAIR, "the key is empty", "name a setting, or delete this one")
    if not is_unicode(setting.key):
        return about(setting, codes.PAIR, "the key is not valid Unicode", "write it in UTF-8")
    if setting.key.split() != [setting.key]:
        hidden = setting.name != setting.key
        shown = "" if hidden else f" {quoted(setting.key)}"
        return about(setting, codes.SPACES, f"the key{shown} contains spaces", _without_spaces(setting.key, hidden))
    return None


def _without_spaces(key: str, hidden: bool) -> str:
    """What to write instead: without spaces around the key, or within it where that makes a known one."""
    words = key.split()
    joined = "".join(words)
    if not hidden and (len(words) == 1 or joined in catalogue.records()):
        return f"write {joined}"
    if key.startswith(helm.NODE_SELECTOR):
        return f"write the label's key as the nodes have it: {SEE_LABELS}"
    return "write key=value, without spaces"


def from_mapping(
    mapping: Mapping[str, object],
    source: str,
    protected: bool = False,
    position: Callable[[str], Position | None] = lambda key: None,
) -> Parsed:
    """Settings from the top-level object of a file; `position` gives a key's place, if known.

    An object that is something else altogether, such as an ARM parameters file, is one finding.
    """
    given = []
    for key, value in mapping.items():
        line, column, width = position(key) or (None, None, 1)
        given.append(Setting(key, value, source, line, column, protected, width))
    found = foreign.recognized(mapping, protected)
    if found:
        place = next(setting for setting in given if setting.key == found.key)
        return [], [about(place, codes.FOREIGN, found.message, found.fix)]
    nested = [setting for setting in given if isinstance(setting.value, Mapping | list)]
    settings, findings = [], [_nested(nested)] if len(nested) > 1 else []
    for setting in given:
        finding = bad_key(setting) or _bad_kind(setting)
        if finding is None:
            settings.append(setting)
        elif len(nested) < 2 or setting not in nested:
            findings.append(finding)
    return settings, findings


def _bad_kind(setting: Setting) -> Finding | None:
    outcome = values.normalize(setting, None)
    return outcome if isinstance(outcome, Finding) else None


def _nested(nested: Sequence[Setting]) -> Finding:
    """One finding for all the nested values of a file: it is most likely Helm's values.yaml."""
    keys = ", ".join(setting.key for setting in nested[:5]) + (", …" if len(nested) > 5 else "")
    message = f"nested values, as in a Helm values file ({keys}), but settings are flat"
    paths = [path for setting in nested for path in values.leaves(setting.key, setting.value)]
    return about(nested[0], codes.KIND, message, values.flattened(paths))
