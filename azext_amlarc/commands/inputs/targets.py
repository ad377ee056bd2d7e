"""Checks as commands make them: of what the options name, with the account that az is signed in with."""

from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected, subscription_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.checks.check import Result
    from azext_amlarc.resources.cluster import Cluster
    from azext_amlarc.resources.ids import Target, WorkspaceId
    from azext_amlarc.workflows.check import Question
    from azext_amlarc.workflows.preflight import Preflight

# What a write can do without: providers, which it registers itself, and the namespace where it makes that.
_PROVIDERS = ("AMLARC-A003", "AMLARC-A004", "AMLARC-A005", "AMLARC-A006")
_NAMESPACE_EXISTS = "AMLARC-K002"


def target(
    cmd: Any,
    resource_group: str | None,
    cluster_name: str | None,
    cluster_type: str,
    resource_id: str | None,
    workspace_name: str | None = None,
    workspace_group: str | None = None,
    compute: str | None = None,
) -> "Target":
    """What the options name; the workspace is in the cluster's group unless it has its own."""
    from azext_amlarc.resources.ids import ClusterId, Target

    active = _active_subscription(cmd)
    cluster, kind = None, str(cluster_type)
    if resource_id:
        cluster = ClusterId.parse(resource_id, "--resource-id")
        kind = cluster.cluster_type
    elif cluster_name:
        cluster = ClusterId(active, str(resource_group), kind, cluster_name)
    workspace = WorkspaceId(active, str(workspace_group or resource_group), workspace_name) if workspace_name else None
    return Target(cluster.subscription_id if cluster else active, cluster, kind, workspace, compute)


def installation_checks(
    cmd: Any,
    azure: "AzureClient",
    cluster: "Cluster",
    settings: "Mapping[str, str]",
    kubeconfig: str | None,
    context: str | None,
) -> "Preflight":
    """The checks around an installation with these settings."""
    from azext_amlarc.azure.extension.install import derived_settings
    from azext_amlarc.workflows.check import Question
    from azext_amlarc.workflows.preflight import Preflight

    wanted = derived_settings(azure, cluster, settings)
    question = Question(Target.of_cluster(cluster.id), wanted, skip=_PROVIDERS, kubeconfig=kubeconfig, context=context)
    return Preflight(cmd, azure, question, "extension")


def attachment_checks(
    cmd: Any,
    azure: "AzureClient",
    cluster: "Cluster",
    workspace: "WorkspaceId",
    name: str,
    document: "Mapping[str, Any]",
    kubeconfig: str | None,
    context: str | None,
    makes_namespace: bool,
) -> "Preflight":
    """The checks around an attach with this configuration; a namespace that it makes need not be there."""
    from azext_amlarc.resources.ids import Target
    from azext_amlarc.workflows.check import Question
    from azext_amlarc.workflows.preflight import Preflight

    target = Target.of_cluster(cluster.id, workspace, name)
    skip = (*_PROVIDERS, _NAMESPACE_EXISTS) if makes_namespace else _PROVIDERS
    question = Question(target, document=document, skip=skip, kubeconfig=kubeconfig, context=context)
    return Preflight(cmd, azure, question, "compute")


def inspected(cmd: Any, question: "Question") -> "list[Result]":
    """The question's results; that nobody is signed in is one of them."""
    from azext_amlarc.workflows.check import inspect

    if not _active_subscription(cmd):
        return inspect(question, None, _nobody("Nobody is signed in."))
    with connected(cmd, question.target.subscription_id) as azure:
        accepted, login = sign_in(cmd, azure)
        return inspect(question, azure if accepted else None, login)


def sign_in(cmd: Any, azure: "AzureClient") -> "tuple[bool, dict[str, object]]":
    """Get the token that every request needs: whether Azure gives one, and what is known of the login then."""
    from azure.cli.core._profile import Profile
    from azure.core.exceptions import ClientAuthenticationError
    from knack.util import CLIError

    from azext_amlarc.checks.azure.facts import ACCOUNT, SIGNED_IN, Sought
    from azext_amlarc.checks.check import Status, Unknown

    try:
        azure.sign_in()
    except (CLIError, ClientAuthenticationError) as error:
        return False, _nobody(f"Azure does not accept the login: {str(error).splitlines()[0]}")
    except OSError as error:
        unknown = Unknown(Status.ERROR, f"Azure could not be asked: {error}")
        return False, {SIGNED_IN.name: unknown, ACCOUNT.name: unknown}
    name = str(Profile(cli_ctx=cmd.cli_ctx).get_subscription()["user"]["name"])
    return True, {SIGNED_IN.name: Sought(True, f"{name} is signed in."), ACCOUNT.name: name}


def _nobody(message: str) -> "dict[str, object]":
    from azext_amlarc.checks.azure.facts import ACCOUNT, SIGNED_IN, Sought
    from azext_amlarc.checks.check import Status, Unknown

    unknown = Unknown(Status.SKIPPED, "Nobody is signed in.")
    return {SIGNED_IN.name: Sought(False, message, "az login"), ACCOUNT.name: unknown}


def _active_subscription(cmd: Any) -> str:
    """The subscription that az works in; nothing where nobody is signed in."""
    from knack.util import CLIError

    try:
        return subscription_id(cmd)
    except CLIError:
        return ""
