"""Microsoft.Resources/deployments/operations: what a deployment did, one resource at a time."""

from amlarc_emulator.arm import clock
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import Call, Job, Json, Reply, ResourceType, Step

STATUS_CODES = {200: "OK", 201: "Created", 202: "Accepted", 204: "NoContent", 400: "BadRequest", 403: "Forbidden"}
STATUS_CODES |= {404: "NotFound", 409: "Conflict", 412: "PreconditionFailed", 429: "TooManyRequests"}


def listed(call: Call) -> Reply:
    """GET the operations of a deployment."""
    return Reply(200, {"value": [_shown(call, step) for step in _steps(call)]})


def show(call: Call) -> Reply:
    """GET one operation."""
    found = [step for step in _steps(call) if step.operation == call.name]
    if not found:
        message = f"Deployment operation '{call.name}' could not be found."
        raise ArmError(404, "DeploymentOperationNotFound", message)
    return Reply(200, _shown(call, found[0]))


def _job(call: Call) -> Job:
    return call.cloud.state.jobs[call.parent.id.lower()]


def _steps(call: Call) -> list[Step]:
    return [step for step in _job(call).steps if step.operation]


def _shown(call: Call, step: Step) -> Json:
    failed = {"statusMessage": {"status": "Failed", "error": step.error}} if step.error else {}
    target = {"id": step.id, "resourceType": step.type, "resourceName": name_of(step.id)}
    return {
        "id": f"{call.parent.id}/operations/{step.operation}",
        "operationId": step.operation,
        "properties": {
            "provisioningOperation": {"PUT": "Create", "DELETE": "Delete"}[step.verb],
            "provisioningState": step.state,
            "timestamp": step.ended or step.began,
            "duration": clock.between(step.began, step.ended or step.began),
            "serviceRequestId": step.operation,
            "statusCode": STATUS_CODES.get(step.status, str(step.status)),
            **failed,
            "targetResource": target,
        },
    }


TYPES = (
    ResourceType(
        provider="Microsoft.Resources",
        path="deployments/operations",
        get=show,
        listed=listed,
    ),
)
