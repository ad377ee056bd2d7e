"""SIGTERM, which CI sends to a job that is cancelled, ends a command as Ctrl-C does: explained, and in order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import NoReturn


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """SIGTERM is KeyboardInterrupt inside; only the main thread may say so, in another it changes nothing."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
