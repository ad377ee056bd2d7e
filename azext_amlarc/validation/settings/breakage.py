"""What an update of the settings breaks: the update effects of the catalogue."""

from collections.abc import Iterator, Mapping

from azext_amlarc.findings import Finding
from azext_amlarc.product import catalogue
from azext_amlarc.product.catalogue import Record
from azext_amlarc.validation.settings import codes
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.validation.settings.rules import WORKLOADS
from azext_amlarc.wording import quoted


def what_breaks(old: Mapping[str, str], new: Mapping[str, str]) -> list[Finding]:
    """What an update from the settings `old` to `new` breaks; of protected settings only the keys matter.

    `new` has all settings wanted after the update. Azure merges plain settings, so those only in `old` stay, but
    replaces the protected ones as a set.
    """
    changed = [key for key in sorted({*old, *new}) if not _is_protected(key) and _value(old, key) != _value(new, key)]
    return [*(finding for key in changed for finding in _effects(key, old, new)), *_lost_secrets(old, new)]


def _is_protected(key: str) -> bool:
    record = catalogue.find(key)
    return record is not None and record.protected


def _value(settings: Mapping[str, str], key: str) -> str | None:
    """The value for comparisons: booleans in lower case, an absent value as today's default."""
    record = catalogue.find(key)
    value = settings.get(key, record.default_today if record else None)
    return value.lower() if value is not None and record is not None and record.type == "boolean" else value


def _effects(key: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Finding]:
    record = catalogue.find(key)
    if record is None or not _was_running(record, old):
        return
    for effect in record.update:
        if not _happens(effect.when, key, new):
            continue
        rule = codes.STAYS if effect.when == "removed" else codes.BREAKS
        message = f"{_shown(key, old)} changes to {_shown(key, new)}: {effect.effect}"
        yield about(Setting(key, new.get(key)), rule, message, _advice(effect.when, key, old))


def _was_running(record: Record, old: Mapping[str, str]) -> bool:
    """Whether there can be work that the setting affects: no endpoint exists before inference is enabled."""
    switch, _ = WORKLOADS.get(record.applies_to, (None, None))
    return switch is None or _value(old, switch) == "true"


def _shown(key: str, settings: Mapping[str, str]) -> str:
    return quoted(settings[key]) if key in settings else "not set"


def _happens(when: str, key: str, new: Mapping[str, str]) -> bool:
    if key not in new:  # Azure keeps settings that an update does not mention
        return when == "removed"
    return when in ("changed", {"true": "turned on", "false": "turned off"}.get(_value(new, key) or ""))


def _advice(when: str, key: str, old: Mapping[str, str]) -> str:
    if when == "removed":
        return f"keep {key}={old[key]}, or delete the extension and install it again"
    return "update while no training job or endpoint is using it"


def _lost_secrets(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Finding]:
    sent = [key for key in new if _is_protected(key)]
    lost = [record for key, record in catalogue.records().items() if key in old and key not in new and _is_lost(record)]
    if sent and lost:
        keys = ", ".join(record.key for record in lost)
        message = f"sending protected settings replaces all of them: {keys} would be lost"
        fix = f"send them again: {'; '.join(record.instead for record in lost)}"
        yield about(Setting(sent[0], None, protected=True), codes.SECRETS_LOST, message, fix)


def _is_lost(record: Record) -> bool:
    """Connection strings are not lost, as Azure is asked for them again, and the chart ignores local paths."""
    return record.protected and record.type not in ("connection string", "local file")
