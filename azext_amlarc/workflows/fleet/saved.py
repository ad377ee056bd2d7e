"""A plan as a file: what was seen and what is to be done, to be carried out later as long as that is still so.

It holds no protected value, only their names.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeGuard, get_args

from azext_amlarc.errors import InvalidInput, Refused
from azext_amlarc.resources.ids import ClusterId, folded
from azext_amlarc.validation import files
from azext_amlarc.wording import in_line, is_unicode, quoted
from azext_amlarc.workflows import whole_files
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan, Item, Kind, Verb

_VERSION, _KIND = "amlarc/v1alpha1", "FleetPlan"
_RESENDS = "resendProtected"
_AGAIN = "Make a new plan: az ml arc plan -f MANIFEST --out FILE"


@dataclass(frozen=True)
class SavedPlan:
    """A plan, of which manifest it is, and in which tenant and for which active subscription it was made.

    `resends` says whether protected values that are there are sent again.
    """

    plan: FleetPlan
    manifest: str
    tenant: str
    created: str
    resends: bool = False


def save(path: str, plan: FleetPlan, manifest: str, tenant: str, *, resends: bool = False) -> None:
    """Write the plan to a file, whole or not at all."""
    document = {
        "apiVersion": _VERSION,
        "kind": _KIND,
        "fleet": plan.name,
        "manifest": manifest,
        "tenant": tenant,
        "subscription": plan.subscription_id,
        "subscriptions": sorted({one.id.subscription_id.lower() for one in plan.clusters}),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **({_RESENDS: True} if resends else {}),
        "clusters": [
            {"id": str(one.id), "wave": one.wave, "items": [asdict(item) for item in one.items]}
            for one in plan.clusters
        ],
    }
    whole_files.replace(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def load(path: str) -> SavedPlan:
    """The plan in a file; InvalidInput if it is none."""
    try:
        found = json.loads(files.read(path))
        if found["apiVersion"] != _VERSION or found["kind"] != _KIND:
            raise ValueError(f"it is not of the kind {_KIND} in {_VERSION}")
        clusters = tuple(_cluster(one) for one in _list(found, "clusters"))
        _stop_at_twice([str(one.id) for one in clusters])
        plan = FleetPlan(_text(found, "fleet"), _text(found, "subscription"), clusters)
        manifest, tenant, created = (_text(found, key) for key in ("manifest", "tenant", "created"))
        return SavedPlan(plan, manifest, tenant, created, _resends(found))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InvalidInput(f"{in_line(path)} is not a saved plan: {in_line(why)}.", _AGAIN) from None


def _resends(found: Mapping[str, Any]) -> bool:
    given = found.get(_RESENDS, False)
    if not isinstance(given, bool):
        raise ValueError(f"{_RESENDS} is neither true nor false")
    return given


def _cluster(given: Mapping[str, Any]) -> ClusterPlan:
    found, wave = ClusterId.find(_text(given, "id")), given["wave"]
    if found is None:
        raise ValueError(f"{quoted(given['id'])} is not the id of a cluster")
    if isinstance(wave, bool) or not isinstance(wave, int):
        raise ValueError("wave is not a whole number")
    items = tuple(_item(item) for item in _list(given, "items"))
    _stop_at_twice([f"{item.kind} {item.id}" for item in items])
    return ClusterPlan(found, wave, items)


def _stop_at_twice(ids: Iterable[str]) -> None:
    """ValueError for an id that was doubled by hand: a cluster would be worked on twice, an item would hide another."""
    [(twice, number), *_] = Counter(map(folded, ids)).most_common(1) or [("", 0)]
    if number > 1:
        raise ValueError(f"{quoted(twice)} is in it twice")


def _item(given: Mapping[str, Any]) -> Item:
    """An item, with its fields checked; an unknown kind or verb is a ValueError."""
    texts = {name: _text(given, name) for name in ("name", "id", "reason", "seen")}
    lists = {name: _texts(given, name) for name in ("changes", "consequences")}
    if given["kind"] not in get_args(Kind):
        raise ValueError(f"an item has another kind than {', '.join(get_args(Kind))}")
    return Item(**{**given, **texts, **lists, "verb": Verb(given["verb"])})


def _text(of: Mapping[str, Any], key: str) -> str:
    """The text at a key; KeyError without one, ValueError if it is something else, or could not be printed."""
    value = of[key]
    if not _is_text(value):
        raise ValueError(f"{key} is not a text")
    return value


def _texts(of: Mapping[str, Any], key: str) -> tuple[str, ...]:
    listed = _list(of, key)
    if not all(map(_is_text, listed)):
        raise ValueError("a list has something else than texts")
    return tuple(listed)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and is_unicode(value)


def _list(of: Mapping[str, Any], key: str) -> list[Any]:
    value = of[key]
    if not isinstance(value, list):
        raise ValueError(f"{key} is not a list")
    return value


def still_valid(saved: SavedPlan, now: FleetPlan, tenant: str) -> FleetPlan:
    """What is left of the saved plan to be done: that of `now` which it says, in its waves.

    Refused where anything else would be done than it says. What it says and has been done already, by an apply that was
    cut short, is no difference; clusters that have been selected since are left alone.
    """
    if (saved.tenant, saved.plan.subscription_id.lower()) != (tenant, now.subscription_id.lower()):
        where = f"tenant {saved.tenant}, subscription {saved.plan.subscription_id}"
        raise Refused(f"The plan was made elsewhere: {where}.", "Choose it: az account set --subscription NAME")
    there = {folded(str(one.id)): one for one in now.clusters}
    differences, kept = [], []
    for one in saved.plan.clusters:
        current = there.get(folded(str(one.id)))
        if current is None:
            differences += [f"{one.id.name}: it is no longer in the fleet"] if one.work else []
            continue
        differences += [f"{one.id.name}: {line}" for line in beyond(one, current)]
        kept.append(replace(current, wave=one.wave))
    if differences:
        lines = "\n".join(differences[:20] + ([f"and {len(differences) - 20} more"] if len(differences) > 20 else []))
        raise Refused(f"The plan of {saved.created} is stale. Nothing was changed.\n{lines}", _AGAIN)
    return replace(now, clusters=tuple(kept))


def beyond(planned: ClusterPlan, now: ClusterPlan) -> Iterator[str]:
    """What would be done now that the plan does not say, and what it says that would not be done."""
    said = {folded(item.id): item for item in planned.items}
    for item in now.items:
        before = said.get(folded(item.id))
        what = f"{item.kind} {item.name}"
        if before is None:
            yield from [f"{what}: the plan does not have it"] if item.is_work else []
        elif item.verb is Verb.BLOCKED and before.is_work:
            yield f"{what}: {item.reason}"
        elif item.verb in _WRITES and (item.seen != before.seen or not before.is_work):
            yield f"{what}: it has changed since"
        elif item.verb in _WRITES and set(item.changes) != set(before.changes):
            yield f"{what}: the manifest says something else now"
    yield from _dropped(planned, now)


def _dropped(planned: ClusterPlan, now: ClusterPlan) -> Iterator[str]:
    """What the plan says that nothing would be done about; a cluster that can't be seen says so itself."""
    there = {folded(item.id) for item in now.items}
    if any(item.kind == "cluster" for item in now.items):
        return
    for item in planned.items:
        if item.verb in (Verb.CREATE, Verb.CHANGE, Verb.RETRY) and folded(item.id) not in there:
            yield f"{item.kind} {item.name}: nothing would be done about it any more"


# Those of which the plan has to say what they do; the others go on with what has begun.
_WRITES = (Verb.CREATE, Verb.CHANGE, Verb.DETACH, Verb.DELETE)
