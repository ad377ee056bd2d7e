"""A real emulator process, for tests that need an Azure: the client that everybody gets, and what our tests add.

azure = Azure.start(folder, "--polls", "0")
azure.fault(method="PUT", path="/extensions/", status=429, retryAfter=1)
reply = azure.get(f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster", "2021-10-01")
azure.stop()
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amlarc_emulator.client import LocalAzure, Reply

__all__ = ["ROOT", "Azure", "Reply", "running", "without_unknown"]

ROOT = Path(__file__).parents[2]


class Azure(LocalAzure):
    """One emulator process and how to reach it."""

    def fault(self, **fault: Any) -> None:
        """Script a fault that may be none: ValueError says why."""
        self._control("POST", "faults", fault)

    @property
    def group(self) -> str:
        """The id of the seed's resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/amlarc-rg"

    def get(self, path: str, version: str) -> Reply:
        """GET a resource at an api-version."""
        return self.call("GET", path, version)

    def put(self, path: str, version: str, body: object) -> Reply:
        """PUT a resource at an api-version."""
        return self.call("PUT", path, version, body)

    def poll(self, url: str) -> Reply:
        """GET a URL that the server gave, letter by letter."""
        return self.send("GET", url.removeprefix(self.endpoint))


_NO_SWAGGER = re.compile(
    r"/Microsoft\.ResourceGraph/|/Microsoft\.Resources/deploymentStacks|"
    r"/Microsoft\.Resources/deployments/\S*api-version=(?!2021-04-01)|"
    r"/resourceGroups/[^/]+/providers/Microsoft\.Resources/deployments/[^/]+/operations",
    re.IGNORECASE,
)


def without_unknown(traffic: Path) -> None:
    """Take out of what is left for armcheck what no Swagger beside this checkout has.

    That are queries of Resource Graph, deployment stacks, and deployments at the api-version of az; and the operations
    of a group's deployment by its id, which armcheck takes for a resource (Swagger has them at any scope).
    """
    lines = traffic.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not _NO_SWAGGER.search(line)]
    traffic.write_text("".join(kept), encoding="utf-8")


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[Azure]:
    """An emulator for the length of a with block; it is killed after it, which is quicker than a clean end."""
    azure = Azure.start(data, *arguments)
    try:
        yield azure
    finally:
        azure.kill()
