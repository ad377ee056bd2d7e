"""Reads settings from options and files."""

import sys
from collections.abc import Sequence

from azext_amlarc.errors import InvalidInput, stop_at_errors
from azext_amlarc.findings import Finding
from azext_amlarc.validation import files, settings
from azext_amlarc.validation.settings import Setting
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.validation.text import jsontext
from azext_amlarc.validation.text import reading as text


def read_settings(
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown: bool = False,
) -> GivenSettings:
    """Read settings from options and JSON files; InvalidInput if a file can't be read."""
    parts = [
        settings.parse_pairs(config or (), "--config"),
        settings.parse_pairs(config_protected or (), "--config-protected", protected=True),
        _from_file(config_file, protected=False),
        _from_file(config_protected_file, protected=True),
    ]
    given = GivenSettings.read(parts, allow_unknown)
    _warn_of_readers(config_protected or (), [config_protected_file, *given.files])
    return given


def read_plain(pairs: Sequence[str], option: str) -> dict[str, str]:
    """Plain settings as they were given, not validated; InvalidInput for malformed pairs."""
    given, findings = settings.parse_pairs(pairs, option)
    stop_at_errors("Invalid settings", findings)
    return {setting.key: str(setting.value) for setting in given}


def _warn_of_readers(pairs: Sequence[str], paths: Sequence[str | None]) -> None:
    """Warn if others can read secrets: on the command line, or in a file."""
    from knack.log import get_logger

    logger = get_logger(__name__)
    # Values from @FILE are not on the command line, and the paths of PEM files are not secret.
    if any(pair in sys.argv and pair.partition("=")[0] not in settings.SENT_AS for pair in pairs):
        logger.warning(
            "--config-protected: other processes can see these values, and az logs its command line with --debug. "
            "Use a file instead: --config-protected-file FILE, or - for standard input."
        )
    for path in paths:
        if path not in (None, "-") and files.is_read_by_others(str(path)):
            logger.warning("%s is readable by other users. To restrict it: chmod 600 %s", path, path)


def _from_file(path: str | None, *, protected: bool) -> tuple[list[Setting], list[Finding]]:
    if path is None:
        return [], []
    decoded = text.decode(files.read(path), path)
    if isinstance(decoded, Finding):
        return [], [decoded]
    reading = jsontext.parse(decoded, path)
    if not reading.usable:
        return [], list(reading.findings)
    if not isinstance(reading.data, dict):
        raise InvalidInput(
            f"{path}: the settings must be a JSON object, not {type(reading.data).__name__}.",
            'Use {"key": "value", …}.',
        )
    spots = reading.spots([(key,) for key in reading.data])

    def position(key: str) -> tuple[int, int] | None:
        return spots[(key,)].key if (key,) in spots else None

    found, findings = settings.from_mapping(reading.data, path, protected, position)
    return found, [*reading.findings, *findings]
