"""Why a job failed: ARM has only the job's state, the workspace's run history has the reason.

The service is not part of ARM: its host comes from the workspace's discoveryUrl, and it accepts ARM's token. Whoever
can write the workspace can write that URL: it is read without a token, as azure-ai-ml does, and the host that it names
gets one only if it belongs to the cloud. Paths and bodies are those of azure-ai-ml's client (1.35:
operations/_job_operations.py, _restclient/runhistory), which `az ml job stream` uses; Microsoft does not document the
service.
"""

from functools import cached_property
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.connection import envelopes
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import json_object
from azext_amlarc.azure.connection.tokens import resolved
from azext_amlarc.resources.ids import WorkspaceId


class RunHistory:  # pylint: disable=too-few-public-methods
    """The run history of a workspace, which is looked for when the first job has failed."""

    def __init__(self, azure: AzureClient, workspace: WorkspaceId) -> None:
        self._azure = azure
        self._workspace = workspace
        self._is_reachable = True

    def failure(self, job_name: str) -> tuple[str, str] | None:
        """Code and message of a job's failure; None if the run history has none, or can't be read.

        A workspace behind a private link may be reachable only from its own network: that says nothing about the job,
        and is found out once.
        """
        try:
            details = self._details(job_name) if self._is_reachable else {}
        except AzureError as error:
            self._is_reachable = isinstance(error, HttpResponseError)
            return None
        told = envelopes.of(details.get("error"))
        return (told.code, told.text) if told.code or told.text else None

    def _details(self, job_name: str) -> dict[str, Any]:
        return json_object(self._azure.get_url(f"{self._runs}/{job_name}/details"))

    @cached_property
    def _runs(self) -> str:
        """Where the runs of the workspace are; two requests."""
        own = self._azure.get(str(self._workspace)).get("properties") or {}
        discovery = str(own.get("discoveryUrl"))
        services = json_object(self._azure.get_url(discovery, anonymous=True))
        return f"{resolved(str(services.get('api')), discovery).rstrip('/')}/history/v1.0{self._workspace}/runs"
