"""What a deployment would change: it is carried out on a copy of the cloud, and what is there before is compared.

So the result says what the providers would really make of the template, defaults and replaced settings included. Azure
guesses that from the template, which is why its own what-if has noise; this one has only what nobody wrote: moments,
states and ids that a provider makes up are left out of the comparison.
"""

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from amlarc_emulator.arm import front, listings, operations
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import Call, Cloud, Job, Json, Operation, Reply, Resource, State, Step
from amlarc_emulator.providers.resources import comparing, engine, outcomes
from amlarc_emulator.providers.resources.planning import Plan
from amlarc_emulator.templates.declared import DEPLOYMENT

MOST_ROUNDS = 10_000


@dataclass(frozen=True)
class Comparison:
    """A resource as it is and as it would be; `reason` says why it wouldn't."""

    id: str
    version: str
    old: Json | None
    new: Json | None
    reason: str

    @property
    def type(self) -> str:
        """Its type."""
        return str((self.new or self.old or {}).get("type") or "")

    @property
    def delta(self) -> list[Json]:
        """What changes of something that exists."""
        return comparing.differences(self.old, self.new) if self.old and self.new else []

    @property
    def kind(self) -> str:
        """Create, Modify, NoChange, or Unsupported."""
        if self.new is None:
            return "Unsupported"
        return "Create" if self.old is None else "Modify" if self.delta else "NoChange"


def begin(call: Call, plan: Plan) -> Reply:
    """The 202 with the Location of the result."""
    settings = (call.body.get("properties") or {}).get("whatIfSettings") or {}
    is_short = str(settings.get("resultFormat") or "").lower() == "resourceidonly"
    nobody = Resource(call.id, DEPLOYMENT, {})
    target = f"/subscriptions/{plan.target.subscription}/operationresults/{uuid.uuid4()}?api-version={call.version}"
    operation = operations.begin(
        call.cloud, nobody, "what-if", "Running", target=target, holds=False, ending=call.ending
    )
    changes = list(_changes(call.cloud, plan))
    shown = [{"resourceId": one["resourceId"], "changeType": _short(one)} for one in changes] if is_short else changes
    operation.result = {"status": "Succeeded", "properties": {"changes": shown}}
    return Reply(202, headers={"location": call.cloud.endpoint + target})


def report(cloud: Cloud, operation: Operation) -> Reply:
    """The Location: 202 until the result is there, then 200 with it."""
    if not operation.status:
        return Reply(202, headers={"location": cloud.endpoint + operation.target})
    if operation.status != "Succeeded":
        return Reply(200, {"status": operation.status, "error": operation.error})
    return Reply(200, operation.result)


def carried_out(cloud: Cloud, plan: Plan) -> tuple[Cloud, Job]:
    """A copy of the cloud in which the plan was carried out, and how that went."""
    options = replace(cloud.options, polls=0, operation_seconds=0, retry_after=None)
    held = cloud.state
    state = State(copy.deepcopy(held.resources), copy.deepcopy(held.operations), {}, held.tenant, held.principal)
    copied = Cloud(cloud.endpoint, options, state, cloud.types)
    properties = {"provisioningState": "Accepted"}
    copied.state.add(Resource(plan.id, DEPLOYMENT, {"properties": properties}))
    job = copied.state.jobs[plan.id.lower()] = plan.job()

    def send(request: front.Request) -> Reply:
        try:
            return front.answer(copied, request)
        except ArmError as error:
            return Reply(error.status, error.body, error.headers)

    for _ in range(MOST_ROUNDS):
        if job.is_over:
            break
        engine.advance(copied, send)
    return copied, job


def comparisons(cloud: Cloud, plan: Plan) -> list[Comparison]:
    """Each resource that a plan writes, before and after, in the order of its template."""
    after, job = carried_out(cloud, plan)
    failed = {step.id: step for step in outcomes.failed_steps(after, job) if step.type.lower() != DEPLOYMENT}
    versions = dict(_versions(after, job))
    ids = [*outcomes.resources_of(after, job), *failed]
    return [_compared(cloud, after, id_, versions.get(id_, ""), failed.get(id_)) for id_ in ids]


def _changes(cloud: Cloud, plan: Plan) -> Iterator[Json]:
    found = comparisons(cloud, plan)
    yield from (_change(one) for one in found)
    if plan.target.group:
        yield from _untouched(cloud, plan, {one.id.lower() for one in found})


def _versions(cloud: Cloud, job: Job) -> Iterator[tuple[str, str]]:
    for step in job.steps:
        inner = cloud.state.jobs.get(step.id.lower())
        if inner:
            yield from _versions(cloud, inner)
        yield step.id, step.version


def _compared(cloud: Cloud, after: Cloud, id_: str, version: str, failed: Step | None) -> Comparison:
    old, new = _shown(cloud, id_, version), _shown(after, id_, version)
    reason = str((failed.error or {}).get("message")) if failed else ""
    return Comparison(id_, version, old, new, reason or "It is not written.")


def _change(one: Comparison) -> Json:
    if one.new is None:
        return {"resourceId": one.id, "changeType": one.kind, "unsupportedReason": one.reason}
    if one.old is None:
        return {"resourceId": one.id, "changeType": one.kind, "after": one.new}
    both = {"before": one.old, "after": one.new}
    return {"resourceId": one.id, "changeType": one.kind, **both, "delta": one.delta}


def _shown(cloud: Cloud, id_: str, version: str) -> Json | None:
    """A resource as what-if shows it: nothing that a provider makes up, and no secret, for its provider hides those."""
    found = cloud.state.get(id_)
    if found is None:
        return None
    body: Json = comparing.settled(cloud.types[found.kind].shown(found, version))
    group = id_.split("/")[4] if "/resourceGroups/" in id_ else ""
    return {"apiVersion": version, **body, **({"resourceGroup": group} if group else {})}


def _untouched(cloud: Cloud, plan: Plan, ids: set[str]) -> Iterator[Json]:
    """What the group has beside; a complete deployment deletes it."""
    for item in listings.resources(cloud, plan.target.id, ""):
        if item["id"].lower() not in ids:
            kept = {"id": item["id"], "name": name_of(item["id"]), "type": item["type"], "location": item["location"]}
            if plan.mode == "Complete":
                yield {"resourceId": item["id"], "changeType": "Delete", "before": kept}
            else:
                yield {"resourceId": item["id"], "changeType": "Ignore", "before": kept, "after": kept}


def _short(change: Json) -> str:
    kind = str(change["changeType"])
    return "Deploy" if kind in ("Create", "Modify", "NoChange") else kind
