"""What becomes of a deployment stack: it deploys, deletes or detaches what it doesn't manage any more, and ends.

Where the deployment fails, all that the stack had stays its own, together with what was deployed. What can't be deleted
stays too, and is tried again by the next write.
"""

from amlarc_emulator.arm import clock
from amlarc_emulator.arm.model import GROUP, Cloud, Job, Json, Resource, Step
from amlarc_emulator.providers.resources import outcomes
from amlarc_emulator.providers.resources.steps import Engine, removal

DEPLOYING, DELETING, DELETING_ALL = "deploying", "deletingResources", "deleting"
NOT_DELETED = (
    "An error occurred while deleting resources. These resources are still present in the stack but can be deleted "
    "manually. Please see the FailedResources property for specific error information. Deletion failures that are "
    "known limitations are documented here: https://aka.ms/DeploymentStacksKnownLimitations"
)


def proceed(cloud: Cloud, engine: Engine, job: Job, stack: Resource) -> None:
    """Go on once the steps at hand have ended: from deploying to deleting, and from there to the end."""
    if job.stage != DEPLOYING:
        _take_in_deletions(job, stack)
        end(cloud, engine, job, stack)
        return
    deployment = cloud.state.jobs.get(job.steps[0].id.lower())
    deployed = outcomes.resources_of(cloud, deployment) if deployment else []
    managed = [item["id"] for item in stack.properties["resources"]]
    stack.properties["deploymentId"] = job.steps[0].id
    if job.steps[0].state != "Succeeded":
        _keep(stack, [*deployed, *(id_ for id_ in managed if not _is_among(id_, deployed))])
        end(cloud, engine, job, stack)
        return
    made = cloud.state.get(job.steps[0].id)
    stack.properties["outputs"] = made.properties.get("outputs", {}) if made else {}
    left = [id_ for id_ in managed if not _is_among(id_, deployed)]
    _keep(stack, deployed)
    if not unmanage(cloud, job, stack, left):
        end(cloud, engine, job, stack)


def unmanage(cloud: Cloud, job: Job, stack: Resource, left: list[str]) -> bool:
    """Detach what is left over or begin to delete it; whether anything is to be deleted."""
    actions = stack.properties["actionOnUnmanage"]
    doomed = [id_ for id_ in left if action(cloud, actions, id_) == "delete" and cloud.state.get(id_)]
    stack.properties["detachedResources"] = [
        {"id": id_} for id_ in left if action(cloud, actions, id_) == "detach" and cloud.state.get(id_)
    ]
    steps = [removal(cloud, cloud.state.resources[id_.lower()]) for id_ in sorted(doomed, key=_depth, reverse=True)]
    first = len(job.steps)
    for at, step in enumerate(steps):
        is_below = [other.id.lower().startswith(f"{step.id.lower()}/") for other in steps[:at]]
        step.after = [first + other for other, below in enumerate(is_below) if below]
    job.steps += steps
    if steps and job.stage == DEPLOYING:
        job.stage = stack.properties["provisioningState"] = DELETING
    return bool(steps)


def end(cloud: Cloud, _engine: Engine, job: Job, stack: Resource) -> None:
    """The end: the state of the stack, and of the operation that its clients poll."""
    job.is_over = True
    error = _error(job, stack)
    state = "failed" if error else "succeeded"
    if job.ending:
        state, error = str(job.ending[0]).lower(), job.ending[1] or error
    stack.properties.update(provisioningState=state, duration=outcomes.lasted(job.began))
    stack.body["systemData"]["lastModifiedAt"] = clock.stamp()
    stack.properties.pop("error", None)
    if error:
        stack.properties["error"] = error
    operation = cloud.state.operations.get(job.operation)
    if operation:
        operation.ending, operation.error = state.capitalize(), error
    if job.stage == DELETING_ALL and not error:
        cloud.state.remove(stack.id)


def _keep(stack: Resource, ids: list[str]) -> None:
    known = {item["id"].lower(): item for item in stack.properties["resources"]}
    mode = stack.properties["denySettings"]["mode"]
    fresh = {"status": "managed", "denyStatus": mode}
    stack.properties["resources"] = [{**known.get(id_.lower(), {}), "id": id_, **fresh} for id_ in ids]


def _is_among(id_: str, ids: list[str]) -> bool:
    return id_.lower() in {other.lower() for other in ids}


def _depth(id_: str) -> int:
    return id_.count("/")


def action(cloud: Cloud, actions: Json, id_: str) -> str:
    """What is done with a resource, or with a resource group: each has an action of its own."""
    found = cloud.state.get(id_)
    if found and found.kind == GROUP:
        return str(actions.get("resourceGroups") or "detach")
    type_ = cloud.types[found.kind] if found else None
    if type_ and type_.delete is None and actions.get("resourcesWithoutDeleteSupport") == "detach":
        return "detach"
    return str(actions.get("resources") or "detach")


def _take_in_deletions(job: Job, stack: Resource) -> None:
    deletions = [step for step in job.steps if step.verb == "DELETE"]
    stack.properties["deletedResources"] = [{"id": step.id} for step in deletions if step.state == "Succeeded"]
    failed = [step for step in deletions if step.state != "Succeeded"]
    stack.properties["failedResources"] = [{"id": step.id, "error": _reason(step)} for step in failed]
    kept = [item for item in stack.properties["resources"] if not any(_same(item["id"], step.id) for step in deletions)]
    still = [{"id": step.id, "status": "deleteFailed", "denyStatus": "none"} for step in failed]
    stack.properties["resources"] = [*kept, *still]


def _same(one: str, two: str) -> bool:
    return one.lower() == two.lower()


def _reason(step: Step) -> Json:
    """Why a resource is still there: the provider's error, or that something below it is."""
    waits = {"code": "DeploymentStackDeleteResourcesFailed", "message": "What is below it could not be deleted."}
    return step.error or waits


def _error(job: Job, stack: Resource) -> Json | None:
    correlation = stack.properties["correlationId"]
    if job.steps and job.steps[0].verb == "PUT" and job.steps[0].state != "Succeeded":
        step = job.steps[0]
        inner = step.error or {"code": "DeploymentFailed", "message": outcomes.FAILED}
        # the deployment's own error, not that of the write that had it
        details = inner["details"] if inner["code"] == "ResourceDeploymentFailure" and inner.get("details") else [inner]
        message = f"One or more resources could not be deployed. Correlation id: '{correlation}'."
        return {"code": "DeploymentStackDeploymentFailed", "message": message, "details": details}
    if any(step.verb == "DELETE" and step.state != "Succeeded" for step in job.steps):
        code = "DeploymentStackDeleteResourcesFailed"
        message = f"One or more resources could not be deleted. Correlation id: '{correlation}'."
        return {"code": code, "message": message, "details": [{"code": code, "message": NOT_DELETED}]}
    return None
