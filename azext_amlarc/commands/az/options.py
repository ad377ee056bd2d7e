"""Rules about combinations of options, validated before a command runs.

az exits with 2 for what a validator raises, unless it is one of az's own errors: those exit with 1.
"""

from collections.abc import Sequence
from typing import Any

from azext_amlarc.commands.terminal.asking import can_ask
from azext_amlarc.errors import UsageError

DEFAULT_TIMEOUT = 3600  # seconds; an installation takes ten minutes, a slow one thirty


def validate_cluster(namespace: Any) -> None:
    """A cluster is named by --cluster-name and --resource-group, or by --resource-id."""
    _refuse_two_names(namespace)
    if namespace.resource_id or (namespace.cluster_name and namespace.resource_group_name):
        return
    raise UsageError(
        "--resource-group is required with --cluster-name."
        if namespace.cluster_name
        else "Name the cluster with --cluster-name and --resource-group, or with --resource-id.",
        "To list your clusters: az ml arc cluster list -o table",
    )


def _refuse_two_names(namespace: Any) -> None:
    """A name and an id could contradict each other."""
    if namespace.resource_id and namespace.cluster_name:
        raise UsageError("--cluster-name and --resource-id cannot be used together.")


def validate_cluster_list(namespace: Any) -> None:
    """--workspace-group needs --workspace-name."""
    if namespace.workspace_group and not namespace.workspace_name:
        raise UsageError("--workspace-name is required with --workspace-group.")


def missing_for_attach(given: Any) -> list[str]:
    """The required options of attach that were not given."""
    named = given.resource_id or given.cluster_name
    # The cluster's group is the workspace's too, unless --workspace-group is given.
    groups = given.resource_group_name or (given.resource_id and given.workspace_group)
    needed = {
        "--name": given.name,
        "--workspace-name": given.workspace_name,
        "--cluster-name or --resource-id": named,
        "--workspace-group" if given.resource_id else "--resource-group": groups,
    }
    return [option for option, value in needed.items() if not value]


def validate_attach(namespace: Any) -> None:
    """All required options are given, unless the user can be prompted for them."""
    from azext_amlarc.validation.document.identity import contradiction

    _refuse_two_names(namespace)
    missing = missing_for_attach(namespace)
    if missing and (namespace.yes or not can_ask()):
        raise UsageError(
            f"Missing required options: {', '.join(missing)}.", "On a terminal, run without --yes to be prompted."
        )
    if missing and namespace.config == "-":
        raise UsageError(
            "--config - reads standard input, which is needed to prompt for missing options.", "Use a file instead."
        )
    if namespace.apply_instance_types and not namespace.config:
        raise UsageError("--apply-instance-types requires --config FILE, which defines the instance types.")
    identities = namespace.user_assigned_identities
    wrong = contradiction(namespace.identity_type, identities, "--identity-type", "--user-assigned-identities")
    if wrong:
        raise UsageError(wrong)


def validate_verify(namespace: Any) -> None:
    """One instance type or all, in one environment; example files need neither."""
    if namespace.instance_type and namespace.every_type:
        raise UsageError("--instance-type and --all cannot be used together.")
    if namespace.image and namespace.environment:
        raise UsageError("--image and --environment cannot be used together.")
    if namespace.write_examples and (namespace.every_type or namespace.gpu or namespace.image or namespace.environment):
        raise UsageError("--write-examples runs no job: remove --all, --gpu, --image and --environment.")


def validate_check(namespace: Any) -> None:
    """A cluster is optional; a cluster, a workspace and a compute target are named completely."""
    from azext_amlarc.checks import table

    if namespace.cluster_name or namespace.resource_id:
        validate_cluster(namespace)
    if namespace.workspace_name and not (namespace.workspace_group or namespace.resource_group_name):
        raise UsageError("--workspace-group or --resource-group is required with --workspace-name.")
    if namespace.name and not namespace.workspace_name:
        raise UsageError("--workspace-name is required with --name, the name of a compute target.")
    _refuse_unknown("--only", namespace.only, table.GROUPS)
    _refuse_unknown("--skip", namespace.skip, table.IDS)
    file = namespace.output_file
    if file and not file.lower().endswith((".html", ".xml")):
        raise UsageError(f"--output-file {file}: the file name must end in .html (a page) or .xml (JUnit).")


def _refuse_unknown(option: str, words: Sequence[str] | None, known: Sequence[str]) -> None:
    from azext_amlarc.wording import did_you_mean

    for word in words or ():
        if word.lower() not in {one.lower() for one in known}:
            raise UsageError(f"{option}: unknown value {word!r}: {did_you_mean(word, known)}")
