"""Rules about options and their combinations, validated before a command runs.

az exits with 2 for what a validator raises, unless it is one of az's own errors: those exit with 1.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az import foreign
from azext_amlarc.errors import InvalidInput, UsageError, together

if TYPE_CHECKING:
    from azext_amlarc.resources.naming import Kind

# The options that name files to read, or settings whose values may.
_INPUTS = (
    *("file", "config", "config_file", "config_protected", "config_protected_file", "kubeconfig", "health_report"),
    *("policy", "rules"),
)

_IDENTITIES = "--user-assigned-identities"

DEFAULT_TIMEOUT = 3600  # seconds; an installation takes ten minutes, a slow one thirty


def rules(own: Callable[[Any], None] | None = None) -> Callable[[Any], None]:
    """The validator of a command: the rules of all commands, then its `own`."""

    def validate(namespace: Any) -> None:
        try:
            _refuse_empty(namespace)
            foreign.take(namespace)
            _refuse_bad_names(namespace)
            _validate_credentials(namespace)
            if own:
                own(namespace)
        except InvalidInput as error:
            from azext_amlarc.commands.az.errors import raise_for_az

            raise_for_az(error)

    return validate


def _refuse_empty(namespace: Any) -> None:
    """An empty value is a variable that the user's script has not set: it never means that nothing was given."""
    empty = [option for option, value in _given(namespace) if value == "" or (isinstance(value, list) and "" in value)]
    if empty:
        raise UsageError(f"{', '.join(empty)}: the value is empty.", "Give a value, or leave the option out.")


def _validate_credentials(namespace: Any) -> None:
    """--get-credentials is for an AKS cluster that is named, in place of a kubeconfig."""
    if not getattr(namespace, "get_credentials", False):
        return
    if namespace.kubeconfig or namespace.context:
        raise UsageError("--get-credentials and --kubeconfig cannot be used together.")
    if not (namespace.cluster_name or namespace.resource_id):
        raise UsageError("--get-credentials needs the cluster: --cluster-name and --resource-group, or --resource-id.")
    if "managedclusters" in (namespace.resource_id or str(namespace.cluster_type)).lower():
        return
    from azext_amlarc.resources.advice import proxy_to
    from azext_amlarc.resources.ids import ClusterId

    given = (str(namespace.resource_group_name or "GROUP"), "connectedClusters", str(namespace.cluster_name))
    proxy = proxy_to(ClusterId.find(namespace.resource_id) or ClusterId("", *given))
    raise UsageError(
        "--get-credentials is for AKS clusters (-t managedClusters).",
        f"For a connected cluster, let this run beside it and pass its file as --kubeconfig: {proxy.text}",
    )


def _given(namespace: Any) -> Iterator[tuple[str, Any]]:
    """Each option of the command by its first name, with its value."""
    for dest, argument in foreign.command_of(namespace).arguments.items():
        names = argument.type.settings.get("options_list") or [f"--{dest.replace('_', '-')}"]
        yield str(names[0]), getattr(namespace, dest, None)


def _refuse_bad_names(namespace: Any) -> None:
    """What can be no name in Azure is refused before any request: in a URL it would name something else."""
    from azext_amlarc.resources import naming

    given = {option: (kind, getattr(namespace, dest, None)) for option, dest, kind in _names(namespace)}
    identities = naming.split_identities(getattr(namespace, "user_assigned_identities", None)) or ()
    _judge(
        namespace, partial(naming.stop_at_faults, given), partial(naming.stop_at_identities, identities, _IDENTITIES)
    )


def _judge(namespace: Any, *names: Callable[[], None]) -> None:
    """Raise InvalidInput if a name is wrong, together with whatever else is wrong in the command's input."""
    try:
        for name in names:
            name()
    except InvalidInput:
        from azext_amlarc.commands.inputs.judging import steps

        together(*names, *steps(namespace))


def _names(namespace: Any) -> "Iterator[tuple[str, str, Kind]]":
    """The options that name something: as the user spells them, as the command gets them, and what they name."""
    from azext_amlarc.resources import naming

    yield "--cluster-name", "cluster_name", naming.CLUSTER
    yield "--resource-group", "resource_group_name", naming.RESOURCE_GROUP
    yield "--workspace-name", "workspace_name", naming.WORKSPACE
    yield "--workspace-group", "workspace_group", naming.RESOURCE_GROUP
    yield "--version", "version", naming.VERSION
    yield "--release-train", "release_train", naming.RELEASE_TRAIN
    words = foreign.command_of(namespace).name.split()
    # The name of a new compute target has rules of its own, with codes; `settings` has the keys of settings.
    if words[-1] != "attach" and "settings" not in words:
        yield "--name", "name", naming.EXTENSION if "extension" in words else naming.COMPUTE


def validate_release(namespace: Any) -> None:
    """A cluster is named; and a version is pinned, or Azure upgrades by itself, not both."""
    validate_cluster(namespace)
    if namespace.version and namespace.auto_upgrade_minor_version:
        raise UsageError(
            "--version and --auto-upgrade true cannot be used together.",
            "Use one of them; pinning a version turns automatic upgrades off.",
        )


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
    _forget_default_workspace(namespace)
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
    if namespace.file:
        from azext_amlarc.commands.inputs import compute_file

        compute_file.take(namespace)
    _refuse_two_names(namespace)
    _refuse_settings(namespace.config, "az ml arc extension create --config")
    from azext_amlarc.commands.terminal.asking import can_ask

    missing = missing_for_attach(namespace)
    if missing and (namespace.yes or not can_ask()):
        raise UsageError(
            f"Missing required options: {', '.join(missing)}.", "On a terminal, run without --yes to be prompted."
        )
    if missing and namespace.config == "-":
        raise UsageError(
            "--config - reads standard input, which is needed to prompt for missing options.", "Use a file instead."
        )
    if namespace.apply_instance_types and not namespace.config and not missing:
        raise UsageError("--apply-instance-types requires --config FILE, which defines the instance types.")
    if namespace.prune_instance_types and not namespace.apply_instance_types:
        raise UsageError("--prune-instance-types requires --apply-instance-types.")
    _validate_identity(namespace)
    del namespace.file


def _refuse_settings(config: str | None, option: str) -> None:
    """Here --config is the attach configuration; `option` takes settings, as --config of `extension create` does."""
    from azext_amlarc.validation import files

    if config and re.match(r"[A-Za-z][\w.-]*=", config) and not files.exists(config):
        raise UsageError(
            f"--config {config}: here --config is the attach configuration, a JSON or YAML file.",
            f"For settings of the extension, use {option}.",
        )


def _validate_identity(namespace: Any) -> None:
    """The type and the ids of identities fit, and the ids are those of identities, those of --file too."""
    from azext_amlarc.resources.naming import split_identities, stop_at_identities
    from azext_amlarc.validation.document.identity import contradiction

    identities = namespace.user_assigned_identities = split_identities(namespace.user_assigned_identities)
    wrong = contradiction(namespace.identity_type, identities, "--identity-type", _IDENTITIES)
    if wrong:
        raise UsageError(wrong)
    _judge(namespace, partial(stop_at_identities, identities or (), _IDENTITIES))


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
    _forget_default_workspace(namespace)
    _refuse_settings(namespace.config, "--settings")
    if namespace.cluster_name or namespace.resource_id:
        validate_cluster(namespace)
    _validate_compute(namespace)
    if namespace.health_report and namespace.get_credentials:
        raise UsageError("--health-report and --get-credentials cannot be used together.")
    if namespace.health_report and (namespace.kubeconfig or namespace.context):
        raise UsageError("--health-report and --kubeconfig cannot be used together.")
    _validate_fix(namespace)
    _refuse_unknown("--only", namespace.only)
    _refuse_unknown("--skip", namespace.skip)
    validate_report(namespace)


def _validate_fix(namespace: Any) -> None:
    """A saved report is of another time, and what is about changes needs --fix."""
    if namespace.health_report and (namespace.fix or namespace.wait):
        used = "--fix" if namespace.fix else "--wait"
        raise UsageError(f"--health-report and {used} cannot be used together: what is saved does not change.")
    if namespace.dry_run and not namespace.fix:
        raise UsageError("--fix is required with --dry-run.")
    if namespace.yes and not namespace.fix:
        raise UsageError("--fix is required with --yes.")


# The forms of the report of a fleet, by the end of the file's name.
FLEET_REPORTS = (".html", ".json", ".txt")


def validate_plan(namespace: Any) -> None:
    """A plan does not replace its manifest, and has one that is a file where it is saved."""
    from azext_amlarc.validation import files

    if not namespace.out:
        return
    if namespace.file == "-" or files.as_text(namespace.file):
        raise UsageError("--out: a saved plan names its manifest, which must be a file.", "Pass its name with --file.")
    if files.would_read(namespace.file, namespace.out):
        raise UsageError(f"--out {namespace.out} is the manifest.", "Choose another file.")
    if any(files.would_read(one, namespace.out) for one in namespace.policy or ()):
        raise UsageError(f"--out {namespace.out} is a policy.", "Choose another file.")


def validate_apply(namespace: Any) -> None:
    """A manifest or a saved plan, and a report that replaces neither."""
    if bool(namespace.file) == bool(namespace.plan_file):
        raise UsageError("Pass either --file, a manifest, or --plan, a saved plan.")
    if namespace.plan_file and namespace.resend_protected:
        raise UsageError("--resend-protected belongs to the plan.", "Pass it to az ml arc plan, and save that plan.")
    for option, number in (("--wave", namespace.wave), ("--concurrency", namespace.concurrency)):
        if number is not None and number < 1:
            raise UsageError(f"{option} {number}: it counts from 1.")
    _validate_fleet_report(namespace, namespace.file or namespace.plan_file)


def validate_status(namespace: Any) -> None:
    """The report does not replace the manifest."""
    _validate_fleet_report(namespace, namespace.file)


def _validate_fleet_report(namespace: Any, given: str) -> None:
    from azext_amlarc.validation import files

    report = namespace.report
    if report and not report.lower().endswith(FLEET_REPORTS):
        raise UsageError(f"--report {report}: the file name must end in one of {', '.join(FLEET_REPORTS)}.")
    if report and any(files.would_read(one, report) for one in (given, *(getattr(namespace, "policy", None) or ()))):
        raise UsageError(f"--report {report} is the file that is read.", "Choose another file.")


def validate_report(namespace: Any) -> None:
    """The form of a report in a file is given, or said by the file's name."""
    from azext_amlarc.commands.az.output import SUFFIXES, form_of

    file, forms = (
        namespace.output_file,
        foreign.command_of(namespace).arguments["report_format"].type.settings["choices"],
    )
    if file:
        _refuse_input_as_output(file, namespace)
    if not file or (form_of(file, namespace.report_format) or "") in forms:
        return
    endings = [ending for ending, form in SUFFIXES.items() if form in forms]
    raise UsageError(
        f"--output-file {file}: the file name must end in one of {', '.join(endings)}.", "Or give --format as well."
    )


def validate_export(namespace: Any) -> None:
    """Either a manifest or clusters, and clusters in one way."""
    ways = {
        "--file": namespace.file,
        "--cluster-name or --resource-id": namespace.cluster_name or namespace.resource_id,
        "--all": namespace.every_cluster,
    }
    given = [option for option, value in ways.items() if value]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be used together.", "Use one of them.")
    if not given and not namespace.resource_group_name:
        raise UsageError(
            "Name a manifest with --file, or clusters with --cluster-name, --resource-group or --all.",
            "To list your clusters: az ml arc cluster list -o table",
        )
    if namespace.cluster_name or namespace.resource_id:
        validate_cluster(namespace)
    if namespace.policy and not namespace.file:
        raise UsageError("--policy is for a manifest, which --file names; what is on clusters is exported as it is.")
    if namespace.file and namespace.form == "manifest":
        raise UsageError(f"{namespace.file} is a manifest already.", "Choose another form: --format arm, for one.")
    if namespace.output_file:
        _refuse_input_as_output(namespace.output_file, namespace)


def validate_bundle(namespace: Any) -> None:
    """A cluster is named; a workspace and a compute target are, completely; logs are either limited or left out."""
    _forget_default_workspace(namespace)
    validate_cluster(namespace)
    _validate_compute(namespace)
    if namespace.no_logs and namespace.tail is not None:
        raise UsageError("--no-logs and --tail cannot be used together.")
    if namespace.output_file == "-":
        raise UsageError("--output-file is a file: a bundle is not written to standard output.")
    if namespace.output_file:
        _refuse_input_as_output(namespace.output_file, namespace)


def _validate_compute(namespace: Any) -> None:
    """A workspace has a group, and a compute target has a workspace."""
    if namespace.workspace_name and not (namespace.workspace_group or namespace.resource_group_name):
        raise UsageError("--workspace-group or --resource-group is required with --workspace-name.")
    if namespace.name and not namespace.workspace_name:
        raise UsageError("--workspace-name is required with --name, the name of a compute target.")


def _refuse_input_as_output(file: str, namespace: Any) -> None:
    """A report must not replace what it reports on, nor be a file that the next run reads."""
    from azext_amlarc.validation import files

    if file == "-":
        raise UsageError("--output-file is a file: without it, the report is on standard output.")
    for given in filter(None, map(vars(namespace).get, _INPUTS)):
        for name in [given] if isinstance(given, str) else given:
            if any(files.would_read(path, file) for path in (name, name.partition("=")[2])):
                raise UsageError(
                    f"--output-file {file} is one of the files that are read.", "Choose a file that is none of them."
                )


def _refuse_unknown(option: str, words: Sequence[str] | None) -> None:
    """Each word is a group of checks or a check's id."""
    from azext_amlarc.checks import table

    wrong = table.unknown(words or ())
    if wrong:
        raise UsageError(f"{option}: {wrong}")


def _forget_default_workspace(namespace: Any) -> None:
    """A default workspace (`az configure --defaults`) is in the default group: where another one is named, it is not
    meant.
    """
    is_default = getattr(namespace.workspace_name, "is_default", False)
    group_is_default = getattr(namespace.resource_group_name, "is_default", False)
    if is_default and not group_is_default and not namespace.workspace_group:
        namespace.workspace_name = None
