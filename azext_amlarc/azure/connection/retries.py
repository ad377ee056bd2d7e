"""Retries, with special care for writes: a response may be lost after the write took effect."""

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import (
    AzureError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import HTTPPolicy

from azext_amlarc.azure.connection.reading import UnreadableAnswer
from azext_amlarc.azure.connection.transport import AnswerTooLarge
from azext_amlarc.errors import ArcError

# The length of a second of a pause. Tests that break every request of a command shorten it.
SECOND = 1.0

# Throttled requests count against the limit too: without Retry-After, four tries within a few seconds.
_TRIES, _FIRST_PAUSE = 4, 0.8
# With Retry-After. ARM's contract allows 10 s to 10 min; longer means: do not retry.
_TRIES_WITH_RETRY_AFTER, _LONGEST_RETRY_AFTER = 10, 600.0
# Announce longer pauses: a silent command looks hung.
_LONGEST_SILENT_PAUSE = 5.0
# Jitter, so that clients that were refused together do not come back together.
_SPREAD = 0.25

_TRANSIENT = {408, 429, 500, 502, 503, 504}
# After these, the request may have taken effect: a gateway may have given up waiting for the service behind it.
_UNCERTAIN = {408, 500, 502, 503, 504}
_LOST = (ServiceResponseError, IncompleteReadError)
# Retrying these would bring the same again, as late.
_FINAL = (ServiceResponseTimeoutError, UnreadableAnswer, AnswerTooLarge)

logger = logging.getLogger("azext_amlarc.azure")


class WriteTookEffect(Exception):
    """The response to a write was lost, but the write took effect: join it instead of sending it again."""


class RetryPolicy(HTTPPolicy[Any, Any]):  # pylint: disable=too-few-public-methods  # azure-core's interface
    """Retries while Azure is busy or unreachable; all our requests are idempotent.

    But Azure fails a repeated write while the first one is still in progress. Such a write passes the option
    `took_effect`, which is called each time a response is lost; if it returns True, WriteTookEffect is raised.
    """

    def __init__(self, tell: Callable[[str], object] = logger.warning) -> None:
        """`tell` is called, once for each request, if Azure asks for a pause of more than five seconds."""
        super().__init__()
        self._tell = tell

    def send(self, request: Any) -> Any:
        took_effect = _took_effect(request)
        tries, may_be_done = 0, False
        while True:
            tries += 1
            try:
                response = self.next.send(request)
            except (ServiceRequestError, *_LOST) as error:
                took = took_effect() if isinstance(error, _LOST) else False
                if took:
                    raise WriteTookEffect from error
                if took is None or tries >= _TRIES or isinstance(error, _FINAL):
                    if may_be_done and isinstance(error, ServiceRequestError):
                        # This try was not sent, but an earlier one may have taken effect.
                        raise ServiceResponseError(error.message, error=error.inner_exception or error) from error
                    raise
                retry_after, may_be_done = None, may_be_done or isinstance(error, _LOST)
            else:
                status, retry_after = (
                    response.http_response.status_code,
                    read_retry_after(response.http_response.headers),
                )
                took = took_effect() if status in _UNCERTAIN else False
                if took:
                    raise WriteTookEffect
                if took is None or not _is_worth_another(status, retry_after, tries):
                    return response
                may_be_done = may_be_done or status in _UNCERTAIN
            self._announce(request, retry_after)
            time.sleep(pause(tries, retry_after))

    def _announce(self, request: Any, retry_after: float | None) -> None:
        if retry_after and retry_after > _LONGEST_SILENT_PAUSE and not request.context.get("announced"):
            request.context["announced"] = True
            self._tell(f"Azure is busy; retrying in {retry_after:.0f} s, as it asks")


def _took_effect(request: Any) -> Callable[[], bool | None]:
    """The request's option, kept in its context for a policy that sends the request again.

    It returns None if Azure does not say: then the lost response is the error, and nothing is sent again.
    """
    if "took_effect" in request.context.options:
        request.context["took_effect"] = request.context.options.pop("took_effect")
    took_effect: Callable[[], bool] = request.context.get("took_effect") or (lambda: False)

    def asked() -> bool | None:
        try:
            return took_effect()
        except (AzureError, ArcError):
            return None

    return asked


def _is_worth_another(status: int, retry_after: float | None, tries: int) -> bool:
    """Any error with Retry-After is meant to be retried, whatever its status."""
    if retry_after is None:
        return status in _TRANSIENT and tries < _TRIES
    return status >= 400 and retry_after <= _LONGEST_RETRY_AFTER and tries < _TRIES_WITH_RETRY_AFTER


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Azure's Retry-After in seconds: usually a number, but HTTP allows a date; None if missing or malformed."""
    retry_after = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", retry_after):
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), 999_999_999.0)


def pause(tries: int, retry_after: float | None) -> float:
    """Seconds until the next try: Retry-After, or twice as long each time, with jitter."""
    least = _FIRST_PAUSE * 2 ** (tries - 1) if retry_after is None else retry_after
    return least * random.uniform(1.0, 1.0 + _SPREAD) * SECOND
