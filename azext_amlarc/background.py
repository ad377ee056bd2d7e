"""Work in threads that nobody has to wait for: after Ctrl-C, what only reads is left alone, and ends with the program.

The threads of an executor are waited for, by its `with` and when Python ends: each for as long as a silent server may
take.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def begin(work: Callable[[], T]) -> "Future[T]":
    """Begin the work in a thread of its own; what it returns or raises."""
    future: Future[T] = Future()
    Thread(target=_carry_out, args=(work, future), daemon=True).start()
    return future


def each(work: Callable[[S], T], items: Iterable[S], most: int) -> list[T]:
    """What the work makes of each item, in order, `most` at a time. Nothing new begins after a failure or Ctrl-C."""
    given = [(item, Future[T]()) for item in items]
    waiting = deque(given)
    for _ in range(min(most, len(given))):
        Thread(target=_serve, args=(work, waiting), daemon=True).start()
    try:
        return [future.result() for _, future in given]
    finally:
        waiting.clear()


def _serve(work: Callable[[S], T], waiting: "deque[tuple[S, Future[T]]]") -> None:
    with suppress(IndexError):
        while True:
            item, future = waiting.popleft()
            _carry_out(partial(work, item), future)


def _carry_out(work: Callable[[], T], future: "Future[T]") -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
        # It is raised for whoever asks for the result.
        future.set_exception(error)
