"""Update an installed extension. Azure merges plain settings, but replaces protected settings as a set."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from azext_amlarc.azure import supporting
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import understood
from azext_amlarc.azure.connection.waiting import Operation, write
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.azure.extension.lookup import address, show
from azext_amlarc.azure.extension.watch import join, subject
from azext_amlarc.resources import extension as resource
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import Change
from azext_amlarc.resources.installed import Extension, from_sdk, refuse_another


@dataclass(frozen=True)
class Update:
    """An update of an installed extension, as a Change for `converge`.

    `plan` compares what the user gave with what is installed, without a request. Without a name it is the extension of
    our type. If it `renews`, what is missing of the plan's supporting resources is created, and their connection
    strings are sent again.
    """

    azure: AzureClient
    cluster: Cluster
    name: str | None
    plan: Callable[[Extension], Change]
    watcher: Watcher
    renews: bool = False

    def read(self) -> Extension:
        return show(self.azure, self.cluster.id, self.name)

    def refuse(self, existing: Extension) -> None:
        refuse_another(existing)

    def differences(self, existing: Extension) -> tuple[str, ...]:
        """Never empty while another write is in progress: Azure answers 409 to a PATCH meanwhile."""
        return self.plan(existing).lines

    def join(self, existing: Extension) -> Operation[Extension]:
        return join(self.azure, self.cluster.id, existing)

    def write(self, existing: Extension | None) -> Operation[Extension]:
        """Send the change, together with the other protected settings as far as they can be read from Azure again.

        Refused if one would be lost, such as a TLS key, which only the user has.
        """
        installed = existing or self.read()
        change = self.plan(installed)
        properties: dict[str, Any] = dict(change.properties)
        made = None
        if self.renews or resource.wants_more(installed, change):
            made = supporting.ensure(self.azure, change.plan, self.watcher)
        settings = {**change.settings, **(made.settings if made else {})}
        if settings:
            properties["configurationSettings"] = settings
        if change.protected or made:
            properties["configurationProtectedSettings"] = self._protected(installed, change, settings, made)
        operation = self._send(installed, properties)
        return operation._replace(then=partial(supporting.finish, self.azure, made)) if made else operation

    def _protected(
        self, existing: Extension, change: Change, settings: Mapping[str, str], made: supporting.Provision | None
    ) -> dict[str, str]:
        known = supporting.read_secrets(self.azure, {**existing.configuration_settings, **settings})
        own = {**resource.second_names(change.protected), **change.protected}
        protected = {**known, **(made.protected if made else {}), **own}
        resource.refuse_loss(existing, protected)
        return protected

    @understood
    def _send(self, existing: Extension, properties: Mapping[str, Any]) -> Operation[Extension]:
        azure, cluster = self.azure, self.cluster.id
        name = existing.name
        accepted = write(
            azure,
            f"update of the extension {name}",
            azure.extensions.begin_update,
            *address(cluster),
            name,
            json.dumps({"properties": properties}).encode(),
            content_type="application/json",
            took_effect=lambda: show(azure, cluster, name).in_progress,
        )
        followed = subject(azure, cluster, name)
        if accepted is None:
            return followed.by_resource("updating", self.read())
        sent = from_sdk(accepted.model, cluster) if accepted.model else existing
        return followed.by_operation("updating", sent, accepted)
