"""Creates a resource that Azure keeps provisioning after the PUT and that has no operation URL: it is polled itself.

Relay and Service Bus namespaces and Log Analytics workspaces are like that; everything in them exists at once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, TypeVar

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import envelope
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.waiting import Operation, Poll
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.errors import Refused, WriteFailed
from azext_amlarc.resources.ids import name_of

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.envelopes import Envelope

Found = dict[str, Any]
T = TypeVar("T")

# The statuses of a namespace in progress: its provisioningState is still Succeeded while it is being deleted.
_IN_PROGRESS = {"activating", "removing"}
# How Azure refuses a write in a namespace that is not active yet. No recording of a Relay shows whether it refuses it:
# 404 and the first words are an Event Hubs namespace's, the second words are in its documentation, with 429.
_TOO_EARLY, _TOO_EARLY_WORDS = {404, 409}, ("not active", "in transition")


class SupportingResource(NamedTuple):
    """A resource to find or create: its kind in words, its id, the body of its PUT.

    `fill` creates everything that belongs in a new one, and returns its secret.
    """

    title: str
    id: str
    body: Mapping[str, Any]
    fill: Callable[[AzureClient], str]

    def __str__(self) -> str:
        return f"{self.title} {self.id}"

    @property
    def name(self) -> str:
        return name_of(self.id)

    def find(self, azure: AzureClient, watcher: Watcher, timeout: float | None = None) -> Found | None:
        """The resource once Azure has finished with it, in any state, or None; one request if it already has."""
        found = unless_missing(azure.get, self.id)
        return self.settled(azure, found, watcher, timeout)

    def create(self, azure: AzureClient, watcher: Watcher) -> "Ready | None":
        """Create the resource and fill it; Azure may still be provisioning it then. None if its name is taken."""
        answer = self.put(azure, watcher)
        return self.filled(azure, answer, watcher) if answer else None

    def filled(self, azure: AzureClient, answer: Found, watcher: Watcher) -> "Ready":
        """Fill a resource that was just created: at once or, if Azure refuses that, when it is active.

        WriteFailed if it does not become active.
        """
        try:
            return Ready(self, answer, self.fill(azure), is_new=True)
        except HttpResponseError as error:
            if not (_state_in_progress(answer) and _is_too_early(error)):
                raise
        made = self.settled(azure, answer, watcher)
        if not is_usable(made):
            raise WriteFailed(f"The {self.title} {self.id} was not created: its state is {_state(made) or 'unknown'}.")
        return Ready(self, answer, self.fill(azure))

    def put(self, azure: AzureClient, watcher: Watcher) -> Found | None:
        """Azure's response to the PUT; None if the name belongs to someone else.

        Names of namespaces are unique in all of Azure.
        """
        watcher.tell(f"Creating the {self.title} {self.name}")
        try:
            with recorded(azure.writes, str(self)):
                return azure.put(self.id, self.body)
        except HttpResponseError as error:
            if error.status_code != 400 or not is_of_a_name_in_use(envelope(error)):
                raise
            return None

    def repair(self, azure: AzureClient, watcher: Watcher, write: Callable[[], T]) -> T:
        """Create missing parts of this resource: announced before, added to `azure.writes` after."""
        watcher.tell(f"Creating missing parts of the {self.title} {self.name}")
        with recorded(azure.writes, f"missing parts of the {self.title} {self.id}"):
            return write()

    def settled(
        self, azure: AzureClient, found: Found | None, watcher: Watcher, timeout: float | None = None
    ) -> Found | None:
        """The resource once Azure has finished with it, in any state; None if it was being deleted.

        StillRunning after `timeout` seconds, by default the connection's.
        """
        if not _state_in_progress(found):
            return found
        return Operation[Found | None](
            doing=f"changing the {self.title} {self.name}",
            resource=found,
            poll=lambda: self._poll(azure),
            read=lambda: unless_missing(azure.get, self.id),
            reason=lambda _: WriteFailed(f"The {self.title} {self.id} was not created."),
            follow=f"To follow it: az resource show --ids {self.id}; then run the same command again.",
        ).wait(watcher, azure.timeout if timeout is None else timeout)

    def _poll(self, azure: AzureClient) -> Poll[Found | None]:
        found = unless_missing(azure.get, self.id)
        return Poll(_state_in_progress(found) or "Succeeded", found)


@dataclass(frozen=True)
class Ready:
    """A resource that exists with everything in it: as Azure returned it, and its secret.

    `is_new`: it was just created, and Azure may still be provisioning it.
    """

    resource: SupportingResource
    found: Found
    secret: str = field(repr=False)
    is_new: bool = False

    def finish(self, azure: AzureClient, watcher: Watcher, timeout: float) -> None:
        """Wait until it is usable, `timeout` seconds at most; if Azure failed to create it, create it again, once.

        WriteFailed if that does not help, or if the new one has another secret than the one that was sent.
        """
        if is_usable(self.resource.find(azure, watcher, timeout)):
            return
        watcher.tell(f"Azure failed to create the {self.resource.title}: trying again")
        again = self.resource.create(azure, watcher)
        found = self.resource.find(azure, watcher, timeout)
        if again is None or not is_usable(found):
            raise self._unusable(f"its state is {_state(found) or 'unknown'}")
        if again.secret != self.secret:
            raise self._unusable("it has another key now")

    def _unusable(self, why: str) -> WriteFailed:
        return WriteFailed(
            f"The extension is installed, but cannot use the {self.resource.title} {self.resource.id}: {why}.",
            "Delete the extension (az ml arc extension delete), then run the same command again.",
        )


@dataclass(frozen=True)
class Provision:
    """The plain and protected settings that supporting resources provide, the protected ones hidden from repr.

    `new` are the resources that Azure may still be provisioning.
    """

    settings: dict[str, str]
    protected: dict[str, str] = field(repr=False)
    new: tuple[Ready, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, ready: Ready, settings: dict[str, str], secret_names: Iterable[str]) -> "Provision":
        """The settings that one resource provides."""
        return cls(settings, dict.fromkeys(secret_names, ready.secret), (ready,) if ready.is_new else ())


def is_usable(found: Found | None) -> TypeGuard[Found]:
    """Whether the resource exists and was created successfully."""
    return found is not None and _state(found).lower() in {"", "succeeded"}


def is_new(answer: Found) -> bool:
    """Whether the PUT created the resource in its response: an existing one has been updated since it was created."""
    properties = answer.get("properties") or {}
    return properties.get("createdAt") == properties.get("updatedAt")


def no_name_left(title: str, cluster: str) -> Refused:
    """All possible names of the cluster's resource belong to someone else."""
    return Refused(
        f"All names that a {title} for the cluster {cluster!r} can have are already in use.",
        "Use a resource of your own: az ml arc settings list shows the settings for it.",
    )


def _state(found: Found | None) -> str:
    return str(((found or {}).get("properties") or {}).get("provisioningState") or "")


def _state_in_progress(found: Found | None) -> str:
    """Azure's word for what is in progress: a namespace's status, or the provisioning state; "" if nothing is."""
    status = str(((found or {}).get("properties") or {}).get("status") or "")
    if status.lower() in _IN_PROGRESS:
        return status
    return "" if Poll(_state(found)).is_done else _state(found)


def _is_too_early(error: HttpResponseError) -> bool:
    return error.status_code in _TOO_EARLY or any(word in envelope(error).text for word in _TOO_EARLY_WORDS)


def is_of_a_name_in_use(error: "Envelope") -> bool:
    """Whether a name belongs to somebody else: Azure says only "The specified name is not available"."""
    return "name is not available" in error.text
