"""Reads settings from options and files."""

import re
import sys
from collections.abc import Sequence

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding
from azext_amlarc.product.extension import SENT_AS
from azext_amlarc.validation import files, settings
from azext_amlarc.validation.settings import Setting, codes, foreign, shapes
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.validation.settings.parsing import Parsed
from azext_amlarc.validation.text import parsing
from azext_amlarc.validation.text import reading as text
from azext_amlarc.wording import in_line

_PEM_LINE = re.compile(r"^\ufeff?-----BEGIN", re.MULTILINE)
_PAIR = re.compile(r"[A-Za-z][\w.\\/\[\]-]*=")


def read_settings(
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    *,
    allow_unknown: bool = False,
    scale_from_zero: bool | None = None,
    policy: Sequence[str] | None = None,
) -> GivenSettings:
    """Read settings from options and JSON or YAML files; what cannot be read is a finding beside the others.

    `scale_from_zero` gives those of Volcano's configuration for an autoscaler; `policy` names policies to be kept.
    """
    parts = [
        *_from_option(config or (), "--config"),
        *_from_option(config_protected or (), "--config-protected", protected=True),
        _from_file(config_file, "--config-file"),
        _from_file(config_protected_file, "--config-protected-file", protected=True),
        *_of_scaling(scale_from_zero),
    ]
    given = GivenSettings.read(parts, allow_unknown, policy or ())
    keys = [path for path, content in given.files.items() if isinstance(content, bytes) and b"PRIVATE KEY" in content]
    _warn_of_readers(config_protected or (), [config_protected_file, *keys])
    return given


def _of_scaling(from_zero: bool | None) -> list[Parsed]:
    if not from_zero:
        return []
    from azext_amlarc.product import volcano

    return [settings.parse_pairs(volcano.pairs(), "--scale-from-zero")]


def read_planned(words: Sequence[str], option: str) -> dict[str, str]:
    """Plain settings that are planned: key=value, or a file of them; InvalidInput with the errors in each of them."""
    parts = [part for word in words for part in _planned(word, option)]
    given = GivenSettings.read(parts, allow_unknown=False)
    given.stop_at_single_errors()
    return {setting.key: str(setting.value) for setting in given.settings}


def _planned(word: str, option: str) -> list[Parsed]:
    is_file = "=" not in word and shapes.is_file_name(word, *files.SUFFIXES)
    return [_from_file(word, option)] if is_file else _from_option([word], option)


def _warn_of_readers(pairs: Sequence[str], paths: Sequence[str | None]) -> None:
    """Warn if others can read secrets: on the command line, or in a file."""
    from knack.log import get_logger

    logger = get_logger(__name__)
    # Values from @FILE are not on the command line, and the paths of PEM files are not secret.
    if any(pair in sys.argv and pair.partition("=")[0] not in SENT_AS for pair in pairs):
        logger.warning(
            "--config-protected: other processes can see these values, and az logs its command line with --debug. "
            "Use a file instead: --config-protected-file FILE, or - for standard input."
        )
    for path in paths:
        if path not in (None, "-") and files.is_read_by_others(str(path)):
            logger.warning("%s is readable by other users. To restrict it: chmod 600 %s", *[in_line(str(path))] * 2)


def _from_option(words: Sequence[str], option: str, protected: bool = False) -> list[Parsed]:
    """Settings as key=value; what az loaded for `@FILE` may be a whole settings file, or a pair a line."""
    pairs = [pair for word in words if not _is_object(word) for pair in _lines(word)]
    named = [pair for pair in pairs if shapes.is_file_name(pair, *files.SUFFIXES)]
    found, findings = settings.parse_pairs([pair for pair in pairs if pair not in named], option, protected)
    of_files = [_file_in_place_of_pair(name, option) for name in named]
    objects = [_parsed(word.encode(errors="surrogateescape"), option, protected) for word in words if _is_object(word)]
    return [(found, [*of_files, *findings]), *objects]


def _is_object(word: str) -> bool:
    return word.lstrip("\ufeff \t\r\n").startswith("{")


def _lines(word: str) -> list[str]:
    """The pairs in an argument of several lines; a PEM text that was given as a value is left whole."""
    lines = [line for line in map(str.strip, word.splitlines()) if line and not line.startswith("#")]
    return lines if all(_PAIR.match(line) for line in lines) and len(lines) > 1 else [word]


def _file_in_place_of_pair(name: str, option: str) -> Finding:
    fix = f"to read settings from a file, use {option}-file {name}"
    return codes.about(Setting("", None, option), codes.PAIR, f"{name} is a file's name, not key=value", fix)


def _from_file(path: str | None, option: str, protected: bool = False) -> Parsed:
    """Settings in a file; az loads `@FILE` itself, and hands its text on in place of the path."""
    if path is None:
        return [], []
    if _is_object(path) or shapes.contents(path):
        return _parsed(path.encode(errors="surrogateescape"), option, protected)
    echoed = not protected or path == "-" or shapes.is_file_name(path, *files.SUFFIXES)
    if "=" in path and not files.exists(path):
        fix = f"give key=value with {option.removesuffix('-file')}"
        return [], [codes.about(Setting("", None, option), codes.FOREIGN, "the value is a setting, not a file", fix)]
    source = (files.STDIN if path == "-" else path) if echoed else option
    try:
        raw = files.read(path, "" if echoed else "the file")
    except InvalidInput as error:
        return [], [files.as_finding(error, source)]
    return _parsed(raw, source, protected)


def _parsed(raw: bytes, source: str, protected: bool) -> Parsed:
    """The settings in the text of a file; a finding about a protected one repeats nothing of it."""
    other = _recognized(raw[:4096].decode(errors="replace"), protected)
    if other:
        return [], [codes.about(Setting("", None, source), codes.FOREIGN, *other)]
    reading = parsing.parse(raw, source)
    faults = [_unrepeated(finding) if protected else finding for finding in reading.findings]
    if not reading.usable:
        return [], faults
    if not isinstance(reading.data, dict):
        listed = foreign.recognized_list(reading.data, protected) if isinstance(reading.data, list) else ""
        fix = listed or 'write {"key": "value", …}'
        return [], [
            *faults,
            text.finding(text.TOP_LEVEL, f"the settings are {text.kind(reading.data)}, not an object", fix, source),
        ]
    spots = reading.spots([(key,) for key in reading.data])
    found, findings = settings.from_mapping(reading.data, source, protected, lambda key: spots[(key,)].key)
    return found, [*faults, *findings]


def _recognized(start: str, protected: bool) -> tuple[str, str] | None:
    """What the file is instead of settings, by its beginning, and what to do."""
    what = shapes.contents(start)
    # Within JSON or YAML it is a value, whose setting is told then: no line begins with it.
    if what and what.startswith(("PEM", "a cert")) and (what != "PEM text" or _PEM_LINE.search(start)):
        fix = "name a JSON file of settings; a PEM file is named by sslCertPemFile or sslKeyPemFile in it"
        return f"the file is {what}, not settings", fix
    from azext_amlarc.validation.text import languages

    if languages.is_lines_of_pairs(start):
        option = "--config-protected" if protected else "--config"
        return "the file has key=value lines", f"pass it as {option} @FILE, or {languages.AS_JSON}"
    return None


def _unrepeated(finding: Finding) -> Finding:
    """The finding by its rule and place alone: its message may repeat a secret that it is about."""
    title = next(rule.title for rule in text.RULES if rule.code == finding.code)
    return finding._replace(message=f"broken rule: {title}", fix="correct the file at this place", path="")
