"""Why a job failed: ARM has only the job's state, the workspace's run history has the reason.

The service is not part of ARM: its host comes from the workspace's discoveryUrl, and it accepts ARM's token. Anyone who
may write the workspace may write that URL: it is read without a token, as azure-ai-ml does, and the host that it names
gets a token only if it is one of the cloud's. Paths and bodies are those of azure-ai-ml's client (1.35:
operations/_job_operations.py, _restclient/runhistory), which `az ml job stream` uses; Microsoft does not document the
service.
"""

from typing import Any

from azure.core.exceptions import AzureError

from azext_amlarc.azure.connection import envelopes
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import json_object
from azext_amlarc.azure.connection.tokens import resolved
from azext_amlarc.resources.ids import WorkspaceId


def failure(azure: AzureClient, workspace: WorkspaceId, job_name: str) -> tuple[str, str] | None:
    """Code and message of a job's failure; None if the run history has none, or can't be read.

    A workspace behind a private link may be reachable only from its own network: that says nothing about the job.
    """
    try:
        details = _details(azure, workspace, job_name)
    except AzureError:
        return None
    error = envelopes.of(details.get("error"))
    return (error.code, error.text) if error.code or error.text else None


def _details(azure: AzureClient, workspace: WorkspaceId, job_name: str) -> dict[str, Any]:
    discovery = str((azure.get(str(workspace)).get("properties") or {}).get("discoveryUrl"))
    host = resolved(str(json_object(azure.get_url(discovery, anonymous=True)).get("api")), discovery).rstrip("/")
    return json_object(azure.get_url(f"{host}/history/v1.0{workspace}/runs/{job_name}/details"))
