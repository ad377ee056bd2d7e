"""Deployment stacks of a fleet: one for each subscription and wave, or more where ARM's limits demand it.

Nothing is deleted by them, whatever leaves them: compute targets can't be deleted (Azure answers 400, they have to be
detached), and a cluster that only moves to another wave must lose nothing.
https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-stacks
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from azext_amlarc.resources.extension import second_names
from azext_amlarc.resources.fleet import OWNER
from azext_amlarc.resources.ids import folded
from azext_amlarc.resources.templates import arm
from azext_amlarc.resources.templates.parts import Deployment, Parameter, Part

_LONGEST_NAME = 60  # of a fleet in that of its stacks; Azure takes 90 characters


@dataclass(frozen=True)
class Draft:
    """A cluster's resources for a template, and the values of its parameters, which no template holds."""

    deployment: Deployment
    values: Mapping[str, str] = field(repr=False)

    @property
    def location(self) -> str:
        return self.deployment.state.cluster.location


def draft(one: Deployment, protected: Mapping[str, str], kept: Mapping[str, str]) -> Draft:
    """The cluster's resources with the values of its protected settings.

    `protected` are the fleet's own, `kept` what the cluster alone has and Azure gives back by other ways. What is
    neither is left out: nobody has it, so the next write loses it.
    """
    known = {**protected, **second_names(protected)}
    mark = hashlib.sha256(folded(str(one.state.cluster.id)).encode()).hexdigest()[:10]
    values: dict[str, str] = {}

    def settled(part: Part) -> Part:
        found = dict(part.values)
        for place, value in part.values.items():
            if not isinstance(value, Parameter):
                continue
            key = place[-1]
            if key in known:
                values[value.name] = known[key]
            elif key in kept:
                found[place] = replace(value, name=f"{value.name}Of{mark}")
                values[f"{value.name}Of{mark}"] = kept[key]
            else:
                del found[place]
        return replace(part, values=found)

    return Draft(replace(one, parts=tuple(map(settled, one.parts))), values)


def prefix(fleet: str) -> str:
    """What the names of a fleet's stacks begin with."""
    short = fleet if len(fleet) <= _LONGEST_NAME else f"{fleet[:48]}-{hashlib.sha256(fleet.encode()).hexdigest()[:10]}"
    return f"amlarc-{short}-wave"


def name(fleet: str, wave: int, place: int) -> str:
    """The name of a wave's stack; those after the first one are numbered."""
    return f"{prefix(fleet)}{wave}" + (f"-{place + 1}" if place else "")


def body(
    fleet: str,
    drafts: Sequence[Draft],
    location: str,
    *,
    tags: Mapping[str, str] = MappingProxyType({}),
    deny: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """The PUT of a stack, its protected values as secure parameters; `location` is where Azure keeps its data.

    `tags` and the settings that `deny` are those that it has: somebody may have added some.
    With the level Template, Azure validates only the template beforehand: a cluster that a provider refuses then fails
    alone, instead of the whole stack before it begins.
    """
    values = {name: value for one in drafts for name, value in one.values.items()}
    return {
        "location": location,
        "tags": {**tags, OWNER: fleet},
        "properties": {
            "description": f"Clusters of the fleet {fleet}",
            "template": arm.of_subscription([one.deployment for one in drafts]),
            "parameters": {name: {"value": value} for name, value in sorted(values.items())},
            "actionOnUnmanage": dict.fromkeys(("resources", "resourceGroups", "managementGroups"), "detach"),
            "denySettings": {"mode": "none", **deny},
            "validationLevel": "Template",
            "bypassStackOutOfSyncError": True,  # it guards what is deleted with a stack, and nothing is
        },
    }


def shares(fleet: str, drafts: Sequence[Draft], most_bytes: int = arm.MOST_BYTES) -> Iterator[Sequence[Draft]]:
    """The drafts shared out among as few stacks as ARM's limits allow, halved until each fits."""
    made = body(fleet, drafts, "")
    fits = not arm.too_large(made["properties"]["template"]) and len(json.dumps(made).encode()) <= most_bytes
    if fits or len(drafts) == 1:
        yield drafts
        return
    middle = len(drafts) // 2
    yield from shares(fleet, drafts[:middle], most_bytes)
    yield from shares(fleet, drafts[middle:], most_bytes)
