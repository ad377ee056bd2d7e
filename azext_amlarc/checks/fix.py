"""A fix as data: commands to run, notes, and changes that the tool could make itself. Reports draw its text.

The checks that every write runs import this module only if one of them fails.
"""

import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.product.steps import Command, Note, command
from azext_amlarc.resources.ids import ClusterId, ResourceId, Target

# For the fixes of the documents, which name no cluster.
SOME_CLUSTER = Target("").named_cluster


class RegisterProvider(NamedTuple):
    """Register a resource provider in a subscription."""

    namespace: str
    subscription_id: str

    @property
    def what(self) -> str:
        return f"Register the resource provider {self.namespace} in the subscription {self.subscription_id}"

    @property
    def text(self) -> str:
        template = "az provider register -n {namespace} --wait --subscription {subscription_id}"
        return command(template, **self._asdict()).text  # pylint: disable=no-member  # a NamedTuple's


class GrantRole(NamedTuple):
    """Give a managed identity a role at a scope; `role_id` is the built-in role's."""

    principal_id: str
    role_id: str
    role: str
    scope: str

    @property
    def what(self) -> str:
        return f"Give the identity {self.principal_id} the role {self.role} on {self.scope}"

    @property
    def text(self) -> str:
        template = (
            "az role assignment create --assignee-object-id {principal_id} "
            "--assignee-principal-type ServicePrincipal --role {role} --scope {scope}"
        )
        return command(template, principal_id=self.principal_id, role=self.role, scope=self.scope).text


class ChangeSettings(NamedTuple):
    """Give the extension of this name on a cluster these settings, each as key=value."""

    cluster: ClusterId
    extension: str
    settings: tuple[str, ...]

    @property
    def what(self) -> str:
        return f"Change settings of the extension {self.extension} on the cluster {self.cluster.name}"

    @property
    def text(self) -> str:
        options = extension_options(self.cluster, self.extension)
        template = "az ml arc extension update {options} --config {settings}"
        return command(template, options=options, settings=self.settings).text


class ScaleFromZero(NamedTuple):
    """Let the extension of this name use a configuration of Volcano with which an autoscaler sees waiting jobs."""

    cluster: ClusterId
    extension: str

    @property
    def what(self) -> str:
        return f"Give Volcano of the extension {self.extension} a configuration with which autoscalers see waiting jobs"

    @property
    def text(self) -> str:
        options = extension_options(self.cluster, self.extension)
        return command("az ml arc extension update {options} --scale-from-zero", options=options).text


class InstallAgain(NamedTuple):
    """Install the extension of this name again, with the settings that it has, and those that its chart needs."""

    cluster: ClusterId
    extension: str

    @property
    def what(self) -> str:
        return f"Install the extension {self.extension} on the cluster {self.cluster.name} again, with its settings"

    @property
    def text(self) -> str:
        options = extension_options(self.cluster, self.extension)
        return command("az ml arc extension create {options}", options=options).text


class RestoreRelay(NamedTuple):
    """Create what is missing of the cluster's Relay, and send its new connection string to the extension."""

    cluster: ClusterId
    extension: str

    @property
    def what(self) -> str:
        return (
            f"Create what is missing of the Relay of the cluster {self.cluster.name}, and give the extension "
            f"{self.extension} its connection string"
        )

    @property
    def text(self) -> str:
        return command("az ml arc check {cluster} --only relay --fix", cluster=self.cluster.options).text


class AllowRelay(NamedTuple):
    """Give the authorization rule of the cluster's Relay these rights; its key stays."""

    rule_id: str
    rights: tuple[str, ...]

    @property
    def what(self) -> str:
        return f"Give the authorization rule {self.rule_id} the rights {', '.join(self.rights)}"

    @property
    def command(self) -> Command:
        rule = ResourceId.parse(self.rule_id)
        return command(
            "az relay hyco authorization-rule update -g {group} --namespace-name {namespace} "
            "--hybrid-connection-name {connection} -n {rule} --rights {rights}",
            group=rule.resource_group,
            namespace=rule.named("namespaces"),
            connection=rule.named("hybridConnections"),
            rule=rule.name,
            rights=self.rights,
        )

    @property
    def text(self) -> str:
        return self.command.text


class CreateNamespace(NamedTuple):
    """Create a namespace on the cluster."""

    name: str

    @property
    def what(self) -> str:
        return f"Create the namespace {self.name} on the cluster"

    @property
    def text(self) -> str:
        return command("kubectl create namespace {name}", name=self.name).text


class ApplyInstanceTypes(NamedTuple):
    """Apply InstanceType manifests to the cluster; `source` is the attach configuration that they come from."""

    manifests: tuple[Mapping[str, Any], ...]
    source: str

    @property
    def what(self) -> str:
        return f"Write the InstanceType objects of {self.source} to the cluster"

    @property
    def text(self) -> str:
        return f"az ml arc config convert -f {shlex.quote(self.source)} --to instancetype | kubectl apply -f -"


def extension_options(cluster: ClusterId, extension: str) -> list[str]:
    """The options that name an extension to our commands; its name only if they would not assume it."""
    return [*(["-n", extension] if extension != DEFAULT_NAME else []), *cluster.options]


# In the order in which changes are made: each may need the ones before it, and what an update of the settings mends is
# not installed again. A new kind has its place here; workflows/mend/ways.py makes it.
Change = (
    RegisterProvider
    | GrantRole
    | AllowRelay
    | RestoreRelay
    | ChangeSettings
    | ScaleFromZero
    | InstallAgain
    | CreateNamespace
    | ApplyInstanceTypes
)
Fix = tuple[Command | Note | Change, ...]


def changes_in(fix: Fix) -> tuple[Change, ...]:
    """The changes of a fix that we could make all by ourselves: none if a command is among its steps."""
    if any(isinstance(step, Command) for step in fix):
        return ()
    return tuple(step for step in fix if not isinstance(step, Command | Note))
