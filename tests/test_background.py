"""Work in threads that nobody has to wait for."""

import subprocess
import sys
from threading import Lock
from time import sleep

import pytest

from azext_amlarc import background
from tests.support.az import ROOT

# Forty readers of a server that never answers, four at a time; interrupted after a moment.
INTERRUPTED = """
import os, signal, threading
from azext_amlarc import background
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    background.each(lambda _item: threading.Event().wait(), range(40), 4)
except KeyboardInterrupt:
    print("interrupted", threading.active_count() <= 6)
"""


def test_results_come_in_the_order_of_the_items_and_no_more_run_at_a_time() -> None:
    running, most, lock = set[int](), [0], Lock()

    def work(item: int) -> int:
        with lock:
            running.add(item)
            most[0] = max(most[0], len(running))
        sleep(0.002 * (10 - item % 10))
        with lock:
            running.remove(item)
        return item * item

    assert background.each(work, range(40), 4) == [item * item for item in range(40)]
    assert 2 <= most[0] <= 4
    assert background.each(work, (), 4) == []


def test_the_first_failure_is_raised_and_nothing_new_begins() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        sleep(0.01)
        raise LookupError(item)

    with pytest.raises(LookupError, match="0"):
        background.each(work, range(100), 2)
    sleep(0.1)
    assert len(begun) < 10


def test_what_a_thread_raises_is_raised_for_whoever_asks() -> None:
    with pytest.raises(ZeroDivisionError):
        background.begin(lambda: 1 // 0).result()


def test_ctrl_c_and_the_end_of_the_program_wait_for_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True, check=False, timeout=9
    )
    assert (done.stdout, done.stderr, done.returncode) == ("interrupted True\n", "", 0)
