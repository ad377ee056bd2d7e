"""Each setting by itself: whether its key and its value can be sent, whatever else is given."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from azext_amlarc.findings import Finding
from azext_amlarc.product import catalogue, helm
from azext_amlarc.validation.settings import codes, derived, values
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.validation.settings.parsing import bad_key

_OFFLINE = derived.Known()


class Outcome(NamedTuple):
    """One setting by itself: its finding, the setting with its value as text if it is usable, the keys it meant."""

    finding: Finding | None
    setting: Setting | None
    meant: tuple[str, ...]


def validate(setting: Setting, allow_unknown: bool, known: derived.Known = _OFFLINE) -> Outcome:
    """One setting under the spelling of its key that is sent; `known`: what the tool sets, as far as that is known."""
    record = catalogue.find(setting.key)
    finding = bad_key(setting) or (_unknown(setting, allow_unknown) if record is None else _misplaced(setting, record))
    if finding and finding.code != codes.UNCHECKED.code:
        return Outcome(finding, None, (setting.key, catalogue.suggestion(setting.key) or ""))
    if record is not None and record.given:
        repeated = derived.compare(setting, record, known)
        if repeated:
            return Outcome(repeated, None, (setting.key,))
    value = values.normalize(setting, record)
    if isinstance(value, Finding):
        return Outcome(value, None, (setting.key,))
    key = helm.as_sent(setting.key)
    return Outcome(finding, replace(setting, key=key, value=value), (key,))


def _unknown(setting: Setting, allow_unknown: bool) -> Finding:
    near = catalogue.suggestion(setting.key)
    certainly = _is_misspelt(setting.key, near) or catalogue.internal_like(setting.key)
    if allow_unknown or ("." in setting.key and not certainly):
        question = f"did you mean {near}? " if near else ""
        fix = f"{question}`az ml arc settings list` shows all known settings"
        return about(setting, codes.UNCHECKED, "not a known setting, so it is sent unchecked", fix)
    return about(setting, codes.UNKNOWN, "the extension has no such setting", "; ".join(_advice(setting, near)))


def _is_misspelt(key: str, near: str | None) -> bool:
    """Whether a chart's key certainly means another: in another letter case, or a member of a family."""
    if near is None:
        return False
    record = catalogue.find(near)
    return catalogue.is_another_case(key, near) or (record is not None and bool(record.prefix))


def _advice(setting: Setting, near: str | None) -> Iterator[str]:
    meant = _as_family(setting)
    if meant:
        yield f"write {meant}"
        return
    if catalogue.internal_like(setting.key):
        yield "leave it out: the tool sets what the extension needs to know of the cluster"
        return
    if "proxy" in setting.key.lower():
        yield "leave it out: the proxy is the cluster's, and given to az connectedk8s connect or az aks create"
        return
    parts = catalogue.below(setting.key)
    if parts:
        yield f"it is a part of the chart, with settings of its own: {', '.join(parts[:5])}"
        return
    question = f"did you mean {near}? " if near else ""
    yield f"{question}`az ml arc settings list` shows all known settings"
    way = "(allow_unknown_settings=True)" if setting.source in codes.PARAMETERS else "(--allow-unknown-settings)"
    yield f"to send it unchecked, allow unknown settings {way}"


def _as_family(setting: Setting) -> str:
    """The settings meant by a family's name alone: `nodeSelector=disk=ssd`, or `tolerations` with a list."""
    families = [family for family in catalogue.family_named(setting.key) if family.type != "string"]
    if not families or catalogue.head_of(setting.key) != setting.key:
        return ""
    labels = values.labels_of(setting.value) if families[0].type == "node label" else {}
    if labels and not setting.protected:
        return " ".join(f"{helm.node_selector(label)}={value}" for label, value in labels.items())
    return " ".join(f"{family.key.replace('<index>', '0')}=…" for family in families)


def _misplaced(setting: Setting, record: catalogue.Record) -> Finding | None:
    if record.protected and not setting.protected:
        if record.given == "refused":
            return derived.refused(setting, record)
        message = "must be protected: plain settings can be read back"
        return about(setting, codes.MISPLACED_SECRET, message, "pass it as a protected setting")
    if setting.protected and not record.protected:
        message = "must not be protected: it is not a secret"
        return about(setting, codes.NOT_SECRET, message, "pass it as a plain setting")
    return None
