"""Options, under the names that az users know."""

import argparse
from collections.abc import Sequence
from typing import Any

from azext_amlarc.commands.az import completers, foreign
from azext_amlarc.commands.az.options import FLEET_REPORTS
from azext_amlarc.commands.az.output import SUFFIXES
from azext_amlarc.commands.az.table import PREFIXES

# Not under its usual name, no_wait: az would handle that option itself, and print nothing.
_NO_WAIT = {
    "options_list": ["--no-wait"],
    "action": "store_true",
    "help": "Do not wait for the operation to finish.",
}


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 0:
        raise ValueError("A time is not negative.")
    return seconds


_MOST_LINES = 100_000


def _lines(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MOST_LINES:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {_MOST_LINES}")
    return int(text)


_YES = {"options_list": ["--yes", "-y"], "action": "store_true", "help": "Do not prompt for confirmation."}

_TIMEOUT = {"type": _seconds, "help": "Maximum time to wait, in seconds."}

_COMPUTE = {"options_list": ["--name", "-n"], "completer": completers.compute_names}

# `az ml` reads this default too: az configure --defaults workspace=NAME
_WORKSPACE = {"options_list": ["--workspace-name", "-w"], "configured_default": "workspace"}

_CONFIGURATION = {
    "options_list": ["--config", "--config-file"],
    "help": "Attach configuration: a JSON or YAML file, or - for standard input.",
}

# Each use of such an option adds to the ones before: argparse alone would keep the last.
_LIST = {"nargs": "+", "action": "extend"}

_ASKED = "Required; on a terminal you are prompted for it."

# What --format takes.
FORMS_OF_FINDINGS = ("text", "json", "sarif", "junit", "github")
FORMS_OF_CHECKS = ("text", "json", "sarif", "junit", "github", "html")


def load_arguments(loader: Any, command: str = "") -> None:
    """Register every option of every command, under every prefix; `command` is the one that was typed."""
    for prefix in PREFIXES:
        _completions(loader, prefix)
        _cluster_options(loader, prefix)
        _extension_options(loader, prefix)
        _wait_options(loader, prefix)
        _setting_options(loader, prefix)
        _compute_options(loader, prefix)
        _kubernetes_options(loader, prefix)
        _verify_options(loader, prefix)
        _fleet_options(loader, prefix)
        _check_options(loader, prefix, _selection() if command == f"{prefix} check" else "")
        _offline_options(loader, prefix)
        _guardrail_options(loader, prefix)
        _export_options(loader, prefix)
        _support_options(loader, prefix)
        _foreign_options(loader, prefix)
        _once(loader, prefix)


# Options whose files a second one would replace unread. For others, az's rule is that the last one counts.
_FILES = {
    "config",
    "config_file",
    "config_protected_file",
    "health_report",
    "kubeconfig",
    "out",
    "output_file",
    "plan_file",
    "report",
    "rules",
}


class _Once(argparse.Action):
    """Takes one value: argparse alone would keep the last of two, and nobody would miss the first."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        given = vars(namespace).setdefault("_given_once", {})
        if given.setdefault(self.dest, values) != values:
            raise argparse.ArgumentError(self, "given twice, with two values; pass it once")
        setattr(namespace, self.dest, values)


def _once(loader: Any, prefix: str) -> None:
    """Refuse a second file of every option that takes one."""
    for scope, options in loader.argument_registry.arguments.items():
        if scope == prefix or scope.startswith(f"{prefix} "):
            for dest in _FILES & options.keys():
                if not {"action", "nargs"} & options[dest].settings.keys():
                    options[dest].settings["action"] = _Once


def _foreign_options(loader: Any, prefix: str) -> None:
    """Options of other tools that have one possible value here: the command's rules remove them (foreign.take)."""
    for item in foreign.FOREIGN:
        for command in item.commands:
            with loader.argument_context(f"{prefix} {command}", arg_group="Compatibility") as c:
                c.extra(item.dest, options_list=list(item.options), action=_Once, help=item.help)
    for alias in foreign.ALIASES:
        for command in alias.commands:
            with loader.argument_context(f"{prefix} {command}", arg_group="Compatibility") as c:
                takes = {"action": _Once} if alias.dest.endswith("_file") else _LIST
                c.extra(alias.own_dest, options_list=[alias.option], help=alias.help, **takes)
    with loader.argument_context(f"{prefix} attach", arg_group="Compatibility") as c:
        c.extra(
            "file",
            options_list=["--file", "-f"],
            help="For command lines of other tools: JSON or YAML file of `az ml compute attach`, with name, "
            "resource_id, namespace and identity. Other options take precedence.",
        )


def _completions(loader: Any, prefix: str) -> None:
    """Completers of the options that mean the same in every command; others have theirs where they are registered."""
    from argcomplete.completers import FilesCompleter
    from azure.cli.core.commands.parameters import get_resource_group_completion_list

    with loader.argument_context(prefix) as c:
        c.argument("cluster_name", completer=completers.cluster_names)
        c.argument("resource_id", completer=completers.cluster_ids)
        c.argument("workspace_name", completer=completers.workspace_names)
        c.argument("workspace_group", completer=get_resource_group_completion_list)
        c.argument("release_train", completer=completers.release_trains)
        for option in (*sorted(_FILES), "file", "policy"):
            c.argument(option, completer=FilesCompleter())  # type: ignore[no-untyped-call]


def _cluster_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import resource_group_name_type
    from knack.arguments import enum_choice_list

    for command in ("extension", "attach", "check", "export", "support bundle"):
        scope = f"{prefix} {command}"
        with loader.argument_context(scope, arg_group="Cluster") as c:
            c.argument("cluster_name", options_list=["--cluster-name", "-c"], help="Name of the Kubernetes cluster.")
            c.argument(
                "cluster_type",
                options_list=["--cluster-type", "-t"],
                # Not az's own enum type, whose value completers do not see.
                **enum_choice_list(["connectedClusters", "managedClusters"]),
                help="Type of the cluster: connected through Azure Arc (connectedClusters), or AKS (managedClusters).",
            )
            c.argument(
                "resource_id",
                options_list=["--resource-id"],
                help="Resource id of the cluster, instead of its name, type and resource group.",
            )
    with loader.argument_context(f"{prefix} extension") as c:
        c.argument("resource_group_name", resource_group_name_type, help="Resource group of the cluster.")
    with loader.argument_context(f"{prefix} cluster list") as c:
        c.argument(
            "resource_group_name",
            resource_group_name_type,
            help="List only the clusters in this resource group. It is also the workspace's, unless --workspace-group "
            "is given.",
        )
        c.argument(
            "workspace_name",
            **_WORKSPACE,
            help="Workspace to look for attached clusters in. Without a resource group, it is found by its name.",
        )
        c.argument("workspace_group", help="Resource group of the workspace, if it is not that of the clusters.")


def _extension_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_three_state_flag

    with loader.argument_context(f"{prefix} extension") as c:
        c.argument(
            "name",
            options_list=["--name", "-n"],
            completer=completers.extension_names,
            help="Name of the extension. Default: the one that the cluster has, or amlarc-compute for a new one.",
        )
        c.argument("timeout", **_TIMEOUT)
    for command in ("create", "update"):
        with loader.argument_context(f"{prefix} extension {command}") as c:
            c.argument("accepted_only", **_NO_WAIT)
            c.argument(
                "release_train",
                help="Release train of the extension, one of `extension versions`. Default: the installed one, or "
                "stable.",
            )
            c.argument(
                "version",
                completer=completers.versions,
                help="Version to pin the extension to, one of `extension versions`. This turns automatic upgrades off.",
            )
            c.argument(
                "auto_upgrade_minor_version",
                options_list=["--auto-upgrade", "--auto-upgrade-minor-version"],
                arg_type=get_three_state_flag(),
                help="Let Azure upgrade the extension to new minor versions. Default: true, unless --version is given.",
            )
            c.argument(
                "scale_from_zero",
                arg_type=get_three_state_flag(),
                help="Let an autoscaler add nodes for waiting jobs: writes a configuration of the Volcano scheduler "
                "without gangs to the cluster, through a kubeconfig, for the extension to use. false undoes that.",
            )
            c.argument("yes", **_YES)
    with loader.argument_context(f"{prefix} extension create") as c:
        c.argument(
            "tags",
            nargs="*",
            action="extend",
            help="Tags for the Relay, Service Bus and Log Analytics resources that are created, as space-separated "
            "key=value pairs.",
        )
    with loader.argument_context(f"{prefix} extension delete") as c:
        c.argument("accepted_only", **_NO_WAIT)
        c.argument("yes", **_YES)
        c.argument(
            "force",
            action="store_true",
            help="Delete Azure's record without contacting the cluster, if that no longer exists. Whatever runs on it "
            "stays there.",
        )
        c.argument(
            "purge",
            action="store_true",
            help="Also delete the Relay, Service Bus and Log Analytics resources that were created for this cluster.",
        )


def _wait_options(loader: Any, prefix: str) -> None:
    for scope in (f"{prefix} extension wait", f"{prefix} wait"):
        with loader.argument_context(scope, arg_group="Wait Condition") as c:
            c.argument("created", action="store_true", help="Wait until it is provisioned. The default.")
            c.argument("updated", action="store_true", help="Wait until an update of it has succeeded.")
            c.argument("deleted", action="store_true", help="Wait until it is deleted.")
            c.argument("exists", action="store_true", help="Wait until it exists, in any state.")
            c.argument("custom", help="Wait until this JMESPath query on the object returns a true value.")
            c.argument("interval", type=int, help="Polling interval in seconds. Default: 1, increasing to 10.")


def _setting_options(loader: Any, prefix: str) -> None:
    for scope in (f"{prefix} extension create", f"{prefix} extension update", f"{prefix} settings validate"):
        with loader.argument_context(scope, arg_group="Settings") as c:
            c.argument(
                "config",
                options_list=["--config"],
                **_LIST,
                completer=completers.plain_settings,
                help="Settings as space-separated key=value pairs.",
            )
            c.argument(
                "config_file",
                options_list=["--config-file"],
                help="JSON or YAML file of settings, or - for standard input; --config takes precedence.",
            )
            c.argument(
                "config_protected",
                options_list=["--config-protected"],
                **_LIST,
                completer=completers.protected_settings,
                help="Protected settings as space-separated key=value pairs. Other processes can see them: prefer "
                "--config-protected-file.",
            )
            c.argument(
                "config_protected_file",
                options_list=["--config-protected-file", "--protected-file"],
                help="JSON or YAML file of protected settings, or - for standard input.",
            )
            c.argument(
                "allow_unknown_settings",
                options_list=["--allow-unknown-settings", "--allow-unknown"],
                action="store_true",
                help="Send undocumented settings unchecked.",
            )


# The commands that keep an organization's own policies.
_GUARDED = (
    *("config validate", "settings validate", "attach", "extension create", "extension update"),
    *("plan", "apply", "status", "export"),
)


def _guardrail_options(loader: Any, prefix: str) -> None:
    for command in _GUARDED:
        with loader.argument_context(f"{prefix} {command}", arg_group="Guardrails") as c:
            c.argument(
                "policy",
                **_LIST,
                help="JSON Schemas of your own (files, folders or patterns) that must also be satisfied.",
            )
    for command in ("config validate", "settings validate"):
        with loader.argument_context(f"{prefix} {command}", arg_group="Guardrails") as c:
            c.argument(
                "rules",
                help="YAML or JSON file that turns findings off or changes their severity, with reasons. Default: "
                "the nearest .amlarc.yaml in the folder of each file, or above it.",
            )


def _offline_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    for scope in (f"{prefix} config validate", f"{prefix} settings validate"):
        with loader.argument_context(scope) as c:
            c.argument("strict", action="store_true", help="Exit with 1 on warnings too.")
            _report_options(c, FORMS_OF_FINDINGS)
    with loader.argument_context(f"{prefix} settings") as c:
        c.argument(
            "workload", arg_type=get_enum_type(["training", "inference"]), help="List only settings for this workload."
        )
        c.argument("name", options_list=["--name", "-n"], completer=completers.setting_keys, help="Key of the setting.")
        c.argument(
            "cluster_type",
            options_list=["--cluster-type", "-t"],
            arg_type=get_enum_type(["connectedClusters", "managedClusters"]),
            help="Type of the cluster, if it is known.",
        )
        c.argument("node_count", type=int, help="Number of nodes in the cluster, to validate high availability.")
    _config_options(loader, prefix)


def _config_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    with loader.argument_context(f"{prefix} config validate") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            **_LIST,
            help="Files, folders or patterns (JSON or YAML); - for standard input.",
        )
    for command in ("schema", "init"):
        with loader.argument_context(f"{prefix} config {command}") as c:
            c.argument(
                "kind",
                arg_type=get_enum_type(["attach", "fleet"]),
                help="An attach configuration, or the manifest of a fleet.",
            )
    with loader.argument_context(f"{prefix} config init") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            help="File to create: JSON if its name ends in .json, otherwise YAML. It must not exist. Default: standard "
            "output.",
        )
        c.argument("default", action="store_true", help="Write the default configuration of Microsoft's guide of 2021.")
        c.argument("namespace", help="Namespace of the jobs.")
    with loader.argument_context(f"{prefix} config init", arg_group="Instance Type") as c:
        c.argument("gpu", help="Name of an instance type with GPUs.")
        c.argument("gpus", type=int, help="Number of GPUs. Default: 1.")
        c.argument("cpu", help="CPU, such as 4 or 500m.")
        c.argument("memory", help="Memory, such as 16Gi.")
        c.argument("selector", **_LIST, help="Node selector, as space-separated key=value labels.")
    with loader.argument_context(f"{prefix} config convert") as c:
        c.argument("file", options_list=["--file", "-f"], help="JSON or YAML file to convert; - for standard input.")
        c.argument(
            "to", arg_type=get_enum_type(["instancetype"]), help="Convert a configuration to InstanceType manifests."
        )
        c.argument(
            "from_format",
            options_list=["--from"],
            arg_type=get_enum_type(["instancetype"]),
            help="Convert InstanceType manifests to a configuration.",
        )
        c.argument("namespace", help="Namespace of the configuration, with --from.")


def _export_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type, resource_group_name_type

    with loader.argument_context(f"{prefix} export") as c:
        c.argument("file", options_list=["--file", "-f"], help="Manifest of a fleet; - for standard input.")
        c.argument(
            "resource_group_name",
            resource_group_name_type,
            help="Resource group of the cluster; without a cluster, all clusters in it.",
        )
        c.argument(
            "every_cluster", options_list=["--all"], action="store_true", help="All clusters of the subscription."
        )
        c.argument(
            "form",
            options_list=["--format"],
            arg_type=get_enum_type(["manifest", "arm", "terraform", "policy"]),
            help="A manifest, an ARM template, Terraform (or OpenTofu) with the azapi provider, or an Azure Policy for "
            "clusters that come later.",
        )
        c.argument("output_file", help="File to write, or to replace. Default: standard output.")


def _support_options(loader: Any, prefix: str) -> None:
    with loader.argument_context(f"{prefix} support bundle") as c:
        c.argument("no_logs", action="store_true", help="Leave out the logs of the pods.")
        c.argument("tail", type=_lines, help="Lines of each log, the last ones. Default: 500.")
        c.argument(
            "output_file",
            help="Archive to write, or to replace. Default: amlarc-support-CLUSTER-TIME.zip in this folder.",
        )


class _Types(list[str]):
    """The types of clusters, and nothing for the one type of compute targets, which is `-t` in `az ml compute`."""

    def __contains__(self, value: object) -> bool:
        return value is None or super().__contains__(value)


def _type_or_kubernetes() -> dict[str, Any]:
    from knack.arguments import enum_choice_list

    known = enum_choice_list(["connectedClusters", "managedClusters"])
    return {
        "choices": _Types(known["choices"]),
        "type": lambda value: None if value.lower() == "kubernetes" else known["type"](value),
    }


def _identity_type(value: str) -> str:
    """The type as Azure spells it; YAML files of `az ml` spell it system_assigned."""
    return {"systemassigned": "SystemAssigned", "userassigned": "UserAssigned"}.get(
        value.replace("_", "").lower(), value
    )


def _compute_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import resource_group_name_type

    for command in ("attach", "show", "list", "detach", "wait"):
        with loader.argument_context(f"{prefix} {command}") as c:
            c.argument("name", **_COMPUTE, help="Name of the compute target.")
            c.argument("workspace_name", **_WORKSPACE, help="Name of the workspace.")
            c.argument("resource_group_name", resource_group_name_type, help="Resource group of the workspace.")
            c.argument("timeout", **_TIMEOUT)
            c.argument("accepted_only", **_NO_WAIT)
    with loader.argument_context(f"{prefix} detach") as c:
        c.argument("yes", **_YES)
    with loader.argument_context(f"{prefix} attach") as c:
        c.argument("name", options_list=["--name", "-n"], help=f"Name of the compute target. {_ASKED}")
        c.argument(
            "workspace_name",
            **_WORKSPACE,
            help=f"Name of the workspace. {_ASKED}",
        )
        c.argument(
            "resource_group_name",
            resource_group_name_type,
            help="Resource group of the cluster, and of the workspace unless --workspace-group is given.",
        )
        c.argument("workspace_group", help="Resource group of the workspace, if it is not that of the cluster.")
        c.argument(
            "cluster_type",
            options_list=["--cluster-type", "-t"],
            **_type_or_kubernetes(),
            arg_group="Cluster",
            help="Type of the cluster: connected through Azure Arc (connectedClusters, the default), or AKS "
            "(managedClusters).",
        )
        c.argument("config", **_CONFIGURATION)
        c.argument(
            "namespace",
            help="Namespace of the jobs, which must exist on the cluster. Default: the configuration's, or default.",
        )
        c.argument(
            "identity_type",
            choices=["SystemAssigned", "UserAssigned"],
            type=_identity_type,
            help="Managed identity of the compute target.",
        )
        c.argument(
            "user_assigned_identities",
            options_list=["--user-identities", "--user-assigned-identities"],
            **_LIST,
            help="Resource ids of user-assigned identities, separated by spaces or commas.",
        )
        c.argument(
            "grant",
            action="store_true",
            help="Give the workspace's identity the roles that it lacks on the cluster, before attaching, and the "
            "compute target's identity those that jobs usually need, after it.",
        )


def _kubernetes_options(loader: Any, prefix: str) -> None:
    for command in ("attach", "check", "extension create", "extension update", "support bundle"):
        scope = f"{prefix} {command}"
        with loader.argument_context(scope, arg_group="Kubernetes") as c:
            c.argument("kubeconfig", help="Kubeconfig file of the cluster. Default: KUBECONFIG, or ~/.kube/config.")
            c.argument("context", help="Context in the kubeconfig. Default: the current context.")
            c.argument(
                "get_credentials",
                action="store_true",
                help="Read the kubeconfig of an AKS cluster from Azure instead, as `az aks get-credentials` does, and "
                "sign in as kubelogin would. It is kept in memory only.",
            )
    with loader.argument_context(f"{prefix} attach", arg_group="Kubernetes") as c:
        c.argument(
            "apply_instance_types",
            options_list=["--apply-instance-types", "--apply-types"],
            action="store_true",
            help="Write the configuration's instance types to the cluster as InstanceType objects, before attaching. "
            "Right after an installation, wait until the cluster knows such objects.",
        )
        c.argument(
            "prune_instance_types",
            options_list=["--prune-instance-types", "--prune-types"],
            action="store_true",
            help="Also delete the InstanceType objects that --apply-instance-types wrote earlier and that the "
            "configuration does not have. They are shown first.",
        )
        c.argument(
            "create_namespace", action="store_true", help="Create the namespace on the cluster if it does not exist."
        )
        c.argument("yes", **_YES)


def _verify_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import resource_group_name_type

    with loader.argument_context(f"{prefix} verify") as c:
        c.argument("name", **_COMPUTE, help="Name of the compute target.")
        c.argument("workspace_name", **_WORKSPACE, help="Name of the workspace.")
        c.argument("resource_group_name", resource_group_name_type, help="Resource group of the workspace.")
        c.argument("instance_type", help="Instance type to verify. Default: the compute target's default.")
        c.argument(
            "every_type",
            options_list=["--all"],
            action="store_true",
            help="Verify every instance type in the compute target's configuration, or the default one if it has none.",
        )
        c.argument("gpu", action="store_true", help="Fail if a job does not see an NVIDIA GPU.")
        c.argument("image", help="Container image to use instead of a small curated environment.")
        c.argument(
            "environment",
            help="Environment to use instead of a small curated one: azureml:NAME:VERSION, "
            "azureml://registries/… or a resource id.",
        )
        c.argument("timeout", type=_seconds, help="Maximum time to wait, in seconds. Unfinished jobs keep running.")
        c.argument(
            "write_examples",
            help="Folder to write job files for this compute target to. No job is run, and existing files are never "
            "overwritten.",
        )


def _selection() -> str:
    """The groups of checks and their ids, for help; importing them takes time, which only `check` spends."""
    from azext_amlarc.checks import table

    ids: dict[str, list[str]] = {}
    for check in table.CHECKS:
        ids.setdefault(check.group, []).append(check.id.removeprefix("AMLARC-"))
    return ": " + ", ".join(f"{group} ({found[0]} to {found[-1]})" for group, found in ids.items())


def _fleet_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    manifest = {
        "options_list": ["--file", "-f"],
        "help": "The fleet's manifest, JSON or YAML; - for standard input. To make one: az ml arc config init.",
    }
    endings = ", ".join(FLEET_REPORTS)
    report = {"help": f"File to write a report to, beside the result on stdout; its name ends in {endings}."}
    for name in ("plan", "apply", "status"):
        with loader.argument_context(f"{prefix} {name}") as c:
            c.argument("file", **manifest)
    for name in ("apply", "status"):
        with loader.argument_context(f"{prefix} {name}") as c:
            c.argument("report", **report)
    for name in ("plan", "apply"):
        with loader.argument_context(f"{prefix} {name}") as c:
            c.argument(
                "resend_protected",
                action="store_true",
                help="Also send protected settings that are there already: Azure gives no value back, so a new one "
                "can't be seen.",
            )
    with loader.argument_context(f"{prefix} plan") as c:
        c.argument("out", help="File to save the plan to, for az ml arc apply --plan. It holds no secret.")
        c.argument(
            "detailed_exitcode",
            action="store_true",
            help="Exit with 0 if there is nothing to do, 2 if there is, 1 on an error.",
        )
    with loader.argument_context(f"{prefix} apply") as c:
        c.argument("plan_file", options_list=["--plan"], help="A saved plan; refused if it is stale.")
        c.argument("wave", type=int, help="Only this wave of the rollout, counted from 1. Default: all.")
        c.argument(
            "engine",
            arg_type=get_enum_type(["direct", "stack"]),
            help="Who carries it out: Azure's own deployment stacks, one for each subscription and wave (stack), or "
            "requests of this command (direct). Default: stack if more than one cluster is to be changed.",
        )
        c.argument("concurrency", type=int, help="Clusters that are worked on at a time. Default: 200.")
        c.argument("yes", **_YES)
        c.argument("timeout", type=_seconds, help="Maximum time for each step on a cluster, in seconds.")


def _target_options(loader: Any, prefix: str) -> None:
    """What is checked, or collected: a cluster, and what it is to a workspace."""
    from azure.cli.core.commands.parameters import resource_group_name_type

    for command in ("check", "support bundle"):
        with loader.argument_context(f"{prefix} {command}") as c:
            c.argument(
                "resource_group_name",
                resource_group_name_type,
                help="Resource group of the cluster, and of the workspace unless --workspace-group is given.",
            )
            c.argument("workspace_name", **_WORKSPACE, help="Name of the workspace.")
            c.argument("workspace_group", help="Resource group of the workspace, if it is not that of the cluster.")
            c.argument("name", **_COMPUTE, help="Name of the compute target. Default: any on the cluster.")


def _check_options(loader: Any, prefix: str, selection: str) -> None:
    for scope in (f"{prefix} attach", f"{prefix} extension create"):
        with loader.argument_context(scope) as c:
            c.argument(
                "preflight",
                action="store_true",
                help="Run all checks first, not only the free ones; start nothing if one fails.",
            )
    for command in ("check", "extension create", "support bundle"):
        with loader.argument_context(f"{prefix} {command}", arg_group="Kubernetes") as c:
            c.argument(
                "kubeconfig", help="Kubeconfig file of the cluster. Without it, the cluster itself is not checked."
            )
    _target_options(loader, prefix)
    with loader.argument_context(f"{prefix} check") as c:
        c.argument("config", **_CONFIGURATION)
        c.argument(
            "settings",
            **_LIST,
            completer=completers.plain_settings,
            help="Settings that you plan to install: space-separated key=value pairs, or a JSON or YAML file of them.",
        )
        c.argument(
            "health_report",
            help="File with a saved report of the extension's health check: its ConfigMap as YAML or JSON, or the log "
            "of its pod. Explains that report and runs no other check, without a login and without the cluster.",
        )
    _check_selection(loader, prefix, selection)
    with loader.argument_context(f"{prefix} check", arg_group="Fix") as c:
        c.argument(
            "fix",
            action="store_true",
            help="Mend what can be mended: show a plan of all changes, ask, make them in order, and check again. What "
            "others have to do is printed as commands.",
        )
        c.argument("dry_run", action="store_true", help="With --fix, show the plan and change nothing.")
        c.argument("yes", **_YES)
        c.argument(
            "wait",
            action="store_true",
            help="Repeat checks that may still pass by themselves, until they do or the time is up.",
        )
        c.argument(
            "timeout",
            type=_seconds,
            help="With --fix, maximum time for each change; with --wait, for the whole wait; in seconds.",
        )
    with loader.argument_context(f"{prefix} check", arg_group="Report") as c:
        c.argument("strict", action="store_true", help="Exit with 1 on warnings too.")
        c.argument("as_object", action="store_true", help="Return the results as an object, as -o and --query do.")
        _report_options(c, FORMS_OF_CHECKS)


def _check_selection(loader: Any, prefix: str, selection: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    with loader.argument_context(f"{prefix} check", arg_group="Selection") as c:
        c.argument(
            "phase",
            arg_type=get_enum_type(["pre", "post", "all"]),
            help="Run the checks for before an installation, for after it, or all. Default: pre if nothing is "
            "installed, otherwise all.",
        )
        c.argument(
            "only",
            **_LIST,
            completer=completers.checks,
            help=f"Run only these groups or checks, by name or id{selection}.",
        )
        c.argument(
            "skip",
            **_LIST,
            completer=completers.checks,
            help="Do not run these groups or checks, by name or id, such as AMLARC-A063.",
        )


def _report_options(context: Any, forms: Sequence[str]) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    context.argument(
        "report_format",
        options_list=["--format"],
        arg_type=get_enum_type(forms),
        help="Format of the report. Default: text; with --output-file, what its name ends in.",
    )
    endings = ", ".join(f"{ending} ({form})" for ending, form in SUFFIXES.items() if form in forms)
    context.argument(
        "output_file",
        help=f"File to write the report to, beside the result on stdout: {endings}, or --format.",
    )
