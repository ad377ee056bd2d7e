"""A plan as data: what becomes of each cluster of a fleet, and why."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from azext_amlarc.resources.fleet import Member, WantedState
from azext_amlarc.resources.ids import ClusterId

Kind = Literal["cluster", "extension", "compute target"]


class Verb(StrEnum):
    """What becomes of something: the most important first."""

    BLOCKED = "blocked"
    CREATE = "create"
    CHANGE = "change"
    RETRY = "retry"
    DETACH = "detach"
    DELETE = "delete"
    WAIT = "wait"
    LEAVE = "leave"
    NONE = "none"


# What is done, in the order of doing it; the others send nothing.
WORK = (Verb.CREATE, Verb.CHANGE, Verb.RETRY, Verb.WAIT, Verb.DETACH, Verb.DELETE)
# What a template can do about a resource; anything else is done by requests of our own.
_IN_TEMPLATES = (Verb.CREATE, Verb.CHANGE, Verb.RETRY, Verb.WAIT, Verb.NONE, Verb.LEAVE)


@dataclass(frozen=True)
class Item:  # pylint: disable=too-many-instance-attributes
    """What becomes of one resource: setting by setting, why it can't be done, what that breaks.

    `seen` is a digest of what was there, empty if nothing was.
    """

    kind: Kind
    name: str
    id: str
    verb: Verb
    changes: tuple[str, ...] = ()
    reason: str = ""
    consequences: tuple[str, ...] = ()
    seen: str = ""

    @property
    def is_work(self) -> bool:
        return self.verb in WORK


@dataclass(frozen=True)
class ClusterPlan:
    """What becomes of one cluster. `wave` counts from 1; `member` and `wanted` are None for one that has left."""

    id: ClusterId
    wave: int
    items: tuple[Item, ...]
    member: Member | None = field(default=None, repr=False, compare=False)
    wanted: WantedState | None = field(default=None, repr=False, compare=False)

    @property
    def verb(self) -> Verb:
        """The most important of what becomes of it."""
        order = list(Verb)
        return min((item.verb for item in self.items), key=order.index, default=Verb.NONE)

    @property
    def work(self) -> tuple[Item, ...]:
        """What is to be done, in this order; nothing beyond what cannot be done."""
        return tuple(item for item in self.items if item.is_work)

    @property
    def blocked(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.verb is Verb.BLOCKED)

    @property
    def goes_along(self) -> bool:
        """Whether a stack that changes others of its wave writes it again, though it is as wanted.

        Not one that Azure does not reach: the stack would wait for it, or fail.
        """
        return bool(self.member and self.member.cluster.is_reachable and not self.work and not self.blocked)

    @property
    def is_for_a_template(self) -> bool:
        """Whether a template can say all that is to be done on the cluster.

        It cannot detach, delete, or reach the cluster itself.
        """
        if self.member is None or self.wanted is None or not all(item.verb in _IN_TEMPLATES for item in self.items):
            return False
        attaches = any(item.kind == "compute target" for item in self.work)
        return not (attaches and (self.member.kubeconfig or self.member.context))


@dataclass(frozen=True)
class FleetPlan:
    """What becomes of a fleet, its clusters in the order of their waves and ids."""

    name: str
    subscription_id: str
    clusters: tuple[ClusterPlan, ...]

    @property
    def counts(self) -> dict[Verb, int]:
        """How many clusters each word is about, the most important first."""
        found = Counter(one.verb for one in self.clusters)
        return {verb: found[verb] for verb in Verb if found[verb]}

    @property
    def has_changes(self) -> bool:
        return any(one.work for one in self.clusters)

    @property
    def has_obstacles(self) -> bool:
        return any(one.blocked for one in self.clusters)

    @property
    def consequences(self) -> tuple[str, ...]:
        """What the work breaks, each sentence once."""
        return tuple(dict.fromkeys(line for one in self.clusters for item in one.work for line in item.consequences))
