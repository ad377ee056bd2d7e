"""A connection to Azure Resource Manager, made of what the caller gave and where the cloud is."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.credentials import TokenCredential

from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.sdk import clouds
from azext_amlarc.sdk.watching import Watching

DEFAULT_TIMEOUT = 3600.0  # seconds; an installation takes ten minutes, a slow one thirty


def connect(subscription_id: str, credential: TokenCredential | None, cloud: str | None) -> AzureClient:
    """A connection to a subscription; without a credential it signs in as azure-identity finds a way to."""
    found = clouds.find(cloud)
    credential = credential or clouds.default_credential(found)
    return AzureClient(Cloud(found.endpoint, found.scopes), credential, subscription_id, user_agent="amlarc-python")


@contextmanager
def writing(azure: AzureClient, timeout: float, *, registers: bool) -> Iterator[Watching]:
    """The watcher of a piece of work that writes; `registers` is whether it may register resource providers.

    What fails or is interrupted inside leaves with a note of what had been written until then.
    """
    watcher = Watching()
    azure.registrar, azure.patience = watcher if registers else None, timeout
    azure.written.clear()
    try:
        yield watcher
    except BaseException as error:
        if azure.written:
            error.add_note(f"Written until then: {'; '.join(azure.written)}. The same call again goes on from there.")
        raise
    finally:
        azure.registrar = None
