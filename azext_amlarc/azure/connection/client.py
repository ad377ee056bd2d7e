"""One signed-in connection to a cloud's Resource Manager, shared by the management SDKs and our own few calls."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar
from urllib.parse import quote

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline, policies
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat
from azure.mgmt.core.policies import ARMHttpLoggingPolicy

from azext_amlarc.azure.connection.reading import AnswerPolicy, UnreadableAnswer, items, json_object, parsed
from azext_amlarc.azure.connection.registration import Registrar, RegistrationPolicy
from azext_amlarc.azure.connection.retries import RetryPolicy, logger
from azext_amlarc.azure.connection.tokens import AuthenticationPolicy, Home, RedirectionPolicy, resolved
from azext_amlarc.azure.connection.transport import BoundedTransport, SharedTransport, host_of
from azext_amlarc.azure.connection.watcher import SilentWatcher, Watcher, WriteLog
from azext_amlarc.azure.connection.writing import LagPolicy
from azext_amlarc.errors import NotFound
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.resources.ids import provider_of, top_type_of

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.governor import Governor, GovernorPolicy

# Connect and read timeouts (s) for reads that may fail, such as completion.
_SHORT = {"connection_timeout": 3, "read_timeout": 3}

P = ParamSpec("P")
T = TypeVar("T")


class Cloud(NamedTuple):
    """A cloud's Resource Manager endpoint (an https URL), the token scopes for it, and who else may see that token.

    `hosts` are hosts that the cloud's description names, and domains, which begin with a dot.
    """

    endpoint: str
    scopes: tuple[str, ...]
    hosts: tuple[str, ...] = ()

    @property
    def application_domain(self) -> str:
        """The domain of a cloud's public names: `cloudapp.` + what follows `management.` in the endpoint's host."""
        host = self.endpoint.partition("://")[2].partition("/")[0].partition(":")[0]
        return "cloudapp." + host.removeprefix("management.")


class AzureClient:  # pylint: disable=too-many-instance-attributes
    """A connection to one subscription. All calls share one pipeline: one TLS session, no bodies in logs.

    `writes` lists what has been written so far. `watcher` is told about long pauses and registrations. `timeout` is how
    long to wait, in seconds, for what must be ready before the actual write.
    """

    def __init__(
        self,
        cloud: Cloud,
        credential: TokenCredential,
        subscription_id: str,
        *,
        user_agent: str = "amlarc",
        verify: bool | str = True,
        once: bool = False,
        watcher: Watcher | None = None,
        registers: bool = False,
        timeout: float = 600.0,
        transport: HttpTransport[Any, Any] | None = None,
        governor: "Governor | None" = None,
    ) -> None:
        """`verify` is whether to verify the server's certificate, or a file with the authorities to trust.

        `once` is for reads that may fail: each request is sent once, with a timeout of a few seconds. With `registers`,
        resource providers are registered if Azure refuses a request without them. Without a watcher, pauses are logged.
        `transport` is a transport to share. With a `governor`, no request is sent before its turn.
        """
        self.cloud = cloud
        self.subscription_id = subscription_id
        self.writes = WriteLog()
        self.timeout = timeout
        self._credential = credential
        self._options: dict[str, Any] = {
            "user_agent": user_agent,
            "verify": verify,
            "once": once,
            "watcher": watcher,
            "registers": registers,
            "timeout": timeout,
            "governor": governor,
        }
        if isinstance(transport, SharedTransport):
            self._options["transport"] = transport
        registrar = Registrar(self.get, self.post, subscription_id, watcher or SilentWatcher(), timeout)
        tell = watcher.tell if watcher else logger.warning
        self._transport = transport or BoundedTransport(tell, connection_verify=verify, **(_SHORT if once else {}))
        self._pipeline = Pipeline(
            self._transport,
            [
                RegistrationPolicy(registrar.register if registers else None),
                policies.RequestIdPolicy(),
                policies.HeadersPolicy({"Accept": "application/json"}),
                policies.UserAgentPolicy(user_agent),
                *([] if once else [LagPolicy(lambda: self.writes), RetryPolicy(tell)]),
                *([_governed(governor)] if governor else []),
                AnswerPolicy(),
                RedirectionPolicy(),
                AuthenticationPolicy(credential, cloud.scopes, Home(cloud.endpoint, cloud.hosts)),
                # az's own policy logs bodies with --debug; this one logs only the request line and harmless headers.
                ARMHttpLoggingPolicy(),
            ],
        )
        self._client: ARMPipelineClient[HttpRequest, HttpResponse] = ARMPipelineClient(
            cloud.endpoint, pipeline=self._pipeline, policies=()
        )

    def __enter__(self) -> "AzureClient":
        self._pipeline.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._pipeline.__exit__()

    def clone(self, **changes: Any) -> "AzureClient":
        """A connection for another thread, since azure-core's are not thread-safe; `writes` is shared.

        `changes` are constructor arguments that differ.
        """
        twin = AzureClient(self.cloud, self._credential, self.subscription_id, **{**self._options, **changes})
        twin.writes = self.writes
        return twin

    def shared(self, governor: "Governor") -> "AzureClient":
        """A connection for many threads, which keep to what Azure allows; `writes` is not shared."""
        tell = self._options["watcher"].tell if self._options["watcher"] else logger.warning
        transport = SharedTransport(lambda: BoundedTransport(tell, connection_verify=self._options["verify"]))
        options = {**self._options, "transport": transport, "governor": governor}
        return AzureClient(self.cloud, self._credential, self.subscription_id, **options)

    def shut(self) -> None:
        """Close the connections that no thread is using, of a `shared` one."""
        if isinstance(self._transport, SharedTransport):
            self._transport.shut()

    def of_subscription(self, subscription_id: str, **changes: Any) -> "AzureClient":
        """A connection to another subscription of the same login."""
        return AzureClient(self.cloud, self._credential, subscription_id, **{**self._options, **changes})

    def elsewhere(self, endpoint: str, scope: str) -> "AzureClient":
        """A connection of the same login to another service, with tokens for that one alone."""
        options = {**self._options, "transport": None, "governor": None, "registers": False}
        return AzureClient(Cloud(endpoint, (scope,)), self._credential, self.subscription_id, **options)

    def with_options(self, **changes: Any) -> "AzureClient":
        """This connection with other options, for other work in the same thread; `writes` is not shared."""
        options = {**self._options, **changes, "transport": self._transport}
        return AzureClient(self.cloud, self._credential, self.subscription_id, **options)

    def token_for(self, resource: str) -> str:
        """A token of the signed-in principal for another resource than Azure's, an application's id or URI."""
        return self._credential.get_token(f"{resource}/.default").token

    def sign_in(self) -> None:
        """Get a token first, so that parallel work does not request one each. Raises what the credential raises."""
        self._credential.get_token(*self.cloud.scopes)

    def get(self, resource_id: str, api_version: str | None = None) -> dict[str, Any]:
        """The resource as Azure returns it; HttpResponseError for status 400 and above."""
        return json_object(self._send(self._request("GET", resource_id, api_version=api_version)))

    def get_all(self, collection_id: str, **query: str) -> list[dict[str, Any]]:
        """All resources of a collection, page by page; HttpResponseError for status 400 and above.

        `query` are parameters of the first page's URL, which Azure's links to others repeat.
        """
        answer = self._send(self._request("GET", collection_id, query=query))
        pages = Pages(self.cloud)
        found: list[dict[str, Any]] = []
        while True:
            page, url = json_object(answer), answer.request.url
            found += items(page, url)
            link = pages.next(page.get("nextLink"))
            if link is None:
                return found
            answer = self.get_url(resolved(link, url))

    def put(
        self, resource_id: str, body: Mapping[str, Any], took_effect: Callable[[], bool] | None = None
    ) -> dict[str, Any]:
        """Azure's response to a write; HttpResponseError for status 400 and above.

        If the write must not be repeated, pass `took_effect`, which finds out whether it took effect although the
        response was lost: then WriteTookEffect is raised.
        """
        return parsed(self._send(self._request("PUT", resource_id, body), took_effect=took_effect)) or {}

    def post(
        self, resource_id: str, api_version: str | None = None, body: Mapping[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        """The response of an action such as listKeys; HttpResponseError for status 400 and above."""
        return parsed(self._send(self._request("POST", resource_id, body, api_version, query))) or {}

    def delete(self, resource_id: str) -> str | None:
        """Start to delete the resource; the URL to poll, or None if it is already gone."""
        answer = self._send(self._request("DELETE", resource_id))
        url = answer.headers.get("Location")
        return resolved(url, answer.request.url) if url else None

    def get_url(self, url: str, *, anonymous: bool = False) -> HttpResponse:
        """An operation's status, by its URL exactly as Azure gave it: newer URLs are signed.

        Hosts outside the cloud get no token; with `anonymous`, no host does.
        """
        return self._send(HttpRequest("GET", resolved(url, self.cloud.endpoint)), anonymous=anonymous)

    def _request(
        self,
        method: str,
        resource_id: str,
        body: Mapping[str, Any] | None = None,
        api_version: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> HttpRequest:
        url = self._client.format_url(quote(resource_id))
        params = {**(query or {}), "api-version": api_version or _api_version(resource_id)}
        return HttpRequest(method, url, params=params, json=body)

    def _send(self, request: HttpRequest, **options: Any) -> HttpResponse:
        response = self._client.send_request(request, **options)
        if response.status_code >= 400:
            raise HttpResponseError(response=response, error_format=ARMErrorFormat)
        return response

    # The SDKs' packages, for `import_ahead`.
    EXTENSIONS = "azure.mgmt.kubernetesconfiguration.v2023_05_01"
    COMPUTES = "azure.mgmt.machinelearningservices"

    @staticmethod
    def import_ahead(package: str) -> None:
        """Import an SDK during the first requests: it takes as long as one or two of them."""
        Thread(target=import_module, args=(package,), daemon=True).start()

    @cached_property
    def extensions(self) -> Any:
        """The SDK's operations on cluster extensions, api 2023-05-01."""
        from azure.mgmt.kubernetesconfiguration.v2023_05_01 import SourceControlConfigurationClient

        return SourceControlConfigurationClient(**self._sdk_arguments()).extensions

    @cached_property
    def computes(self) -> Any:
        """The SDK's operations on a workspace's compute targets, api 2023-04-01."""
        from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

        # It parses a response twice, and warns about what its own first parse removed.
        logging.getLogger("azure.mgmt.machinelearningservices._serialization").setLevel(logging.ERROR)
        return MachineLearningServicesMgmtClient(**self._sdk_arguments()).compute

    def _sdk_arguments(self) -> dict[str, Any]:
        return {
            "credential": self._credential,
            "subscription_id": self.subscription_id,
            "base_url": self.cloud.endpoint,
            "pipeline": self._pipeline,
        }


class Pages:
    """Follows the pages of a list, whose links might form a circle or never end."""

    MOST = 1000

    def __init__(self, cloud: Cloud) -> None:
        self._host = host_of(cloud.endpoint)
        self._links = set[str]()

    def next(self, link: object) -> str | None:
        """The link if there is one; UnreadableAnswer for one that has been followed, and for too many."""
        if not link:
            return None
        if not isinstance(link, str):
            raise UnreadableAnswer(f"{self._host} answered with a list whose nextLink is not a URL.")
        if link in self._links or len(self._links) >= self.MOST:
            raise UnreadableAnswer(f"{self._host} answered with a list that has no end ({len(self._links) + 1} pages).")
        self._links.add(link)
        return link

    def all(self, paged: Any) -> list[Any]:
        """The items of all pages of an SDK's list."""
        pages = paged.by_page()
        found: list[Any] = []
        for page in pages:
            found += page
            self.next(pages.continuation_token)
        return found


def unless_missing(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """The call's result, or None for a 404, the only error that means absent."""
    try:
        return call(*args, **kwargs)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        return None


@contextmanager
def or_missing(resource_group: str, missing: NotFound) -> Iterator[None]:
    """Raises a 404 as `missing`, or as NotFound of the resource group where it is that which Azure misses."""
    try:
        yield
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        raise not_found(error, resource_group, missing) from error


def not_found(error: HttpResponseError, resource_group: str, missing: NotFound) -> NotFound:
    """What a 404 means: `missing`, or that there is no such resource group."""
    from azext_amlarc.azure.connection.answers import envelope

    if envelope(error).code != "ResourceGroupNotFound":
        return missing
    what = f"There is no resource group {resource_group!r}."
    return NotFound(what, "List your resource groups: az group list -o table")


def _governed(governor: "Governor") -> "GovernorPolicy":
    from azext_amlarc.azure.connection.governor import GovernorPolicy

    return GovernorPolicy(governor)


def _api_version(resource_id: str) -> str:
    """The api-version of the last provider in the id, which owns the resource; Microsoft.Resources if there is none."""
    provider, kind = provider_of(resource_id).lower(), top_type_of(resource_id).lower()
    known = {name.lower(): version for name, version in API_VERSIONS.items()}
    return known.get(f"{provider}/{kind}") or known.get(provider) or API_VERSIONS["Microsoft.Resources"]
