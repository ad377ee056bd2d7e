"""Creates a resource that Azure keeps provisioning after the PUT and that has no operation URL: it is polled itself.

Relay and Service Bus namespaces and Log Analytics workspaces are like that; all below them is there at once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, TypeVar

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.answers import envelope
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.waiting import Operation, Poll
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.errors import Refused, WriteFailed
from azext_amlarc.resources.ids import name_of

Found = dict[str, Any]
T = TypeVar("T")

# A namespace that is being deleted still says that it was provisioned well.
_MOVING = {"activating", "removing"}
# How Azure says that a namespace takes nothing before it is active. No recording of a Relay shows whether it does: 404
# and the first words are an Event Hubs namespace's, the second ones stand in its documentation, with 429.
_TOO_EARLY, _TOO_EARLY_WORDS = {404, 409}, ("not active", "in transition")


@dataclass(frozen=True)
class SupportingResource:
    """A resource to find or to make: what it is in words, its id, the body of its PUT.

    `fill` writes all that belongs in a new one, and gives its secret.
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
        """The resource once nothing moves it any more, in whatever state, or None; one request where nothing does."""
        found = unless_missing(azure.get, self.id)
        return self.settled(azure, found, watcher, timeout)

    def make(self, azure: AzureClient, watcher: Watcher) -> "Ready | None":
        """Write the resource and fill it, which Azure may go on with afterwards; None where its name is taken."""
        answer = self.put(azure, watcher)
        return self.filled(azure, answer, watcher) if answer else None

    def filled(self, azure: AzureClient, answer: Found, watcher: Watcher) -> "Ready":
        """Fill what a write has just made: at once, or when it is active where Azure refuses that before.

        Raises WriteFailed where it does not become active then.
        """
        try:
            return Ready(self, answer, self.fill(azure), is_new=True)
        except HttpResponseError as error:
            if not (_movement(answer) and _is_too_early(error)):
                raise
        made = self.settled(azure, answer, watcher)
        if not is_usable(made):
            raise WriteFailed(f"The {self.title} {self.id} was not created: its state is {_state(made) or 'unknown'}.")
        return Ready(self, answer, self.fill(azure))

    def put(self, azure: AzureClient, watcher: Watcher) -> Found | None:
        """Azure's answer to the write; None where somebody else's has its name.

        Names of namespaces are unique in all of Azure.
        """
        watcher.tell(f"Creating the {self.title} {self.name}")
        try:
            with recorded(azure.writes, str(self)):
                return azure.put(self.id, self.body)
        except HttpResponseError as error:
            if not _is_taken(error):
                raise
            return None

    def repair(self, azure: AzureClient, watcher: Watcher, write: Callable[[], T]) -> T:
        """Write the parts of this resource that are missing, with a word before it and a line after it."""
        watcher.tell(f"Creating what is missing of the {self.title} {self.name}")
        with recorded(azure.writes, f"missing parts of the {self}"):
            return write()

    def settled(
        self, azure: AzureClient, found: Found | None, watcher: Watcher, timeout: float | None = None
    ) -> Found | None:
        """The resource once nothing moves it any more, in whatever state; None where it was going.

        StillRunning after `timeout` seconds, by default the connection's.
        """
        if not _movement(found):
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
        return Poll(_movement(found) or "Succeeded", found)


@dataclass(frozen=True)
class Ready:
    """A resource that is there with all that is in it: as Azure showed it, its secret.

    `is_new`: it has just been written, and Azure may still be making it.
    """

    making: SupportingResource
    found: Found
    secret: str = field(repr=False)
    is_new: bool = False

    def finish(self, azure: AzureClient, watcher: Watcher, timeout: float) -> None:
        """Wait until it is usable, `timeout` seconds at most; one that Azure has failed is written again, once.

        WriteFailed where that does not help, or leaves it with another secret than the one that has been sent.
        """
        if is_usable(self.making.find(azure, watcher, timeout)):
            return
        watcher.tell(f"Azure failed to create the {self.making.title}: trying again")
        again = self.making.make(azure, watcher)
        found = self.making.find(azure, watcher, timeout)
        if again is None or not is_usable(found):
            raise self._useless(f"its state is {_state(found) or 'unknown'}")
        if again.secret != self.secret:
            raise self._useless("it has another key now")

    def _useless(self, why: str) -> WriteFailed:
        return WriteFailed(
            f"The extension is installed, but can't talk through the {self.making.title} {self.making.id}: {why}.",
            "Take the extension off (az ml arc extension delete), then do the same again.",
        )


@dataclass(frozen=True)
class Provision:
    """Plain and protected settings that supporting resources make up, the protected ones kept out of repr.

    `new` are those that Azure may still be making.
    """

    settings: dict[str, str]
    protected: dict[str, str] = field(repr=False)
    new: tuple[Ready, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, ensured: Ready, settings: dict[str, str], secret_names: Iterable[str]) -> "Provision":
        """What one resource makes up."""
        return cls(settings, dict.fromkeys(secret_names, ensured.secret), (ensured,) if ensured.is_new else ())


def is_usable(found: Found | None) -> TypeGuard[Found]:
    """Whether the resource is there, and did not fail to be made."""
    return found is not None and _state(found).lower() in {"", "succeeded"}


def is_new(answer: Found) -> bool:
    """Whether a write made the resource that it answers with: one that was there has been updated since."""
    properties = answer.get("properties") or {}
    return properties.get("createdAt") == properties.get("updatedAt")


def no_name_left(title: str, cluster: str) -> Refused:
    """For a cluster whose every possible resource belongs to somebody else."""
    return Refused(
        f"Every name that a {title} for the cluster {cluster!r} may have belongs to somebody else's.",
        "Give one of your own: az ml arc settings list shows the settings that name it.",
    )


def _state(found: Found | None) -> str:
    return str(((found or {}).get("properties") or {}).get("provisioningState") or "")


def _movement(found: Found | None) -> str:
    """What Azure is still at, in its word: by the status of a namespace or the state of its making; "" for nothing."""
    status = str(((found or {}).get("properties") or {}).get("status") or "")
    if status.lower() in _MOVING:
        return status
    return "" if Poll(_state(found)).is_done else _state(found)


def _is_too_early(error: HttpResponseError) -> bool:
    return error.status_code in _TOO_EARLY or any(word in envelope(error).text for word in _TOO_EARLY_WORDS)


def _is_taken(error: HttpResponseError) -> bool:
    """Azure answers 400 BadRequest, with "The specified name is not available" among the words."""
    return error.status_code == 400 and "name is not available" in envelope(error).text
