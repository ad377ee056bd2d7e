"""What ARM lists of its own across providers: the resources of a scope, and the regions of a subscription."""

import re
from collections.abc import Mapping

from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Cloud, Json, Resource

TOP_LEVEL = "/subscriptions/s/resourceGroups/g/providers/p/type/name".count("/")
SHOWN = ("location", "tags", "kind", "sku", "identity")
CLAUSE = re.compile(r"(resourceType|name|resourceGroup|location) eq '([^']*)'", re.IGNORECASE)


def resources(cloud: Cloud, below: str, text: str) -> list[Json]:
    """The tracked resources below an id that a `$filter` lets through; raises 400 for a filter that isn't known."""
    wanted = _clauses(text)
    found = [item for item in cloud.state.resources.values() if item.id.lower().startswith(f"{below.lower()}/")]
    shown = [_shown(cloud, item) for item in found if is_tracked(item)]
    return [item for item in shown if all(_facts(item)[key] == word for key, word in wanted)]


def locations(subscription: str, known: Mapping[str, str]) -> list[Json]:
    """The regions that a subscription can use."""
    return [
        {
            "id": f"{subscription}/locations/{name}",
            "name": name,
            "type": "Region",
            "displayName": shown,
            "regionalDisplayName": shown,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        }
        for name, shown in known.items()
    ]


def is_tracked(item: Resource) -> bool:
    """Whether it has a region of its own, and is neither a group nor below another resource."""
    return "location" in item.body and item.id.count("/") == TOP_LEVEL


def _shown(cloud: Cloud, item: Resource) -> Json:
    type_ = cloud.types[item.kind]
    head = {"id": item.id, "name": name_of(item.id), "type": f"{type_.provider}/{type_.path}"}
    return {**head, **{key: item.body[key] for key in SHOWN if item.body.get(key)}}


def _facts(shown: Json) -> dict[str, str]:
    facts = {"resourcetype": shown["type"], "name": shown["name"], "resourcegroup": place(shown["id"]).group}
    return {key: str(word).lower() for key, word in {**facts, "location": shown["location"]}.items()}


def _clauses(text: str) -> list[tuple[str, str]]:
    matches = [CLAUSE.fullmatch(clause.strip()) for clause in re.split(r"\s+and\s+", text) if clause.strip()]
    if None in matches:
        message = f"Invalid $filter '{text}' specified in the query string."
        raise ArmError(400, "InvalidFilterInQueryString", message)
    return [(match[1].lower(), match[2].lower()) for match in matches if match]
