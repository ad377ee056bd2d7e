"""Waiting for what Azure goes on doing after it has answered a write."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from azure.core.exceptions import DeserializationError, HttpResponseError, ServiceResponseTimeoutError

from azext_amlarc.azure.connection import envelopes
from azext_amlarc.azure.connection.answers import correlation_id
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import UnreadableAnswer, content_of, json_object
from azext_amlarc.azure.connection.retries import WriteTookEffect, retry_after
from azext_amlarc.azure.connection.tokens import resolved
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.errors import ArcError, StillRunning

T = TypeVar("T")

# Seconds between two polls where Azure names none; its SDKs wait 30 s, which makes a one-minute install take two.
FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
# A pause is this part of what has been waited already: nobody waits longer than 7 % more than Azure takes.
_PART = 1 / 15
# Pauses that Azure asks for are announced if they are longer: azure-core's own last half a minute.
_LONGEST_UNSAID = 30.0
# Looks in a row that may get no answer in time, while Azure goes on all the same.
_MISSES_ALLOWED = 2


@dataclass(frozen=True)
class Poll(Generic[T]):
    """What one poll saw: a state in Azure's words, the resource if it came along, the pause Azure asks for (s)."""

    state: str
    resource: T | None = None
    pause: float | None = None

    @property
    def is_done(self) -> bool:
        """Any other state is still in progress; an empty one means that no operation was started."""
        return self.state.lower() in {"", "succeeded", "failed", "canceled"}

    @property
    def succeeded(self) -> bool:
        return self.state.lower() in {"", "succeeded"}


@dataclass(frozen=True)
class Operation(Generic[T]):
    """A write that Azure has accepted: the resource as it was then, and how to see what becomes of it.

    `doing` says what Azure does ("installing the extension 'x'"); `follow` is what to run to see how it goes on.
    `correlation_id` is the write's, None if it is somebody else's.
    `then` waits for what else has to be ready once the write has succeeded, so many seconds at most.
    """

    doing: str
    resource: T
    poll: Callable[[], Poll[T]]
    read: Callable[[], T]
    reason: Callable[[T | None], ArcError]
    follow: str
    pause: float | None = None
    correlation_id: str | None = None
    then: Callable[[Watcher, float], None] = lambda _watcher, _timeout: None

    @classmethod
    def done(cls, resource: T) -> "Operation[T]":
        """For a resource that is up to date: nothing has been written, and nothing is polled."""
        return cls(
            doing="",
            resource=resource,
            poll=lambda: Poll("Succeeded", resource),
            read=lambda: resource,
            reason=lambda _: ArcError("Nothing was written."),
            follow="",
        )

    def wait(self, watcher: Watcher, timeout: float) -> T:
        """The resource once the write has succeeded.

        Raises what `reason` makes of a write that failed, and StillRunning after `timeout` seconds or at Ctrl-C.
        """
        began = time.monotonic()
        last = Poll[T]("Accepted", pause=self.pause)
        try:
            last = self._watch(last, watcher, began, timeout)
        except KeyboardInterrupt:
            raise self._still_running(f"Interrupted. Azure is still {self.doing}.") from None
        if not last.succeeded:
            raise self.reason(last.resource)
        found = last.resource if last.resource is not None else self.read()
        self.then(watcher, max(timeout - (time.monotonic() - began), 0.0))
        return found

    def _watch(self, last: Poll[T], watcher: Watcher, began: float, timeout: float) -> Poll[T]:
        pauses = _Pauses(watcher, timeout)
        if last.pause:
            pauses.rest(last.pause, 0.0)
        while True:
            last = self._poll(last, pauses)
            elapsed = time.monotonic() - began
            watcher.seen(last.state, elapsed)
            if last.is_done:
                return last
            if elapsed >= timeout:
                raise self._still_running(
                    f"Azure is still {self.doing} after {timeout:.0f} s; the last state was {last.state}."
                )
            pauses.rest(last.pause, elapsed)

    def _poll(self, last: Poll[T], pauses: "_Pauses") -> Poll[T]:
        """What Azure says now; what it said last if it does not answer in time, which it may miss twice in a row."""
        try:
            found = self.poll()
        except ServiceResponseTimeoutError:
            pauses.missed += 1
            if pauses.missed > _MISSES_ALLOWED:
                raise
            return last
        pauses.missed = 0
        return found

    def _still_running(self, message: str) -> StillRunning:
        return StillRunning(message, self.follow, correlation_id=self.correlation_id)


@dataclass
class _Pauses:
    """The pauses of one wait: as Azure asks, but never beyond the timeout; a long one is announced once."""

    watcher: Watcher
    timeout: float
    missed: int = 0
    announced: bool = False

    def rest(self, told: float | None, elapsed: float) -> None:
        left = max(self.timeout - elapsed, 0.0)
        if told and told > _LONGEST_UNSAID and not self.announced:
            self.announced = True
            until = "" if told <= left else f"; waiting {left:.0f} s, until the timeout"
            self.watcher.tell(f"Azure asks to wait {told:.0f} s before the next look{until}")
        self.watcher.rest(min(told or _pause(elapsed), left))


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
        url = headers.get("Azure-AsyncOperation")
        return cls(
            model=model,
            body=content_of(response).decode("utf-8-sig"),
            operation_url=resolved(url, response.request.url) if url else None,
            pause=retry_after(headers),
            correlation_id=correlation_id(response),
        )


def write(
    azure: AzureClient,
    line: str,
    begin: Callable[..., Any],
    *arguments: Any,
    took_effect: Callable[[], bool],
    **options: Any,
) -> Accepted | None:
    """Azure's answer to an SDK's `begin`, recorded in `azure.writes` as `line`.

    None if the answer was lost and `took_effect` found that the write took effect all the same: join that.
    """
    try:
        with recorded(azure.writes, line):
            sent = begin(*arguments, **options, took_effect=took_effect, polling=False, cls=Accepted.from_sdk)
            accepted: Accepted = sent.result()
    except (WriteTookEffect, DeserializationError):  # the latter is the SDK's: Azure has accepted the write
        azure.writes.add(line)
        return None
    return accepted


def poll_operation(azure: AzureClient, url: str) -> Poll[Any] | None:
    """The state of an operation by its URL, whose body holds no resource; None if Azure has forgotten it (404)."""
    try:
        answer = azure.get_url(url)
        body = json_object(answer)
    except (HttpResponseError, UnreadableAnswer):  # a failure to read the status says nothing about the operation
        return None
    state = body.get("status") or (body.get("properties") or {}).get("provisioningState")
    return Poll(state, pause=retry_after(answer.headers)) if isinstance(state, str) else None


def operation_error(azure: AzureClient, url: str | None) -> tuple[str, str] | None:
    """Code and message that Azure gives for an operation that failed; None if it gives none."""
    if url is None:
        return None
    try:
        told = envelopes.of(json_object(azure.get_url(url)).get("error"))
    except (HttpResponseError, UnreadableAnswer):
        return None
    return (told.code, told.text) if told.code or told.text else None


def _pause(elapsed: float) -> float:
    return min(max(FIRST_PAUSE, elapsed * _PART), _LONGEST_PAUSE)


def wait_until(
    read: Callable[[], T | None],
    done: Callable[[T | None], bool],
    state: Callable[[T | None], str],
    watcher: Watcher,
    timeout: float,
    interval: float | None,
) -> T | None:
    """Read until `done`, every `interval` seconds or as operations are polled; StillRunning after `timeout` s."""
    began = time.monotonic()
    while not done(found := read()):
        elapsed = time.monotonic() - began
        watcher.seen(state(found), elapsed)
        if elapsed >= timeout:
            raise StillRunning(
                f"The condition was not met within {timeout:.0f} s; the last state was {state(found)}.",
                "Run the command again to keep waiting.",
            )
        watcher.rest(min(interval or _pause(elapsed), max(timeout - elapsed, 0.0)))
    return found
