"""Microsoft.Resources/deploymentStacks: sets of resources with an owner, written, validated, exported and deleted.

A stack deploys its template by a deployment of its own; `actionOnUnmanage` says what becomes of what leaves it. Its
states are in lower case, and the URLs of its operations are signed, as recorded with az's own tests.
"""

import re
import time
import uuid
from dataclasses import replace
from typing import Any

from amlarc_emulator.arm import clock, errors, operations, shapes
from amlarc_emulator.arm.core import location_in
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import place
from amlarc_emulator.arm.model import (
    GROUP,
    SUBSCRIPTION,
    Call,
    Cloud,
    Ending,
    Job,
    Json,
    Operation,
    Reply,
    Resource,
    ResourceType,
    Step,
)
from amlarc_emulator.providers.resources import planning, preflight, stages
from amlarc_emulator.providers.resources.planning import Plan
from amlarc_emulator.templates.parameters import shown as parameters_shown

KIND = "microsoft.resources/deploymentstacks"
NAME = re.compile(r"[-\w._()]{1,90}")
PREFIX = 40  # of a stack's name in that of its deployments
DEPLOYMENT_VERSION = "2025-04-01"
ACTIONS = shapes.Words("delete", "detach")
DENY_MODES = shapes.Words("denyDelete", "denyWriteAndDelete", "none")
MOST_PRINCIPALS, MOST_ACTIONS = 5, 200
KEPT = ("description", "deploymentScope", "validationLevel", "debugSetting")
SHAPE: shapes.Shape = {
    "location": str,
    "tags": shapes.Each(str),
    "properties": {
        "template": dict,
        "templateLink": dict,
        "parameters": dict,
        "actionOnUnmanage": {
            **dict.fromkeys(("resources", "resourceGroups", "managementGroups"), ACTIONS),
            "resourcesWithoutDeleteSupport": shapes.Words("detach", "fail"),
        },
        "denySettings": {
            "mode": DENY_MODES,
            "excludedPrincipals": [str],
            "excludedActions": [str],
            "applyToChildScopes": bool,
        },
        "deploymentScope": str,
        "description": str,
        "bypassStackOutOfSyncError": bool,
        "debugSetting": {"detailLevel": str},
        "validationLevel": shapes.Words("Template", "Provider", "ProviderNoRbac"),
    },
}


def put(call: Call) -> Reply:
    """PUT: 201, or 200 for a stack that exists, and an operation; a template that is wrong fails that."""
    known = call.existing
    check_idle(call)
    properties = asked(call)
    placed = location(call, known)
    stack = Resource(known.id if known else call.id, KIND, {**placed, "tags": call.body.get("tags") or {}})
    stack.body |= {"properties": _properties(properties, known), "systemData": system_data(call.cloud, known)}
    stack.hidden = {"template": properties.get("template")}
    call.cloud.state.add(stack)
    deployment = _deployment(call, properties)
    operation = begin(call, stack, Job(stack.id, {}, {}, [deployment], stage=stages.DEPLOYING))
    headers = {"azure-asyncoperation": call.cloud.endpoint + operation.target}
    return Reply(200 if known else 201, call.shown(stack), headers)


def delete(call: Call) -> Reply:
    """DELETE: 200 at once where everything is detached, else 202 and an operation."""
    check_idle(call)
    stack = call.resource
    for part in ("Resources", "ResourceGroups", "ManagementGroups", "ResourcesWithoutDeleteSupport"):
        word = call.query.get(f"unmanageaction.{part}".lower())
        name = part[0].lower() + part[1:]
        stack.properties["actionOnUnmanage"][name] = (word or ("fail" if "Without" in part else "detach")).lower()
    job = Job(stack.id, {}, {}, [], stage=stages.DELETING_ALL)
    ids = [item["id"] for item in stack.properties["resources"]]
    if not stages.unmanage(call.cloud, job, stack, ids):
        call.cloud.state.remove(stack.id)
        return Reply(200)
    operation = begin(call, stack, job)
    return Reply(202, headers={"azure-asyncoperation": call.cloud.endpoint + operation.target})


def validate(call: Call) -> Reply:
    """POST validate: 202 and a Location that has the result; 400 at once for what could not be deployed."""
    call = shaped(call)
    location(call, call.existing)
    properties = asked(call)
    plan = planned(call, properties)
    level = str(properties.get("validationLevel") or "Provider")
    findings = preflight.check(call.cloud, plan, level)
    kept = {key: properties[key] for key in KEPT if properties.get(key)}
    result: Json = {
        **kept,
        "actionOnUnmanage": actions(properties),
        "denySettings": properties["denySettings"],
        "parameters": _parameters(plan),
        "correlationId": str(uuid.uuid4()),
        "validatedResources": [{"id": id_} for id_ in findings.ids],
    }
    nobody = Resource(call.id, KIND, {})
    target = f"/subscriptions/{place(call.id).subscription}/operationresults/{uuid.uuid4()}?api-version={call.version}"
    operation = operations.begin(
        call.cloud, nobody, "validate", "validating", target=target, holds=False, ending=call.ending
    )
    operation.result = {"id": call.id, "name": call.name, "type": call.type.shown_type, "properties": result}
    return Reply(202, headers={"location": call.cloud.endpoint + target})


def export(call: Call) -> Reply:
    """POST exportTemplate: the template as it was given."""
    return Reply(200, {"template": call.resource.hidden["template"]})


def report(cloud: Cloud, operation: Operation) -> Reply:
    """What an operation's URL answers: id, name and a status in lower case; a validation's Location has the result."""
    if operation.verb == "validate":
        done = Reply(200, operation.result) if not operation.error else Reply(400, {"error": operation.error})
        return done if operation.status else Reply(202, headers={"location": cloud.endpoint + operation.target})
    stack = cloud.state.get(operation.resource)
    running = stack.properties["provisioningState"] if stack else "deleting"
    path = operation.target.partition("?")[0]
    body: Json = {"id": path, "name": operation.name, "status": operation.status.lower() or running}
    if operation.status and operation.error:
        body["error"] = operation.error
    return Reply(200, body)


def shaped(call: Call) -> Call:
    """The call of an action with a body that fits; raises ARM's 400."""
    try:
        body = shapes.read(call.type.shape, call.body)
    except shapes.Misfit as misfit:
        raise errors.invalid_content(str(misfit)) from None
    return replace(call, body=body)


def asked(call: Call) -> Json:
    """The properties of the body; raises ARM's 400 for what is missing or too much."""
    if not NAME.fullmatch(call.name):
        raise ArmError(400, "InvalidDeploymentStackName", f"The deployment stack name '{call.name}' is not valid.")
    properties: Json = call.body.get("properties") or {}
    deny = properties.get("denySettings") or {}
    for name, inner in (("actionOnUnmanage", "resources"), ("denySettings", "mode")):
        if inner not in (properties.get(name) or {}):
            raise required(inner, f".{name}")
    for key, most in (("excludedPrincipals", MOST_PRINCIPALS), ("excludedActions", MOST_ACTIONS)):
        if len(deny.get(key) or []) > most:
            raise errors.invalid_content(f"At most {most} are permitted. Path 'properties.denySettings.{key}'")
    return properties


def required(name: str, below: str = "") -> ArmError:
    """The 400 for a property that is missing."""
    return errors.invalid_content(f"Required property '{name}' not found in JSON. Path 'properties{below}'")


def planned(call: Call, properties: Json) -> Plan:
    """What the stack's deployment would do; raises ARM's 400."""
    step = _deployment(call, properties)
    return planning.read(call.cloud, step.id, step.body)


def check_idle(call: Call) -> None:
    """Raise 409 while the stack is at something."""
    job = call.cloud.state.jobs.get(call.id.lower())
    if job and not job.is_over:
        stack = call.resource
        message = (
            f"The deployment stack '{stack.id}' is in the non-terminal state "
            f"'{stack.properties['provisioningState']}'. Wait until it has ended and try again."
        )
        raise ArmError(409, "DeploymentStackInNonTerminalState", message)


def begin(call: Call, owner: Resource, job: Job) -> Operation:
    """Hand work to the engine; the operation ends when the engine says so."""
    operation = operation_on(call, owner, job.stage, None)
    operation.ending, operation.ready_at = "never", 0
    job.operation, job.began = operation.key, time.time()
    if call.ending:
        unknown = operations.UNKNOWN if call.ending.status == "Failed" else None
        job.ending = [call.ending.status, call.ending.error or unknown]
    call.cloud.state.jobs[owner.id.lower()] = job
    return operation


def operation_on(call: Call, owner: Resource, running: str, ending: Ending | None) -> Operation:
    """An operation at the URL that those of stacks have: signed, and below the region."""
    region = owner.body.get("location") or call.parent.body.get("location") or "eastus"
    name = str(uuid.uuid4())
    root = f"/subscriptions/{place(call.id).subscription}/providers/Microsoft.Resources/locations/{region}"
    target = f"{root}/deploymentStackOperationStatus/{name}?api-version={call.version}&{operations.signature(name)}"
    return operations.begin(call.cloud, owner, running, running, name=name, target=target, signed=True, ending=ending)


def system_data(cloud: Cloud, known: Resource | None) -> Json:
    """Who made a stack and who changed it last."""
    who, now = cloud.state.principal["clientId"], clock.stamp()
    old = known.body["systemData"] if known else {}
    return {
        "createdBy": old.get("createdBy", who),
        "createdByType": "Application",
        "createdAt": old.get("createdAt", now),
        "lastModifiedBy": who,
        "lastModifiedByType": "Application",
        "lastModifiedAt": now,
    }


def _properties(properties: Json, known: Resource | None) -> Json:
    """What a stack shows from the start: what it was given, and what it managed before."""
    old = known.properties if known else {}
    lists = ("detachedResources", "deletedResources", "failedResources")
    return {**settings(properties), "resources": old.get("resources", []), **{key: [] for key in lists}}


def settings(properties: Json) -> Json:
    """What was asked for, as a stack and its what-if show it at their start."""
    return {
        **{key: properties[key] for key in KEPT if properties.get(key)},
        "provisioningState": "initializing",
        "correlationId": str(uuid.uuid4()),
        "actionOnUnmanage": actions(properties),
        "denySettings": {"applyToChildScopes": False, **properties["denySettings"]},
        "parameters": _given(properties),
        "bypassStackOutOfSyncError": bool(properties.get("bypassStackOutOfSyncError")),
    }


def actions(properties: Json) -> Json:
    """What is done with what leaves a stack, with Azure's defaults filled in."""
    rest = dict.fromkeys(("resourceGroups", "managementGroups"), "detach")
    return {**rest, "resourcesWithoutDeleteSupport": "fail", **properties["actionOnUnmanage"]}


def _given(properties: Json) -> Json:
    """The parameters as a stack shows them: secure ones without their values, types in lower case."""
    declared = (properties.get("template") or {}).get("parameters")
    types = {str(key).lower(): item for key, item in declared.items()} if isinstance(declared, dict) else {}
    return {key: _parameter(types.get(key.lower()), item) for key, item in (properties.get("parameters") or {}).items()}


def _parameter(declared: Any, item: Any) -> Json:
    type_ = str(declared.get("type") or "").lower() if isinstance(declared, dict) else ""
    if not isinstance(item, dict) or type_.startswith("secure") or not type_:
        return {"type": type_ or "string"}
    return {**{key: item[key] for key in ("value", "reference") if key in item}, "type": type_}


def _parameters(plan: Plan) -> Json:
    items = parameters_shown(plan.template, plan.scope.parameters).items()
    return {key: {**item, "type": item["type"].lower()} for key, item in items}


def location(call: Call, known: Resource | None) -> Json:
    """A stack of a subscription keeps its data somewhere, and stays there."""
    if call.parent.kind == GROUP:
        return {}
    location = location_in(call.body)
    if known and known.body["location"] != location:
        message = f"The location of the deployment stack '{call.name}' cannot be changed to '{location}'."
        raise ArmError(409, "InvalidDeploymentStackLocation", message)
    return {"location": location}


def _deployment(call: Call, properties: Json) -> Step:
    """The write of the deployment that a stack makes of its template."""
    scope = str(properties.get("deploymentScope") or call.parent.id).rstrip("/")
    now = clock.stamp(0)[:19].replace("T", "-").replace(":", "-")
    name = f"{call.name[:PREFIX]}-{now}-{uuid.uuid4().hex[:5]}"
    wanted = ("template", "templateLink", "parameters", "validationLevel", "debugSetting")
    inner = {"mode": "Incremental", **{key: properties[key] for key in wanted if properties.get(key) is not None}}
    location = {} if planning.target_of(f"{scope}/providers").group else {"location": call.body.get("location")}
    id_ = f"{scope}/providers/Microsoft.Resources/deployments/{name}"
    return Step(
        id_, "Microsoft.Resources/deployments", DEPLOYMENT_VERSION, {**location, "properties": inner}, name=name
    )


def _missing(call: Call) -> ArmError:
    message = f"The deployment stack '{call.id}' could not be found."
    return ArmError(404, "DeploymentStackResourceNotFound", message, cause=None)


def listed(call: Call) -> Reply:
    """GET the stacks of one scope, not those below it."""
    prefix = f"{call.parent.id}/providers/Microsoft.Resources/".lower()
    found = [
        item for item in call.cloud.state.of_kind(call.type.kind, call.parent.id) if item.id.lower().startswith(prefix)
    ]
    return Reply(200, {"value": [call.shown(item) for item in found]})


TYPES = (
    ResourceType(
        provider="Microsoft.Resources",
        path="deploymentStacks",
        put=put,
        delete=delete,
        listed=listed,
        actions={"validate": validate, "exporttemplate": export},
        missing=_missing,
        report=report,
        scopes=(GROUP, SUBSCRIPTION),
        shape=SHAPE,
    ),
)
