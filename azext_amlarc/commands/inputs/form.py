"""`attach` on a terminal prompts for what the command line does not say, like the studio's form."""

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from azext_amlarc.commands.inputs.targets import Given
from azext_amlarc.commands.terminal import asking as terminal
from azext_amlarc.commands.terminal import menu
from azext_amlarc.commands.terminal.menu import Item
from azext_amlarc.errors import InvalidInput, NotFound, Refused

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.azure.workspaces import Workspace
    from azext_amlarc.commands.inputs.document import Configuration
    from azext_amlarc.findings import Finding
    from azext_amlarc.resources.ids import WorkspaceId
    from azext_amlarc.workflows.inventory import ListedCluster

T = TypeVar("T")


def complete(
    cmd: Any,
    given: Given,
    *,
    configuration: "Configuration",
    namespace: str | None,
    converted: bool,
    policy: Sequence[str],
) -> "tuple[Given, Configuration]":
    """Prompt for what is missing, show a summary, and ask for confirmation; InvalidInput for a no. Sends only GETs.

    `configuration` is the command line's; it is returned unless another one was chosen at the prompt. With `converted`
    that one needs instance types that can be objects on the cluster; either has to keep the policies (`policy`).
    """
    from azext_amlarc.commands.az.connection import asks_nothing, connected

    with connected(cmd) as azure:
        workspace = _workspace(azure, given)
        name = given.name or _until_valid("Compute name:", _judge_name)
        done = given._replace(name=name, workspace_name=workspace.name, workspace_group=workspace.resource_group)
        if not given.resource_id:
            cluster = _cluster(azure, given, workspace)
            done = done._replace(
                cluster_name=cluster.name,
                cluster_type=cluster.cluster_type,
                resource_group_name=cluster.resource_group,
            )
        if not given.config:
            otherwise = "" if converted else " (Enter for none)"
            question = f"Configuration file, JSON or YAML{otherwise}:"
            file, configuration = _until_valid(question, partial(_read, namespace, converted, policy))
            done = done._replace(config=file)
        _confirm(given, done, configuration, asks_nothing(cmd))
        return done, configuration


def _workspace(azure: "AzureClient", given: Given) -> "WorkspaceId":
    from azext_amlarc.azure import workspaces
    from azext_amlarc.resources.ids import WorkspaceId

    group = given.workspace_group or given.resource_group_name
    if given.workspace_name and group:
        return WorkspaceId(azure.subscription_id, group, given.workspace_name)
    items = workspace_items(workspaces.list_all(azure, group))
    if not items:
        raise NotFound("No workspaces found that you can see.", "Check the active subscription: az account show")
    return _pick("Workspace", ("Name", "ResourceGroup", "Location"), items, given.workspace_name).id


def _cluster(azure: "AzureClient", given: Given, workspace: "WorkspaceId") -> "ListedCluster":
    from azext_amlarc.workflows import inventory

    terminal.say("Loading clusters…")
    found = inventory.take(azure, given.resource_group_name, workspace)
    for warning in found.warnings:
        terminal.say(warning)
    items = cluster_items(found.clusters, given.cluster_type)
    if not items:
        raise NotFound("No clusters found that you can see.", "Connect a cluster: az connectedk8s connect")
    heads = ("Name", "ResourceGroup", "Type", "Connectivity", "Extension", "Kubernetes", "Nodes", "AttachedAs")
    return _pick("Cluster", heads, items, given.cluster_name)


def workspace_items(found: "Sequence[Workspace]") -> "list[Item[Workspace]]":
    """The workspaces as menu items."""
    return [Item(item, (item.id.name, item.id.resource_group, item.location)) for item in found]


def cluster_items(found: "Sequence[ListedCluster]", cluster_type: str | None) -> "list[Item[ListedCluster]]":
    """The clusters of one type, or of both, as menu items; those that can't be attached are last, with the reason."""
    items = [
        Item(
            cluster,
            (
                cluster.name,
                cluster.resource_group,
                cluster.cluster_type,
                cluster.connectivity or "",
                cluster.extension_state,
                cluster.kubernetes_version or "",
                str(cluster.node_count or ""),
                ", ".join(cluster.attached_as or []),
            ),
            ", ".join(cluster.obstacles),
        )
        for cluster in found
        if cluster_type in (None, cluster.cluster_type)
    ]
    return sorted(items, key=lambda item: bool(item.obstacle))


def _pick(what: str, heads: Sequence[str], items: Sequence[Item[T]], named: str | None) -> T:
    """The item that the user picks; no prompt if the command line names one and the name is unique."""
    if named is not None:
        items = [item for item in items if item.name.lower() == named.lower()]
        if not items:
            raise NotFound(f"No {what.lower()} {named!r} found that you can see.")
        if len(items) == 1:
            return items[0].value
    shown = items
    while True:
        terminal.say(menu.as_text(heads, shown))
        if all(item.obstacle for item in items):
            raise Refused(
                "None of these clusters can be attached.",
                "Install the extension on a cluster that does not have it: az ml arc extension create",
            )
        step = menu.answered(items, shown, terminal.ask(f"{what} (number, name or part of a name):"))
        if step.picked:
            terminal.say(f"{what}: {step.picked.name}")
            return step.picked.value
        shown = step.items
        if step.message:
            terminal.say(step.message)


def _until_valid(question: str, read: Callable[[str], "tuple[T, Iterable[Finding]]"]) -> T:
    """Prompt until an answer is valid; shows the errors of the others, and the warnings of the valid one."""
    from azext_amlarc.commands.az.errors import message_of
    from azext_amlarc.validation.report.text import as_text

    while True:
        answer = terminal.ask(question)
        try:
            meant, findings = read(answer)
        except InvalidInput as error:
            terminal.say("\n    fix: ".join(part for part in (message_of(error), error.fix) if part))
            continue
        if findings:
            terminal.say(as_text(findings))
        return meant


def _judge_name(name: str) -> "tuple[str, Iterable[Finding]]":
    from azext_amlarc.errors import stop_at_errors
    from azext_amlarc.validation.document import validate_compute_name

    findings = validate_compute_name(name, "name")
    stop_at_errors("Invalid compute name", findings)
    return name, findings


def _read(
    namespace: str | None, converted: bool, policy: Sequence[str], answer: str
) -> "tuple[tuple[str | None, Configuration], Iterable[Finding]]":
    """The path of a configuration file and its content; an empty answer means no file."""
    from azext_amlarc.commands.inputs.document import read_document

    if answer == "-":
        raise InvalidInput("Standard input is used for your answers.", "Enter the path of a file.")
    if converted and not answer:
        raise InvalidInput("--apply-instance-types needs the file that defines them.", "Enter its path.")
    path = os.path.expanduser(answer) or None
    configuration = read_document(path, namespace, converted=converted, policy=policy)
    return (path, configuration), configuration.findings


def _confirm(given: Given, done: Given, configuration: "Configuration", yes: bool) -> None:
    from azext_amlarc.commands.terminal.asking import confirm
    from azext_amlarc.product.extension import DEFAULT_NAMESPACE

    terminal.say(summary(done, configuration.document.get("namespace") or DEFAULT_NAMESPACE))
    terminal.say(f"The same without prompts: {command(sys.argv, given, done)}")
    confirm("Attach the cluster?", yes)


def summary(done: Given, namespace: str) -> str:
    """What would be attached, one line each."""
    cluster = f"{done.cluster_name} ({done.cluster_type}, {done.resource_group_name})"
    return "\n".join(
        [
            "",
            f"Workspace:      {done.workspace_name} ({done.workspace_group})",
            f"Compute:        {done.name}",
            f"Cluster:        {done.resource_id or cluster}",
            f"Namespace:      {namespace}",
            f"Configuration:  {done.config or 'none'}",
            "",
        ]
    )


def command(argv: Sequence[str], given: Given, done: Given) -> str:
    """The command line that needs no prompts: the one that was typed, with the answers as options."""
    options = {
        "--name": (given.name, done.name),
        "--workspace-name": (given.workspace_name, done.workspace_name),
        "--workspace-group": (given.workspace_group or done.resource_group_name, done.workspace_group),
        "--cluster-name": (given.cluster_name, done.cluster_name),
        "--resource-group": (given.resource_group_name, done.resource_group_name),
        "--cluster-type": (given.type_of_cluster, done.type_of_cluster),
        "--config": (given.config, done.config),
    }
    added = [word for option, (old, new) in options.items() if new is not None and new != old for word in (option, new)]
    return shlex.join(["az", *argv[1:], *added])
