"""One login's connections to many subscriptions, which share what is open and keep to what Azure allows together."""

from threading import Lock

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.governor import Governor


class Connections:
    """The connections by subscription; `main` is that of the active one. Any thread may use them."""

    def __init__(self, azure: AzureClient) -> None:
        self.governor = Governor()
        self.main = azure.shared(self.governor)
        self._of = {azure.subscription_id.lower(): self.main}
        self._lock = Lock()

    def of(self, subscription_id: str) -> AzureClient:
        """The connection to this subscription."""
        key = subscription_id.lower()
        with self._lock:
            if key not in self._of:
                self._of[key] = self.main.of_subscription(subscription_id)
            return self._of[key]

    def close(self) -> None:
        """Close what no request is using."""
        self.main.shut()
