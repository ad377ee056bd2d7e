"""What the service principal may do: the action that each request asks for, held against the actions it is granted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from amlarc_emulator.arm import errors
from amlarc_emulator.arm.ids import parse
from amlarc_emulator.arm.model import Json

VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
EVERYTHING = ("*",)


@dataclass(frozen=True)
class Right:
    """An action in Azure's spelling, `Microsoft.Relay/namespaces/write`, over a scope."""

    action: str
    scope: str


def granted(principal: Json) -> Json:
    """The principal's `actions` and `notActions`; by default, everything."""
    return {"actions": principal.get("actions", [*EVERYTHING]), "notActions": principal.get("notActions", [])}


def read(document: object) -> Json:
    """Read the grant that a test posts; raises ValueError that says what is wrong with it."""
    if not isinstance(document, dict) or not set(document) <= {"actions", "notActions"}:
        raise ValueError("a grant is an object with actions and notActions")
    for actions in document.values():
        if not isinstance(actions, list) or not all(isinstance(action, str) for action in actions):
            raise ValueError("actions and notActions are lists of texts")
    return granted(document)


def check(principal: Json, method: str, path: str) -> None:
    """Raise ARM's 403 for a request that asks for more than the principal is granted."""
    right = denied(principal, method, path)
    if right:
        raise errors.authorization_failed(principal["clientId"], principal["objectId"], right.action, right.scope)


def denied(principal: Json, method: str, path: str) -> Right | None:
    """What a request needs and the principal isn't granted; None if nothing is missing."""
    right = _asked(method, path)
    return right if right and not allows(principal, right.action) else None


def allows(principal: Json, action: str) -> bool:
    """Whether the principal may do an action."""
    grant = granted(principal)
    return _any_covers(grant["actions"], action) and not _any_covers(grant["notActions"], action)


def _asked(method: str, path: str) -> Right | None:
    """What a request needs; nothing outside of subscriptions: what is listed there is what the caller may see."""
    parts = path.strip("/").split("/")
    if len(parts) < 2 or parts[0].lower() != "subscriptions" or method not in VERBS:
        return None
    address = parse(path, method)
    if address is None:
        return _asked_of_arm(method, parts)
    words = [address.provider, *address.types, *([address.action] if address.action else []), VERBS[method]]
    if not address.types:
        return Right("/".join(words), address.scope)
    return Right("/".join(words), address.parent if address.is_collection else address.id)


def _asked_of_arm(method: str, parts: list[str]) -> Right:
    """Subscriptions, resource groups and providers belong to a provider that their paths don't name."""
    types = ["resourceGroups" if word.lower() == "resourcegroups" else word for word in parts[0::2]]
    scope = parts if len(parts) % 2 == 0 else parts[:-1]
    return Right("/".join(["Microsoft.Resources", *types, VERBS[method]]), "/" + "/".join(scope))


def _any_covers(patterns: Iterable[str], action: str) -> bool:
    expressions = (re.escape(pattern).replace(r"\*", ".*") for pattern in patterns)
    return any(re.fullmatch(expression, action, re.IGNORECASE) for expression in expressions)
