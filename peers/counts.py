"""What a peer asked for, counted from the local Azure's record."""

import json
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from amlarc_emulator.arm.ids import parse


def calls(record: Path, start: int) -> tuple[Counter[str], set[str]]:
    """The requests from a line of the record on, by method and type, and the api-versions that they named."""
    counted: Counter[str] = Counter()
    versions: set[str] = set()
    for line in record.read_text(encoding="utf-8").splitlines()[start:]:
        exchange = json.loads(line)
        url = urlsplit(exchange["url"])
        counted[f"{exchange['method']} {_subject(url.path, exchange['method'])}"] += 1
        query = {name.lower(): value for name, value in parse_qsl(url.query)}
        versions |= {query["api-version"]} if "api-version" in query and "/subscriptions/" in url.path else set()
    return counted, versions


def lines(record: Path) -> int:
    """How long the record is."""
    return len(record.read_text(encoding="utf-8").splitlines())


def _subject(path: str, method: str) -> str:
    """A path without its names: the type of a resource, or the words of what isn't one."""
    if path.startswith(("/adfs", "/metadata", "/discovery")):
        return path.split("/")[1]
    address = parse(path, method)
    if address is None or not address.types:
        return "/".join(path.strip("/").split("/")[0::2])
    kind = f"{address.provider}/{address.type_path}" + (f"/{address.action}" if address.action else "")
    return f"{kind} (list)" if address.is_collection else kind
