"""Waits for what Azure continues to do after it has accepted a write."""

from collections.abc import Callable, Generator
from typing import Any, Generic, NamedTuple, TypeVar

from azure.core.exceptions import DeserializationError, HttpResponseError, ServiceResponseTimeoutError

from azext_amlarc.azure.connection.answers import correlation_id
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import UnreadableAnswer, content_of, json_object
from azext_amlarc.azure.connection.retries import WriteTookEffect, read_retry_after
from azext_amlarc.azure.connection.tokens import resolved
from azext_amlarc.azure.connection.watcher import Deadline, Watcher
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.errors import ArcError, StillRunning

T = TypeVar("T")

# Seconds between two polls without Retry-After; Azure's SDKs wait 30 s, which makes a one-minute installation take two.
FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
# A pause is this fraction of the time waited so far: a wait is at most 7 % longer than Azure takes.
_PART = 1 / 15
# Seconds for what has to be ready after a write that ended when the time was up, as after a machine's sleep.
_LEAST_AFTERWARDS = 60.0
# Longer pauses that Azure asks for are announced; azure-core's own default is 30 s.
_LONGEST_UNSAID = 30.0
# Consecutive polls that may time out: Azure goes on regardless.
_MISSES_ALLOWED = 2


class Poll(NamedTuple, Generic[T]):
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


class Operation(NamedTuple, Generic[T]):
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
        deadline = Deadline(timeout)
        try:
            last = rested(self._watch(watcher, deadline), watcher)
        except KeyboardInterrupt:
            raise self._still_running(f"Interrupted. Azure is still {self.doing}.") from None
        return self._result(last, watcher, deadline)

    def pauses(self, watcher: Watcher, timeout: float) -> Generator[float, None, T]:
        """The same wait for whoever waits for many operations: each pause (s) is yielded instead of slept."""
        deadline = Deadline(timeout)
        last = yield from self._watch(watcher, deadline)
        return self._result(last, watcher, deadline)

    def _result(self, last: Poll[T], watcher: Watcher, deadline: Deadline) -> T:
        if not last.succeeded:
            raise self.reason(last.resource)
        found = last.resource if last.resource is not None else self.read()
        self.then(watcher, max(deadline.left, min(deadline.timeout, _LEAST_AFTERWARDS)))
        return found

    def _watch(self, watcher: Watcher, deadline: Deadline) -> Generator[float, None, Poll[T]]:
        last = Poll[T]("Accepted", pause=self.pause)
        pauses = _Pauses(watcher, deadline.timeout)
        if last.pause:
            yield pauses.next(last.pause, 0.0)
        while True:
            deadline.asking()
            last = self._poll(last, pauses)
            elapsed = deadline.elapsed
            watcher.seen(last.state, elapsed)
            if last.is_done:
                return last
            if deadline.is_over():
                raise self._still_running(
                    f"Azure is still {self.doing} after {deadline.timeout:.0f} s; the last state was {last.state}."
                )
            yield pauses.next(last.pause, elapsed)

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


class _Pauses:  # pylint: disable=too-few-public-methods
    """The pauses of one wait: as long as Azure asks, but never beyond the timeout; a long one is announced once."""

    def __init__(self, watcher: Watcher, timeout: float) -> None:
        self.watcher = watcher
        self.timeout = timeout
        self.missed = 0
        self.announced = False

    def next(self, told: float | None, elapsed: float) -> float:
        left = max(self.timeout - elapsed, 0.0)
        if told and told > _LONGEST_UNSAID and not self.announced:
            self.announced = True
            waits = "" if told <= left else f"; waiting {left:.0f} s, until the timeout"
            self.watcher.tell(f"Azure asks to wait {told:.0f} s before the next poll{waits}")
        return min(told or _pause(elapsed), left)


def rested(waiting: Generator[float, None, T], watcher: Watcher) -> T:
    """What the wait comes to, its pauses slept."""
    while True:
        try:
            pause = next(waiting)
        except StopIteration as end:
            found: T = end.value
            return found
        watcher.rest(pause)


class Accepted(NamedTuple):
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
        url = headers.get("Azure-AsyncOperation")
        return cls(
            model=model,
            body=content_of(response).decode("utf-8-sig"),
            operation_url=resolved(url, response.request.url) if url else None,
            pause=read_retry_after(headers),
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
        with recorded(azure.writes, line):
            sent = begin(*arguments, **options, took_effect=took_effect, polling=False, cls=Accepted.from_sdk)
            accepted: Accepted = sent.result()
    except (WriteTookEffect, DeserializationError):  # the latter comes from the SDK: Azure has accepted the write
        azure.writes.add(line)
        return None
    return accepted


def poll_operation(azure: AzureClient, url: str) -> Poll[Any] | None:
    """The state of an operation by its URL; None if Azure no longer knows it (404), or does not say."""
    try:
        answer = azure.get_url(url)
        body = json_object(answer)
    except (HttpResponseError, UnreadableAnswer):  # a failure to read the status says nothing about the operation
        return None
    state = body.get("status") or (body.get("properties") or {}).get("provisioningState")
    return Poll(state, pause=read_retry_after(answer.headers)) if isinstance(state, str) else None


def operation_error(azure: AzureClient, url: str | None) -> tuple[str, str] | None:
    """Code and message of a failed operation; None if Azure gives none."""
    if url is None:
        return None
    from azext_amlarc.azure.connection import envelopes

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
    *,
    timeout: float,
    interval: float | None,
) -> T | None:
    """Poll until `done`, every `interval` seconds or as for operations; StillRunning after `timeout` seconds."""
    return rested(until(read, done, state, watcher, timeout=timeout, interval=interval), watcher)


def until(
    read: Callable[[], T | None],
    done: Callable[[T | None], bool],
    state: Callable[[T | None], str],
    watcher: Watcher,
    *,
    timeout: float,
    interval: float | None = None,
) -> Generator[float, None, T | None]:
    """The same wait for whoever waits for many things: each pause (s) is yielded instead of slept."""
    deadline = Deadline(timeout)
    while not done(found := read()):
        elapsed = deadline.elapsed
        watcher.seen(state(found), elapsed)
        if deadline.is_over():
            raise StillRunning(
                f"The condition was not met within {timeout:.0f} s; the last state was {state(found)}.",
                "Run the command again to keep waiting.",
            )
        yield min(interval or _pause(elapsed), max(timeout - elapsed, 0.0))
        deadline.asking()
    return found
