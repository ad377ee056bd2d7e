"""Spans of time as a person says them."""

from datetime import timedelta


def ago(span: timedelta) -> str:
    """The span in its largest whole unit: `3 days`, `1 hour`, `20 minutes`, `5 seconds`."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return _counted(seconds // length, unit)
    return _counted(seconds, "second")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
