"""The words that all of the emulator shares: what it holds, what it is asked, what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from amlarc_emulator.arm import errors, shapes, versions
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import Address, name_of, place
from amlarc_emulator.options import Options

Json = dict[str, Any]

SUBSCRIPTION = "microsoft.resources/subscriptions"
GROUP = "microsoft.resources/resourcegroups"
NAMESPACE = "microsoft.resources/providers"


@dataclass
class Resource:
    """One thing that exists. `body` is what Azure would show of it, `hidden` what it holds and never shows."""

    id: str
    kind: str
    body: Json
    hidden: Json = field(default_factory=dict)
    etag: str = ""
    operation: str = ""  # the key of the operation in progress on it

    @property
    def properties(self) -> Json:
        """The part of the body that belongs to the provider."""
        properties: Json = self.body["properties"]
        return properties


@dataclass
class Operation:
    """A change that takes time: its status is `running` for `looks` polls, then `ending`.

    `target` is path and query where it is polled ("" when only the resource itself tells); `status` stays "" until it
    has ended. An `ending` of "never" doesn't come. `result` is what it brings where no resource has that.
    """

    name: str
    resource: str
    kind: str
    verb: str
    running: str
    target: str
    signed: bool
    looks: int
    ready_at: float
    started: str
    ending: str = "Succeeded"
    error: Json | None = None
    status: str = ""
    ended: str = ""
    result: Json | None = None

    @property
    def key(self) -> str:
        """Where it is found: its path in lower case, or its name when it can't be polled."""
        return self.target.partition("?")[0].lower() or self.name


@dataclass
class Step:
    """One resource that a deployment writes, or that a stack deletes.

    `after` are the places in its job of the steps that come first, `loops` the indices of the copy loops around it.
    `state` is "Waiting", "Running", then "Succeeded", "Failed", "Canceled", or "Skipped" where a condition isn't met.
    `polled` is path and query of what tells how it goes on, `due` when that is asked next and `since` when it was last
    sent, both in seconds since the epoch.
    """

    id: str
    type: str
    version: str
    body: Json
    verb: str = "PUT"
    name: str = ""
    symbolic: str = ""
    after: list[int] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)
    state: str = "Waiting"
    polled: str = ""
    due: float = 0
    since: float = 0
    tries: int = 0
    operation: str = ""
    status: int = 0
    error: Json | None = None
    began: str = ""
    ended: str = ""


@dataclass
class Job:
    """What ARM has in hand for a deployment or a stack, `owner` being its id; kept as long as that exists.

    `ending` is how a fault wants it to end, `began` in seconds since the epoch. `stage` is what a stack is at, "" for a
    deployment.
    """

    owner: str
    template: Json
    parameters: Json
    steps: list[Step]
    operation: str = ""
    ending: list[Any] = field(default_factory=list)
    began: float = 0
    is_begun: bool = False
    is_over: bool = False
    is_canceled: bool = False
    stage: str = ""

    @classmethod
    def load(cls, document: Json) -> "Job":
        """Take over what `asdict` gave."""
        return cls(**{**document, "steps": [Step(**step) for step in document["steps"]]})


@dataclass
class State:
    """Everything that the emulator holds: by id and by polling path, both in lower case."""

    resources: dict[str, Resource] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    tenant: str = ""
    principal: Json = field(default_factory=dict)
    groups: Json = field(default_factory=dict)
    # The same resources by kind: most questions are about one kind, of which a cloud of thousands has few others.
    _by_kind: dict[str, dict[str, Resource]] = field(default_factory=dict, init=False, repr=False)

    def get(self, id_: str) -> Resource | None:
        """The resource with this id, in whatever casing."""
        return self.resources.get(id_.lower())

    def add(self, resource: Resource) -> Resource:
        """Keep a resource; the casing of its first id stays."""
        key = resource.id.lower()
        self.resources[key] = resource
        self._by_kind.setdefault(resource.kind, {})[key] = resource
        return resource

    def remove(self, id_: str) -> None:
        """Forget a resource and all that is below it."""
        key = id_.lower()
        for other in [other for other in self.resources if other == key or other.startswith(key + "/")]:
            del self._by_kind[self.resources.pop(other).kind][other]
            self.jobs.pop(other, None)

    def clear(self) -> None:
        """Forget all resources, operations and jobs."""
        for held in (self.resources, self._by_kind, self.operations, self.jobs):
            held.clear()

    def of_kind(self, kind: str, below: str = "") -> list[Resource]:
        """The resources of one kind below an id, or all of them, oldest first."""
        prefix = below.lower() + "/"
        return [item for key, item in self._by_kind.get(kind, {}).items() if key.startswith(prefix)]

    def as_json(self) -> Json:
        """All of it as plain JSON values."""
        return {name: _json(value) for name, value in vars(self).items() if not name.startswith("_")}

    def load(self, document: Json) -> None:
        """Take over what `as_json` gave, in place."""
        self.clear()
        self.tenant, self.principal, self.groups = document["tenant"], document["principal"], document["groups"]
        for item in document["resources"].values():
            self.add(Resource(**item))
        self.operations = {key: Operation(**item) for key, item in document["operations"].items()}
        self.jobs = {key: Job.load(item) for key, item in document.get("jobs", {}).items()}


def _json(held: Any) -> Any:
    if isinstance(held, dict):
        return {
            key: asdict(item) if isinstance(item, Resource | Operation | Job) else item for key, item in held.items()
        }
    return held


@dataclass(frozen=True)
class Ending:
    """How a fault wants the next operation to end: "Failed", "Canceled" or "never"."""

    status: str
    error: Json | None = None


@dataclass(frozen=True)
class Reply:
    """An answer; a body of "" means none at all, None the JSON value null."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cloud:
    """What handlers work with."""

    endpoint: str
    options: Options
    state: State
    types: Mapping[str, "ResourceType"]


@dataclass(frozen=True)
class Call:
    """A request to a provider's resource, after ARM has checked all that it checks itself."""

    cloud: Cloud
    type: "ResourceType"
    address: Address
    parent: Resource
    version: str
    query: Mapping[str, str]
    body: Json
    ending: Ending | None = None

    @property
    def name(self) -> str:
        """The last name in the path."""
        return self.address.names[-1]

    @property
    def id(self) -> str:
        """The id that the resource gets: below its parent's, types as the provider spells them."""
        words = f"{self.type.path.rpartition('/')[2]}/{self.name}"
        return (
            f"{self.parent.id}/{words}"
            if "/" in self.type.path
            else f"{self.parent.id}/providers/{self.type.provider}/{words}"
        )

    @property
    def existing(self) -> Resource | None:
        """The resource, when it exists."""
        return self.cloud.state.get(self.id)

    @property
    def resource(self) -> Resource:
        """The resource; raises the type's own 404 when it doesn't exist."""
        found = self.existing
        if found is None:
            raise self.type.missing(self)
        return found

    def shown(self, resource: Resource) -> Json:
        """The resource as its provider shows it at this call's api-version."""
        return self.type.shown(resource, self.version)


Handler = Callable[[Call], Reply]


def missing_at_gateway(call: Call) -> ArmError:
    """The 404 of resources that ARM keeps track of."""
    pairs = "/".join(
        f"{type_}/{name}" for type_, name in zip(call.type.path.split("/"), call.address.names, strict=True)
    )
    return errors.resource_not_found(f"{call.type.provider}/{pairs}", place(call.parent.id).group)


def _same(resource: Resource, _version: str) -> Json:
    return resource.body


def _nothing(_cloud: Cloud, _resource: Resource, _operation: Operation) -> None:
    return None


def _malformed(_call: Call, message: str) -> ArmError:
    return errors.invalid_content(message)


def _bare_status(_cloud: Cloud, operation: Operation) -> Reply:
    return Reply(200, {"name": operation.name, "status": operation.status or operation.running})


@dataclass(frozen=True)
class ResourceType:
    """How one type of resource behaves. A method that has no handler is a 405.

    `show` gives the body at an api-version, without id, name and type. `ended` applies what an operation brought, and
    `report` is what the operation's URL answers.
    `shape` is what a PUT or PATCH may hold, and `malformed` how the provider refuses properties that don't fit it.
    `seeded` completes what a seed file says. `spell` changes the id's casing where the provider does.
    `type_shown` is its resources' type where Azure spells it otherwise than provider and path.
    `get` and `listed` answer for one and for the whole collection, if what is kept doesn't. `parse` reads a body.
    `page_token` is the query parameter that its nextLinks hold; `last_page` is what its lists have beside their value
    if there is no next one.
    `scopes` are the kinds that a top-level type can hang under; none means that it goes with anything.
    `makes_parent` gives what a PUT hangs under, if the provider doesn't want that first; the PUT's handler keeps it.
    `implied` gives what this hangs under where nothing is kept of that, as below a catalogue; it has the parent's id.
    `served` are its api-versions, oldest first, where it doesn't have all that its provider has.
    """

    provider: str
    path: str
    get: Handler | None = None
    head: Handler | None = None
    put: Handler | None = None
    patch: Handler | None = None
    delete: Handler | None = None
    listed: Handler | None = None
    actions: Mapping[str, Handler] = field(default_factory=dict)  # by name in lower case
    show: Callable[[Resource, str], Json] = _same
    missing: Callable[[Call], ArmError] = missing_at_gateway
    ended: Callable[[Cloud, Resource, Operation], None] = _nothing
    report: Callable[[Cloud, Operation], Reply] = _bare_status
    seeded: Callable[[Cloud, str, Json], Resource] | None = None
    headers: Callable[[Call], Mapping[str, str]] = lambda call: {}
    spell: Callable[[str], str] = lambda id_: id_
    type_shown: str = ""
    page_token: str = "$skiptoken"
    last_page: Mapping[str, None] = field(default_factory=dict)
    scopes: tuple[str, ...] = (GROUP,)
    makes_parent: Callable[[Cloud, str], Resource] | None = None
    implied: Callable[[Cloud, str], Resource | None] = lambda cloud, id_: None
    served: tuple[str, ...] = ()
    shape: shapes.Shape = field(default_factory=lambda: shapes.resource(dict))
    malformed: Callable[[Call, str], ArmError] = _malformed
    parse: Callable[[bytes], Any] = shapes.parse

    @property
    def kind(self) -> str:
        """The key under which it is registered and its resources are kept."""
        return f"{self.provider}/{self.path}".lower()

    @property
    def shown_type(self) -> str:
        """The type that its resources have: provider and path, unless Azure spells it otherwise."""
        return self.type_shown or f"{self.provider}/{self.path}"

    @property
    def versions(self) -> tuple[str, ...]:
        """The api-versions that it takes, oldest first."""
        return self.served or versions.of(self.provider)

    @cached_property
    def newest(self) -> str:
        """The newest of its stable api-versions."""
        return [version for version in self.versions if not version.endswith("preview")][-1]

    def shown(self, resource: Resource, version: str) -> Json:
        """The whole resource as the provider answers it."""
        head = {"id": self.spell(resource.id), "name": name_of(resource.id), "type": self.shown_type}
        return {**head, **self.show(resource, version)}
