"""The engine: rounds over the deployments in hand, each of which starts what can start and looks at what runs.

Nothing of it is kept but in the state, so that a deployment goes on after the end of the process and a new start.
"""

import time
import traceback

from amlarc_emulator.arm import clock, operations
from amlarc_emulator.arm.model import Cloud, Job, Json, Resource, Step
from amlarc_emulator.providers.resources import live, outcomes, preflight, stages
from amlarc_emulator.providers.resources.live import LiveError
from amlarc_emulator.providers.resources.steps import Engine, Send
from amlarc_emulator.templates import copies
from amlarc_emulator.templates.declared import DEPLOYMENT, Declared
from amlarc_emulator.templates.evaluation import Scope
from amlarc_emulator.templates.syntax import ExpressionError

SHORTEST = 0.002  # seconds between two rounds
DONE = ("Succeeded", "Skipped")


def has_news(cloud: Cloud) -> bool:
    """Whether there is a deployment that hasn't begun yet, or one to be cancelled."""
    return any(not job.is_over and (job.is_canceled or not job.is_begun) for job in cloud.state.jobs.values())


def pause(cloud: Cloud) -> float | None:
    """How many seconds until there is something to look at; None while nothing is in hand."""
    jobs = [job for job in cloud.state.jobs.values() if not job.is_over]
    steps = [step.due for job in jobs for step in job.steps if step.state in ("Running", "Waiting") and step.due]
    return max(min(steps, default=0.0) - time.time(), SHORTEST) if jobs else None


def advance(cloud: Cloud, send: Send) -> None:
    """One round over all deployments that run."""
    engine = Engine(cloud.endpoint, send)
    for job in [job for job in cloud.state.jobs.values() if not job.is_over]:
        deployment = cloud.state.get(job.owner)
        if deployment:
            _guarded(cloud, engine, job, deployment)


def _guarded(cloud: Cloud, engine: Engine, job: Job, deployment: Resource) -> None:
    try:
        _round(cloud, engine, job, deployment)
    except Exception:  # noqa: BLE001 - a fault of the emulator's: told here, and to the client as Azure tells its own
        traceback.print_exc()
        job.ending = ["Failed", operations.UNKNOWN]
        job.is_canceled = True
        finish = stages.end if job.stage else outcomes.finish
        finish(cloud, engine, job, deployment)


def _round(cloud: Cloud, engine: Engine, job: Job, deployment: Resource) -> None:
    if not job.is_begun:
        job.is_begun = True
        _begin(cloud, engine, job, deployment)
    now = time.time()
    for step in job.steps:
        if step.state == "Running" and step.due <= now:
            engine.look(step)
    ready = [] if job.is_canceled else [step for step in job.steps if _is_ready(job, step, now)]
    if ready:
        _start(cloud, engine, job, ready)
    is_running = any(step.state == "Running" for step in job.steps)
    if job.is_canceled or not (is_running or any(_may_start(job, step) for step in job.steps)):
        finish = stages.proceed if job.stage else outcomes.finish
        finish(cloud, engine, job, deployment)


def _begin(cloud: Cloud, engine: Engine, job: Job, owner: Resource) -> None:
    owner.properties["provisioningState"] = job.stage or "Running"
    if not job.stage:
        _register(cloud, engine, job)
    elif job.stage == stages.DEPLOYING:
        owner.properties["deploymentId"] = job.steps[0].id  # the progress of a stack is that of its deployment


def _register(cloud: Cloud, engine: Engine, job: Job) -> None:
    """A deployment registers the providers that it needs."""
    wanted = [declared_of(step) for step in job.steps if step.state == "Waiting"]
    for id_ in preflight.namespaces(wanted):
        namespace = cloud.state.get(id_)
        if namespace and namespace.body["registrationState"] not in ("Registered", "Registering"):
            engine.ask("POST", f"{id_}/register?api-version=2021-04-01")


def _is_ready(job: Job, step: Step, now: float) -> bool:
    return step.state == "Waiting" and step.due <= now and all(job.steps[at].state in DONE for at in step.after)


def _may_start(job: Job, step: Step) -> bool:
    """Whether nothing that it waits for has failed, nor what that waits for."""
    if step.state != "Waiting":
        return False
    todo, seen = list(step.after), set[int]()
    while todo:
        at = todo.pop()
        if job.steps[at].state not in (*DONE, "Running", "Waiting"):
            return False
        if at not in seen and job.steps[at].state == "Waiting":
            todo += job.steps[at].after
        seen.add(at)
    return True


def _start(cloud: Cloud, engine: Engine, job: Job, ready: list[Step]) -> None:
    """All bodies are worked out first: what starts together knows nothing of each other.

    A stack's one deployment is sent as it is.
    """
    if job.stage:
        bodies = [(step, step.body or None) for step in ready]
    else:
        scope = live.scope_of(cloud, engine, job)
        bodies = [(step, _body(engine, step, scope)) for step in ready]
    for step, body in bodies:
        if step.state != "Failed":
            engine.start(step, body)


def _body(engine: Engine, step: Step, scope: Scope) -> Json | None:
    """The body of a step's request; None, and the step failed, where it can't be worked out."""
    if step.verb == "DELETE":
        return None
    one = declared_of(step)
    try:
        if step.type.lower() == DEPLOYMENT:
            return _sent(preflight.nested_body(one, one.scope(scope)))
        return _sent(copies.evaluate(one.scope(scope), {key: item for key, item in step.body.items() if key != "copy"}))
    except LiveError as error:
        engine.fail(step, error.error)
    except ExpressionError as error:
        message = f"Unable to process template language expressions for resource '{step.id}'. '{error}'"
        engine.fail(step, {"code": "InvalidTemplate", "target": step.id, "message": message})
    step.began = step.began or clock.stamp()
    return None


NOT_SENT = ("type", "name", "apiVersion", "condition", "dependsOn", "scope", "comments", "metadata", "existing")
OF_DEPLOYMENTS = ("resourceGroup", "subscriptionId")


def _sent(body: Json) -> Json:
    """What the provider gets of it."""
    return {key: item for key, item in body.items() if key not in (*NOT_SENT, *OF_DEPLOYMENTS)}


def declared_of(step: Step) -> Declared:
    """A step as its template declares it."""
    return Declared(step.id, step.type, step.name, step.version, step.body, step.symbolic, loops=step.loops)
