"""What a door (the command line's, the Python API's) hands to the work behind it."""

from collections.abc import Iterable
from typing import Protocol

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.findings import Finding


class Door(Protocol):
    """Who watches the work, whom it asks, and how it says what is worth knowing."""

    @property
    def watcher(self) -> Watcher: ...

    def show(self, findings: Iterable[Finding]) -> None:
        """Say what is worth knowing about input that is sent all the same."""

    def warn(self, text: str) -> None:
        """Say something that does not stop the work."""

    def confirm(self, question: str) -> None:
        """Go on only if somebody agrees; InvalidInput otherwise."""

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        """Get the token that every request needs: whether Azure gives one, and what is known of the login (facts)."""
