"""Microsoft.MachineLearningServices: training jobs of a workspace, and the environments that they run in.

A job goes through `STAGES`, each as many looks long as an operation, and then ends. It fails where it would on the
cluster: the extension doesn't train, the instance type doesn't exist, or a GPU is asked for that the type doesn't have.
"""

import re
import uuid
from typing import Any

from amlarc_emulator.arm import operations, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Call, Cloud, Ending, Json, Operation, Reply, Resource, ResourceType
from amlarc_emulator.providers import kubernetes
from amlarc_emulator.providers.machine_learning import COMPUTE, extension_on, malformed, user_error

JOB = "microsoft.machinelearningservices/workspaces/jobs"
CONTAINER = "microsoft.machinelearningservices/workspaces/environments"
ENVIRONMENT = f"{CONTAINER}/versions"
API = "2023-04-01"  # of the operations' URLs
STAGES = ("Queued", "Preparing", "Running")
OVER = ("Completed", "Failed", "Canceled")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
REGISTERED = re.compile(r"azureml://registries/[^/]+/environments/[^/]+/(versions|labels)/[^/]+")
DEFAULT_TYPE = "defaultinstancetype"  # which every cluster has, even if none is defined
# What a job keeps of its PUT; the rest of it Azure refuses or ignores.
ANY: shapes.Shape = shapes.Each(str)
KEPT: shapes.Shape = {
    **dict.fromkeys(("codeId", "command", "componentId", "computeId", "description", "displayName"), str),
    **dict.fromkeys(("environmentId", "experimentName", "jobType"), str),
    **dict.fromkeys(("environmentVariables", "properties", "tags"), ANY),
    **dict.fromkeys(("inputs", "outputs"), shapes.Each(dict)),
    **dict.fromkeys(("distribution", "identity", "limits"), dict),
    "isArchived": bool,
    "resources": {"instanceType": str, "instanceCount": int, "shmSize": str, "dockerArgs": str, "properties": dict},
}
DESCRIBED: shapes.Shape = {"description": str, "properties": ANY, "tags": ANY, "isArchived": bool, "isAnonymous": bool}
VERSION: shapes.Shape = {
    **DESCRIBED,
    "image": str,
    "condaFile": str,
    "build": {"contextUri": str, "dockerfilePath": str},
    "osType": shapes.Words("Linux", "Windows"),
    "autoRebuild": shapes.Words("Disabled", "OnBaseImageUpdate"),
    "inferenceConfig": dict,
}
# What may differ in a second PUT of the same job.
MUTABLE = ("description", "displayName", "isArchived", "properties", "tags")
NO_TRAINING = "Training feature is not enabled, please enable it when install the extension."
NO_TYPE = (
    'AML Kubernetes Compute job failed. 9: {"Msg":"Invalid instance type. The instance type defined resource '
    "requirement has exceeded the node size. Please ask your admin to modify the instance type resource definition or "
    'use another instance type.","Code":9}'
)
NO_GPU = (
    "Execution failed. User process '/bin/bash' exited with status code 127. Please check log file "
    "'user_logs/std_log.txt' for error details."
)


def put(call: Call) -> Reply:
    """PUT a job: 201, and it starts; 200 for the same job again, which changes its description at most."""
    asked = call.body.get("properties") or {}
    compute = _validate(call, asked)
    given = {key: asked[key] for key in KEPT if asked.get(key) is not None}
    if call.existing:
        return _put_again(call, call.existing, given)
    status = {"status": STAGES[0], "services": _services(call), "experimentName": "Default", "isArchived": False}
    body = {"properties": {**status, **given}, "systemData": kubernetes.system_data(call.cloud)}
    job = call.cloud.state.add(Resource(call.id, JOB, body, {"ending": _ending(call, asked, compute)}))
    stuck = call.ending and call.ending.status == "never"
    _begin(call.cloud, job, STAGES[0], call.ending if stuck else None)
    return Reply(201, call.shown(job))


def cancel(call: Call) -> Reply:
    """POST cancel: 202, CancelRequested, Canceled; 200 for a job that is over."""
    job = call.resource
    if job.properties["status"] in OVER:
        return Reply(200)
    return Reply(202, headers=_location(call, _begin(call.cloud, job, "CancelRequested")))


def delete(call: Call) -> Reply:
    """DELETE a job: 202 and a Location."""
    return Reply(202, headers=_location(call, _begin(call.cloud, call.resource, "delete")))


def ended(cloud: Cloud, job: Resource, operation: Operation) -> None:
    """The next stage of a job, or its end."""
    if operation.verb == "delete":
        cloud.state.remove(job.id)
        return
    if operation.verb == "CancelRequested":
        job.properties["status"] = "Canceled"
        return
    later = STAGES[STAGES.index(operation.verb) + 1 :]
    if later:
        _begin(cloud, job, later[0])
    else:
        job.properties["status"] = job.hidden["ending"]["status"]


def report(cloud: Cloud, operation: Operation) -> Reply:
    """The Location: 202 until the operation has ended."""
    if operation.status:
        return Reply(200)
    return Reply(202, headers={"location": cloud.endpoint + operation.target})


def put_environment(call: Call) -> Reply:
    """PUT an environment's version: 201, or 200 if it is the same; a version can't be changed."""
    asked = call.body.get("properties") or {}
    if not (asked.get("image") or asked.get("build")):
        raise user_error(call, 400, "An environment needs an image or a build context.")
    known = call.existing
    if known and known.properties.get("image") != asked.get("image"):
        raise user_error(call, 409, f"The version '{call.name}' of the environment exists and can't be changed.")
    properties = {"osType": "Linux", "isArchived": False, **asked, "environmentType": "UserCreated"}
    body = {"properties": properties, "systemData": kubernetes.system_data(call.cloud)}
    call.cloud.state.add(call.parent).properties["latestVersion"] = call.name
    version = call.cloud.state.add(Resource(call.id, ENVIRONMENT, body))
    return Reply(200 if known else 201, call.shown(version))


def put_container(call: Call) -> Reply:
    """PUT an environment without a version."""
    known = call.existing
    container = call.cloud.state.add(_container(call.cloud, call.id, call.body.get("properties") or {}))
    return Reply(200 if known else 201, call.shown(container))


def container_made(cloud: Cloud, id_: str) -> Resource:
    """The environment that a version's PUT also creates."""
    return _container(cloud, id_, {})


def _container(cloud: Cloud, id_: str, given: Json) -> Resource:
    body = {"properties": {"isArchived": False, **given}, "systemData": kubernetes.system_data(cloud)}
    return Resource(id_, CONTAINER, body)


def _validate(call: Call, asked: Json) -> Resource:
    """What the service refuses at once; the job's compute."""
    if not NAME.fullmatch(call.name):
        raise user_error(call, 400, f"The job name '{call.name}' is invalid.")
    if asked.get("jobType") != "Command":
        raise user_error(call, 400, f"The job type '{asked.get('jobType')}' is not supported here.")
    for key in ("command", "environmentId"):
        if not asked.get(key):
            raise user_error(call, 400, f"The field {key} is required.")
    if not _is_environment(call.cloud, str(asked["environmentId"])):
        raise user_error(call, 404, f"The environment '{asked['environmentId']}' was not found.")
    compute = call.cloud.state.get(str(asked.get("computeId") or ""))
    if compute is None or compute.kind != COMPUTE:
        raise user_error(call, 400, f"Unknown compute target '{name_of(str(asked.get('computeId') or ''))}'.")
    return compute


def _is_environment(cloud: Cloud, reference: str) -> bool:
    """A registry's environment is assumed to exist; the workspace's own must exist."""
    found = cloud.state.get(reference)
    return bool(REGISTERED.fullmatch(reference)) or (found is not None and found.kind == ENVIRONMENT)


def _put_again(call: Call, job: Resource, given: Json) -> Reply:
    changed = sorted(key for key in given if key not in MUTABLE and given[key] != job.properties.get(key))
    if changed:
        message = f"A job with this name already exists. Its {', '.join(changed)} can't be changed."
        raise user_error(call, 400, message)
    job.properties.update({key: given[key] for key in MUTABLE if key in given})
    return Reply(200, call.shown(job))


def _ending(call: Call, asked: Json, compute: Resource) -> Json:
    """How the job ends: as a fault wants it, or as it would on this compute."""
    wanted = call.ending
    if wanted and wanted.status != "never":
        unknown = operations.UNKNOWN if wanted.status == "Failed" and wanted.error is None else None
        return {"status": wanted.status, "error": wanted.error or unknown}
    code, message = _obstacle(call.cloud, asked, compute) or ("", "")
    return {"status": "Failed" if code else "Completed", "error": {"code": code, "message": message} if code else None}


def _obstacle(cloud: Cloud, asked: Json, compute: Resource) -> tuple[str, str] | None:
    extension = extension_on(cloud, compute.properties["resourceId"])
    settings: Json = extension.properties["configurationSettings"] if extension else {}
    if str(settings.get("enableTraining", "")).lower() != "true":
        return "UserError", f'AzureML Kubernetes job failed. E45004:"{NO_TRAINING}"'
    kubernetes_of = compute.properties["properties"]
    types = {_on_cluster(name): found or {} for name, found in (kubernetes_of["instanceTypes"] or {}).items()}
    default = _on_cluster(kubernetes_of["defaultInstanceType"] or DEFAULT_TYPE)
    name = (asked.get("resources") or {}).get("instanceType") or default
    if name not in types and name != DEFAULT_TYPE:
        return "UserError", NO_TYPE
    if _needs_gpu(asked["command"]) and not _gpus(types.get(name) or {}):
        return "UserError", NO_GPU
    return None


def _on_cluster(name: str) -> str:
    """Instance types are Kubernetes objects today, whose names are DNS-1123: gpu_instance can't be one."""
    return name.lower().replace("_", "-")


def _needs_gpu(command: str) -> bool:
    """Without a GPU there is no nvidia-smi, and a shell that doesn't handle that exits with 127."""
    return "nvidia-smi" in command and "||" not in command


def _gpus(instance_type: Json) -> int:
    resources: dict[str, Any] = (instance_type.get("resources") or {}).get("limits") or {}
    number = str(resources.get("nvidia.com/gpu") or "")
    return int(number) if number.isdecimal() else 0


def _services(call: Call) -> Json:
    """Where a person and MLflow find the job."""
    workspace, cloud = call.parent, call.cloud
    scope = place(workspace.id)
    where = f"/subscriptions/{scope.subscription}/resourcegroups/{scope.group}/workspaces/{name_of(workspace.id)}"
    studio = f"https://ml.azure.com/runs/{call.name}?wsid={where}&tid={cloud.state.tenant}"
    return {
        "Tracking": {"jobServiceType": "Tracking", "endpoint": f"{workspace.properties['mlFlowTrackingUri']}?"},
        "Studio": {"jobServiceType": "Studio", "endpoint": studio},
    }


def _begin(cloud: Cloud, job: Resource, verb: str, ending: Ending | None = None) -> Operation:
    if verb != "delete":
        job.properties["status"] = verb
    name, workspace = str(uuid.uuid4()), job.id.rpartition("/jobs/")[0]
    region = cloud.state.resources[workspace.lower()].body["location"]
    target = (
        f"/subscriptions/{place(job.id).subscription}/providers/Microsoft.MachineLearningServices/locations/{region}/"
        f"mfeOperationResults/{name}?api-version={API}"
    )
    return operations.begin(cloud, job, verb, verb, name=name, target=target, ending=ending)


def _location(call: Call, operation: Operation) -> dict[str, str]:
    return {"location": call.cloud.endpoint + operation.target}


def _missing_job(call: Call) -> ArmError:
    return user_error(call, 404, f"Job with name '{call.name}' was not found.")


def _missing_environment(call: Call) -> ArmError:
    return user_error(call, 404, f"The environment '{call.name}' was not found.")


TYPES = (
    ResourceType(
        provider="Microsoft.MachineLearningServices",
        path="workspaces/jobs",
        put=put,
        delete=delete,
        actions={"cancel": cancel},
        missing=_missing_job,
        ended=ended,
        report=report,
        shape=shapes.resource(KEPT),
        malformed=malformed,
    ),
    ResourceType(
        provider="Microsoft.MachineLearningServices",
        path="workspaces/environments",
        put=put_container,
        missing=_missing_environment,
        shape=shapes.resource(DESCRIBED),
        malformed=malformed,
    ),
    ResourceType(
        provider="Microsoft.MachineLearningServices",
        path="workspaces/environments/versions",
        put=put_environment,
        missing=_missing_environment,
        makes_parent=container_made,
        shape=shapes.resource(VERSION),
        malformed=malformed,
    ),
)
