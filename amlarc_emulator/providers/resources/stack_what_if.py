"""Microsoft.Resources/deploymentStacksWhatIfResults: what a write of a stack would change, kept as a resource.

The stack's template is carried out on a copy of the cloud, as for a deployment's what-if; to that comes what would
leave the stack, and what changes of its own settings. Only POST whatIf shows the changes of each property, as in Azure.
"""

from collections.abc import Iterator
from typing import Any

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import (
    GROUP,
    SUBSCRIPTION,
    Call,
    Cloud,
    Ending,
    Json,
    Operation,
    Reply,
    Resource,
    ResourceType,
)
from amlarc_emulator.providers.resources import comparing, stacks, stages, what_if
from amlarc_emulator.providers.resources.what_if import Comparison

KIND = "microsoft.resources/deploymentstackswhatifresults"
NEVER = "0001-01-01T00:00:00+00:00"
OWN: shapes.Shape = {"deploymentStackResourceId": str, "retentionInterval": str}
SHAPE: shapes.Shape = {**stacks.SHAPE, "properties": {**stacks.SHAPE["properties"], **OWN}}
NO_STACK: Json = {"resources": [], "denySettings": {}}


def put(call: Call) -> Reply:
    """PUT: 201, or 200 for a result that exists, and an operation; a template that is wrong fails that."""
    known = call.existing
    properties = stacks.asked(call)
    for key in ("deploymentStackResourceId", "retentionInterval"):
        if not properties.get(key):
            raise stacks.required(key)
    location = stacks.location(call, known)
    stack = call.cloud.state.get(properties["deploymentStackResourceId"])
    shown = {
        "deploymentStackResourceId": properties["deploymentStackResourceId"],
        "retentionInterval": properties["retentionInterval"],
        "deploymentStackLastModified": stack.body["systemData"]["lastModifiedAt"] if stack else NEVER,
        **stacks.settings(properties),
    }
    body = {**location, "tags": call.body.get("tags") or {}, "properties": shown}
    result = call.cloud.state.add(Resource(known.id if known else call.id, KIND, body))
    ending = call.ending
    try:
        result.hidden = {"changes": _changes(call, properties, stack)}
    except ArmError as error:
        ending = ending or Ending("Failed", error.body["error"])
    operation = stacks.operation_on(call, result, "initializing", ending)
    headers = {"azure-asyncoperation": call.cloud.endpoint + operation.target}
    return Reply(200 if known else 201, call.shown(result), headers)


def delete(call: Call) -> Reply:
    """DELETE: 200 at once."""
    call.cloud.state.remove(call.resource.id)
    return Reply(200)


def in_full(call: Call) -> Reply:
    """POST whatIf: the result with the changes of each property."""
    shown = call.shown(call.resource)
    changes = call.resource.hidden.get("changes") if "changes" in shown["properties"] else None
    properties = {**shown["properties"], **({"changes": changes} if changes else {})}
    return Reply(200, {**shown, "properties": properties})


def ended(_cloud: Cloud, result: Resource, operation: Operation) -> None:
    """The result is there, or the error that says why there is none."""
    result.properties["provisioningState"] = operation.status.lower()
    changes = result.hidden.get("changes")
    if operation.error:
        result.properties["error"] = operation.error
    elif changes:
        short = [_without_properties(one) for one in changes["resourceChanges"]]
        result.properties.update(changes={**changes, "resourceChanges": short}, diagnostics=[])


def _without_properties(change: Json) -> Json:
    return {key: item for key, item in change.items() if key != "resourceConfigurationChanges"}


def _changes(call: Call, properties: Json, stack: Resource | None) -> Json:
    """All that a write of the stack would change."""
    plan = stacks.planned(call, properties)
    old = stack.properties if stack else NO_STACK
    managed = {item["id"].lower(): item for item in old["resources"]}
    found = what_if.comparisons(call.cloud, plan)
    mode = properties["denySettings"]["mode"]
    written = [_written(one, managed.get(one.id.lower()), mode) for one in found]
    kept = {one.id.lower() for one in found}
    left = [item for id_, item in managed.items() if id_ not in kept]
    return {
        "resourceChanges": [*written, *_leaving(call.cloud, properties, left)],
        "denySettingsChange": _deny_settings(old["denySettings"], properties["denySettings"]),
        "deploymentScopeChange": _scope(old.get("deploymentScope"), properties.get("deploymentScope")),
    }


def _written(one: Comparison, managed: Json | None, mode: str) -> Json:
    """A resource that the template has."""
    before = managed or {"status": "unmanaged", "denyStatus": "none"}
    kinds = {"Create": "create", "Modify": "modify", "NoChange": "noChange", "Unsupported": "unsupported"}
    reason = {"unsupportedReason": one.reason} if one.kind == "Unsupported" else {}
    delta = [_lowered(item) for item in one.delta]
    states = {key: item for key, item in (("before", one.old), ("after", one.new)) if item is not None}
    return {
        "id": one.id,
        "type": one.type,
        "apiVersion": one.version,
        "changeType": kinds[one.kind],
        "changeCertainty": "definite",
        "managementStatusChange": {"before": before["status"], "after": "managed"},
        "denyStatusChange": {"before": before["denyStatus"], "after": mode},
        **reason,
        "resourceConfigurationChanges": {**states, "delta": delta},
    }


def _leaving(cloud: Cloud, properties: Json, left: list[Json]) -> Iterator[Json]:
    """What the stack has and the template doesn't: deleted or detached."""
    actions = stacks.actions(properties)
    for item in left:
        found = cloud.state.get(item["id"])
        if found:
            yield {
                "id": item["id"],
                "type": cloud.types[found.kind].shown_type,
                "changeType": stages.action(cloud, actions, item["id"]),
                "changeCertainty": "definite",
                "managementStatusChange": {"before": item["status"], "after": "unmanaged"},
                "denyStatusChange": {"before": item["denyStatus"], "after": "none"},
            }


def _lowered(change: Json) -> Json:
    """A change of a property as stacks have it."""
    kept = {key: change[key] for key in ("path", "before", "after") if change.get(key) is not None}
    children = [_lowered(item) for item in change.get("children", [])]
    return {**kept, "changeType": change["propertyChangeType"].lower(), **({"children": children} if children else {})}


def _deny_settings(old: Json, new: Json) -> Json:
    """The change of the deny settings, which are spelled in a way of their own there, as recorded."""
    before, after = _spelled(old), _spelled(new)
    found = sorted(comparing.differences(before, after), key=lambda item: [*after].index(item["path"]))
    delta = [_lowered(item) for item in found]
    return {**({"before": old} if old else {}), "after": {**new, "mode": after["Mode"]}, "delta": delta}


def _spelled(settings: Json) -> Json:
    """Names with capitals, lists even where there are none, and all else as text."""
    mode = str(settings.get("mode") or "")
    texts = {"Mode": mode[:1].upper() + mode[1:], "ApplyToChildScopes": str(settings.get("applyToChildScopes", False))}
    lists = {
        "ExcludedPrincipals": settings.get("excludedPrincipals"),
        "ExcludedActions": settings.get("excludedActions"),
    }
    return {**(texts if settings else {}), **{key: item or [] for key, item in lists.items()}}


def _scope(old: Any, new: Any) -> Json:
    return {key: item for key, item in (("before", old), ("after", new)) if item and old != new}


def _missing(call: Call) -> ArmError:
    message = f"The deployment stack what-if result '{call.id}' could not be found."
    return ArmError(404, "DeploymentStackWhatIfResultNotFound", message, cause=None)


TYPES = (
    ResourceType(
        provider="Microsoft.Resources",
        path="deploymentStacksWhatIfResults",
        put=put,
        delete=delete,
        listed=stacks.listed,
        actions={"whatif": in_full},
        missing=_missing,
        ended=ended,
        report=stacks.report,
        scopes=(GROUP, SUBSCRIPTION),
        shape=SHAPE,
    ),
)
