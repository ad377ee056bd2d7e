"""The workspaces' own services outside ARM: discovery, and the run history, which has the reasons for failed jobs.

Shapes as in azure-ai-ml's client of it: GET {api}/history/v1.0/{workspace}/runs/{name}/details.
"""

from datetime import UTC, datetime

from amlarc_emulator.arm import errors, operations
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Cloud, Json, Reply, Resource
from amlarc_emulator.providers.machine_learning_jobs import JOB, OVER

DISCOVERY = "/discovery"
ROOT = "/history/v1.0/"
SERVICES = ("api", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement")


def urls(endpoint: str) -> Json:
    """What a workspace's discoveryUrl answers: the URL of each service."""
    return {**dict.fromkeys(SERVICES, endpoint), "studio": "https://ml.azure.com"}


def answer(cloud: Cloud, method: str, path: str) -> Reply:
    """GET the details of a run, which is one look at its job."""
    workspace, _, tail = path.removeprefix(ROOT[:-1]).partition("/runs/")
    name, _, rest = tail.partition("/")
    if method != "GET" or rest != "details":
        raise errors.no_such_route(method, path)
    job = cloud.state.get(f"{workspace}/jobs/{name}")
    if job is None or job.kind != JOB:
        raise ArmError(404, "UserError", f"Run {name} not found", cause=None)
    operations.look_at(cloud, job)
    return Reply(200, _details(cloud, job, name))


def _details(cloud: Cloud, job: Resource, name: str) -> Json:
    status = job.properties["status"]
    error = job.hidden["ending"]["error"] if status in OVER else None
    region = cloud.state.resources[job.id.rpartition("/jobs/")[0].lower()].body["location"]
    return {
        "runId": name,
        "target": job.properties["computeId"].rpartition("/")[2],
        "status": status,
        "error": _envelope(error, region) if error else None,
        "warnings": None,
        "tags": job.properties.get("tags", {}),
        "properties": job.properties.get("properties", {}),
        "logFiles": {},
    }


def _envelope(error: Json, region: str) -> Json:
    """An error in the services' own envelope."""
    nothing = dict.fromkeys(("messageFormat", "messageParameters", "referenceCode", "detailsUri", "target"))
    return {
        "error": {"severity": None, **error, **nothing, "details": [], "innerError": None, "additionalInfo": None},
        "correlation": None,
        "environment": region,
        "location": region,
        "time": datetime.now(UTC).isoformat(),
        "componentName": "globaljobdispatcher",
    }
