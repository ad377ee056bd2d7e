"""How Resource Graph refuses: a code and a text of its own in `details`, below one that only helps its support."""

import uuid
from collections.abc import Sequence

from amlarc_emulator.arm import clock
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Json

INVALID = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error "
INVALID += "before retrying."
THROTTLED = (
    "Client application has been throttled and should not attempt to repeat the request until an amount of time "
)
THROTTLED += "has elapsed. Please see https://aka.ms/resourcegraph-throttling for help."


def bad_request(code: str, message: str, **more: object) -> ArmError:
    """400 for a request that can't be answered."""
    return _refusal(400, "BadRequest", [{"code": code, "message": message, **more}])


def throttled(seconds: int) -> ArmError:
    """429 until the caller's window ends, in `seconds`."""
    error = _refusal(429, "RateLimiting", [{"code": "RateLimiting", "message": THROTTLED}])
    error.headers["retry-after"] = str(seconds)
    return error


def invalid_query(*details: Json) -> ArmError:
    """400 for a query that Azure doesn't understand, or understands and doesn't allow."""
    return _refusal(400, "BadRequest", [{"code": "InvalidQuery", "message": INVALID}, *details])


def not_parsed(line: int, column: int, token: str) -> Json:
    """The detail about a token that the parser didn't expect; lines from 1, columns from 0."""
    return {
        "code": "ParserFailure",
        "message": "ParserFailure",
        "line": line,
        "characterPositionInLine": column,
        "token": token,
    }


def not_in_language(token: str) -> ArmError:
    """400 for an operator of Kusto's that Resource Graph hasn't."""
    where = {"line": -1, "characterPositionInLine": -1, "token": token}
    return invalid_query({"code": "InvalidQueryLanguage", "message": "InvalidQueryLanguage", **where})


def unknown_function(name: str) -> ArmError:
    """400 for a function that there isn't."""
    return invalid_query({"code": "UnknownFunction", "message": f"Unknown function: '{name}'."})


def join_kind(kind: str) -> ArmError:
    """400 for a flavor of join that Resource Graph hasn't."""
    message = f'The join kind "{kind}" is not supported or not allowed.'
    return invalid_query({"code": "UnsupportedJoinFlavor", "message": message})


def invalid_columns(names: Sequence[str]) -> Json:
    """The detail about columns that there aren't."""
    return {"code": "InvalidColumnNames", "message": f"Invalid column names: [{', '.join(names)}]."}


def no_table(name: str) -> ArmError:
    """400 for a table that there isn't."""
    return bad_request("DisallowedLogicalTableName", f"Table {name} is invalid, unsupported or disallowed.")


def not_here(what: str) -> ArmError:
    """501 for what Azure has and this engine hasn't."""
    message = f"The local Azure's query engine can't do this, Azure itself may: {what}"
    return ArmError(501, "NotImplementedLocally", message, cause=None)


def _refusal(status: int, code: str, details: list[Json]) -> ArmError:
    told = f"timestamp = {clock.stamp()}, correlationId = {uuid.uuid4()}."
    message = f"Please provide below info when asking for support: {told}"
    return ArmError(status, code, message, cause=None, details=details)
