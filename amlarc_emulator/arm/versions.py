"""The api-versions that each provider has, from a table of them."""

import json
from pathlib import Path

TABLE: dict[str, list[str]] = json.loads(Path(__file__).with_name("api_versions.json").read_text(encoding="utf-8"))


def of(provider: str) -> tuple[str, ...]:
    """The api-versions of a provider, oldest first; all its types are taken to have all of them."""
    return tuple(TABLE[provider])
