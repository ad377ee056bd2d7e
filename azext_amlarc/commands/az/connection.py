"""From az's login and active cloud to a connection that the work can use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.terminal.progress import progress
from azext_amlarc.errors import StillRunning

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.azure.connection.waiting import Watcher


def subscription_id(cmd: Any) -> str:
    """The subscription that az works in; az's own error where nobody is signed in."""
    from azure.cli.core.commands.client_factory import get_subscription_id

    found: str = get_subscription_id(cmd.cli_ctx)
    return found


@contextmanager
def connected(
    cmd: Any,
    subscription: str | None = None,
    registrar: "Watcher | None" = None,
    patience: float | None = None,
    hasty: bool = False,
) -> Iterator["AzureClient"]:
    """A connection to the subscription (az's active one by default); with a `registrar` it may register providers.

    `patience` is how long to wait, in seconds, for what has to be ready first; `hasty` is AzureClient's.

    Whatever fails or is interrupted inside leaves with a note of what had been written until then.
    """
    with _connect(cmd, subscription, hasty) as azure:
        azure.registrar = registrar
        azure.watcher = registrar or progress(cmd)
        azure.patience = azure.patience if patience is None else patience
        try:
            yield azure
        except KeyboardInterrupt:
            raise StillRunning(_noted("Interrupted.", azure.written), "Run the same command again to go on.") from None
        except Exception as error:
            if azure.written:
                error.add_note(_noted("", azure.written) + " Run the same command again to go on.")
            raise


def _noted(text: str, written: list[str]) -> str:
    parts = [text, f"Written until then: {'; '.join(written)}." if written else "Nothing had been written."]
    return " ".join(part for part in parts if part)


def _connect(cmd: Any, subscription: str | None, hasty: bool) -> "AzureClient":
    from azure.cli.core._profile import Profile
    from azure.cli.core.auth.util import resource_to_scopes
    from azure.cli.core.commands.client_factory import get_az_user_agent
    from azure.cli.core.util import should_disable_connection_verify

    from azext_amlarc.azure.connection.client import AzureClient, Cloud

    credential, found, _ = Profile(cli_ctx=cmd.cli_ctx).get_login_credentials(
        subscription_id=subscription or subscription_id(cmd)
    )
    endpoints = cmd.cli_ctx.cloud.endpoints
    return AzureClient(
        Cloud(endpoints.resource_manager, tuple(resource_to_scopes(endpoints.active_directory_resource_id))),
        credential,
        found,
        user_agent=f"amlarc {get_az_user_agent()}",
        verify=not should_disable_connection_verify(),
        hasty=hasty,
    )
