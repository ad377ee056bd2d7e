"""The documented settings of the cluster extension Microsoft.AzureML.Kubernetes, read from settings.json.

A setting's key, type, values, defaults and scope are defined only there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from azext_amlarc.wording import nearest

DATA = Path(__file__).with_name("settings.json")


class UpdateEffect(NamedTuple):
    """What an update breaks if the setting is "turned on", "turned off", "changed" or "removed"."""

    when: str
    effect: str


class Record(NamedTuple):
    """One documented setting; a family such as `nodeSelector.<label>` has its variable part in angle brackets.

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
    def suffix(self) -> str:
        """What follows the variable part of a family's key, such as `].operator`."""
        return self.key.partition(">")[2]

    @property
    def is_indexed(self) -> bool:
        """Whether the variable part is a number, as in `toleration[<index>].key`."""
        return self.prefix.endswith("[")

    def covers(self, key: str) -> bool:
        """Whether the key belongs to this family, even if its variable part is empty or invalid."""
        fixed = len(self.prefix) + len(self.suffix)
        return key.startswith(self.prefix) and key.endswith(self.suffix) and len(key) >= fixed

    def variable(self, key: str) -> str:
        """The variable part of a member's key."""
        start, end = len(self.prefix), len(key) - len(self.suffix)
        return key[start:end]

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


def families() -> Iterator[Record]:
    """The records whose keys have a variable part."""
    return (record for record in records().values() if record.prefix)


def find(key: str) -> Record | None:
    """The record of an exact key, or of the family that it belongs to (`nodeSelector.disk`)."""
    return records().get(key) or next((family for family in families() if family.covers(key)), None)


def head_of(key: str) -> str:
    """The first step of a key: `nodeSelector` of `nodeSelector.disk`, `toleration` of `toleration[0].key`."""
    return re.split(r"[.\[]", key, maxsplit=1)[0]


def family_named(head: str) -> list[Record]:
    """The families whose keys start with this step, or with one that is spelled nearly so."""
    heads = {head_of(family.key) for family in families()}
    near = nearest(head, heads)
    return [family for family in families() if head_of(family.key) == near]


def suggestion(key: str) -> str | None:
    """The documented key that was probably meant: a known misspelling, another case, or the nearest spelling."""
    misspelt = {wrong: record.key for record in records().values() for wrong in record.misspelt}
    if key not in misspelt and internal_like(key):
        return None
    near = misspelt.get(key) or nearest(key, set(_candidates(key)))
    return near if near is not None and _one_part_differs(key, near) else None


def internal_like(key: str) -> Record | None:
    """The setting of the tool's own, refused from users, of which this is another spelling (`clusterName`)."""
    own = {record.key for record in records().values() if record.given == "refused"}
    near = nearest(key, own)
    return records()[near] if near is not None and is_another_case(key, near) else None


def below(key: str) -> list[str]:
    """The documented keys of a part of the chart: `nginxIngress.controller` and others for `nginxIngress`."""
    return [known for known in records() if known.startswith(f"{key}.")]


def is_another_case(key: str, known: str) -> bool:
    """Whether two different keys differ only in letter case, dots, `-` and `_`."""
    return key != known and _bare(key) == _bare(known)


def _bare(key: str) -> str:
    return re.sub(r"[-_.]", "", key).lower()


def _candidates(key: str) -> Iterator[str]:
    head = head_of(key)
    for family in family_named(head):
        if not family.is_indexed:
            yield family.prefix + key.removeprefix(head)[1:]
        elif nearest(key.rpartition(".")[2], {family.suffix.rpartition(".")[2]}):
            index = re.search(r"(?<=[.\[])\d+", key)
            yield family.prefix + (index[0] if index else "0") + family.suffix
    yield from (record.key for record in records().values() if not record.prefix and record.given != "refused")


def _one_part_differs(key: str, near: str) -> bool:
    """Whether at most one part differs: a long common prefix alone does not make keys similar."""
    parts, others = _parts(key), _parts(near)
    return len(parts) == len(others) and sum(a != b for a, b in zip(parts, others, strict=True)) <= 1


def _parts(key: str) -> list[str]:
    return key.lower().replace("].", ".").replace("[", ".").split(".")


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
