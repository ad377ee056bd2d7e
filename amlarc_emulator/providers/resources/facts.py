"""What templates ask of the cloud: where they are deployed, and once it runs, what has been deployed."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from amlarc_emulator.arm import clock
from amlarc_emulator.arm.model import GROUP, SUBSCRIPTION, Cloud, Json
from amlarc_emulator.templates import resource_ids
from amlarc_emulator.templates.declared import Target, is_live
from amlarc_emulator.templates.syntax import ExpressionError
from amlarc_emulator.templates.values import Arguments
from amlarc_emulator.wire import metadata

SEE = "Please see https://aka.ms/arm-functions for usage details."
Reader = Callable[[str, Sequence[Any]], Any]


@dataclass(frozen=True)
class Facts:
    """What is known before anything is deployed; `reader` answers for what is deployed, where there is one."""

    cloud: Cloud
    target: Target
    deployment: Json
    reader: Reader | None = None
    is_default: bool = False  # newGuid and utcNow are for defaults of parameters alone

    def ask(self, name: str, arguments: Sequence[Any]) -> Any:
        """The value of a function, `name` in lower case; raises ExpressionError for one that isn't here."""
        if name in resource_ids.LEADING:
            return resource_ids.called(Arguments(name, arguments), self.target.subscription, self.target.group)
        if name in STATIC:
            Arguments(name, arguments).count(0)
            return STATIC[name](self)
        if name in ("newguid", "utcnow") and self.is_default:
            return str(uuid.uuid4()) if name == "newguid" else _now(Arguments(name, arguments))
        if self.reader is None or not is_live(name):
            raise not_here(name)
        return self.reader(name, arguments)


def not_here(name: str) -> ExpressionError:
    """The error for a function that is none, or can't be used where it is."""
    is_known = is_live(name) or name in (*STATIC, "newguid", "utcnow")
    return ExpressionError(
        f"The template function '{name}' is not {'expected at this location' if is_known else 'valid'}. {SEE}"
    )


def _now(given: Arguments) -> str:
    """utcNow(): in the format yyyyMMddTHHmmssZ; others are not known here."""
    if len(given):
        raise given.invalid("a format of its own is not known here")
    return clock.stamp(0).replace("-", "").replace(":", "")


def _group(facts: Facts) -> Json:
    found = facts.cloud.state.get(facts.target.id)
    if not facts.target.group or found is None:
        raise not_here("resourcegroup")
    return facts.cloud.types[GROUP].shown(found, "")


def _subscription(facts: Facts) -> Json:
    id_ = f"/subscriptions/{facts.target.subscription}"
    found = facts.cloud.state.get(id_)
    name = found.body["displayName"] if found and found.kind == SUBSCRIPTION else ""
    return {"id": id_, "subscriptionId": facts.target.subscription, "displayName": name, **_tenant(facts)}


def _tenant(facts: Facts) -> Json:
    return {"tenantId": facts.cloud.state.tenant}


STATIC: dict[str, Callable[[Facts], Any]] = {
    "resourcegroup": _group,
    "subscription": _subscription,
    "tenant": _tenant,
    "deployment": lambda facts: facts.deployment,
    "environment": lambda facts: metadata.document(facts.cloud.endpoint),
}
