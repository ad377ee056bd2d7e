"""Ids of Azure resources: the only place that parses them, in any spelling.

Azure ignores case in ids, and some services add a trailing slash.
"""

from typing import NamedTuple, Self

from azext_amlarc.errors import InvalidInput
from azext_amlarc.product.clusters import CONNECTED, PROVIDERS

_WORKSPACES = ("microsoft.machinelearningservices", "workspaces")


class ResourceId(NamedTuple):
    """A resource in a resource group: its provider, and pairs of type and name, from the outermost resource inwards."""

    subscription_id: str
    resource_group: str
    provider: str
    path: tuple[tuple[str, str], ...]

    @classmethod
    def find(cls, text: str | None) -> Self | None:
        """Parse an id; None if it is not the id of a resource in a resource group.

        For an extension resource (an id with a second provider), the last provider and what follows it.
        """
        parts = [part for part in (text or "").strip().split("/") if part]
        fixed = [part.lower() for part in parts[:5:2]]
        if fixed != ["subscriptions", "resourcegroups", "providers"]:
            return None
        start = max(place for place, part in enumerate(parts) if part.lower() == "providers" and place % 2 == 0)
        _, *named = parts[start:]
        path = named[1:]
        if not path or len(path) % 2:
            return None
        return cls(parts[1], parts[3], named[0], tuple(zip(path[::2], path[1::2], strict=True)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the id of a resource in a resource group; ValueError if it is anything else."""
        found = cls.find(text)
        if found is None:
            raise ValueError(f"{text!r} is not the id of a resource in a resource group")
        return found

    @property
    def name(self) -> str:
        return self.path[-1][1]

    def is_a(self, provider: str, *types: str) -> bool:
        """Whether it is a resource of this provider and these types, from the outermost inwards."""
        own = (self.provider, *(type_ for type_, _ in self.path))
        return [part.lower() for part in own] == [part.lower() for part in (provider, *types)]

    def named(self, resource_type: str) -> str:
        """The name at one of its types; KeyError if it has no such type."""
        return {type_.lower(): name for type_, name in self.path}[resource_type.lower()]


class ClusterId(NamedTuple):
    """The id of a cluster; `cluster_type` is connectedClusters or managedClusters."""

    subscription_id: str
    resource_group: str
    cluster_type: str
    name: str

    @property
    def provider(self) -> str:
        return PROVIDERS[self.cluster_type]

    @property
    def collection(self) -> str:
        """The id of the collection of clusters of this type in the resource group."""
        return f"{group_id(self.subscription_id, self.resource_group)}/providers/{self.provider}/{self.cluster_type}"

    @property
    def options(self) -> list[str]:
        """The options that name the cluster in our commands."""
        kind = ["-t", self.cluster_type] if self.cluster_type != CONNECTED else []
        return ["-c", self.name, "-g", self.resource_group, *kind]

    @property
    def azure_options(self) -> list[str]:
        """The options that name the cluster in `az connectedk8s` and `az aks`."""
        return ["-n", self.name, "-g", self.resource_group]

    def __str__(self) -> str:
        return f"{self.collection}/{self.name}"

    @classmethod
    def find(cls, text: str | None) -> Self | None:
        """Parse a cluster's id, in any case; None if it is the id of anything else."""
        found = ResourceId.find(text)
        for cluster_type, provider in PROVIDERS.items():
            if found and found.is_a(provider, cluster_type):
                return cls(found.subscription_id, found.resource_group, cluster_type, found.name)
        return None

    @classmethod
    def parse(cls, text: str, source: str = "") -> Self:
        """Parse a cluster's id, in any case; InvalidInput if it is anything else. `source` names the input."""
        found = cls.find(text)
        if found is None:
            where = f"{source}: " if source else ""
            raise InvalidInput(f"{where}{text!r} is not the resource id of a cluster.", _expected(text))
        return found

    def same_as(self, text: str | None) -> bool:
        """Whether `text` is this cluster's id."""
        return is_same(text, str(self))


class WorkspaceId(NamedTuple):
    """The id of an Azure Machine Learning workspace."""

    subscription_id: str
    resource_group: str
    name: str

    @property
    def options(self) -> list[str]:
        """The options that name the workspace in our commands."""
        return ["-w", self.name, "-g", self.resource_group]

    @property
    def title(self) -> str:
        """Resource group and name, for the user."""
        return f"{self.resource_group}/{self.name}"

    def __str__(self) -> str:
        group = group_id(self.subscription_id, self.resource_group)
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"

    @classmethod
    def find(cls, text: str | None) -> Self | None:
        """Parse a workspace's id, in any case; None if it is the id of anything else."""
        found = ResourceId.find(text)
        if found is None or not found.is_a(*_WORKSPACES):
            return None
        return cls(found.subscription_id, found.resource_group, found.name)


class Target(NamedTuple):
    """What the user named; None for what was not named. Without a cluster, the subscription is the active one."""

    subscription_id: str
    cluster: ClusterId | None = None
    cluster_type: str = CONNECTED
    workspace: WorkspaceId | None = None
    compute: str | None = None

    @classmethod
    def of_cluster(cls, cluster: ClusterId, workspace: WorkspaceId | None = None, compute: str | None = None) -> Self:
        """A cluster and, optionally, a workspace and a compute target in it."""
        return cls(cluster.subscription_id, cluster, cluster.cluster_type, workspace, compute)

    @property
    def named_cluster(self) -> ClusterId:
        """The cluster, or placeholders for a command that the user must complete."""
        return self.cluster or ClusterId(self.subscription_id, "GROUP", self.cluster_type, "CLUSTER")

    @property
    def named_workspace(self) -> WorkspaceId:
        """The workspace, or placeholders for a command that the user must complete."""
        return self.workspace or WorkspaceId(self.subscription_id, "GROUP", "WORKSPACE")


def group_id(subscription_id: str, resource_group: str | None = None) -> str:
    """The id of a resource group or, without one, of the subscription."""
    group = f"/resourceGroups/{resource_group}" if resource_group else ""
    return f"/subscriptions/{subscription_id}{group}"


def group_of(resource_id: str) -> tuple[str, str]:
    """The subscription and the resource group of an id, to be compared: in lower case."""
    found = ResourceId.find(resource_id)
    return (found.subscription_id.lower(), found.resource_group.lower()) if found else ("", "")


def folded(text: str | None) -> str:
    """An id in normalized spelling, so that two ids of the same resource are equal."""
    return (text or "").strip().rstrip("/").lower()


def is_same(one: str | None, other: str | None) -> bool:
    """Whether both ids are of the same resource; False for a missing id."""
    return bool(one) and folded(one) == folded(other)


def name_of(text: str | None) -> str:
    """The name of a resource, from its id. Empty for an empty id."""
    return (text or "").rstrip("/").rpartition("/")[2]


def parent_of(text: str) -> str:
    """The id of the parent resource."""
    return text.rstrip("/").rsplit("/", 2)[0]


def provider_of(text: str) -> str:
    """The last provider in an id, which owns the resource; empty for subscriptions and groups."""
    return text.rpartition("/providers/")[2].partition("/")[0]


def top_type_of(text: str) -> str:
    """The outermost type of the last provider in an id, or in a collection's; empty if it has none."""
    _, below, tail = text.rpartition("/providers/")
    return tail.partition("/")[2].partition("/")[0] if below else ""


def _expected(text: str) -> str:
    bare = text.strip().strip("\"'")
    if bare != text.strip() and ClusterId.find(bare):
        return "Remove the quotes, which are part of the value."
    found = ResourceId.find(text)
    found_type = found.path[-1][0].lower() if found else ""
    forms = [
        f"/subscriptions/<id>/resourceGroups/<group>/providers/{provider}/{cluster_type}/<name>"
        for cluster_type, provider in PROVIDERS.items()
        if not found_type or found_type == cluster_type.lower()
    ] or [f"an id of {' or '.join(f'{provider}/{kind}' for kind, provider in PROVIDERS.items())}"]
    return "Expected " + " or ".join(forms) + "."
