"""What has been written: recorded if Azure has accepted it, as possible if its response was lost, else not at all."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError, IncompleteReadError, ServiceResponseError
from azure.core.pipeline.policies import HTTPPolicy

from azext_amlarc.azure.connection import retries
from azext_amlarc.azure.connection.watcher import WriteLog

# Seconds between looks at what Azure does not show yet, half a minute altogether: its caches lag by seconds.
_LAGS = (1, 1, 2, 3, 5, 8, 10)
# What has been shown once and is not any more has been deleted, or another of Azure's caches answers: a few looks more.
_LAGS_ONCE_SHOWN = 3
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


class LagPolicy(HTTPPolicy[Any, Any]):  # pylint: disable=too-few-public-methods  # azure-core's interface
    """Waits out the 404 of a resource whose PUT Azure has just accepted, or of an action on it (listKeys).

    `writes` gives the record that all connections of a command share.
    """

    def __init__(self, writes: Callable[[], WriteLog]) -> None:
        super().__init__()
        self._writes = writes

    def send(self, request: Any) -> Any:
        accepted = self._writes().accepted
        method, path = request.http_request.method, urlsplit(request.http_request.url).path.lower()
        response = self.next.send(request)
        if method in {"GET", "POST"}:
            return self._seen(request, response, path if method == "GET" else path.rpartition("/")[0], accepted)
        if method == "PUT" and response.http_response.status_code < 300:
            accepted[path] = len(_LAGS)
        if method == "DELETE":
            accepted.pop(path, None)
        return response

    def _seen(self, request: Any, response: Any, path: str, accepted: dict[str, int]) -> Any:
        for pause in _LAGS[: accepted.get(path, 0)]:
            if response.http_response.status_code != 404:
                break
            time.sleep(pause * retries.SECOND)
            response = self.next.send(request)
        status = response.http_response.status_code
        if path in accepted and (status == 404 or status < 300):
            accepted[path] = 0 if status == 404 else _LAGS_ONCE_SHOWN  # nobody waits for it twice
        return response


def may_be_done(error: BaseException) -> bool:
    """Whether a write that ended this way may have taken effect: no response, or one that does not tell."""
    if isinstance(error, HttpResponseError):
        return error.status_code == 408 or (error.status_code or 0) >= 500
    return isinstance(error, _UNCERTAIN)
