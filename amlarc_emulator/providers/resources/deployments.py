"""Microsoft.Resources/deployments: written, validated, watched, cancelled, exported, forgotten.

A deployment that is deleted leaves its resources alone. Validation is answered at once, as Azure does for templates
that need no long look; a what-if is not.
"""

import time
import uuid
from dataclasses import replace
from urllib.parse import urlencode

from amlarc_emulator.arm import clock, errors, listings, operations, paging
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import (
    GROUP,
    SUBSCRIPTION,
    Call,
    Cloud,
    Json,
    Operation,
    Reply,
    Resource,
    ResourceType,
    Step,
)
from amlarc_emulator.providers.resources import planning, preflight, what_if
from amlarc_emulator.providers.resources.planning import Plan
from amlarc_emulator.providers.resources.preflight import Findings
from amlarc_emulator.providers.resources.steps import removal
from amlarc_emulator.templates import relaxed
from amlarc_emulator.templates.declared import DEPLOYMENT
from amlarc_emulator.templates.parameters import shown as parameters_shown

FIRST_NUMBER = 8_584_774_347_078_386_802  # the numbers of Azure's own operations, which count down
NAME_LENGTH = 64
TOLD_SINCE = "2024-07-01"  # diagnostics, and what a validation was about
LATER = ("diagnostics", "validationLevel")


def put(call: Call) -> Reply:
    """PUT: 201, or 200 for a name that was used before, and an operation; 409 while that is still active."""
    known = call.existing
    job = call.cloud.state.jobs.get(call.id.lower())
    if job and not job.is_over:
        raise _active(call, known)
    _check_location(call, known)
    plan, findings = _checked(call)
    body = {**({"location": call.body["location"]} if call.body.get("location") else {})}
    body |= {"tags": call.body["tags"]} if call.body.get("tags") else {}
    properties = _properties(call, plan, "Accepted")
    properties["diagnostics"] = findings.diagnostics
    deployment = call.cloud.state.add(
        Resource(known.id if known else call.id, DEPLOYMENT, {**body, "properties": properties})
    )
    operation = _begin(call, deployment, plan, findings)
    headers = {"azure-asyncoperation": call.cloud.endpoint + operation.target}
    return Reply(200 if known else 201, call.shown(deployment), headers)


def shown(deployment: Resource, version: str) -> Json:
    """The deployment; the older api-versions have no diagnostics and levels, whichever it was made with."""
    if version >= TOLD_SINCE:
        return deployment.body
    properties = {key: value for key, value in deployment.properties.items() if key not in LATER}
    return {**deployment.body, "properties": properties}


def validate(call: Call) -> Reply:
    """POST validate: 200 with what would be deployed, or 400."""
    _check_location(call, call.existing)
    plan, findings = _checked(call)
    properties = _properties(call, plan, "Succeeded")
    properties["validatedResources"] = [{"id": id_} for id_ in findings.ids]
    told = {"diagnostics": findings.diagnostics}
    head = {"id": call.id, "name": call.name, "type": call.type.shown_type}
    answer = {**head, "properties": properties | told} if call.version >= TOLD_SINCE else {"properties": properties}
    return Reply(200, answer)


def ask_what_if(call: Call) -> Reply:
    """POST whatIf: 202 and a Location, which has the result."""
    _check_location(call, call.existing)
    plan, _ = _checked(call)
    return what_if.begin(call, plan)


def cancel(call: Call) -> Reply:
    """POST cancel: 204; what runs at its provider runs on, and nothing more is started."""
    job = call.cloud.state.jobs.get(call.resource.id.lower())
    if job is None or job.is_over:
        state = call.resource.properties["provisioningState"]
        message = (
            f"The deployment '{call.name}' cannot be cancelled because it is not in a cancellable state: its "
            f"provisioning state is '{state}'."
        )
        raise ArmError(409, "DeploymentCannotBeCancelled", message)
    job.is_canceled = True
    return Reply(204)


def export(call: Call) -> Reply:
    """POST exportTemplate: the template as it was given."""
    job = call.cloud.state.jobs[call.resource.id.lower()]
    return Reply(200, {"template": job.template})


def delete(call: Call) -> Reply:
    """DELETE: 202 and a Location."""
    job = call.cloud.state.jobs.get(call.resource.id.lower())
    if job and not job.is_over:
        raise _active(call, call.resource)
    target = f"/subscriptions/{planning.target_of(call.id).subscription}/operationresults/{uuid.uuid4()}"
    target += f"?api-version={call.version}"
    operations.begin(call.cloud, call.resource, "delete", "Deleting", target=target, ending=call.ending)
    return Reply(202, headers={"location": call.cloud.endpoint + target})


def listed(call: Call) -> Reply:
    """GET the deployments of one scope, not those below it; `$filter` is provisioningState eq '…', `$top` a number."""
    found = call.cloud.state.of_kind(DEPLOYMENT, call.parent.id)
    prefix = f"{call.parent.id}/providers/Microsoft.Resources/deployments/".lower()
    items = [call.shown(item) for item in found if item.id.lower().startswith(prefix)]
    word = call.query.get("$filter", "").rpartition(" eq ")[2].strip("'").lower()
    items = [item for item in items if not word or item["properties"]["provisioningState"].lower() == word]
    items.sort(key=lambda item: str(item["properties"]["timestamp"]), reverse=True)
    path = f"{call.parent.id}/providers/Microsoft.Resources/deployments"
    return Reply(200, paging.page(call, path, items[: int(call.query.get("$top") or len(items))]))


def ended(cloud: Cloud, deployment: Resource, operation: Operation) -> None:
    """A deployment that was deleted is gone; how others end, the engine has said."""
    if operation.verb == "delete" and operation.status == "Succeeded":
        cloud.state.remove(deployment.id)


def report(cloud: Cloud, operation: Operation) -> Reply:
    """What an operation's URL answers: a status, an error if it failed; a what-if's or a deletion's is a Location."""
    if operation.verb == "what-if":
        return what_if.report(cloud, operation)
    if operation.verb == "delete":
        return Reply(204) if operation.status else Reply(202, headers={"location": cloud.endpoint + operation.target})
    deployment = cloud.state.get(operation.resource)
    state = deployment.properties["provisioningState"] if deployment else "Succeeded"
    running = state if state in ("Accepted", "Running") else "Running"
    body: Json = {"status": operation.status or running}
    if operation.status and operation.error:
        body["error"] = operation.error
    return Reply(200, body)


def _checked(call: Call) -> tuple[Plan, Findings]:
    if len(call.name) > NAME_LENGTH:
        message = f"The deployment name '{call.name}' is invalid: it has more than {NAME_LENGTH} characters."
        raise ArmError(400, "InvalidDeploymentName", message)
    plan = planning.read(call.cloud, call.id, call.body)
    if plan.mode == "Complete" and call.parent.kind != GROUP:
        message = "Deployments in mode 'Complete' are supported at the scope of a resource group alone."
        raise ArmError(400, "InvalidDeployment", message)
    level = str((call.body.get("properties") or {}).get("validationLevel") or "Provider")
    return plan, preflight.check(call.cloud, plan, level)


def _check_location(call: Call, known: Resource | None) -> None:
    """A deployment to a subscription keeps its data somewhere; one to a group, where the group is."""
    location = str(call.body.get("location") or "").replace(" ", "").lower()
    see = "Please see https://aka.ms/deploy-to-subscription for usage details."
    if call.parent.kind == SUBSCRIPTION and not location:
        message = f"The 'location' property must be specified for '{call.name}'. {see}"
        raise ArmError(400, "LocationRequired", message)
    if call.parent.kind == GROUP and location:
        message = f"The 'location' property is not allowed for '{call.name}' at resource group scope. {see}"
        raise ArmError(400, "InvalidDeployment", message)
    before = str(known.body.get("location") or "").replace(" ", "").lower() if known else location
    if location != before:
        message = (
            f"Invalid deployment location '{location}'. The deployment '{call.name}' already exists in location "
            f"'{before}'."
        )
        raise ArmError(409, "InvalidDeploymentLocation", message)


def _properties(call: Call, plan: Plan, state: str) -> Json:
    properties = call.body.get("properties") or {}
    debug = {"debugSetting": properties["debugSetting"]} if properties.get("debugSetting") else {}
    level = {"validationLevel": properties["validationLevel"]} if properties.get("validationLevel") else {}
    return {
        "templateHash": plan.hash,
        "parameters": parameters_shown(plan.template, plan.scope.parameters),
        "mode": plan.mode,
        **debug,
        **level,
        "provisioningState": state,
        "timestamp": clock.stamp(),
        "duration": "PT0S",
        "correlationId": str(uuid.uuid4()),
        "providers": _providers(call, plan),
        "dependencies": _dependencies(plan),
    }


def _providers(call: Call, plan: Plan) -> list[Json]:
    region = str(call.body.get("location") or call.parent.body.get("location") or "")
    types: dict[str, dict[str, Json]] = {}
    for one in plan.wanted:
        provider, _, type_ = one.type.partition("/")
        types.setdefault(provider, {})[type_] = {"resourceType": type_, "locations": [region]}
    return [{"namespace": provider, "resourceTypes": list(found.values())} for provider, found in types.items()]


def _dependencies(plan: Plan) -> list[Json]:
    def named(at: int) -> Json:
        one = plan.resources[at]
        return {"id": one.id, "resourceType": one.type, "resourceName": one.name}

    return [
        {"dependsOn": [named(other) for other in before], **named(at)}
        for at, before in enumerate(plan.before)
        if before
    ]


def _begin(call: Call, deployment: Resource, plan: Plan, findings: Findings) -> Operation:
    """Hand the work to the engine; the operation ends when the engine says so."""
    number = f"{FIRST_NUMBER - time.time_ns() // 100 % 10**15:020}"
    target = f"{deployment.id}/operationStatuses/{number}?{urlencode({'api-version': call.version})}"
    operation = operations.begin(call.cloud, deployment, "create", "Running", name=number, target=target)
    operation.ending, operation.ready_at = "never", 0
    job = plan.job()
    if plan.mode == "Complete":
        job.steps += _removals(call.cloud, plan, findings, len(job.steps))
    job.operation, job.began = operation.key, time.time()
    if call.ending:
        job.ending = [
            call.ending.status,
            call.ending.error or (operations.UNKNOWN if call.ending.status == "Failed" else None),
        ]
    call.cloud.state.jobs[deployment.id.lower()] = job
    return operation


def _removals(cloud: Cloud, plan: Plan, findings: Findings, steps: int) -> list[Step]:
    """What a complete deployment deletes at its end: whatever else is in the group."""
    kept = {id_.lower() for id_ in findings.ids}
    found = [cloud.state.get(item["id"]) for item in listings.resources(cloud, plan.target.id, "")]
    left = [item for item in found if item and item.id.lower() not in kept]
    return [replace(removal(cloud, item), after=list(range(steps))) for item in left]


def _active(call: Call, known: Resource | None) -> ArmError:
    since = known.properties["timestamp"] if known else ""
    message = (
        f"Unable to edit or replace deployment '{call.name}': previous deployment from '{since}' is still active. "
        "Please see https://aka.ms/arm-deploy for usage details."
    )
    return ArmError(409, "DeploymentActive", message)


def _missing(call: Call) -> ArmError:
    return ArmError(404, "DeploymentNotFound", f"Deployment '{name_of(call.id)}' could not be found.")


def head(call: Call) -> Reply:
    """HEAD: 204, or 404 without a body."""
    if call.existing:
        return Reply(204)
    return Reply(404, headers=_missing(call).headers)


TYPES = (
    ResourceType(
        provider="Microsoft.Resources",
        path="deployments",
        head=head,
        put=put,
        delete=delete,
        show=shown,
        listed=listed,
        actions={"validate": validate, "whatif": ask_what_if, "cancel": cancel, "exporttemplate": export},
        missing=_missing,
        ended=ended,
        report=report,
        scopes=(GROUP, SUBSCRIPTION),
        shape=planning.SHAPE,
        malformed=lambda _call, message: errors.invalid_content(message),
        parse=relaxed.parse,
    ),
)
