"""Faults on demand: which requests to break, how often, and how.

POST /emulator/faults takes one fault or a list of them. Each has

* `method` (any by default) and `path`, a regular expression searched in the path without regard to case;
* `times` (1): how many requests it breaks; `skip` (0): how many matching requests it lets pass first;
* and one effect:
    - `"status": 429`, with `retryAfter` (seconds) and `body` (JSON) where the usual ones won't do;
    - `"reset": "before" | "after"`: the connection breaks before or after the request took effect;
    - `"truncate": true`: half of the body, though the header promises all of it;
    - `"delayMs": 500`: the answer comes later;
    - `"operation": "Failed" | "Canceled" | "never"`, with `error` {code, message} ({} for none): how the operation
      that the request starts ends;
    - `"claims": true`: 401 with a challenge for more claims.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.model import Ending

EFFECTS = ("status", "reset", "truncate", "delayMs", "operation", "claims")
SHAPE: shapes.Shape = {
    "method": str,
    "path": str,
    "times": int,
    "skip": int,
    "status": int,
    "retryAfter": int,
    "reset": shapes.Words("before", "after"),
    "truncate": bool,
    "delayMs": float,
    "operation": shapes.Words("Failed", "Canceled", "never"),
    "error": {"code": str, "message": str},
    "claims": bool,
}

# A fault that breaks no request, or ends in the past, is a mistake; so is one that waits for more than a day.
_LEAST = {"times": 1, "skip": 0, "retryAfter": 0, "delayMs": 0}
_MOST = 86_400_000


@dataclass
class Fault:
    """One scripted fault; `times` and `skip` count down."""

    method: str
    path: str
    effect: Mapping[str, Any]
    times: int = 1
    skip: int = 0

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path's expression, compiled."""
        return re.compile(self.path, re.IGNORECASE)

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is about."""
        return self.times > 0 and self.method in ("", method) and bool(self.pattern.search(path))

    def as_json(self) -> dict[str, Any]:
        """As it would be posted, with what is left of it."""
        return {"method": self.method or None, "path": self.path, "times": self.times, "skip": self.skip, **self.effect}

    @property
    def ending(self) -> Ending | None:
        """How the operation that a request starts will end."""
        status = self.effect.get("operation")
        return Ending(status, self.effect.get("error")) if status else None

    def __str__(self) -> str:
        return json.dumps(dict(self.effect))


@dataclass
class Faults:
    """The faults that are still to come, in the order in which they were posted."""

    waiting: list[Fault]

    def next(self, method: str, path: str) -> Fault | None:
        """The fault that breaks this request, counted down."""
        for fault in self.waiting:
            if not fault.matches(method, path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            return fault
        return None

    def add(self, document: object) -> None:
        """Take over one fault or a list; raises ValueError that says what is wrong with it."""
        items = document if isinstance(document, list) else [document]
        self.waiting += [read(item) for item in items]

    def as_json(self) -> list[dict[str, Any]]:
        """What is left of them."""
        return [fault.as_json() for fault in self.waiting if fault.times > 0]


def read(document: object) -> Fault:
    """Read a fault; raises ValueError that says what is wrong with it."""
    item = shapes.read(SHAPE, document)
    if item is None or "path" not in item:
        raise ValueError("a fault is an object with a path")
    unknown = set(item) - {*SHAPE, "body"}
    if unknown:
        raise ValueError(f"unknown keys in a fault: {', '.join(sorted(unknown))}")
    if sum(key in item for key in EFFECTS) != 1:
        raise ValueError(f"a fault has one effect of {', '.join(EFFECTS)}")
    for name, least in _LEAST.items():
        if not least <= item.get(name, least) <= _MOST:
            raise ValueError(f"{name} of a fault is {least} or more, and no more than {_MOST}")
    if not 200 <= item.get("status", 500) < 600:
        raise ValueError("the status of a fault is one of HTTP's")
    effect = {key: value for key, value in item.items() if key not in ("method", "path", "times", "skip")}
    fault = Fault(
        str(item.get("method") or "").upper(), item["path"], effect, item.get("times", 1), item.get("skip", 0)
    )
    try:
        re.compile(fault.path)
    except re.error as error:
        raise ValueError(f"the path of a fault is no regular expression: {error}") from None
    return fault
