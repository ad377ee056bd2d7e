"""Settings that the tool works out itself, given by the user: repeated, or contradicted."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from azext_amlarc.findings import Finding
from azext_amlarc.product import catalogue
from azext_amlarc.product.catalogue import Record
from azext_amlarc.validation.settings import codes, values
from azext_amlarc.validation.settings.codes import Setting, about

# A workspace has it from Azure: before it is created there is nothing to compare with.
_KNOWN_LATER = {"azure_log_analytics.customer_id": "azure_log_analytics.enabled"}


def worked_out(
    resolve: Callable[[Mapping[str, str]], Mapping[str, str]], chosen: Mapping[str, str], there: Mapping[str, str]
) -> dict[str, str]:
    """What the tool sets for the settings that are the user's to choose (`chosen`, on top of what is `there`).

    `resolve` gives all settings for those given. A switch of the tool's that the user sets otherwise (a Service Bus)
    decides what follows from it, and a resource of the user's own what is called after it; each is itself compared
    with what the tool would set without it.
    """
    free = {key: value for key, value in {**there, **chosen}.items() if not _is_kept(key) and not _is_refused(key)}
    usual, alone = resolve({}), resolve(free)
    switches = {key: value for key, value in chosen.items() if _is_switch(key) and not same(value, alone.get(key))}
    following = resolve(free | switches)
    own = {key: value for key, value in chosen.items() if _is_kept(key) and not same(value, following.get(key))}
    final = resolve(free | switches | own)
    repeated = {key: usual[key] for key in free if same(free[key], usual.get(key))}
    resources = {key: value for key, value in following.items() if _is_kept(key) and not _is_switch(key)}
    known = {key: value for key, value in final.items() if key not in free and not _is_kept(key)}
    return {**known, **resources, **{key: value for key, value in alone.items() if _is_switch(key)}, **repeated}


def _is_kept(key: str) -> bool:
    record = catalogue.find(key)
    return record is not None and record.given == "kept"


def _is_refused(key: str) -> bool:
    record = catalogue.find(key)
    return record is not None and record.given == "refused"


def _is_switch(key: str) -> bool:
    record = catalogue.find(key)
    return record is not None and _is_kept(key) and record.type in ("boolean", "hostname")


class Known(NamedTuple):
    """What the tool sets for the other settings given, and what is installed; protected settings only by name.

    Without a cluster `derived` is None, and `copied` says whether the settings seem to be those of an extension, as
    shown by the tool: then what is the tool's and what is the user's own cannot be told apart.
    """

    derived: Mapping[str, str] | None = None
    installed: Mapping[str, str] = MappingProxyType({})
    copied: bool = False

    def has(self, key: str, value: str, absent: bool = False) -> bool:
        """Whether the tool sets this value anyway, or it is installed; with `absent`, an absent switch is off."""
        found = [values[key] for values in (self.derived or {}, self.installed) if key in values]
        return any(same(value, one) for one in found) or (absent and not found and value.lower() == "false")


def same(value: str, other: str | None) -> bool:
    """Whether two values mean the same to Azure: letter case and spaces do not count."""
    return other is not None and _bare(value) == _bare(other)


def _bare(value: str) -> str:
    return value.lower().replace(" ", "")


def is_copied(settings: Iterable[Setting]) -> bool:
    """Whether settings that only the tool sets are among those given, as in what it shows of an extension."""
    return any(_is_refused(setting.key) and not setting.protected for setting in settings)


def compare(setting: Setting, record: Record, known: Known) -> Finding | None:
    """The finding about an internal setting that is not to be sent; None if the user's value is sent."""
    is_refused = record.given == "refused"
    if record.protected:
        return refused(setting, record) if is_refused else None
    if known.derived is None:
        follows = is_refused or (known.copied and not _is_switch(setting.key))
        return _uncompared(setting, record) if follows else None
    if known.has(setting.key, str(setting.value), absent=is_refused):
        message = "the tool sets this value itself, so it is not sent twice"
        return about(setting, codes.REPEATED, message, f"leave {setting.key} out")
    if not is_refused:
        return None
    switch = _KNOWN_LATER.get(setting.key, "")
    if same("True", known.derived.get(switch)):
        return _uncompared(setting, record)
    return refused(setting, record, known.derived.get(setting.key))


def _uncompared(setting: Setting, record: Record) -> Finding:
    if isinstance(values.normalize(setting, record), Finding):
        return refused(setting, record)
    message = "set by the tool, and taken only if it is what the tool works out for the cluster"
    return about(setting, codes.REPEATED, message, f"leave {setting.key} out")


def refused(setting: Setting, record: Record, value: str | None = None) -> Finding:
    """The finding about a value that is not the tool's."""
    message = "the tool determines this setting, and a wrong value breaks the extension"
    if value is not None:
        message = f"the tool determines this setting: for this cluster it is {value}"
    return about(setting, codes.NOT_A_CHOICE, message, record.instead or f"leave {setting.key} out")
