"""What a write would change, one line each for the user."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """`path: old -> new` for every value that differs; missing values are shown as (not set)."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif old != new:
        yield f"{path}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return "(not set)" if value is None else str(value)
