"""Waiting for what Azure goes on doing after it has answered a write."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

from azext_amlarc.azure.connection.answers import correlation_id
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.retries import WriteTaken
from azext_amlarc.errors import ArcError, StillRunning

T = TypeVar("T")

# Seconds between two looks where Azure names none; its SDKs wait 30 s, which makes a one-minute install take two.
FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
# A pause is this part of what has been waited already: nobody waits longer than 7 % more than Azure takes.
_PART = 1 / 15


@dataclass(frozen=True)
class Look(Generic[T]):
    """What one look saw: a state in Azure's words, the resource if it came along, the pause Azure asks for (s)."""

    state: str
    resource: T | None = None
    pause: float | None = None

    @property
    def is_over(self) -> bool:
        """Any other word means that Azure is still at it; no word at all means that it never began to."""
        return self.state.lower() in {"", "succeeded", "failed", "canceled"}

    @property
    def is_good(self) -> bool:
        return self.state.lower() in {"", "succeeded"}


class Watcher(Protocol):
    """Someone who is told how a wait goes on, and who spends its pauses."""

    def seen(self, state: str, elapsed: float) -> None:
        """A look saw `state`, `elapsed` seconds after the wait began."""

    def tell(self, text: str) -> None:
        """Something that is worth a line: what will change, what is being made."""

    def rest(self, seconds: float) -> None:
        """Let `seconds` pass."""


class Silence:
    """A watcher that says nothing."""

    def seen(self, state: str, elapsed: float) -> None:
        pass

    def tell(self, text: str) -> None:
        pass

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Operation(Generic[T]):
    """A write that Azure has accepted: the resource as it was then, and how to see what becomes of it.

    `correlation_id` is the write's, None where it is somebody else's.
    `then` waits for what else has to be ready once the write has ended well, so many seconds at most.
    """

    title: str
    resource: T
    look: Callable[[], Look[T]]
    read: Callable[[], T]
    reason: Callable[[T | None], ArcError]
    follow: str
    pause: float | None = None
    correlation_id: str | None = None
    then: Callable[[Watcher, float], None] = lambda _watcher, _timeout: None

    @classmethod
    def done(cls, resource: T) -> "Operation[T]":
        """For a resource that is as wanted already: nothing has been written, and nothing is looked at."""
        return cls(
            title="",
            resource=resource,
            look=lambda: Look("Succeeded", resource),
            read=lambda: resource,
            reason=lambda _: ArcError("Nothing was written."),
            follow="",
        )

    def wait(self, watcher: Watcher, timeout: float) -> T:
        """The resource once the write has ended well.

        Raises what `reason` makes of a write that ended badly, and StillRunning after `timeout` seconds or at Ctrl-C.
        """
        began = time.monotonic()
        last = Look[T]("Accepted", pause=self.pause)
        try:
            last = self._watch(last, watcher, began, timeout)
        except KeyboardInterrupt:
            raise self._still_running(f"Interrupted. {self.title} goes on in Azure.") from None
        if not last.is_good:
            raise self.reason(last.resource)
        found = last.resource if last.resource is not None else self.read()
        self.then(watcher, max(timeout - (time.monotonic() - began), 0.0))
        return found

    def _watch(self, last: Look[T], watcher: Watcher, began: float, timeout: float) -> Look[T]:
        if last.pause:
            watcher.rest(min(last.pause, timeout))
        while True:
            last = self.look()
            elapsed = time.monotonic() - began
            watcher.seen(last.state, elapsed)
            if last.is_over:
                return last
            if elapsed >= timeout:
                raise self._still_running(
                    f"{self.title} has not ended after {timeout:.0f} s; its state was last {last.state}."
                )
            watcher.rest(min(last.pause or _pause(elapsed), timeout - elapsed))

    def _still_running(self, message: str) -> StillRunning:
        return StillRunning(message, self.follow, correlation_id=self.correlation_id)


@dataclass(frozen=True)
class Accepted:
    """What Azure answered a write with: the SDK's model, the body, the operation's URL, the pause it asks for (s)."""

    model: Any
    body: str
    operation_url: str | None
    pause: float | None
    correlation_id: str | None

    @classmethod
    def from_sdk(cls, pipeline_response: Any, model: Any, _headers: object) -> "Accepted":
        """For an SDK's `cls` argument, together with polling=False."""
        response = pipeline_response.http_response
        headers = response.headers
        return cls(
            model=model,
            body=response.text(),
            operation_url=headers.get("Azure-AsyncOperation"),
            pause=_seconds(headers.get("Retry-After")),
            correlation_id=correlation_id(response),
        )


def write(
    azure: AzureClient,
    title: str,
    begin: Callable[..., Any],
    *arguments: Any,
    taken: Callable[[], bool],
    **options: Any,
) -> Accepted | None:
    """Azure's answer to an SDK's `begin`, noted in `arm.written` as `title`.

    None where the answer was lost and `taken` found that the write took effect all the same: join that.
    """
    try:
        sent = begin(*arguments, **options, taken=taken, polling=False, cls=Accepted.from_sdk)
        accepted: Accepted | None = sent.result()
    except WriteTaken:
        accepted = None
    except AzureError as error:
        if not _is_refusal(error):
            azure.written.append(f"perhaps {title} (Azure's answer was lost)")
        raise
    azure.written.append(title)
    return accepted


def _is_refusal(error: AzureError) -> bool:
    """Whether Azure has said that it does not do what was asked for."""
    if isinstance(error, HttpResponseError):
        return error.status_code is not None and 400 <= error.status_code < 500
    return isinstance(error, ServiceRequestError)


class Provisioned(Protocol):
    """Anything that Azure provisions."""

    @property
    def provisioning_state(self) -> str: ...


P = TypeVar("P", bound=Provisioned)


def look_for_absence(read: Callable[[], P | None]) -> Look[P]:
    """Whether a deletion has ended. What is still there, and sound, is yet to be deleted."""
    found = read()
    if found is None:
        return Look("Succeeded")
    seen = Look(found.provisioning_state, found)
    return Look("Deleting") if seen.is_good else seen


def look_at_operation(azure: AzureClient, url: str) -> Look[Any]:
    """The state of an operation by its URL; its body holds no resource."""
    answer = azure.get_url(url)
    return Look(str(answer.json().get("status", "")), pause=_seconds(answer.headers.get("Retry-After")))


def operation_error(azure: AzureClient, url: str | None) -> tuple[str, str] | None:
    """Code and message that Azure gives for an operation that failed; None where it gives none."""
    if url is None:
        return None
    try:
        error = azure.get_url(url).json().get("error") or {}
    except HttpResponseError:  # a failure to read the status says nothing about the operation
        return None
    return (str(error.get("code", "")), str(error.get("message", ""))) if error else None


def _pause(elapsed: float) -> float:
    return min(max(FIRST_PAUSE, elapsed * _PART), _LONGEST_PAUSE)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None


def wait_until(
    read: Callable[[], T | None],
    done: Callable[[T | None], bool],
    state: Callable[[T | None], str],
    watcher: Watcher,
    timeout: float,
    interval: float | None,
) -> T | None:
    """Read until `done`, every `interval` seconds or as operations are watched; StillRunning after `timeout` s."""
    began = time.monotonic()
    while not done(found := read()):
        elapsed = time.monotonic() - began
        watcher.seen(state(found), elapsed)
        if elapsed >= timeout:
            raise StillRunning(
                f"The condition has not come true after {timeout:.0f} s; the state was last {state(found)}.",
                "Wait for it again.",
            )
        watcher.rest(min(interval or _pause(elapsed), max(timeout - elapsed, 0.0)))
    return found
