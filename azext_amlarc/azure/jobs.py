"""Command jobs of a workspace (REST 2023-04-01), and the environments they run in."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_amlarc.azure.connection.client import AzureClient, unless_missing
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.retries import WriteTookEffect
from azext_amlarc.azure.connection.writing import recorded
from azext_amlarc.resources.ids import WorkspaceId, name_of
from azext_amlarc.resources.shapes import text

# Curated by Azure, CPU only, small. Like `az ml`, sent as it is written, including the label: Azure resolves references
# to a registry (azure-ai-ml 1.35, is_registry_id_for_resource).
CURATED = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
# The name under which `az ml` registers unnamed environments.
_UNNAMED = "CliV2AnonymousEnvironment"
_OVER = {"completed", "failed", "canceled"}


@dataclass(frozen=True)
class Job:  # pylint: disable=too-many-instance-attributes
    """A training job, flat. Error and hint are null unless it failed or is not finished."""

    name: str
    id: str
    instance_type: str | None
    status: str
    studio_url: str | None
    experiment_name: str
    compute_name: str
    workspace_name: str
    resource_group: str
    error_code: str | None = None
    error_message: str | None = None
    hint: str | None = None

    @property
    def is_over(self) -> bool:
        """NotResponding is not final: the job may report again."""
        return self.status.lower() in _OVER

    @property
    def is_good(self) -> bool:
        return self.status.lower() == "completed"


@dataclass(frozen=True)
class Command:
    """What a job runs, and where; without an instance type, on the compute target's default one."""

    command: str
    environment_id: str
    compute_id: str
    instance_type: str | None
    display_name: str
    experiment_name: str
    minutes: int

    def body(self) -> dict[str, Any]:
        """CommandJob in Azure's Swagger; `minutes` limits the running time, not the time in the queue."""
        resources: dict[str, Any] = {"instanceCount": 1}
        if self.instance_type:
            resources["instanceType"] = self.instance_type
        return {
            "properties": {
                "jobType": "Command",
                "command": self.command,
                "environmentId": self.environment_id,
                "computeId": self.compute_id,
                "displayName": self.display_name,
                "experimentName": self.experiment_name,
                "resources": resources,
                "limits": {"jobLimitsType": "Command", "timeout": f"PT{self.minutes}M"},
                "tags": {"madeBy": "amlarc"},
            }
        }


@understood
def submit(azure: AzureClient, workspace: WorkspaceId, name: str, command: Command) -> Job:
    """Submit a job under a name that is unique in the workspace; one request."""
    job_id = f"{workspace}/jobs/{name}"
    try:
        answer = azure.put(job_id, command.body(), took_effect=lambda: unless_missing(azure.get, job_id) is not None)
    except WriteTookEffect:
        answer = azure.get(job_id)
    return _job(answer, workspace)


@understood
def read(azure: AzureClient, workspace: WorkspaceId, name: str) -> Job:
    """The job as it is now; only the run history has the reason for a failure."""
    return _job(azure.get(f"{workspace}/jobs/{name}"), workspace)


def environment_of_image(azure: AzureClient, workspace: WorkspaceId, image: str) -> str:
    """Register an environment for this image and return its id; the same image always has the same id."""
    version = hashlib.sha256(image.encode()).hexdigest()
    environment_id = f"{workspace}/environments/{_UNNAMED}/versions/{version}"
    with recorded(azure.writes, f"environment of the image {image}"):
        azure.put(environment_id, {"properties": {"image": image, "isAnonymous": True}})
    return environment_id


def _job(answer: Mapping[str, Any], workspace: WorkspaceId) -> Job:
    own = answer["properties"]
    studio = (own.get("services") or {}).get("Studio") or {}
    return Job(
        name=str(answer["name"]),
        id=str(answer["id"]),
        instance_type=text((own.get("resources") or {}).get("instanceType")),
        status=str(own.get("status") or "Unknown"),
        studio_url=text(studio.get("endpoint")),
        experiment_name=str(own.get("experimentName") or "Default"),
        compute_name=name_of(own.get("computeId")),
        workspace_name=workspace.name,
        resource_group=workspace.resource_group,
    )
