"""What has been written: recorded if Azure has accepted it, as possible if its response was lost, else not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import HttpResponseError, IncompleteReadError, ServiceResponseError

from azext_amlarc.azure.connection.watcher import WriteLog

_UNCERTAIN = (ServiceResponseError, IncompleteReadError, KeyboardInterrupt)


@contextmanager
def recorded(writes: WriteLog, line: str) -> Iterator[None]:
    """Add the line for the write inside, unless the write certainly had no effect."""
    try:
        yield
    except BaseException as error:
        if may_be_done(error):
            writes.add(f"possibly {line} (Azure's response was lost)")
        raise
    writes.add(line)


def may_be_done(error: BaseException) -> bool:
    """Whether a write that ended this way may have taken effect: no response, or one that does not tell."""
    if isinstance(error, HttpResponseError):
        return error.status_code == 408 or (error.status_code or 0) >= 500
    return isinstance(error, _UNCERTAIN)
