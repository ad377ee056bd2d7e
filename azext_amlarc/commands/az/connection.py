"""Connects with az's login and active cloud, and implements the command line's side of the workflows (Door)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.signals import interrupted_by_sigterm
from azext_amlarc.commands.terminal.progress import terminal_watcher
from azext_amlarc.errors import StillRunning
from azext_amlarc.wording import legible

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.azure.connection.watcher import Watcher
    from azext_amlarc.findings import Finding

_AGAIN = "Run the same command again to continue."


def subscription_id(cmd: Any) -> str:
    """az's active subscription; az's own error if you are not signed in."""
    from azure.cli.core.commands.client_factory import get_subscription_id

    found: str = get_subscription_id(cmd.cli_ctx)
    return found


def active_subscription(cmd: Any) -> str:
    """az's active subscription; empty if you are not signed in."""
    from knack.util import CLIError

    try:
        return subscription_id(cmd)
    except CLIError:
        return ""


@contextmanager
def connected(
    cmd: Any,
    subscription: str | None = None,
    *,
    watcher: "Watcher | None" = None,
    registers: bool = False,
    timeout: float = 600.0,
    once: bool = False,
) -> Iterator["AzureClient"]:
    """A connection to the subscription (az's active one by default), with AzureClient's options.

    An error or interruption (Ctrl-C, SIGTERM) inside gets a note of what has been written so far.
    """
    watching = watcher or terminal_watcher(cmd)
    connection = _connect(cmd, subscription, watcher=watching, registers=registers, timeout=timeout, once=once)
    with interrupted_by_sigterm(), connection as azure:
        try:
            yield azure
        except KeyboardInterrupt:
            written = str(azure.writes)
            raise StillRunning(f"Interrupted. {written or 'Nothing was changed.'}", _AGAIN if written else "") from None
        except Exception as error:
            if azure.writes.lines:
                error.add_note(f"{azure.writes} {_AGAIN}")
            raise


def _connect(cmd: Any, subscription: str | None, **options: Any) -> "AzureClient":
    from azure.cli.core._profile import Profile
    from azure.cli.core.auth.util import resource_to_scopes
    from azure.cli.core.commands.client_factory import get_az_user_agent
    from azure.cli.core.util import should_disable_connection_verify

    from azext_amlarc.azure.connection.client import AzureClient, Cloud
    from azext_amlarc.product.hosts import hosts_of

    credential, found, _ = Profile(cli_ctx=cmd.cli_ctx).get_login_credentials(
        subscription_id=subscription or subscription_id(cmd)
    )
    active = cmd.cli_ctx.cloud
    scopes = tuple(resource_to_scopes(active.endpoints.active_directory_resource_id))
    return AzureClient(
        Cloud(active.endpoints.resource_manager, scopes, hosts_of(active.name, vars(active.endpoints))),
        credential,
        found,
        user_agent=f"amlarc {get_az_user_agent()}",
        verify=not should_disable_connection_verify(),
        **options,
    )


def asks_nothing(cmd: Any) -> bool:
    """Whether az's configuration (core.disable_confirm_prompt) confirms everything, as it does for az's commands."""
    return bool(cmd.cli_ctx.config.getboolean("core", "disable_confirm_prompt", fallback=False))


class AzDoor:
    """The command line's side of the workflows: a terminal, az's log, az's login."""

    def __init__(self, cmd: Any, yes: bool = False) -> None:
        """`yes` confirms everything without a prompt."""
        self._cmd = cmd
        self._yes = yes or asks_nothing(cmd)
        self.watcher: Watcher = terminal_watcher(cmd)

    def show(self, findings: "Iterable[Finding]") -> None:
        from azext_amlarc.commands.az.output import show_findings

        show_findings(findings)

    def warn(self, text: str) -> None:
        from knack.log import get_logger

        get_logger(__name__).warning("%s", legible(text))

    def confirm(self, consequences: str, question: str = "Continue?") -> None:
        from azext_amlarc.commands.terminal.asking import confirm

        confirm(f"{consequences}\n{question}".lstrip(), self._yes)

    def login(self, azure: "AzureClient") -> tuple[bool, dict[str, object]]:
        from azure.cli.core._profile import Profile
        from azure.core.exceptions import ClientAuthenticationError
        from knack.util import CLIError

        from azext_amlarc.workflows import login

        try:
            azure.sign_in()
        except (CLIError, ClientAuthenticationError) as error:
            return False, login.refused(f"Azure does not accept the login: {str(error).splitlines()[0]}")
        except OSError as error:
            return False, login.unknown(f"Azure could not be reached: {error}")
        return True, login.accepted(str(Profile(cli_ctx=self._cmd.cli_ctx).get_subscription()["user"]["name"]))


@contextmanager
def signed_in(
    cmd: Any, door: AzDoor, subscription: str, **options: Any
) -> "Iterator[tuple[AzureClient | None, dict[str, object]]]":
    """A connection to the subscription with these options, None without a login that Azure accepts; and its facts."""
    from azext_amlarc.workflows import login

    if not active_subscription(cmd):
        yield None, login.refused(login.NOT_SIGNED_IN)
        return
    with connected(cmd, subscription, **options) as azure:
        accepted, known = door.login(azure)
        yield azure if accepted else None, known
