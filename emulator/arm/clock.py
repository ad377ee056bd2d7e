"""Moments, spelled as the different providers spell them."""

from datetime import UTC, datetime, timedelta


def stamp(digits: int = 7, zone: str = "Z", *, days: float = 0) -> str:
    """The current UTC time in ISO 8601 with `digits` decimals (Azure's usual 7), moved by `days`."""
    moment = datetime.now(UTC) + timedelta(days=days)
    fraction = f"{moment.microsecond:06d}0"[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}{zone}" if digits else f"{moment:%Y-%m-%dT%H:%M:%S}{zone}"
