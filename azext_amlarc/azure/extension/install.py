"""Install the cluster extension Microsoft.AzureML.Kubernetes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from azext_amlarc.azure import supporting
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation, write
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.converge import converge
from azext_amlarc.azure.extension.lookup import address, read, show
from azext_amlarc.azure.extension.watch import join, subject
from azext_amlarc.resources import extension as resource
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import Extension, Wanted


@dataclass(frozen=True)
class Installation:
    """An extension to install on a cluster, as a Change for `converge`."""

    azure: AzureClient
    cluster: Cluster
    name: str
    wanted: Wanted
    watcher: Watcher

    def read(self) -> Extension | None:
        return read(self.azure, self.cluster.id, self.name)

    def refuse(self, existing: Extension) -> None:
        resource.refuse_another(existing)

    def differences(self, existing: Extension) -> list[str]:
        return resource.changes(existing, self._resolved(existing).settings, self.wanted)

    def join(self, existing: Extension) -> Operation[Extension]:
        return join(self.azure, self.cluster.id, existing)

    def write(self, existing: Extension | None) -> Operation[Extension]:
        """Create the supporting resources, then send the extension with their connection strings."""
        resolved = self._resolved(existing)
        made = supporting.ensure(self.azure, resolved.plan, self.watcher)
        body = resource.body(self.cluster, self.wanted, {**resolved.settings, **made.settings}, made.protected)
        operation = self._send(existing, body)
        return replace(operation, then=partial(supporting.finish, self.azure, made))

    def _resolved(self, existing: Extension | None) -> resource.Resolved:
        domain = self.azure.cloud.application_domain
        return resource.resolve(self.cluster, domain, self.wanted.settings, existing)

    def _send(self, existing: Extension | None, body: dict[str, Any]) -> Operation[Extension]:
        azure, cluster = self.azure, self.cluster.id

        def took_effect() -> bool:
            found = self.read()
            return found is not None and (existing is None or found.in_progress)

        accepted = write(
            azure,
            f"extension {self.name} on {cluster}",
            azure.extensions.begin_create,
            *address(cluster),
            self.name,
            json.dumps(body).encode(),
            content_type="application/json",
            took_effect=took_effect,
        )
        followed = subject(azure, cluster, self.name)
        if accepted is None:
            return followed.by_resource("installing", show(azure, cluster, self.name))
        sent = resource.from_sdk(accepted.model, cluster)
        follow = followed.by_resource if existing is None else followed.by_operation
        return follow("installing", sent, accepted)


def begin_create(
    azure: AzureClient,
    cluster: Cluster,
    name: str,
    wanted: Wanted,
    watcher: Watcher,
    timeout: float,
    agree: Callable[[Extension | None], None] = lambda _: None,
) -> Operation[Extension]:
    """Bring the cluster to `wanted`, as `converge` does.

    Refused if the name belongs to an extension of another type, or to one that is being deleted.
    """
    return converge(Installation(azure, cluster, name, wanted, watcher), watcher, timeout, agree)
