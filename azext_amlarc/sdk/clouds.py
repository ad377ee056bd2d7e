"""Which cloud to connect to: a well-known one by its name, or one that an ARM metadata document describes.

The document is Azure Resource Manager's response at /metadata/endpoints?api-version=2022-09-01.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.core import AzureClouds, PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core.tools import get_arm_endpoints

from azext_amlarc.azure.connection.retries import RetryPolicy, logger
from azext_amlarc.azure.connection.transport import BoundedTransport
from azext_amlarc.errors import InvalidInput
from azext_amlarc.product.hosts import hosts_of

# az and azure-ai-ml read this variable too.
METADATA_URL = "ARM_CLOUD_METADATA_URL"
# The names of azure-core's clouds in metadata documents and in az, and azure-identity's names of their authorities.
_DEFAULT = "AzureCloud"
_KNOWN = {
    _DEFAULT: (AzureClouds.AZURE_PUBLIC_CLOUD, "AZURE_PUBLIC_CLOUD"),
    "AzureChinaCloud": (AzureClouds.AZURE_CHINA_CLOUD, "AZURE_CHINA"),
    "AzureUSGovernment": (AzureClouds.AZURE_US_GOVERNMENT, "AZURE_GOVERNMENT"),
}


@dataclass(frozen=True)
class CloudSettings:
    """A cloud's Resource Manager endpoint (an https URL), the token scopes for it, and where to sign in.

    `authority` is an https URL, or azure-identity's name for it (`is_known`), or None for azure-identity's default.
    `hosts` may see a token besides Resource Manager.
    """

    endpoint: str
    scopes: tuple[str, ...]
    authority: str | None = None
    is_known: bool = False
    hosts: tuple[str, ...] = field(default=(), compare=False)


def find(cloud: str | None = None) -> CloudSettings:
    """The cloud with this name, or described by the metadata document at this URL.

    By default the one described at ARM_CLOUD_METADATA_URL, otherwise the public cloud. InvalidInput if there is no such
    cloud.
    """
    if cloud and cloud.lower().startswith("https://"):
        return choose(_published(cloud), None)
    url = os.environ.get(METADATA_URL)
    return choose(_published(url), cloud) if url else _known(cloud)


def default_credential(cloud: CloudSettings) -> TokenCredential:
    """azure-identity's DefaultAzureCredential for the cloud; InvalidInput if azure-identity is not installed."""
    try:
        from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
    except ImportError:
        raise InvalidInput(
            "No credential was given, and azure-identity is not installed.",
            "Install amlarc with its extra `sdk`, or pass a credential.",
        ) from None
    if cloud.authority is None:
        return DefaultAzureCredential()
    if cloud.is_known:
        return DefaultAzureCredential(authority=getattr(AzureAuthorityHosts, cloud.authority))
    # Instance discovery would ask the public cloud about the authority, which does not know private ones.
    return DefaultAzureCredential(authority=cloud.authority, disable_instance_discovery=True)


def choose(document: Any, name: str | None) -> CloudSettings:
    """The cloud with this name in a metadata document, which has one cloud or a list; by default AzureCloud, as in az.

    A document with one cloud needs no name. InvalidInput for an unknown name, and for an invalid document.
    """
    entries = document if isinstance(document, list) else [document]
    try:
        names = [str(entry["name"]) for entry in entries]
        wanted = (name or (names[0] if len(names) == 1 else _DEFAULT)).lower()
        return next(_described(entry) for entry in entries if entry["name"].lower() == wanted)
    except StopIteration:
        raise _no_such_cloud(name or _DEFAULT, names) from None
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise InvalidInput(
            "The cloud's metadata lacks the audience, or an https URL of the Resource Manager or the authority.",
            f"Check {METADATA_URL}: it should end in /metadata/endpoints?api-version=2022-09-01.",
        ) from None


def _described(entry: dict[str, Any]) -> CloudSettings:
    authentication = entry["authentication"]
    # azure-identity appends the tenant to the authority; with AD FS, the tenant is the word `adfs`.
    authority = _https(authentication["loginEndpoint"]).rstrip("/").removesuffix("/adfs")
    # A trailing slash of the audience stays: a token is only valid for the audience as it is spelled.
    scope = f"{authentication['audiences'][0]}/.default"
    return CloudSettings(
        _https(entry["resourceManager"]), (scope,), authority, hosts=hosts_of(str(entry["name"]), entry)
    )


def _https(url: str) -> str:
    """The URL, which tokens and secrets are sent to; ValueError if it is not https."""
    if not url.lower().startswith("https://"):
        raise ValueError(url)
    return url


def _known(name: str | None) -> CloudSettings:
    wanted = (name or _DEFAULT).lower()
    for known, (cloud, authority) in _KNOWN.items():
        if wanted in (known.lower(), cloud.value.lower()):  # pylint: disable=no-member  # an enumeration's
            found = get_arm_endpoints(cloud)
            scopes = tuple(found["credential_scopes"])
            return CloudSettings(
                found["resource_manager"], scopes, authority if name else None, True, hosts_of(known, {})
            )
    raise _no_such_cloud(name or _DEFAULT, list(_KNOWN))


def _no_such_cloud(name: str, names: Sequence[str]) -> InvalidInput:
    return InvalidInput(
        f"There is no cloud {name!r}.", f"Use one of {', '.join(names)}, or the URL of a metadata document."
    )


def _published(url: str) -> Any:
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
        "", transport=BoundedTransport(logger.warning), policies=[RetryPolicy()]
    )
    with client:
        answer = client.send_request(HttpRequest("GET", url))
        if answer.status_code >= 400:
            raise HttpResponseError(response=answer)
        try:
            return answer.json()
        except ValueError:
            raise InvalidInput(f"{url} does not return a metadata document.", f"Check {METADATA_URL}.") from None
