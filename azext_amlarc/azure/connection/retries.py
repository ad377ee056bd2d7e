"""Sending a request again, and the care that a write needs then: its answer may be lost after it has taken effect."""

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

# What the seconds of a pause last. Tests that break every request of a command shorten them.
SECOND = 1.0

# Azure counts what it throttles, too: without Retry-After four tries, within a few seconds, then the error.
_TRIES, _FIRST_PAUSE = 4, 0.8
# With Retry-After. ARM's contract allows 10 s to 10 min; longer means: do not retry.
_TRIES_WHEN_TOLD, _LONGEST_TOLD = 10, 600.0
# Announce longer pauses: a silent command looks hung.
_LONGEST_UNSAID = 5.0
# The part of a pause by which ours differ, so that many clients that were refused at once don't come back at once.
_SPREAD = 0.25

_TRANSIENT = {408, 429, 500, 502, 503, 504}
# After these nobody knows whether the request took effect: a gateway may have given up on what went on behind it.
_UNCERTAIN = {408, 500, 502, 503, 504}
_LOST = (ServiceResponseError, IncompleteReadError)
# Of these another try would bring the same again, as late.
_FINAL = (ServiceResponseTimeoutError, UnreadableAnswer, AnswerTooLarge)

logger = logging.getLogger("azext_amlarc.azure")


class WriteTookEffect(Exception):
    """The answer to a write was lost, and Azure shows that it took effect: join it instead of sending it again."""


class RetryPolicy(HTTPPolicy[Any, Any]):
    """Sends a request again while Azure is busy or out of reach; every request of ours may be sent twice.

    Except that Azure fails a write that meets its own first copy still under way. So a write may bring an option
    `took_effect`, which is asked each time an answer is lost; if the write did, WriteTookEffect is raised.
    """

    def __init__(self, tell: Callable[[str], object] = logger.warning) -> None:
        """`tell` hears, once a request, that Azure has asked for a pause of more than five seconds."""
        super().__init__()
        self._tell = tell

    def send(self, request: Any) -> Any:
        took_effect = _took_effect(request)
        tries = 0
        while True:
            tries += 1
            try:
                response = self.next.send(request)
            except (ServiceRequestError, *_LOST) as error:
                took = took_effect() if isinstance(error, _LOST) else False
                if took:
                    raise WriteTookEffect from error
                if took is None or tries >= _TRIES or isinstance(error, _FINAL):
                    raise
                told = None
            else:
                status, told = response.http_response.status_code, retry_after(response.http_response.headers)
                took = took_effect() if status in _UNCERTAIN else False
                if took:
                    raise WriteTookEffect
                if took is None or not _is_worth_another(status, told, tries):
                    return response
            self._announce(request, told)
            time.sleep(pause(tries, told))

    def _announce(self, request: Any, told: float | None) -> None:
        if told and told > _LONGEST_UNSAID and not request.context.get("announced"):
            request.context["announced"] = True
            self._tell(f"Azure is busy, and asks to wait {told:.0f} s before the next try")


def _took_effect(request: Any) -> Callable[[], bool | None]:
    """The request's own question, kept where another policy that sends the request again finds it.

    Its answer is None if Azure does not say: then the lost answer is what is said, and nothing is sent again.
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


def _is_worth_another(status: int, told: float | None, tries: int) -> bool:
    """Any error with Retry-After is meant to be tried again, whatever its status."""
    if told is None:
        return status in _TRANSIENT and tries < _TRIES
    return status >= 400 and told <= _LONGEST_TOLD and tries < _TRIES_WHEN_TOLD


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Azure's Retry-After in seconds: a number as a rule, HTTP allows a date; None for none, and for anything else."""
    told = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", told):
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), 999_999_999.0)


def pause(tries: int, told: float | None) -> float:
    """Seconds until the next try: what Azure has told, or twice as long each time; never quite the same."""
    least = _FIRST_PAUSE * 2 ** (tries - 1) if told is None else told
    return least * random.uniform(1.0, 1.0 + _SPREAD) * SECOND
