"""Which cloud to talk to: a well-known one by its name, or whatever an ARM metadata document describes.

The document is what Azure Resource Manager answers at /metadata/endpoints?api-version=2022-09-01.
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

# What az and azure-ai-ml read, too.
METADATA_URL = "ARM_CLOUD_METADATA_URL"
# What a metadata document and az call the clouds that azure-core knows, and azure-identity's names for their authority.
_DEFAULT = "AzureCloud"
_KNOWN = {
    _DEFAULT: (AzureClouds.AZURE_PUBLIC_CLOUD, "AZURE_PUBLIC_CLOUD"),
    "AzureChinaCloud": (AzureClouds.AZURE_CHINA_CLOUD, "AZURE_CHINA"),
    "AzureUSGovernment": (AzureClouds.AZURE_US_GOVERNMENT, "AZURE_GOVERNMENT"),
}


@dataclass(frozen=True)
class CloudSettings:
    """A cloud's resource manager (an https URL), the scopes of a token for it, and where to sign in.

    `authority` is an https URL, or the name under which azure-identity knows it (`is_known`), or None for its default.
    `hosts` are those that may see a token beside the resource manager.
    """

    endpoint: str
    scopes: tuple[str, ...]
    authority: str | None = None
    is_known: bool = False
    hosts: tuple[str, ...] = field(default=(), compare=False)


def find(cloud: str | None = None) -> CloudSettings:
    """The cloud of that name, or that a metadata document at that URL describes.

    Without one: what ARM_CLOUD_METADATA_URL describes, else the public cloud. InvalidInput where there is no such.
    """
    if cloud and cloud.lower().startswith("https://"):
        return choose(_published(cloud), None)
    url = os.environ.get(METADATA_URL)
    return choose(_published(url), cloud) if url else _known(cloud)


def default_credential(cloud: CloudSettings) -> TokenCredential:
    """azure-identity's DefaultAzureCredential for the cloud; InvalidInput where azure-identity is not installed."""
    try:
        from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
    except ImportError:
        raise InvalidInput(
            "No credential was given, and azure-identity is not installed.",
            "Install amlarc with its extra `sdk`, or give a credential.",
        ) from None
    if cloud.authority is None:
        return DefaultAzureCredential()
    if cloud.is_known:
        return DefaultAzureCredential(authority=getattr(AzureAuthorityHosts, cloud.authority))
    # The public cloud, which would be asked about any other authority, knows nothing of a private one.
    return DefaultAzureCredential(authority=cloud.authority, disable_instance_discovery=True)


def choose(document: Any, name: str | None) -> CloudSettings:
    """The cloud of that name in a metadata document, which holds one cloud or a list; by default AzureCloud, as in az.

    A document with one cloud needs no name. InvalidInput for a name that is not there, and for what is no document.
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
            "The cloud's metadata names no audience, or no https URL of its resource manager or authority.",
            f"Let {METADATA_URL} end in /metadata/endpoints?api-version=2022-09-01.",
        ) from None


def _described(entry: dict[str, Any]) -> CloudSettings:
    authentication = entry["authentication"]
    # azure-identity adds the tenant to the authority, and with AD FS the tenant is the word `adfs`.
    authority = _https(authentication["loginEndpoint"]).rstrip("/").removesuffix("/adfs")
    # An audience's own slash stays: a token is good for the audience as it is spelled.
    scope = f"{authentication['audiences'][0]}/.default"
    return CloudSettings(
        _https(entry["resourceManager"]), (scope,), authority, hosts=hosts_of(str(entry["name"]), entry)
    )


def _https(url: str) -> str:
    """The URL, to which tokens and secrets may go; ValueError for any other kind."""
    if not url.lower().startswith("https://"):
        raise ValueError(url)
    return url


def _known(name: str | None) -> CloudSettings:
    wanted = (name or _DEFAULT).lower()
    for known, (cloud, authority) in _KNOWN.items():
        if wanted in (known.lower(), cloud.value.lower()):
            found = get_arm_endpoints(cloud)
            scopes = tuple(found["credential_scopes"])
            return CloudSettings(
                found["resource_manager"], scopes, authority if name else None, True, hosts_of(known, {})
            )
    raise _no_such_cloud(name or _DEFAULT, list(_KNOWN))


def _no_such_cloud(name: str, names: Sequence[str]) -> InvalidInput:
    return InvalidInput(
        f"There is no cloud {name!r}.", f"Give one of {', '.join(names)}, or a metadata document's URL."
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
            raise InvalidInput(f"{url} answers no metadata document.", f"Check {METADATA_URL}.") from None
