"""Making a resource that Azure goes on with after its PUT, and that has no operation to ask: it is looked at itself.

Relay and Service Bus namespaces and Log Analytics workspaces are like that; all below them is there at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import HttpResponseError

from azext_amlarc.arm.clients import Arm, unless_missing
from azext_amlarc.arm.waiting import Look, Operation, Watcher
from azext_amlarc.errors import Refused, WriteFailed

Found = dict[str, Any]

# A namespace that is being deleted still says that it was provisioned well.
_MOVING = {"activating", "removing"}


@dataclass(frozen=True)
class Made:
    """Plain and protected settings that supporting resources make up, the protected ones kept out of repr."""

    settings: dict[str, str]
    protected: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Making:
    """A resource to find or to make: what it is in words, its id, and the body of its PUT."""

    title: str
    id: str
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]

    def find(self, arm: Arm, watcher: Watcher) -> Found | None:
        """The resource once nothing moves it any more, in whatever state, or None; one request where nothing does."""
        found = unless_missing(arm.get, self.id)
        return self.settled(arm, found, watcher)

    def make(self, arm: Arm, watcher: Watcher) -> Found | None:
        """Write the resource and wait until it is usable; None where its name is taken.

        Raises WriteFailed where it does not become usable.
        """
        answer = self.put(arm, watcher)
        if answer is None:
            return None
        made = self.settled(arm, answer, watcher)
        if not is_usable(made):
            raise WriteFailed(f"The {self.title} {self.id} was not made: its state is {_state(made) or 'unknown'}.")
        return made

    def put(self, arm: Arm, watcher: Watcher) -> Found | None:
        """Azure's answer to the write; None where somebody else's has its name.

        Names of namespaces are unique in all of Azure.
        """
        line = f"{self.title} {self.id}"
        arm.written.append(line)
        watcher.tell(f"Making the {self.title} {self.name}")
        try:
            return arm.put(self.id, self.body)
        except HttpResponseError as error:
            if not _is_taken(error):
                raise
            arm.written.remove(line)
            return None

    def mend(self, arm: Arm, watcher: Watcher) -> None:
        """Announce, to `written` as well, that parts of this resource are about to be written."""
        arm.written.append(f"missing parts of the {self.title} {self.id}")
        watcher.tell(f"Making what is missing of the {self.title} {self.name}")

    def settled(self, arm: Arm, found: Found | None, watcher: Watcher) -> Found | None:
        """The resource once nothing moves it any more, in whatever state; None where it was going."""
        if not _movement(found):
            return found
        return Operation[Found | None](
            title=f"The change of the {self.title} {self.name}",
            resource=found,
            look=lambda: self._look(arm),
            read=lambda: unless_missing(arm.get, self.id),
            reason=lambda _: WriteFailed(f"The {self.title} {self.id} was not made."),
            follow="Do the same again: it goes on from there.",
        ).wait(watcher, arm.patience)

    def _look(self, arm: Arm) -> Look[Found | None]:
        found = unless_missing(arm.get, self.id)
        return Look(_movement(found) or "Succeeded", found)


def is_usable(found: Found | None) -> bool:
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
    return "" if Look(_state(found)).is_over else _state(found)


def _is_taken(error: HttpResponseError) -> bool:
    """Azure answers 400 BadRequest, with "The specified name is not available" among the words."""
    return error.status_code == 400 and "name is not available" in str(error.message)
