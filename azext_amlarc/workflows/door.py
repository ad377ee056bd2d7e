"""What a door (the command line or the Python API) provides to the workflows behind it."""

from collections.abc import Iterable
from typing import Protocol

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.findings import Finding


class Door(Protocol):
    """Progress, messages and confirmation for the user, and the login."""

    @property
    def watcher(self) -> Watcher:
        """Who is told of progress."""

    def show(self, findings: Iterable[Finding]) -> None:
        """Show findings that do not stop the work."""

    def warn(self, text: str) -> None:
        """Show a warning."""

    def confirm(self, consequences: str, question: str = "Continue?") -> None:
        """Return if the user accepts the consequences; InvalidInput otherwise."""

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        """Get the token that every request needs: whether that succeeds, and the facts about the login."""
