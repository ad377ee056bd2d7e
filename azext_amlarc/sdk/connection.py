"""Connects to Azure Resource Manager, and implements the Python API's side of the workflows (Door)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding
from azext_amlarc.sdk import clouds
from azext_amlarc.sdk.watching import PrintingWatcher, log, logger
from azext_amlarc.workflows import login

DEFAULT_TIMEOUT = 3600.0  # seconds; an installation takes ten minutes, a slow one thirty


def connect(subscription_id: str, credential: TokenCredential | None, cloud: str | None) -> AzureClient:
    """A connection to a subscription; by default with azure-identity's DefaultAzureCredential."""
    found = clouds.find(cloud)
    credential = credential or clouds.default_credential(found)
    return AzureClient(
        Cloud(found.endpoint, found.scopes, found.hosts), credential, subscription_id, user_agent="amlarc-python"
    )


class PythonDoor:
    """The Python API's side of the workflows: a log, and a credential whose account name is unknown."""

    def __init__(self, *, confirmed: bool = False) -> None:
        """`confirmed` answers what the command line asks."""
        self.watcher = PrintingWatcher()
        self._confirmed = confirmed

    def show(self, findings: Iterable[Finding]) -> None:
        log(findings)

    def warn(self, text: str) -> None:
        logger.warning("%s", text)

    def confirm(self, consequences: str, question: str = "") -> None:
        if not self._confirmed:
            raise InvalidInput(consequences or question, "Pass yes=True if that is what you want.")
        self.warn(consequences)

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        try:
            azure.sign_in()
        except ClientAuthenticationError as error:
            return False, login.refused(f"Azure does not accept the credential: {error.message.splitlines()[0]}")
        except OSError as error:
            return False, login.unknown(f"Azure could not be reached: {error}")
        return True, login.accepted("the credential's account")


@contextmanager
def writing(
    azure: AzureClient, timeout: float, *, registers: bool, confirmed: bool = False
) -> Iterator[tuple[AzureClient, PythonDoor]]:
    """The connection and the door for work that writes; `registers` is AzureClient's, `confirmed` is PythonDoor's.

    An error or interruption inside gets a note of what has been written so far.
    """
    door = PythonDoor(confirmed=confirmed)
    writer = azure.with_options(watcher=door.watcher, registers=registers, timeout=timeout)
    try:
        yield writer, door
    except BaseException as error:
        if writer.writes.lines:
            error.add_note(f"{writer.writes} Repeat the call to continue.")
        raise
