"""Prints progress like azureml-core; everything else goes to the log."""

import logging
import sys
import time
from collections.abc import Iterable
from typing import TypeVar

from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.errors import WriteFailed
from azext_amlarc.findings import Finding, Severity
from azext_amlarc.validation.report.text import as_line
from azext_amlarc.wording import in_line

T = TypeVar("T")

logger = logging.getLogger("azext_amlarc.sdk")

_DOT_SECONDS = 5


class PrintingWatcher:
    """A Watcher that writes to stdout, with `show_output`: the state, a dot every 5 s, each new state."""

    def __init__(self, *, show_output: bool = False) -> None:
        self._show_output = show_output
        self._state: str | None = None
        self._dots = 0

    def seen(self, state: str, elapsed: float) -> None:
        state, due = in_line(state), int(elapsed) // _DOT_SECONDS
        dots, self._dots = "." * (due - self._dots), due
        if self._state is None:
            self._write(state)
        else:
            self._write(dots + (f"\n{state}" if state != self._state else ""))
        self._state = state

    def tell(self, text: str) -> None:
        logger.info("%s", text)

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)

    def finish(self) -> None:
        """The last line, which azureml-core prints even without `show_output`, directly after the state."""
        sys.stdout.write(f'Provisioning operation finished, operation "{self._state}"\n')
        sys.stdout.flush()

    def _write(self, text: str) -> None:
        if self._show_output:
            sys.stdout.write(text)
            sys.stdout.flush()


def wait_printing(operation: Operation[T], show_output: bool, timeout: float) -> T:
    """Wait for an operation, and print what azureml-core prints; raises the same as `Operation.wait`."""
    watcher = PrintingWatcher(show_output=show_output)
    try:
        found = operation._replace(follow="To keep waiting: wait_for_completion().").wait(watcher, timeout)
    except WriteFailed:
        watcher.finish()
        raise
    watcher.finish()
    return found


def log(findings: Iterable[Finding]) -> None:
    """Log findings that do not stop the call."""
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_line(finding))
        else:
            logger.info("%s", as_line(finding))
