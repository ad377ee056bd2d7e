"""The documented settings of the cluster extension Microsoft.AzureML.Kubernetes, read from settings.json.

A setting's key, type, values, defaults and scope are defined only there.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from azext_amlarc.wording import nearest

DATA = Path(__file__).with_name("settings.json")


@dataclass(frozen=True)
class UpdateEffect:
    """What an update breaks if the setting is "turned on", "turned off", "changed" or "removed"."""

    when: str
    effect: str


@dataclass(frozen=True)
class Record:
    """One documented setting. A family such as `nodeSelector.<label>` has its variable part in angle brackets.

    `status` is current, renamed, removed (no longer documented since `removed`, a year and month) or internal (set by
    the tool). For an internal one, `given` says whether a user's value is "kept" or "refused", and `instead` what to
    do. `replacement` maps each value of a renamed setting to today's settings with the same meaning.
    """

    key: str
    type: str
    applies_to: str
    description: str
    documentation: str
    values: tuple[str, ...] = ()
    protected: bool = False
    default_2021: str | None = None
    default_today: str | None = None
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    update: tuple[UpdateEffect, ...] = ()
    replacement: Mapping[str, Mapping[str, str]] | None = None
    status: str = "current"
    removed: str = ""
    given: str = ""
    instead: str = ""
    misspelt: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """The fixed part of a family's key, such as `nodeSelector.`; empty for a single setting."""
        fixed, bracket, _ = self.key.partition("<")
        return fixed if bracket else ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values; empty for types without a fixed list."""
        return self.values or (("True", "False") if self.type == "boolean" else ())

    @property
    def replaced_by(self) -> tuple[str, ...]:
        """The keys that replace this renamed setting today."""
        return tuple(dict.fromkeys(key for successors in (self.replacement or {}).values() for key in successors))

    @property
    def inverted(self) -> bool:
        """Whether True of this renamed setting is False of its successor."""
        return "False" in (self.replacement or {}).get("True", {}).values()

    def successors(self, value: str) -> Mapping[str, str]:
        """Today's settings for this renamed setting with this value; empty if none is needed."""
        return (self.replacement or {})[value]


@cache
def records() -> Mapping[str, Record]:
    """All records by key, in the order of the catalogue."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    return {entry["key"]: _record(entry, data["documentation"]) for entry in data["settings"]}


def _record(entry: dict[str, Any], links: Mapping[str, str]) -> Record:
    lists = {name: tuple(entry.get(name, ())) for name in ("values", "requires", "conflicts", "misspelt")}
    return Record(
        key=entry["key"],
        type=entry["type"],
        applies_to=entry["appliesTo"],
        description=entry["description"],
        documentation=links[entry["documentation"]],
        protected=entry.get("protected", False),
        default_2021=entry.get("default2021"),
        default_today=entry.get("defaultToday"),
        update=tuple(UpdateEffect(**effect) for effect in entry.get("update", ())),
        replacement=entry.get("replacement"),
        status=entry.get("status", "current"),
        removed=entry.get("removed", ""),
        given=entry.get("given", ""),
        instead=entry.get("instead", ""),
        **lists,
    )


def find(key: str) -> Record | None:
    """The record of an exact key, or of the family that it belongs to (`nodeSelector.disk`)."""
    families = (record for record in records().values() if record.prefix)
    family = (record for record in families if key.startswith(record.prefix) and key != record.prefix)
    return records().get(key) or next(family, None)


def suggestion(key: str) -> str | None:
    """The documented key that was probably meant: a known misspelling, another case, or the nearest spelling."""
    misspelt = {wrong: record.key for record in records().values() for wrong in record.misspelt}
    near = misspelt.get(key) or nearest(key, set(_candidates(key)))
    return near if near is not None and _one_part_differs(key, near) else None


def _candidates(key: str) -> Iterator[str]:
    for record in records().values():
        if record.prefix:
            if nearest(key.partition(".")[0], {record.prefix.removesuffix(".")}):
                yield record.prefix + key.split(".", record.prefix.count("."))[-1]
        elif record.given != "refused":
            yield record.key


def _one_part_differs(key: str, near: str) -> bool:
    """Whether at most one part differs: a long common prefix alone does not make keys similar."""
    parts, others = key.lower().split("."), near.lower().split(".")
    return len(parts) == len(others) and sum(a != b for a, b in zip(parts, others, strict=True)) <= 1


def as_rows(workload: str | None = None) -> list[dict[str, object]]:
    """The catalogue as flat rows for `settings list`, optionally only those for a workload (training, inference)."""
    wanted = (workload, "both")
    return [as_row(record) for record in records().values() if workload is None or record.applies_to in wanted]


def as_row(record: Record) -> dict[str, object]:
    """One record as `settings show` prints it."""
    return {
        "key": record.key,
        "type": record.type,
        "values": list(record.choices),
        "protected": record.protected,
        "default2021": record.default_2021,
        "defaultToday": record.default_today,
        "appliesTo": record.applies_to,
        "status": record.status,
        "requires": list(record.requires),
        "conflicts": list(record.conflicts),
        "updateEffects": [f"{effect.when}: {effect.effect}" for effect in record.update],
        "replacedBy": list(record.replaced_by),
        "inverted": record.inverted,
        "description": record.description,
        "documentation": record.documentation,
    }
