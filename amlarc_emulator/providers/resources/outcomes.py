"""How a deployment ends: its state, outputs, resources, and its error with those of all that failed."""

import time
from typing import Any

from amlarc_emulator.arm import clock
from amlarc_emulator.arm.model import Cloud, Job, Json, Resource, Step
from amlarc_emulator.providers.resources import live
from amlarc_emulator.providers.resources.live import LiveError
from amlarc_emulator.providers.resources.steps import Engine
from amlarc_emulator.templates import copies
from amlarc_emulator.templates.declared import DEPLOYMENT
from amlarc_emulator.templates.evaluation import Scope, evaluate
from amlarc_emulator.templates.parameters import SECURE, SHOWN
from amlarc_emulator.templates.syntax import ExpressionError

FAILED = (
    "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
    "https://aka.ms/arm-deployment-operations for usage details."
)


def finish(cloud: Cloud, engine: Engine, job: Job, deployment: Resource) -> None:
    """End a deployment whose steps have ended, and the operation that its clients poll."""
    job.is_over = True
    errors = [step.error for step in job.steps if step.state == "Failed" and step.error]
    error: Json | None = _failed(job, "DeploymentFailed", FAILED, errors) if errors else None
    outputs: Json = {}
    if not errors and not job.is_canceled:
        outputs, error = _outputs(cloud, engine, job)
    state = "Canceled" if job.is_canceled else "Failed" if error else "Succeeded"
    if job.ending:
        state, error = job.ending[0], job.ending[1] or error
    deployment.properties.update(
        provisioningState=state,
        timestamp=clock.stamp(),
        duration=lasted(job.began),
        outputResources=[{"id": id_} for id_ in resources_of(cloud, job)],
        **({"outputs": outputs} if outputs else {}),
        **({"error": error} if error else {}),
    )
    operation = cloud.state.operations.get(job.operation)
    if operation:
        operation.ending, operation.error = state, error


def resources_of(cloud: Cloud, job: Job) -> list[str]:
    """The ids of all that a deployment has written, nested deployments included, in the order of its template."""
    found: list[str] = []
    for step in job.steps:
        inner = cloud.state.jobs.get(step.id.lower())
        if step.type.lower() == DEPLOYMENT and inner:
            found += resources_of(cloud, inner)
        elif step.state == "Succeeded" and step.verb == "PUT":
            found.append(step.id)
    return found


def failed_steps(cloud: Cloud, job: Job) -> list[Step]:
    """The steps that failed, those of nested deployments in their place."""
    found: list[Step] = []
    for step in job.steps:
        inner = cloud.state.jobs.get(step.id.lower()) if step.type.lower() == DEPLOYMENT else None
        below = failed_steps(cloud, inner) if inner else []
        found += below or ([step] if step.state == "Failed" else [])
    return found


def lasted(began: float) -> str:
    """The time since then as ISO 8601 has durations."""
    return f"PT{max(time.time() - began, 0.0):.7f}S"


def _failed(job: Job, code: str, message: str, details: list[Json]) -> Json:
    return {"code": code, "target": job.owner, "message": message, "details": details}


def _outputs(cloud: Cloud, engine: Engine, job: Job) -> tuple[Json, Json | None]:
    """The values of the outputs, secure ones without theirs; or the error that says which can't be evaluated."""
    scope = live.scope_of(cloud, engine, job)
    found: Json = {}
    details: list[Json] = []
    code = "DeploymentOutputEvaluationFailed"
    for name, item in (job.template.get("outputs") or {}).items():
        try:
            if evaluate(scope, item.get("condition", True)) is not False:
                found[name] = _output(scope, item)
        except LiveError as error:
            details.append({"code": code, "target": name, "message": _wrong(name, error), "details": [error.error]})
        except ExpressionError as error:
            details.append({"code": code, "target": name, "message": _wrong(name, error)})
    if not details:
        return found, None
    message = (
        f"Unable to evaluate template outputs: '{','.join(str(item['target']) for item in details)}'. Please see error "
        "details and deployment operations. Please see https://aka.ms/arm-common-errors for usage details."
    )
    return {}, _failed(job, code, message, details)


def _output(scope: Scope, item: Json) -> Json:
    type_ = str(item.get("type") or "").lower()
    loop = item.get("copy")
    value: Any = (
        copies.repeated(scope, {"name": "", **loop}) if isinstance(loop, dict) else evaluate(scope, item["value"])
    )
    return {"type": SHOWN.get(type_, str(item.get("type"))), **({} if type_ in SECURE else {"value": value})}


def _wrong(name: str, error: ExpressionError) -> str:
    return f"The template output '{name}' is not valid: {error}."
