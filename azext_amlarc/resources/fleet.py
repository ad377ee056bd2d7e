"""A fleet as data: a validated manifest, which clusters it means, and what each of them should have.

What a cluster should have is said in the terms of `extension` and `compute`: their `Wanted`, of which their bodies and
differences are made. Nothing here holds a secret: a manifest names where protected values are (`Reference`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_
from typing import Any, Literal

from azext_amlarc.errors import InvalidInput
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.product.extension import DEFAULT_NAME, SENT_AS
from azext_amlarc.resources import compute, extension
from azext_amlarc.resources.cluster import Cluster, region
from azext_amlarc.resources.ids import ClusterId, WorkspaceId, folded

Source = Literal["file", "env", "keyVault"]
Removal = Literal["keep", "detach", "delete"]
Gate = Literal["check", "verify"]
# The tag of a compute target that a fleet has attached: so one that has left the manifest is known to be the fleet's.
OWNER = "amlarc-fleet"
# What a compute target's name may fill in.
PLACEHOLDERS = ("cluster", "resourceGroup", "location")
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")


@dataclass(frozen=True)
class Reference:
    """Where a protected value is: a file (its path), an environment variable, or a secret of a Key Vault (its URL)."""

    source: Source
    name: str

    def __str__(self) -> str:
        return f"{self.source} {self.name}"


@dataclass(frozen=True)
class Entry:
    """A cluster that the manifest names. None is the active subscription; `settings` go before the fleet's own.

    With a kubeconfig or a context, what belongs on the cluster itself is written there too.
    """

    name: str
    resource_group: str
    cluster_type: str = CONNECTED
    subscription_id: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: str | None = None
    context: str | None = None

    def id(self, subscription_id: str) -> ClusterId:
        """The cluster's id; `subscription_id` is the active one."""
        return ClusterId(self.subscription_id or subscription_id, self.resource_group, self.cluster_type, self.name)


@dataclass(frozen=True)
class Selector:
    """The clusters of one type that match everything that is given; without subscriptions those of the active one."""

    subscription_ids: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    cluster_type: str = CONNECTED
    settings: Mapping[str, str] = field(default_factory=dict)

    def matches(self, found: "Found", subscription_id: str) -> bool:
        """Whether a cluster is meant; `subscription_id` is the active one. Azure compares all but tags' values so."""
        cluster = found.cluster
        return (
            cluster.id.cluster_type == self.cluster_type
            and _is_among(cluster.id.subscription_id, self.subscription_ids or (subscription_id,))
            and (not self.resource_groups or _is_among(cluster.id.resource_group, self.resource_groups))
            and (not self.locations or region(cluster.location) in map(region, self.locations))
            and has_tags(found.tags, self.tags)
        )


@dataclass(frozen=True)
class ExtensionSpec:  # pylint: disable=too-many-instance-attributes
    """The extension that every cluster should have; what is None stays as it is, or gets Azure's default.

    `protected` has the keys as the user writes them: sslKeyPemFile, where the reference leads to the PEM text. With
    `resends`, values that are there already are sent again: Azure gives none back, so a new one can't be seen.
    """

    name: str = DEFAULT_NAME
    release_train: str | None = None
    version: str | None = None
    auto_upgrade_minor_version: bool | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    protected: Mapping[str, Reference] = field(default_factory=dict)
    allow_unknown: bool = False
    resends: bool = False

    @property
    def protected_names(self) -> list[str]:
        """The protected settings as they are sent."""
        return sorted(SENT_AS.get(key, key) for key in self.protected)

    @property
    def release(self) -> tuple[str | None, str | None, bool | None]:
        """The train, the version, and whether minor versions are upgraded automatically, as they are wanted."""
        return self.release_train, self.version, extension.auto_upgrade(self.version, self.auto_upgrade_minor_version)


@dataclass(frozen=True)
class ComputeSpec:  # pylint: disable=too-many-instance-attributes
    """A compute target that every cluster should be. `name` is a template; None is the cluster's group or subscription.

    `document` is the validated attach configuration of the file `config`, with `namespace` where the manifest has one.
    """

    workspace: str
    name: str
    resource_group: str | None = None
    subscription_id: str | None = None
    identity_type: str | None = None
    user_assigned_identities: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    config: str | None = None


@dataclass(frozen=True)
class Wave:
    """The clusters that have the tags; or as many as it takes until this percentage of all has been reached."""

    tags: Mapping[str, str] = field(default_factory=dict)
    percent: int | None = None


@dataclass(frozen=True)
class Rollout:
    """In which order, with how many failures at most, and what has to pass after each wave."""

    waves: tuple[Wave, ...] = (Wave(percent=100),)
    max_failures: int = 0
    gate: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class Fleet:
    """A valid manifest. `extension` is None where the manifest leaves it alone; `on_removal` is for what has left."""

    name: str
    clusters: tuple[Entry | Selector, ...]
    extension: ExtensionSpec | None = None
    grants_workspace_identity: bool = False
    computes: tuple[ComputeSpec, ...] = ()
    rollout: Rollout = Rollout()
    on_removal: Removal = "keep"

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(one for one in self.clusters if isinstance(one, Entry))

    @property
    def selectors(self) -> tuple[Selector, ...]:
        return tuple(one for one in self.clusters if isinstance(one, Selector))

    def resending_protected(self) -> "Fleet":
        """The same, whose protected values are sent again; InvalidInput if it has none."""
        if self.extension is None or not self.extension.protected:
            raise InvalidInput(
                "The manifest has no protected settings to send again.",
                "Nothing can be sent again that it does not name.",
            )
        return replace(self, extension=replace(self.extension, resends=True))


@dataclass(frozen=True)
class Found:
    """A cluster as Azure has it, with its tags."""

    cluster: Cluster
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """A cluster of the fleet: as Azure has it, and what the manifest says of it alone."""

    cluster: Cluster
    tags: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: str | None = None
    context: str | None = None


@dataclass(frozen=True)
class Membership:
    """The fleet's clusters in the order of their ids, and the named ones that Azure does not have."""

    members: tuple[Member, ...]
    missing: tuple[ClusterId, ...]


def membership(fleet: Fleet, found: Iterable[Found], subscription_id: str) -> Membership:
    """Which of these clusters the manifest means; `subscription_id` is the active one.

    A cluster that is named and selected has what its name says; of several selectors the first one counts.
    """
    named = {folded(str(entry.id(subscription_id))): entry for entry in fleet.entries}
    there = {folded(str(one.cluster.id)): one for one in found}
    members = []
    for key, one in sorted(there.items()):
        chosen = named.get(key) or next((it for it in fleet.selectors if it.matches(one, subscription_id)), None)
        if chosen:
            members.append(_member(one, chosen))
    missing = tuple(entry.id(subscription_id) for key, entry in named.items() if key not in there)
    return Membership(tuple(members), missing)


def _member(one: Found, chosen: Entry | Selector) -> Member:
    if isinstance(chosen, Selector):
        return Member(one.cluster, one.tags, chosen.settings)
    return Member(one.cluster, one.tags, chosen.settings, chosen.kubeconfig, chosen.context)


@dataclass(frozen=True)
class WantedCompute:
    """A compute target of one cluster: where, under which name, and what `compute.body` and `compute.changes` take."""

    workspace: WorkspaceId
    name: str
    wanted: compute.Wanted

    @property
    def id(self) -> str:
        return f"{self.workspace}/computes/{self.name}"


@dataclass(frozen=True)
class WantedState:
    """What one cluster should have: `extension` is for `extension.resolve`, `changes` and `body`, or None for none."""

    cluster: Cluster
    extension_name: str
    extension: extension.Wanted | None
    computes: tuple[WantedCompute, ...]


def wanted_for(fleet: Fleet, member: Member) -> WantedState:
    """What this cluster should have, only to compare: protected values are empty (ExtensionSpec.protected_names)."""
    spec = fleet.extension
    wanted = None
    if spec:
        secrets = dict.fromkeys(spec.protected_names, "")
        wanted = extension.Wanted({**spec.settings, **member.settings}, secrets, *spec.release)
    computes = tuple(_wanted_compute(fleet.name, one, member.cluster) for one in fleet.computes)
    return WantedState(member.cluster, spec.name if spec else DEFAULT_NAME, wanted, computes)


def _wanted_compute(owner: str, spec: ComputeSpec, cluster: Cluster) -> WantedCompute:
    workspace = workspace_of(spec, cluster.id)
    identities, replaces_types = spec.user_assigned_identities, spec.config is not None
    tags = {OWNER: owner}
    wanted = compute.Wanted(cluster.id, spec.document, identities, spec.identity_type, replaces_types, tags)
    return WantedCompute(workspace, filled(spec.name, cluster.id, cluster.location), wanted)


def workspace_of(spec: ComputeSpec, cluster: ClusterId) -> WorkspaceId:
    """The workspace that this cluster becomes a compute target of."""
    group = spec.resource_group or cluster.resource_group
    return WorkspaceId(spec.subscription_id or cluster.subscription_id, group, spec.workspace)


def filled(template: str, cluster: ClusterId, location: str = "") -> str:
    """A name with its placeholders filled in; what they make up is judged by the caller."""
    values = dict(zip(PLACEHOLDERS, (cluster.name, cluster.resource_group, location), strict=True))
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def shared_names(states: Iterable[WantedState]) -> list[str]:
    """The ids of compute targets that more than one cluster would be: each would overwrite the other's."""
    ids = Counter(folded(one.id) for state in states for one in state.computes)
    return sorted(name for name, number in ids.items() if number > 1)


def waves(rollout: Rollout, members: Sequence[Member]) -> tuple[tuple[Member, ...], ...]:
    """The members of each wave, in the members' order; a wave without any stays, so that its number does."""
    left, parts = list(members), []
    for wave in rollout.waves:
        part, left = _divided(wave, left, len(members))
        parts.append(tuple(part))
    return tuple(parts)


def _divided(wave: Wave, left: list[Member], total: int) -> tuple[list[Member], list[Member]]:
    """Those in the wave, and those that are left for later ones; `total` is how many the fleet has."""
    if wave.percent is None:
        chosen = [has_tags(one.tags, wave.tags) for one in left]
        return list(compress(left, chosen)), list(compress(left, map(not_, chosen)))
    taken = max(0, -(-total * wave.percent // 100) - (total - len(left)))
    return left[:taken], left[taken:]


def has_tags(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether these tags are among a resource's: Azure ignores the case of their names, not of their values."""
    own = {name.lower(): value for name, value in tags.items()}
    return all(own.get(name.lower()) == value for name, value in wanted.items())


def _is_among(text: str, given: Iterable[str]) -> bool:
    return text.lower() in {one.lower() for one in given}
