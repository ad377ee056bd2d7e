"""The state machine of every write: read, compare, refuse, join, wait or write; then follow what Azure does.

The state of a new resource can only come from our write, so the resource itself is polled: the last poll also returns
the result. An existing resource may still show the state of an earlier write, so the write's operation is polled.
Either may lag behind the other, or never finish: every few polls, the other one is read as well.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, Protocol, TypeVar

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Accepted, Operation, Poll, operation_error, poll_operation
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.errors import ArcError, Busy, NotFound, WriteFailed

UP_TO_DATE = "No changes: already up to date."

# One of this many polls also reads the other side.
_ASK_OTHER_EVERY = 5
# How often a finished operation may be seen with a resource in progress before the operation is believed.
_LAGS_ALLOWED = 3
# How often a finished resource must be seen with an operation in progress before the resource is believed: more often
# if it was never seen in progress, since it may still show the end of an earlier write.
_ENDS_NEEDED, _ENDS_NEEDED_UNSEEN = 2, 4


class Provisioned(Protocol):
    """Anything that Azure provisions."""

    @property
    def provisioning_state(self) -> str:
        """How far its last write is, in Azure's words."""

    @property
    def in_progress(self) -> bool:
        """Whether a write or a deletion is under way."""

    @property
    def is_being_deleted(self) -> bool:
        """Whether that is a deletion."""


T = TypeVar("T", bound=Provisioned)


class Change(Protocol[T]):
    """A change to one resource."""

    def read(self) -> T | None:
        """The resource as it is now."""

    def refuse(self, existing: T) -> None:
        """Raise Refused if the existing resource must not be overwritten."""

    def differences(self, existing: T) -> Sequence[str]:
        """What the write would change, one line each; empty if it is up to date."""

    def join(self, existing: T) -> Operation[T]:
        """Follow a write that is already in progress."""

    def write(self, existing: T | None) -> Operation[T]:
        """Send the write."""


def converge(
    change: Change[T],
    existing: T | None,
    watcher: Watcher,
    timeout: float,
    agree: Callable[[T | None], None] = lambda _: None,
) -> Operation[T]:
    """Bring a resource to the wanted state: write it, retry a failed write, or join a write that is in progress.

    A write in progress with other content is waited for, `timeout` seconds at most; Busy if that is 0; likewise a
    deletion. `agree` is called before a write, and raises to cancel it. Nothing is written if nothing differs.
    """
    if existing is not None:
        change.refuse(existing)
        if existing.is_being_deleted:
            existing = _after_deletion(change, existing, watcher, timeout)
    if existing is not None and existing.in_progress:
        if not change.differences(existing):
            watcher.tell(f"Already in progress ({existing.provisioning_state}); waiting for it.")
            return change.join(existing)
        existing = _after_another(change, existing, watcher, timeout)
    return _write(change, existing, watcher, agree)


def _write(change: Change[T], existing: T | None, watcher: Watcher, agree: Callable[[T | None], None]) -> Operation[T]:
    """Write a resource that nobody else is writing, unless it is up to date."""
    if existing is None:
        agree(None)
        return change.write(None)
    differences = change.differences(existing)
    if existing.provisioning_state.lower() == "succeeded" and not differences:
        watcher.tell(UP_TO_DATE)
        return Operation.done(existing)
    for line in differences:
        watcher.tell(f"Will change {line}")
    agree(existing)
    return change.write(existing)


def _after_deletion(change: Change[T], existing: T, watcher: Watcher, timeout: float) -> T | None:
    """The resource once its deletion has ended: None, unless that failed or it was created again."""
    if not timeout:
        raise Busy("A deletion is in progress.", "Try again when it has finished.")
    watcher.tell("A deletion is in progress; waiting for it to finish.")
    with suppress(WriteFailed):
        change.join(existing).wait(watcher, timeout)
    found = change.read()
    if found is not None:
        change.refuse(found)
    return found


def _after_another(change: Change[T], existing: T, watcher: Watcher, timeout: float) -> T | None:
    """The resource once the other write has ended, successfully or not; None if it was deleted meanwhile."""
    state = existing.provisioning_state
    if not timeout:
        raise Busy(
            f"Another write is in progress ({state}), with other settings.",
            "Try again when it has finished.",
        )
    watcher.tell(f"Another write is in progress ({state}), with other settings; waiting for it to finish.")
    try:
        return change.join(existing).wait(watcher, timeout)
    except NotFound:
        return change.read()
    except WriteFailed:
        found = change.read()
        if found is None:
            raise
        return found


class Subject(NamedTuple, Generic[T]):
    """A resource to follow: its title, how to read it, and what is known about its failures.

    `own_error` finds code and message in the resource itself, `hint` is their known fix, given the resource as it was
    last seen; `wait_command` is the command that follows it, `wait_for_deletion` until it is gone.
    """

    azure: AzureClient
    title: str
    read: Callable[[], T | None]
    show: Callable[[], T]
    own_error: Callable[[T], tuple[str, str] | None]
    hint: Callable[[T, str, str], str]
    wait_command: str
    wait_for_deletion: str

    def by_resource(self, verb: str, resource: T, accepted: Accepted | None = None) -> Operation[T]:
        """Poll the resource itself: it did not exist before, or someone else is writing it."""
        return self._operation(verb, resource, accepted, PolledResource(self._poll, self._operation_poll(accepted)))

    def by_operation(self, verb: str, resource: T, accepted: Accepted) -> Operation[T]:
        """Poll our write's operation: an existing resource may show the state of an earlier write."""
        operation = self._operation_poll(accepted)
        if operation is None:
            return self.by_resource(verb, resource, accepted)
        return self._operation(verb, resource, accepted, PolledOperation(operation, self._poll))

    def joined(self, verbs: Mapping[str, str], existing: T) -> Operation[T]:
        """Follow a write or a deletion that is already in progress; `verbs` are by provisioning state in lower case."""
        verb = verbs.get(existing.provisioning_state.lower(), "changing")
        return self.by_absence(verb, existing, None) if existing.is_being_deleted else self.by_resource(verb, existing)

    def by_absence(self, verb: str, resource: T, accepted: Accepted | None) -> Operation[T]:
        """Follow a deletion by the resource: it has finished when the resource is gone."""
        poll = PolledResource(self._poll_absence, self._operation_poll(accepted))
        return self._operation(verb, resource, accepted, poll, read=lambda: resource, follow=self.wait_for_deletion)

    def by_deletion(self, verb: str, resource: T, accepted: Accepted) -> Operation[T]:
        """Follow a deletion by its operation, for a resource whose state does not show the deletion."""
        operation = self._operation_poll(accepted)
        if operation is None:
            return self.by_absence(verb, resource, accepted)
        poll = PolledOperation(operation, self._poll_gone, confirms=False)
        return self._operation(verb, resource, accepted, poll, read=lambda: resource, follow=self.wait_for_deletion)

    def _operation(
        self,
        verb: str,
        resource: T,
        accepted: Accepted | None,
        poll: Callable[[], Poll[T]],
        *,
        read: Callable[[], T] | None = None,
        follow: str | None = None,
    ) -> Operation[T]:
        return Operation(
            doing=f"{verb} {self.title}",
            resource=resource,
            poll=poll,
            read=read or self.show,
            reason=lambda last: self.reason(verb, last or resource, accepted),
            follow=f"To follow it: {follow or self.wait_command} (running the same command again also works).",
            pause=accepted.pause if accepted else None,
            correlation_id=accepted.correlation_id if accepted else None,
        )

    def reason(self, verb: str, last: T, accepted: Accepted | None = None) -> ArcError:
        """Why a write failed: Azure's code and message, and the known fix."""
        error = operation_error(self.azure, accepted.operation_url if accepted else None) or self.own_error(last)
        code, message = error or ("", "Azure gave no reason.")
        correlation_id = accepted.correlation_id if accepted else None
        text = f"{verb.capitalize()} {self.title} failed: {message}"
        return WriteFailed(text, self.hint(last, code, message), code, correlation_id)

    def _poll(self) -> Poll[T]:
        found = self.read()
        if found is None:
            raise NotFound(
                f"Azure does not show {self.title} any more: it has been deleted meanwhile.",
                "If that was not meant, run the command again.",
            )
        return Poll(found.provisioning_state, found)

    def _poll_absence(self) -> Poll[T]:
        """A resource that still exists and has not failed is still being deleted."""
        found = self.read()
        if found is None:
            return Poll("Succeeded")
        seen = Poll(found.provisioning_state, found)
        return Poll("Deleting") if seen.succeeded else seen

    def _poll_gone(self) -> Poll[T]:
        found = self.read()
        return Poll("Succeeded") if found is None else Poll("Deleting", found)

    def _operation_poll(self, accepted: Accepted | None) -> "Callable[[], Poll[T] | None] | None":
        url = accepted.operation_url if accepted else None
        return (lambda: poll_operation(self.azure, url)) if url else None


class PolledResource(Generic[T]):  # pylint: disable=too-few-public-methods
    """Polls a resource, and every few polls its operation, which is believed at once if it failed."""

    def __init__(self, resource: Callable[[], Poll[T]], operation: Callable[[], Poll[T] | None] | None = None) -> None:
        self.resource = resource
        self.operation = operation
        self.polls = self.lags = 0

    def __call__(self) -> Poll[T]:
        seen = self.resource()
        self.polls += 1
        if seen.is_done or self.operation is None or self.polls % _ASK_OTHER_EVERY:
            return seen
        told = self.operation()
        if told is None or not told.is_done:
            return seen
        self.lags += 1
        is_believed = not told.succeeded or self.lags >= _LAGS_ALLOWED
        return Poll(told.state, seen.resource) if is_believed else seen


class PolledOperation(Generic[T]):  # pylint: disable=too-few-public-methods
    """Polls an operation, and every few polls its resource; once the operation has ended, the resource decides.

    If Azure no longer knows the operation, only the resource is polled. Without `confirms`, the resource is not read
    at the end.
    """

    def __init__(
        self, operation: Callable[[], Poll[T] | None], resource: Callable[[], Poll[T]], confirms: bool = True
    ) -> None:
        self.operation = operation
        self.resource = resource
        self.confirms = confirms
        self.polls = self.lags = self.ends = 0
        self.seen_in_progress = False

    def __call__(self) -> Poll[T]:
        told = self.operation()
        self.polls += 1
        if told is None:
            return self.resource()
        if told.is_done:
            return self._after_the_end(told)
        return told if self.polls % _ASK_OTHER_EVERY else self._other(told)

    def _after_the_end(self, told: Poll[T]) -> Poll[T]:
        if not told.succeeded or not self.confirms:
            return told
        seen = self.resource()
        self.lags += 1
        if seen.is_done or self.lags < _LAGS_ALLOWED * _ASK_OTHER_EVERY:
            return seen
        return Poll(told.state, seen.resource)

    def _other(self, told: Poll[T]) -> Poll[T]:
        seen = self.resource()
        if not seen.is_done:
            self.seen_in_progress = True
            return told
        self.ends += 1
        needed = _ENDS_NEEDED if self.seen_in_progress else _ENDS_NEEDED_UNSEEN
        return seen if self.ends >= needed else told
