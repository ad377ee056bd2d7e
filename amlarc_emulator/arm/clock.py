"""Moments, spelled as the different providers spell them."""

from datetime import UTC, datetime, timedelta


def stamp(digits: int = 7, zone: str = "Z", *, days: float = 0) -> str:
    """The current UTC time in ISO 8601 with `digits` decimals (Azure's usual 7), moved by `days`."""
    moment = datetime.now(UTC) + timedelta(days=days)
    fraction = f"{moment.microsecond:06d}0"[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}{zone}" if digits else f"{moment:%Y-%m-%dT%H:%M:%S}{zone}"


def between(began: str, ended: str) -> str:
    """The time from one stamp to another as ISO 8601 has durations."""
    first, last = (datetime.fromisoformat(moment) for moment in (began, ended))
    return f"PT{(last - first).total_seconds():.7f}S"
