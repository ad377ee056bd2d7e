"""Work in threads that nobody has to wait for: after Ctrl-C, what only reads is left alone, and ends with the program.

The threads of an executor are waited for, by its `with` and when Python ends: each for as long as a silent server may
take.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begin(work: Callable[[], T]) -> "Future[T]":
    """Begin the work in a thread of its own; what it returns or raises."""
    future: Future[T] = Future()
    Thread(target=_carry_out, args=(work, future), daemon=True).start()
    return future


def _carry_out(work: Callable[[], T], future: "Future[T]") -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  (it is raised for whoever asks for the result)
        future.set_exception(error)
