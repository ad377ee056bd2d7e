"""One signed-in connection to a cloud's resource manager, shared by the management SDKs and by our own few calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline, policies
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, ARMHttpLoggingPolicy

# The api-versions of the calls that go without an SDK, by provider. Each is in Azure's public Swagger.
API_VERSIONS = {
    "Microsoft.ContainerService": "2024-05-01",
    "Microsoft.Kubernetes": "2021-10-01",
    "Microsoft.MachineLearningServices": "2023-04-01",
    "Microsoft.Relay": "2017-04-01",
    "Microsoft.Resources": "2021-04-01",
}

# Without Retry-After: four tries within a few seconds, then the error; with it, azure-core waits as long as it is told.
_RETRIES = 3


@dataclass(frozen=True)
class Cloud:
    """A cloud's resource manager (an https URL) and the scopes of a token for it."""

    endpoint: str
    scopes: tuple[str, ...]

    @property
    def application_domain(self) -> str:
        """The domain of a cloud's public names: `cloudapp.` + what follows `management.` in the endpoint's host."""
        host = self.endpoint.partition("://")[2].partition("/")[0].partition(":")[0]
        return "cloudapp." + host.removeprefix("management.")


class Arm:
    """A connection to one subscription. Every call goes through one pipeline: one TLS session, no body in any log.

    `written` holds what has been written so far, in words for the user: whoever stops half-way must name it.
    """

    def __init__(
        self,
        cloud: Cloud,
        credential: TokenCredential,
        subscription_id: str,
        *,
        user_agent: str = "amlarc",
        verify: bool = True,
    ) -> None:
        self.cloud = cloud
        self.subscription_id = subscription_id
        self.written: list[str] = []
        self._credential = credential
        self._pipeline = Pipeline(
            RequestsTransport(connection_verify=verify),
            [
                policies.RequestIdPolicy(),
                policies.HeadersPolicy({"Accept": "application/json"}),
                policies.UserAgentPolicy(user_agent),
                policies.ContentDecodePolicy(),
                policies.RetryPolicy(retry_total=_RETRIES),
                ARMChallengeAuthenticationPolicy(credential, *cloud.scopes),
                # az's own policy logs bodies under --debug; this one logs the line and harmless headers alone.
                ARMHttpLoggingPolicy(),
            ],
        )
        self._client: ARMPipelineClient[HttpRequest, HttpResponse] = ARMPipelineClient(
            cloud.endpoint, pipeline=self._pipeline, policies=()
        )

    def __enter__(self) -> "Arm":
        self._pipeline.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._pipeline.__exit__()

    def get(self, resource_id: str) -> dict[str, Any]:
        """The resource, as Azure answers; HttpResponseError for any status of 400 or more."""
        return self._call("GET", resource_id)

    def put(self, resource_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The resource as Azure answers a write; HttpResponseError for any status of 400 or more."""
        return self._call("PUT", resource_id, body)

    def post(self, resource_id: str) -> dict[str, Any]:
        """The answer of an action such as listKeys; HttpResponseError for any status of 400 or more."""
        return self._call("POST", resource_id)

    def get_url(self, url: str) -> HttpResponse:
        """An operation's status, by its URL exactly as Azure gave it: newer ones are signed."""
        return self._send(HttpRequest("GET", url))

    def _call(self, method: str, resource_id: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url = self._client.format_url(quote(resource_id))
        request = HttpRequest(method, url, params={"api-version": _api_version(resource_id)}, json=body)
        answer = self._send(request).json()
        return answer if isinstance(answer, dict) else {}

    def _send(self, request: HttpRequest) -> HttpResponse:
        response = self._client.send_request(request)
        if response.status_code >= 400:
            raise HttpResponseError(response=response, error_format=ARMErrorFormat)
        return response

    @cached_property
    def extensions(self) -> Any:
        """The SDK's operations on cluster extensions, api 2023-05-01."""
        from azure.mgmt.kubernetesconfiguration.v2023_05_01 import SourceControlConfigurationClient

        return SourceControlConfigurationClient(**self._sdk_arguments()).extensions

    @cached_property
    def computes(self) -> Any:
        """The SDK's operations on computes of a workspace, api 2023-04-01."""
        from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

        return MachineLearningServicesMgmtClient(**self._sdk_arguments()).compute

    def _sdk_arguments(self) -> dict[str, Any]:
        return {
            "credential": self._credential,
            "subscription_id": self.subscription_id,
            "base_url": self.cloud.endpoint,
            "pipeline": self._pipeline,
        }


def _api_version(resource_id: str) -> str:
    """By the last provider in the id, which owns the resource; ids without one are Microsoft.Resources'."""
    provider = resource_id.rpartition("/providers/")[2].partition("/")[0] or "Microsoft.Resources"
    return API_VERSIONS.get(provider, API_VERSIONS["Microsoft.Resources"])
