"""What becomes of a fleet's clusters, decided out of what there is. No requests."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from azext_amlarc.errors import ArcError, InvalidInput
from azext_amlarc.findings import errors_in
from azext_amlarc.product.extension import DEFAULT_NAME, SENT_AS
from azext_amlarc.resources import compute as compute_of
from azext_amlarc.resources import extension as extension_of
from azext_amlarc.resources.compute import Compute
from azext_amlarc.resources.differences import differences
from azext_amlarc.resources.fleet import (
    OWNER,
    Fleet,
    Member,
    WantedCompute,
    WantedState,
    shared_names,
    wanted_for,
    waves,
)
from azext_amlarc.resources.ids import ClusterId, folded, is_same
from azext_amlarc.resources.installed import Extension, refuse_another
from azext_amlarc.validation.names import validate_compute_name
from azext_amlarc.validation.report.text import as_text
from azext_amlarc.workflows.fleet.plan import ClusterPlan, FleetPlan, Item, Verb
from azext_amlarc.workflows.fleet.present import Present
from azext_amlarc.workflows.install import consequences

# How the settings of one cluster are judged: with the cluster as it is, and the extension that it has.
Judge = Callable[[Member, Extension | None], extension_of.Wanted]

_EXTENSIONS = "Microsoft.KubernetesConfiguration/extensions"
_ENDS = {"succeeded": Verb.NONE, "failed": Verb.RETRY, "canceled": Verb.RETRY, "unknown": Verb.RETRY}


def decide(fleet: Fleet, present: Present, judge: Judge, domain: str, active: str) -> FleetPlan:
    """The plan; `domain` is the cloud's, for public names, and `active` the subscription of whoever names none."""
    members = present.membership.members
    states = {folded(str(member.cluster.id)): wanted_for(fleet, member) for member in members}
    shared = set(shared_names(states.values()))
    wave_of = {
        folded(str(member.cluster.id)): number
        for number, part in enumerate(waves(fleet.rollout, members), 1)
        for member in part
    }
    planned = []
    for member in members:
        key = folded(str(member.cluster.id))
        state = states[key]
        items = tuple(_items(fleet, member, state, present, judge=partial(judge, member), domain=domain, shared=shared))
        planned.append(ClusterPlan(member.cluster.id, wave_of.get(key, 0), items, member, state))
    planned += [_missing(cluster) for cluster in present.membership.missing]
    left = _left(fleet, present, {folded(one.id) for state in states.values() for one in state.computes})
    planned = _with_those_that_left(fleet, present, planned, left)
    return FleetPlan(fleet.name, active, tuple(sorted(planned, key=lambda one: (one.wave, folded(str(one.id))))))


def _missing(cluster: ClusterId) -> ClusterPlan:
    item = Item(
        "cluster", cluster.name, str(cluster), Verb.BLOCKED, reason="Azure has no such cluster that you can see."
    )
    return ClusterPlan(cluster, 0, (item,))


def _items(
    fleet: Fleet,
    member: Member,
    state: WantedState,
    present: Present,
    *,
    judge: Callable[[Extension | None], extension_of.Wanted],
    domain: str,
    shared: set[str],
) -> Iterator[Item]:
    key = folded(str(member.cluster.id))
    existing = present.extensions.get(key)
    if key in present.unread:
        yield Item("cluster", member.cluster.id.name, str(member.cluster.id), Verb.BLOCKED, reason=present.unread[key])
        return
    has_extension = existing is not None
    if fleet.extension:
        item = extension_item(member, state.extension_name, existing, judge, domain, resends=fleet.extension.resends)
        has_extension = has_extension or item.verb is Verb.CREATE
        yield item
    for wanted in state.computes:
        yield _with_rest(fleet, member, wanted, _compute_item(wanted, present, has_extension, shared))


def extension_item(
    member: Member,
    name: str,
    existing: Extension | None,
    judge: Callable[[Extension | None], extension_of.Wanted],
    domain: str,
    *,
    resends: bool = False,
) -> Item:
    """What becomes of a cluster's extension; with `resends`, protected values that are there are sent again."""
    there = existing if existing and not existing.is_being_deleted else None
    shown = existing.name if existing else name
    found = Item("extension", shown, f"{member.cluster.id}/providers/{_EXTENSIONS}/{shown}", Verb.NONE)
    seen = _digest_of_extension(existing) if existing else ""
    try:
        if there:
            _refuse_name(there, name)
            refuse_another(there)
        wanted = judge(there)
    except ArcError as error:
        return _blocked(found, error)
    if there is None:
        lines = [*differences({}, wanted.settings), *(f"{key}: (not set) -> (protected)" for key in wanted.protected)]
        return _with(found, Verb.CREATE, lines, seen=seen)
    new = {key: value for key, value in wanted.protected.items() if resends or not _has(there, key)}
    resolved = extension_of.resolve(member.cluster, domain, wanted.settings, there)
    lines = extension_of.changes(there, resolved, replace(wanted, protected=new))
    if not lines:
        return _with(found, _unless_done(there.provisioning_state), (), seen=seen)
    lost = extension_of.lost(there, extension_of.protected_to_send(resolved, wanted))
    return _with(found, Verb.CHANGE, lines, breaks=consequences(there, resolved.settings, lost), seen=seen)


def _refuse_name(there: Extension, name: str) -> None:
    """A cluster takes the extension once; the usual name means whatever name it has there."""
    if name != DEFAULT_NAME and there.name.lower() != name.lower():
        raise InvalidInput(
            f"The cluster has this extension as {there.name!r}, and takes it once.",
            f"Name it so in the manifest: extension: {{name: {there.name}}}",
        )


def _has(there: Extension, key: str) -> bool:
    return not {key, SENT_AS.get(key)}.isdisjoint(there.configuration_protected_settings)


def _unless_done(state: str) -> Verb:
    return _ENDS.get(state.lower(), Verb.WAIT)


def _with(
    item: Item, verb: Verb, lines: Iterable[str], *, breaks: Iterable[str] = (), seen: str = "", reason: str = ""
) -> Item:
    return Item(item.kind, item.name, item.id, verb, tuple(lines), reason, tuple(breaks), seen)


def _blocked(item: Item, error: ArcError) -> Item:
    findings = errors_in(getattr(error, "findings", ()))
    said = as_text(findings) if findings else f"{error.message} {error.fix}".strip()
    return _with(item, Verb.BLOCKED, (), reason=said)


def _compute_item(wanted: WantedCompute, present: Present, has_extension: bool, shared: set[str]) -> Item:
    existing = present.computes.get(folded(wanted.id))
    found = Item("compute target", wanted.name, wanted.id, Verb.NONE)
    obstacle = _obstacle(wanted, existing, present, has_extension, shared)
    if obstacle:
        return _with(found, Verb.BLOCKED, (), reason=obstacle)
    if existing is None or existing.is_being_deleted:
        document = {key: value for key, value in wanted.wanted.document.items() if value is not None}
        lines = list(differences({}, {"cluster": str(wanted.wanted.cluster), **document}))
        return _with(found, Verb.CREATE, lines, seen=_digest_of_compute(existing) if existing else "")
    seen = _digest_of_compute(existing)
    try:
        compute_of.refuse_another_kind(existing)
        compute_of.refuse_another_place(existing, wanted.workspace, wanted.wanted)
    except ArcError as error:
        return _blocked(found, error)
    lines = compute_of.changes(existing, wanted.wanted)
    if not lines:
        return _with(found, _unless_done(existing.provisioning_state), (), seen=seen)
    gone = compute_of.types_that_go(existing, wanted.wanted)
    breaks = [f"Jobs can no longer use these instance types of {existing.name}: {', '.join(gone)}."] if gone else []
    return _with(found, Verb.CHANGE, lines, breaks=breaks, seen=seen)


def _with_rest(fleet: Fleet, member: Member, wanted: WantedCompute, item: Item) -> Item:
    """What goes with an attach: roles, and what belongs on the cluster itself if the manifest says how to get there."""
    if item.verb not in (Verb.CREATE, Verb.CHANGE):
        return item
    roles = ("roles on the cluster for the workspace's identity: those that it lacks",)
    granted = roles if fleet.grants_workspace_identity else ()
    return replace(item, changes=(*item.changes, *granted, *_on_cluster(member, wanted)))


def _on_cluster(member: Member, wanted: WantedCompute) -> Iterator[str]:
    through = ", ".join(filter(None, (member.kubeconfig, member.context)))
    if not through:
        return
    things = [f"the namespace {wanted.wanted.namespace}"] if wanted.wanted.namespace else []
    things += [f"instance type {name}" for name in wanted.wanted.document.get("instanceTypes") or {}]
    yield from (f"on the cluster itself, through {through}: {thing}, unless it is so" for thing in things)


def _obstacle(
    wanted: WantedCompute, existing: Compute | None, present: Present, has_extension: bool, shared: set[str]
) -> str:
    """Why a compute target cannot be looked at or attached; empty if it can."""
    workspace = folded(str(wanted.workspace))
    if workspace in present.unread:
        return present.unread[workspace]
    if folded(wanted.id) in shared:
        return "Several clusters would be this compute target: put {cluster} in its name in the manifest."
    if existing is not None:
        return ""
    broken = errors_in(validate_compute_name(wanted.name, ""))
    if broken:
        return as_text(broken)
    if not has_extension:
        return "The cluster does not have the extension, which compute targets need, and the manifest has none."
    return ""


def _left(fleet: Fleet, present: Present, wanted: set[str]) -> Iterator[tuple[ClusterId, Item]]:
    """The compute targets that the fleet has attached, and that are no longer in the manifest.

    Those on a cluster that it names but that can't be seen still count as in it.
    """
    missing = {folded(str(one)) for one in present.membership.missing}
    for key, found in sorted(present.computes.items()):
        cluster = ClusterId.find(found.resource_id)
        if cluster is None or key in wanted or (found.tags or {}).get(OWNER) != fleet.name:
            continue
        if folded(str(cluster)) not in missing:
            yield cluster, _removed(fleet, found, present.unread.get(folded(str(cluster))))


def _removed(fleet: Fleet, found: Compute, unread: str | None) -> Item:
    """What becomes of a compute target that has left; none is removed while its cluster can't be read (`unread`)."""
    verb, reason = Verb.DETACH, ""
    if fleet.on_removal == "keep":
        verb, reason = Verb.LEAVE, "It is no longer in the manifest, which says to keep such."
    elif unread:
        verb, reason = Verb.BLOCKED, f"Whether its cluster has left the manifest is not known: {unread}"
    breaks = (compute_of.what_detaching_does(found),) if verb is Verb.DETACH else ()
    return Item("compute target", found.name, found.id, verb, (), reason, breaks, _digest_of_compute(found))


def _with_those_that_left(
    fleet: Fleet, present: Present, planned: Sequence[ClusterPlan], left: Iterable[tuple[ClusterId, Item]]
) -> list[ClusterPlan]:
    """The clusters, and those that only what has left the manifest is on: they come last."""
    found = {folded(str(one.id)): one for one in planned}
    last = max((one.wave for one in planned), default=0) or 1
    for cluster, item in left:
        key = folded(str(cluster))
        there = found.get(key) or ClusterPlan(cluster, last, ())
        found[key] = replace(there, items=(*there.items, item))
    if fleet.on_removal != "delete":
        return list(found.values())
    return [one if one.member or not one.work else _without_extension(one, present) for one in found.values()]


def _without_extension(one: ClusterPlan, present: Present) -> ClusterPlan:
    """A cluster that has left, and its extension, which goes unless compute targets of others need it."""
    existing = present.extensions.get(folded(str(one.id)))
    if existing is None:
        return one
    going = {folded(item.id) for item in one.work}
    others = [
        found.name
        for key, found in sorted(present.computes.items())
        if is_same(found.resource_id, str(one.id)) and key not in going
    ]
    seen = _digest_of_extension(existing)
    if others:
        reason = f"Other compute targets use it: {', '.join(others)}."
        item = Item("extension", existing.name, existing.id, Verb.LEAVE, reason=reason, seen=seen)
    else:
        breaks = (f"The extension is deleted from {one.id.name}.",)
        item = Item("extension", existing.name, existing.id, Verb.DELETE, consequences=breaks, seen=seen)
    return replace(one, items=(*one.items, item))


def _digest_of_extension(found: Extension) -> str:
    return _digest(
        [
            found.name.lower(),
            found.release_train,
            found.version,
            found.auto_upgrade_minor_version,
            found.configuration_settings,
            found.configuration_protected_settings,
        ]
    )


def _digest_of_compute(found: Compute) -> str:
    return _digest(
        [
            folded(found.resource_id),
            found.namespace,
            found.default_instance_type,
            found.instance_types,
            (found.identity or {}).get("type"),
            sorted(map(folded, (found.identity or {}).get("userAssignedIdentities") or {})),
        ]
    )


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
