"""Rules about options as such, checked before a command runs.

az exits with 2 for what a check raises, unless it is one of az's own errors: those exit with 1.
"""

from collections.abc import Sequence
from typing import Any

from azext_amlarc.commands.terminal.asking import can_ask
from azext_amlarc.errors import UsageError

DEFAULT_TIMEOUT = 3600  # seconds; an installation takes ten minutes, a slow one thirty


def validate_cluster(namespace: Any) -> None:
    """A cluster is named by --cluster-name and --resource-group, or by --resource-id."""
    _check_one_name(namespace)
    if not namespace.resource_id and not (namespace.cluster_name and namespace.resource_group_name):
        raise UsageError(
            "Which cluster? Give --cluster-name and --resource-group, or --resource-id.",
            "Clusters you can see: az ml arc cluster list -o table",
        )


def _check_one_name(namespace: Any) -> None:
    """A cluster has a name or an id: both together may contradict each other."""
    if namespace.resource_id and namespace.cluster_name:
        raise UsageError("Give --cluster-name or --resource-id, not both.")


def validate_cluster_list(namespace: Any) -> None:
    """A workspace's group says nothing without the workspace."""
    if namespace.workspace_group and not namespace.workspace_name:
        raise UsageError("--workspace-group is the group of a workspace: name that with --workspace-name.")


def missing_for_attach(given: Any) -> list[str]:
    """The options without which nothing can be attached, and that are not there."""
    named = given.resource_id or given.cluster_name
    # The cluster's group is the workspace's too, unless that one is said.
    groups = given.resource_group_name or (given.resource_id and given.workspace_group)
    needed = {
        "--name": given.name,
        "--workspace-name": given.workspace_name,
        "--cluster-name or --resource-id": named,
        "--workspace-group" if given.resource_id else "--resource-group": groups,
    }
    return [option for option, value in needed.items() if not value]


def validate_attach(namespace: Any) -> None:
    """An attach names everything that it needs, unless somebody is there to be asked for the rest."""
    from azext_amlarc.validation.document.identity import contradiction

    _check_one_name(namespace)
    missing = missing_for_attach(namespace)
    if missing and (namespace.yes or not can_ask()):
        raise UsageError(f"Missing: {', '.join(missing)}.", "On a terminal attach asks for them, without --yes.")
    if missing and namespace.config == "-":
        raise UsageError("--config - takes standard input, where attach would ask for what is missing.", "Name a file.")
    if namespace.apply_instance_types and not namespace.config:
        raise UsageError(
            "--apply-instance-types writes the instance types of a configuration.", "Give it: --config FILE"
        )
    identities = namespace.user_assigned_identities
    wrong = contradiction(namespace.identity_type, identities, "--identity-type", "--user-assigned-identities")
    if wrong:
        raise UsageError(wrong)


def validate_verify(namespace: Any) -> None:
    """A verification is of one instance type, or of all, in one environment."""
    if namespace.instance_type and namespace.every_type:
        raise UsageError("Give --instance-type or --all, not both.")
    if namespace.image and namespace.environment:
        raise UsageError("Give --image or --environment, not both.")
    if namespace.write_examples and (namespace.every_type or namespace.gpu or namespace.image or namespace.environment):
        raise UsageError("--write-examples runs nothing: leave --all, --gpu, --image and --environment out.")


def validate_check(namespace: Any) -> None:
    """A check needs no cluster; one that is named is named whole, as are groups and ids of checks."""
    from azext_amlarc.checks import table

    if namespace.cluster_name or namespace.resource_id:
        validate_cluster(namespace)
    if namespace.workspace_name and not (namespace.workspace_group or namespace.resource_group_name):
        raise UsageError("Which workspace? Give its resource group with --resource-group or --workspace-group.")
    if namespace.name and not namespace.workspace_name:
        raise UsageError("--name is a compute target's: give its workspace with --workspace-name.")
    _check_words("--only", namespace.only, table.GROUPS)
    _check_words("--skip", namespace.skip, table.IDS)
    file = namespace.output_file
    if file and not file.lower().endswith((".html", ".xml")):
        raise UsageError(f"--output-file {file}: give it a name that ends in .html (a page) or .xml (JUnit).")


def _check_words(option: str, words: Sequence[str] | None, known: Sequence[str]) -> None:
    from azext_amlarc.wording import did_you_mean

    for word in words or ():
        if word.lower() not in {one.lower() for one in known}:
            raise UsageError(f"{option}: there is no {word!r}: {did_you_mean(word, known)}")
