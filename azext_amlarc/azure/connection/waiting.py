"""Waits for what Azure continues to do after it has accepted a write."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

from azext_amlarc.azure.connection.answers import correlation_id
from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.retries import WriteTookEffect
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.errors import ArcError, StillRunning

T = TypeVar("T")

# Seconds between two polls without Retry-After; Azure's SDKs wait 30 s, which makes a one-minute installation take two.
FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
# A pause is this fraction of the time waited so far: a wait is at most 7 % longer than Azure takes.
_PART = 1 / 15


@dataclass(frozen=True)
class Poll(Generic[T]):
    """The result of one poll: Azure's state, the resource if it was read, and Azure's Retry-After (s)."""

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
    """A write that Azure has accepted: the resource as it was then, and how to follow it.

    `doing` says what Azure is doing ("installing the extension 'x'"); `follow` tells the user how to follow it.
    `correlation_id` is the write's, None if the write is not ours.
    `then` waits, with a timeout (s), for what else must be ready after the write has succeeded.
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
        """For a resource that is up to date: nothing was written, and nothing is polled."""
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

        Raises the `reason` if the write failed, and StillRunning after `timeout` seconds or on Ctrl-C.
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
        if last.pause:
            watcher.rest(min(last.pause, timeout))
        while True:
            last = self.poll()
            elapsed = time.monotonic() - began
            watcher.seen(last.state, elapsed)
            if last.is_done:
                return last
            if elapsed >= timeout:
                raise self._still_running(
                    f"Azure is still {self.doing} after {timeout:.0f} s; the last state was {last.state}."
                )
            watcher.rest(min(last.pause or _pause(elapsed), timeout - elapsed))

    def _still_running(self, message: str) -> StillRunning:
        return StillRunning(message, self.follow, correlation_id=self.correlation_id)


@dataclass(frozen=True)
class Accepted:
    """Azure's response to a write: the SDK's model, the body, the operation's URL, Retry-After (s)."""

    model: Any
    body: str
    operation_url: str | None
    pause: float | None
    correlation_id: str | None

    @classmethod
    def from_sdk(cls, pipeline_response: Any, model: Any, _headers: object) -> "Accepted":
        """For the `cls` argument of an SDK's method, with polling=False."""
        response = pipeline_response.http_response
        headers = response.headers
        return cls(
            model=model,
            body=response.text(),
            operation_url=headers.get("Azure-AsyncOperation"),
            pause=seconds(headers.get("Retry-After")),
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
    """Call an SDK's `begin` method, and record the write in `azure.writes` as `line`.

    None if the response was lost, but `took_effect` found that the write took effect: join it.
    """
    try:
        sent = begin(*arguments, **options, took_effect=took_effect, polling=False, cls=Accepted.from_sdk)
        accepted: Accepted | None = sent.result()
    except WriteTookEffect:
        accepted = None
    except AzureError as error:
        if not _is_refusal(error):
            azure.writes.add(f"possibly {line} (Azure's response was lost)")
        raise
    azure.writes.add(line)
    return accepted


def _is_refusal(error: AzureError) -> bool:
    """Whether the write certainly had no effect: Azure refused it, or it was not sent."""
    if isinstance(error, HttpResponseError):
        return error.status_code is not None and 400 <= error.status_code < 500
    return isinstance(error, ServiceRequestError)


def poll_operation(azure: AzureClient, url: str) -> Poll[Any] | None:
    """The state of an operation by its URL; None if Azure no longer knows it (404)."""
    answer = unless_missing(azure.get_url, url)
    if answer is None:
        return None
    return Poll(str(answer.json().get("status", "")), pause=seconds(answer.headers.get("Retry-After")))


def operation_error(azure: AzureClient, url: str | None) -> tuple[str, str] | None:
    """Code and message of a failed operation; None if Azure gives none."""
    if url is None:
        return None
    try:
        error = azure.get_url(url).json().get("error") or {}
    except HttpResponseError:  # a failure to read the status says nothing about the operation
        return None
    return (str(error.get("code", "")), str(error.get("message", ""))) if error else None


def _pause(elapsed: float) -> float:
    return min(max(FIRST_PAUSE, elapsed * _PART), _LONGEST_PAUSE)


def seconds(retry_after: str | None) -> float | None:
    """A Retry-After header; None if there is none, or it is not a number of seconds."""
    return float(retry_after) if retry_after and retry_after.isdigit() else None


def wait_until(
    read: Callable[[], T | None],
    done: Callable[[T | None], bool],
    state: Callable[[T | None], str],
    watcher: Watcher,
    timeout: float,
    interval: float | None,
) -> T | None:
    """Poll until `done`, every `interval` seconds or as for operations; StillRunning after `timeout` seconds."""
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
