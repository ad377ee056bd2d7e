"""Runs independent work on Azure in parallel."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from functools import partial
from threading import Event, Lock
from typing import TypeVar

from azext_amlarc import background
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.watcher import Watcher

T = TypeVar("T")
Work = Callable[[AzureClient, Watcher], T]


def at_once(azure: AzureClient, watcher: Watcher, works: Mapping[str, Work[T]], *, reads: bool = False) -> list[T]:
    """Run several pieces of work, keyed by title, in parallel, each on its own connection; the results in order.

    All run to their end. Then the first failure is raised, with the others as notes. Ctrl-C stops each at its next
    pause; what only `reads` is not waited for then.
    """
    if len(works) < 2:
        return [work(azure, watcher) for work in works.values()]
    lock, stopped = Lock(), Event()
    with nullcontext() if reads else ThreadPoolExecutor(len(works)) as pool:
        begin = pool.submit if pool else background.begin
        try:
            futures = {
                title: begin(partial(_apart, azure, work, _RelayWatcher(watcher, title, lock, stopped)))
                for title, work in works.items()
            }
            wait(futures.values())
        except KeyboardInterrupt:
            stopped.set()
            raise
    _raise_failures(futures)
    return [future.result() for future in futures.values()]


def _apart(azure: AzureClient, work: Work[T], watcher: Watcher) -> T:
    with azure.clone() as connection:
        return work(connection, watcher)


def _raise_failures(futures: Mapping[str, "Future[T]"]) -> None:
    failed = {title: error for title, future in futures.items() if (error := future.exception())}
    if not failed:
        return
    first, *others = failed
    for title in others:
        failed[first].add_note(f"{title}: {getattr(failed[title], 'message', failed[title])}")
    raise failed[first]


class _Stopped(Exception):
    """Raised in workers after Ctrl-C, at their next pause."""


class _RelayWatcher:
    """The watcher of one thread: passes changes of state on to the shared watcher, with the title."""

    def __init__(self, watcher: Watcher, title: str, lock: Lock, stopped: Event) -> None:
        self.watcher = watcher
        self.title = title
        self.lock = lock
        self.stopped = stopped
        self.state = ""

    def seen(self, state: str, elapsed: float) -> None:
        if state != self.state:
            self.state = state
            with self.lock:
                self.watcher.seen(f"{self.title}: {state}", elapsed)

    def tell(self, text: str) -> None:
        with self.lock:
            self.watcher.tell(text)

    def rest(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise _Stopped
