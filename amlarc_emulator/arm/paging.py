"""Collections in pages: each but the last one has the link to the next, which only the server can read."""

import base64
from urllib.parse import urlencode

from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Call, Json


def page(call: Call, path: str, items: list[Json]) -> Json:
    """The page that a request asks for, `path` being the collection's; raises 400 for a token that isn't ours."""
    parameter = call.type.page_token
    start = _start(call.query.get(parameter.lower(), ""))
    end = start + call.cloud.options.page_size
    if end >= len(items):
        return {"value": items[start:end], **call.type.last_page}
    others = {key: value for key, value in call.query.items() if key not in ("api-version", parameter.lower())}
    query = urlencode({"api-version": call.version, **others, parameter: _token(end)})
    return {"value": items[start:end], "nextLink": f"{call.cloud.endpoint}{path}?{query}"}


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"after:{start}".encode()).decode()


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after:"))
    except ValueError:
        raise ArmError(400, "InvalidSkipToken", "The skip token in the query is not valid.") from None
