"""Resource Graph's answers: rows in pages, as objects or as a table, with statistics about them (facets)."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from amlarc_emulator.arm import errors, rights, versions
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.front import Request
from amlarc_emulator.arm.model import Cloud, Json, Reply
from amlarc_emulator.providers.resource_graph import refusals, requests
from amlarc_emulator.providers.resource_graph.engine import Engine, Result
from amlarc_emulator.providers.resource_graph.history import History
from amlarc_emulator.providers.resource_graph.quota import Quota
from amlarc_emulator.providers.resource_graph.requests import Asked
from amlarc_emulator.providers.resource_graph.tables import Row

PROVIDER = "Microsoft.ResourceGraph"
ROOT = f"/providers/{PROVIDER}/".lower()
MOST_BYTES = 16 * 1024 * 1024
TYPES = {
    "VARCHAR": "string",
    "UUID": "string",
    "INTERVAL": "string",
    "BOOLEAN": "boolean",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DECIMAL": "number",
    "TIMESTAMP": "datetime",
    "DATE": "datetime",
}
FACET_ROWS = 10
COUNT = "['count']"
NO_COLUMNS = {"code": "NoValidColumns", "message": "No valid columns in facet expression."}
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


@dataclass
class ResourceGraph:
    """The graph of one emulator."""

    history: History
    quota: Quota
    engine: Engine = field(default_factory=Engine)

    def answer(self, cloud: Cloud, request: Request) -> Reply:
        """Answer a request below the provider's path; raises ARM's errors, with the headers of the throttle."""
        began = time.monotonic()
        try:
            reply = self._answer(cloud, request)
        except ArmError as error:
            error.headers.update(self._headers(began))
            raise
        return replace(reply, headers=self._headers(began))

    def _answer(self, cloud: Cloud, request: Request) -> Reply:
        version = request.query.get("api-version", "").lower()
        what = request.path.lower().removeprefix(ROOT).rstrip("/")
        if (request.method, what) not in (("POST", "resources"), ("GET", "operations")):
            raise errors.no_such_route(request.method, request.path)
        _check_version(version)
        if what == "operations":
            return Reply(200, {"value": OPERATIONS})
        self.quota.take()
        return Reply(200, self._query(cloud, requests.read(cloud, request.content, version)))

    def _query(self, cloud: Cloud, asked: Asked) -> Json:
        seen = [row for row in self.history.rows(cloud) if _is_seen(cloud, asked, row)]
        result = self.engine.run(asked.query, seen)
        facets = [self._facet(asked, seen, result, facet) for facet in asked.facets]
        return _body(asked, result, facets)

    def _facet(self, asked: Asked, seen: list[Row], result: Result, facet: Json) -> Json:
        """How many rows of the result have each value of some columns, the most frequent first."""
        expression, options = facet.get("expression") or "", facet.get("options") or {}
        wanted = [name.strip() for name in expression.split(",")]
        strange = [name for name in wanted if name not in [name for name, _ in result.columns]]
        if strange:
            told = [NO_COLUMNS] if strange == wanted else []
            told.append(refusals.invalid_columns(strange))
            return {"expression": expression, "errors": told, "resultType": "FacetError"}
        order = f"{options.get('sortBy') or COUNT} {options.get('sortOrder') or 'desc'}"
        counted = f"{asked.query}\n| summarize {COUNT} = count() by {expression}\n| order by {order}"
        groups = self.engine.run(counted, seen)
        rows = groups.rows[: options.get("$top") or FACET_ROWS]
        numbers = {"totalRecords": len(groups.rows), "count": len(rows)}
        data = _data(asked.format, groups.columns, rows)
        return {"expression": expression, **numbers, "data": data, "resultType": "FacetResult"}

    def _headers(self, began: float) -> dict[str, str]:
        taken = timedelta(seconds=time.monotonic() - began)
        duration = {"x-ms-resource-graph-request-duration": f"0:00:{_clock(taken)}"}
        return {**self.quota.headers, **duration}


def _check_version(version: str) -> None:
    if not version:
        raise errors.missing_version()
    if version not in versions.of(PROVIDER):
        raise errors.unknown_version(version, versions.of(PROVIDER))


def _is_seen(cloud: Cloud, asked: Asked, row: Row) -> bool:
    """Whether a row is in the scope of a request and the caller may read it."""
    in_scope = asked.subscriptions is None or row.subscription in asked.subscriptions
    return in_scope and rights.allows(cloud.state.principal, row.action)


def _body(asked: Asked, result: Result, facets: list[Json]) -> Json:
    page = result.rows[asked.page.skip :] if not result.limited else result.rows
    page = page[: asked.page.top]
    _check_size(page)
    more = asked.page.skip + len(page) < len(result.rows)
    can_go_on = more and not result.limited and any(_type(kind) != "object" for _, kind in result.columns)
    token = {"$skipToken": asked.page.next_token} if can_go_on else {}
    return {
        "totalRecords": len(result.rows),
        "count": len(page),
        "data": _data(asked.format, result.columns, page),
        "facets": facets,
        "resultTruncated": "true" if more and not can_go_on else "false",
        **token,
    }


def _check_size(rows: Sequence[Sequence[Any]]) -> None:
    """Raise 400 for a page beyond what Azure sends; names of columns and brackets are not counted."""
    size = sum(len(cell) for row in rows for cell in row if isinstance(cell, str))
    if size > MOST_BYTES:
        much = f"Response payload size is {size}, and has exceeded the limit of {MOST_BYTES}."
        message = f"{much} Please consider querying less data at a time and make paginated call if needed."
        raise refusals.bad_request("ResponsePayloadTooLarge", message)


def _data(shape: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> Any:
    names, readers = [name for name, _ in columns], [_reader(kind) for _, kind in columns]
    cells = [[read(cell) for read, cell in zip(readers, row, strict=True)] for row in rows]
    if shape == requests.TABLE:
        described = [{"name": name, "type": _type(kind)} for name, kind in columns]
        return {"columns": described, "rows": cells}
    return [dict(zip(names, row, strict=True)) for row in cells]


def _type(kind: str) -> str:
    """Resource Graph's name for a column's type."""
    plain = kind.partition("(")[0].removesuffix(" WITH TIME ZONE").removeprefix("U" if kind != "UUID" else "")
    return "integer" if plain in INTEGERS else TYPES.get(plain, "object")


def _reader(kind: str) -> Callable[[Any], Any]:
    """What makes JSON of a column's values."""
    if kind == "JSON":
        return lambda cell: None if cell is None else json.loads(cell)
    if kind == "JSON[]":
        return lambda cell: cell and [None if item is None else json.loads(item) for item in cell]
    return _plain


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%S}.{cell.microsecond:06d}0Z"
    if isinstance(cell, timedelta):
        return _clock(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else ("Infinity" if cell > 0 else "-Infinity")
    return cell if cell is None or isinstance(cell, str | bool | int | float | list) else str(cell)


def _clock(length: timedelta) -> str:
    """A length of time as .NET prints it: [-][d.]hh:mm:ss[.fffffff]."""
    sign, whole = ("-", -length) if length < timedelta() else ("", length)
    days = f"{whole.days}." if whole.days else ""
    hours, minutes, seconds = whole.seconds // 3600, whole.seconds // 60 % 60, whole.seconds % 60
    fraction = f".{whole.microseconds:06d}0" if whole.microseconds else ""
    return f"{sign}{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


OPERATIONS = [
    {
        "name": f"{PROVIDER}/{name}",
        "display": {"provider": PROVIDER, "resource": shown, "operation": shown, "description": told},
    }
    for name, shown, told in (
        (
            "resources/read",
            "Resources",
            "Submits a query on resources within specified subscriptions, management groups",
        ),
        ("operations/read", "Operations", "Gets the list of supported operations"),
    )
]
