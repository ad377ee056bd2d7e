"""Why a job failed: ARM has only the job's state, the workspace's run history has the reason.

The service is not part of ARM: its host comes from the workspace's discoveryUrl, and it accepts ARM's token. Paths and
bodies are those of azure-ai-ml's client (1.35: operations/_job_operations.py, _restclient/runhistory), which `az ml job
stream` uses; Microsoft does not document the service.
"""

from typing import Any

from azure.core.exceptions import AzureError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.resources.ids import WorkspaceId


def failure(azure: AzureClient, workspace: WorkspaceId, job_name: str) -> tuple[str, str] | None:
    """Code and message of a job's failure; None if the run history has none, or can't be read.

    A workspace behind a private link may be reachable only from its own network: that says nothing about the job.
    """
    try:
        details = _details(azure, workspace, job_name)
    except (AzureError, ValueError):
        return None
    error = (details.get("error") or {}).get("error") or {}
    return (str(error.get("code") or ""), str(error.get("message") or "")) if error else None


def _details(azure: AzureClient, workspace: WorkspaceId, job_name: str) -> dict[str, Any]:
    discovery = str((azure.get(str(workspace)).get("properties") or {}).get("discoveryUrl"))
    host = str(azure.get_url(discovery).json().get("api"))
    found = azure.get_url(f"{host}/history/v1.0{workspace}/runs/{job_name}/details").json()
    return found if isinstance(found, dict) else {}
