"""What a request's path is about: the grammar of ARM's resource ids."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Address:
    """A provider's resource, collection or action, as a path names it.

    `scope` is what the types hang under: a subscription, a resource group, or another resource. A collection has one
    type more than it has names. `action` is the word after a resource in a POST.
    """

    scope: str
    provider: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    action: str = ""

    @property
    def type_path(self) -> str:
        """The type without its provider, "namespaces/hybridConnections"."""
        return "/".join(self.types)

    @property
    def is_collection(self) -> bool:
        """Whether it names all resources of a type below something."""
        return len(self.types) > len(self.names)

    @property
    def parent(self) -> str:
        """The id of what must exist for this to exist."""
        if len(self.types) == 1:
            return self.scope
        pairs = "/".join(f"{type_}/{name}" for type_, name in zip(self.types, self.names, strict=False))
        outer = pairs if self.is_collection else pairs.rpartition("/")[0].rpartition("/")[0]
        return f"{self.scope}/providers/{self.provider}/{outer}"

    @property
    def id(self) -> str:
        """The resource's own id, as the request spells it."""
        return (
            f"{self.parent}/{self.types[-1]}/{self.names[-1]}"
            if len(self.types) > 1
            else (f"{self.scope}/providers/{self.provider}/{self.types[0]}/{self.names[0]}")
        )


class Place(NamedTuple):
    """The subscription and the resource group of an id; "" if it has none."""

    subscription: str
    group: str


def place(id_: str) -> Place:
    """Read subscription and resource group from an id or a path."""
    parts = [*id_.split("/")[1:5], "", "", "", ""][:4]
    subscription = parts[1] if parts[0].lower() == "subscriptions" else ""
    group = parts[3] if subscription and parts[2].lower() == "resourcegroups" else ""
    return Place(subscription, group)


def parse(path: str, method: str) -> Address | None:
    """Read a path below a provider; None when it isn't one."""
    parts = path.strip("/").split("/")
    words = [part.lower() for part in parts]
    if "providers" not in words:
        return None
    cut = len(words) - 1 - words[::-1].index("providers")
    tail = parts[cut + 1 :]
    if len(tail) < 2:
        return None
    action = tail.pop() if method == "POST" and len(tail) % 2 == 0 else ""
    scope = "".join("/" + part for part in _spelled_scope(parts[:cut]))
    return Address(scope, tail[0], tuple(tail[1::2]), tuple(tail[2::2]), action)


def name_of(id_: str) -> str:
    """The last name of an id."""
    return id_.rpartition("/")[2]


def _spelled_scope(parts: list[str]) -> list[str]:
    """ARM answers "resourceGroups" whatever the request spells."""
    return (
        [*parts[:2], "resourceGroups", *parts[3:]] if len(parts) > 2 and parts[2].lower() == "resourcegroups" else parts
    )
