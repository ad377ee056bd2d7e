"""Names and tags of supporting resources: those of `az k8s-extension`, or our own if that name can't be used."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from azext_amlarc.resources.ids import ClusterId, folded, group_id

# The tag of `az k8s-extension`; our resources have a second tag, which names the cluster.
TAGS = {"created_by": "Azure Arc-enabled ML"}
OWNER = "created_for"

_DIGEST_LENGTH, _OWN_DIGEST_LENGTH, _SHOWN_LENGTH = 6, 16, 20
# Relay and Service Bus share one naming rule and one domain ("Naming rules and restrictions for Azure resources").
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]")


class Kind(NamedTuple):
    """A kind of supporting resource: its type, the suffix of its name, and which names Azure accepts."""

    resource_type: str
    suffix: str
    longest: int
    valid: re.Pattern[str]


RELAY = Kind("Microsoft.Relay/namespaces", "-relay", 50, _NAMESPACE)
SERVICE_BUS = Kind("Microsoft.ServiceBus/namespaces", "-service-bus", 50, _NAMESPACE)
LOG_ANALYTICS = Kind(
    "Microsoft.OperationalInsights/workspaces", "", 63, re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]")
)


def candidates(cluster: ClusterId, kind: Kind) -> list[str]:
    """The possible ids of a cluster's resource: `az k8s-extension`'s, if Azure accepts that name, then our own.

    The former may be another cluster's too (`my-cluster` and `mycluster`), our own can't.
    """
    theirs = shared_name(cluster, kind)
    names = [theirs] if kind.valid.fullmatch(theirs) else []
    return [f"{_group(cluster)}/{kind.resource_type}/{name}" for name in [*names, own_name(cluster, kind)]]


def ambiguous(clusters: Iterable[ClusterId]) -> set[str]:
    """The ids, in lower case, of those of these clusters of which two would give a resource the same name."""
    having = dict[str, set[str]]()
    for cluster in clusters:
        for kind in (RELAY, SERVICE_BUS, LOG_ANALYTICS):
            having.setdefault(folded(candidates(cluster, kind)[0]), set()).add(folded(str(cluster)))
    return {one for several in having.values() if len(several) > 1 for one in several}


def shared_name(cluster: ClusterId, kind: Kind) -> str:
    """The name that `az k8s-extension` gives: alphanumerics, truncated with a digest at the end if too long."""
    raw = f"{cluster.name}-{cluster.subscription_id}-{cluster.resource_group}{kind.suffix}"
    name = "".join(filter(str.isalnum, raw))
    if len(name) <= kind.longest:
        return name
    digest = hashlib.md5(raw.encode(), usedforsecurity=False).hexdigest()
    return name[: kind.longest - _DIGEST_LENGTH] + digest[:_DIGEST_LENGTH]


def own_name(cluster: ClusterId, kind: Kind) -> str:
    """A name that is valid for any cluster name, and unique for each cluster."""
    shown = re.sub(r"[^a-z0-9]", "", cluster.name.lower())[:_SHOWN_LENGTH]
    digest = hashlib.sha256(f"{cluster}{kind.suffix}".lower().encode()).hexdigest()
    return f"arc{shown}{digest[:_OWN_DIGEST_LENGTH]}"


def is_beside(cluster: ClusterId, resource_id: str, kind: Kind) -> bool:
    """Whether the id is of this kind, or of a child resource, in the cluster's own resource group."""
    return resource_id.lower().startswith(f"{_group(cluster)}/{kind.resource_type}/".lower())


def first(known: str | None, ids: list[str]) -> tuple[str, ...]:
    """The ids without duplicates, the known one first and in its own spelling; Azure ignores case in ids."""
    others = [item for item in ids if known is None or item.lower() != known.lower()]
    return (*([known] if known else []), *others)


def _group(cluster: ClusterId) -> str:
    return f"{group_id(cluster.subscription_id, cluster.resource_group)}/providers"


def tags(cluster: ClusterId) -> dict[str, str]:
    """The tags of a resource that does not otherwise show its cluster, which is in the same resource group."""
    return {**TAGS, OWNER: f"{cluster.cluster_type}/{cluster.name}"}


def merged(given: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """The user's tags and ours, which tell whose a resource is: ours win. Azure ignores the case of tags' names."""
    own = {name.lower() for name in ours}
    return {**{name: value for name, value in given.items() if name.lower() not in own}, **ours}


def is_tagged(found: Mapping[str, Any]) -> bool:
    """Whether we or `az k8s-extension` created the resource."""
    return TAGS.items() <= (found.get("tags") or {}).items()
