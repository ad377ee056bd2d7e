"""Install the cluster extension Microsoft.AzureML.Kubernetes."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import supporting
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.waiting import Operation, write
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.extension.lookup import address, find, read, show
from azext_amlarc.azure.extension.watch import join, subject
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.resources import extension as resource
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.installed import Extension, from_sdk, refuse_another


class Installation(NamedTuple):
    """An extension to install on a cluster, as a Change for `converge`; without a name, the one of our type.

    `resumes`: an earlier run may have been cut short, so the supporting resources are read before they are written.
    """

    azure: AzureClient
    cluster: Cluster
    name: str | None
    wanted: Wanted
    watcher: Watcher
    resumes: bool = False

    def read(self) -> Extension | None:
        return find(self.azure, self.cluster.id, self.name)

    def refuse(self, existing: Extension) -> None:
        refuse_another(existing)

    def differences(self, existing: Extension) -> list[str]:
        return resource.changes(existing, self.resolved(existing), self.wanted)

    def join(self, existing: Extension) -> Operation[Extension]:
        return join(self.azure, self.cluster.id, existing)

    def write(self, existing: Extension | None) -> Operation[Extension]:
        """Create the supporting resources, then send the extension with their connection strings."""
        resolved = self.resolved(existing)
        kept = self.kept(existing) if existing else {}
        plan = resolved.plan.tagged(self.wanted.tags)
        made = supporting.ensure(self.azure, plan.resumed() if self.resumes else plan, self.watcher)
        settings = {**resolved.settings, **made.settings}
        body = resource.body(self.cluster, self.wanted, settings, {**kept, **made.protected}, existing)
        operation = self._send(existing, body)
        return operation._replace(then=partial(supporting.finish, self.azure, made))

    def resolved(self, existing: Extension | None) -> resource.Resolved:
        """All plain settings that are sent, as far as they are known without a request."""
        domain = self.azure.cloud.application_domain
        return resource.resolve(self.cluster, domain, self.wanted.settings, existing, self.wanted.removed)

    def kept(self, existing: Extension) -> dict[str, str]:
        """The installed protected settings that are not sent anyway, as far as they can be read from Azure again."""
        resolved = self.resolved(existing)
        gone = resource.lost(existing, resource.protected_to_send(resolved, self.wanted))
        found = self._readable(resolved.settings) if gone else {}
        return {key: found[key] for key in gone if key in found}

    def _readable(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The keys of the resources that the settings name; none without the right to list them."""
        try:
            return supporting.read_secrets(self.azure, settings)
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            return {}

    @understood
    def _send(self, existing: Extension | None, body: dict[str, Any]) -> Operation[Extension]:
        azure, cluster = self.azure, self.cluster.id
        name = existing.name if existing else self.name or DEFAULT_NAME

        def took_effect() -> bool:
            found = read(azure, cluster, name)
            return found is not None and (existing is None or found.in_progress)

        accepted = write(
            azure,
            f"extension {name} on {cluster}",
            azure.extensions.begin_create,
            *address(cluster),
            name,
            json.dumps(body).encode(),
            content_type="application/json",
            took_effect=took_effect,
        )
        followed = subject(azure, cluster, name)
        if accepted is None:
            return followed.by_resource("installing", show(azure, cluster, name))
        sent = from_sdk(accepted.model, cluster)
        follow = followed.by_resource if existing is None else followed.by_operation
        return follow("installing", sent, accepted)
