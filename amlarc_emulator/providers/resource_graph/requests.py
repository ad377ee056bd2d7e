"""What a query's request may hold, and the pages that it asks for."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amlarc_emulator.arm import errors, shapes
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import SUBSCRIPTION, Cloud, Json
from amlarc_emulator.providers.resource_graph import refusals

MOST_ROWS = 1000
# Before this api-version the rows came as a table unless the request said otherwise.
OBJECTS_SINCE = "2021-01-01"
OBJECTS, TABLE = "objectArray", "table"
SHAPE: shapes.Shape = {
    "query": str,
    "subscriptions": [str],
    "managementGroups": [str],
    "options": {
        "$top": int,
        "$skip": int,
        "$skipToken": str,
        "resultFormat": shapes.Words(OBJECTS, TABLE),
        "allowPartialScopes": bool,
        "authorizationScopeFilter": shapes.Words(
            "AtScopeAndBelow", "AtScopeAndAbove", "AtScopeExact", "AtScopeAboveAndBelow"
        ),
    },
    "facets": [{"expression": str, "options": {"sortBy": str, "sortOrder": shapes.Words("asc", "desc"), "$top": int}}],
}


@dataclass(frozen=True)
class Page:
    """Which rows of a result are wanted."""

    skip: int
    top: int

    @property
    def next_token(self) -> str:
        """What asks for the rows after it, made as Azure makes it."""
        content = {
            "$id": "1",
            "MaxRows": self.top,
            "RowsToSkip": self.skip + self.top,
            "KustoClusterUrl": "https://local",
        }
        return base64.b64encode(json.dumps(content).encode()).decode()


@dataclass(frozen=True)
class Asked:
    """A request: the query, the subscriptions that it is about (None for all in the tenant), and the page."""

    query: str
    subscriptions: frozenset[str] | None
    page: Page
    format: str
    facets: Sequence[Json]


def read(cloud: Cloud, content: bytes, version: str) -> Asked:
    """Read a request's body; raises 400 for one that isn't right."""
    body = _shaped(content)
    if not (body.get("query") or "").strip():
        raise refusals.bad_request("InvalidQuery", "A query is required.")
    options = body.get("options") or {}
    usual = OBJECTS if version >= OBJECTS_SINCE else TABLE
    return Asked(
        query=body["query"],
        subscriptions=_scope(cloud, body.get("subscriptions") or [], body.get("managementGroups") or []),
        page=_page(options),
        format=options.get("resultFormat") or usual,
        facets=body.get("facets") or [],
    )


def _shaped(content: bytes) -> Json:
    try:
        body = shapes.read(SHAPE, shapes.parse(content))
    except ValueError as error:
        raise errors.invalid_content(str(error)) from None
    return body if isinstance(body, dict) else {}


def _scope(cloud: Cloud, subscriptions: Sequence[str], groups: Sequence[str]) -> frozenset[str] | None:
    """The subscriptions that a request may see of those that it names."""
    if subscriptions and groups:
        message = "Subscriptions and management groups can't be given in one request."
        raise refusals.bad_request("InvalidScopes", message)
    strange = [name for name in groups if name.lower() != cloud.state.tenant.lower()]
    if strange:
        message = f"The provided management groups must be valid. Given: '{', '.join(strange)}'."
        raise refusals.bad_request("ManagementGroupsContainInvalidIds", message)
    if not subscriptions:
        return None
    known = {name_of(item.id).lower() for item in cloud.state.of_kind(SUBSCRIPTION)}
    found = frozenset(name.lower() for name in subscriptions) & known
    if not found:
        given = f"Given: '{', '.join(subscriptions)}'."
        message = f"There must be at least one subscription that is eligible to contain resources. {given}"
        raise refusals.bad_request("NoValidSubscriptionsInQueryRequest", message)
    return found


def _page(options: Json) -> Page:
    """The page after a token, or the first one; what the request says of size and start comes before both."""
    skip, top = _decoded(options["$skipToken"]) if options.get("$skipToken") else (0, MOST_ROWS)
    page = Page(_given(options.get("$skip"), skip), _given(options.get("$top"), top))
    if not 1 <= page.top <= MOST_ROWS or page.skip < 0:
        message = f"$top must be from 1 to {MOST_ROWS} and $skip 0 or more. Given: '{page.top}' and '{page.skip}'."
        raise refusals.bad_request("InvalidPagingOptions", message)
    return page


def _given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _decoded(token: str) -> tuple[int, int]:
    try:
        content: Any = json.loads(base64.b64decode(token, validate=True))
        return int(content["RowsToSkip"]), int(content["MaxRows"])
    except (ValueError, TypeError, KeyError, RecursionError):
        message = "Skip token could not be decoded."
        raise refusals.bad_request("CouldNotDecodeSkipToken", message) from None
