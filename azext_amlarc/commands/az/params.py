"""Options, in the names that az users know."""

from typing import Any

from azext_amlarc.commands.az import completers
from azext_amlarc.commands.az.table import PREFIXES

# Under its usual name az would take the option for its own, and print nothing.
_NO_WAIT = {
    "options_list": ["--no-wait"],
    "action": "store_true",
    "help": "Return once Azure has accepted it, with the object as it is then.",
}

# Each use of such an option adds to the ones before: argparse alone would keep the last.
_LIST = {"nargs": "+", "action": "extend"}

_ASKED = "Required, but asked for on a terminal."


def load_arguments(loader: Any) -> None:
    """Describe every option of every command, under every prefix."""
    for prefix in PREFIXES:
        _completions(loader, prefix)
        _cluster_options(loader, prefix)
        _extension_options(loader, prefix)
        _wait_options(loader, prefix)
        _setting_options(loader, prefix)
        _compute_options(loader, prefix)
        _kubernetes_options(loader, prefix)
        _verify_options(loader, prefix)
        _check_options(loader, prefix)
        _offline_options(loader, prefix)


def _completions(loader: Any, prefix: str) -> None:
    """What <TAB> offers for options that mean the same in every command; the others' stand beside them."""
    from argcomplete.completers import FilesCompleter
    from azure.cli.core.commands.parameters import get_resource_group_completion_list

    with loader.argument_context(prefix) as c:
        c.argument("cluster_name", completer=completers.cluster_names)
        c.argument("resource_id", completer=completers.cluster_ids)
        c.argument("workspace_name", completer=completers.workspace_names)
        c.argument("workspace_group", completer=get_resource_group_completion_list)
        c.argument("release_train", completer=completers.release_trains)
        for option in ("config", "config_file", "config_protected_file", "file", "kubeconfig"):
            c.argument(option, completer=FilesCompleter())  # type: ignore[no-untyped-call]


def _cluster_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import resource_group_name_type
    from knack.arguments import enum_choice_list

    for scope in (f"{prefix} extension", f"{prefix} attach", f"{prefix} check"):
        with loader.argument_context(scope, arg_group="Cluster") as c:
            c.argument("cluster_name", options_list=["--cluster-name", "-c"], help="Name of the Kubernetes cluster.")
            c.argument(
                "cluster_type",
                options_list=["--cluster-type", "-t"],
                # Not az's own enum type: completers never see the value of that.
                **enum_choice_list(["connectedClusters", "managedClusters"]),
                help="Connected through Azure Arc (connectedClusters), or AKS (managedClusters).",
            )
            c.argument(
                "resource_id",
                options_list=["--resource-id"],
                help="Resource id of the cluster, instead of its name, type and group.",
            )
    with loader.argument_context(f"{prefix} extension") as c:
        c.argument("resource_group_name", resource_group_name_type, help="Resource group of the cluster.")
    with loader.argument_context(f"{prefix} cluster list") as c:
        c.argument(
            "resource_group_name",
            resource_group_name_type,
            help="Only clusters of this resource group, which is the workspace's unless --workspace-group is given.",
        )
        c.argument(
            "workspace_name",
            options_list=["--workspace-name", "-w"],
            help="Workspace to look for attached clusters in; without a group, the one of that name.",
        )
        c.argument("workspace_group", help="Resource group of the workspace where it is not the clusters'.")


def _extension_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_three_state_flag

    with loader.argument_context(f"{prefix} extension") as c:
        c.argument(
            "name",
            options_list=["--name", "-n"],
            completer=completers.extension_names,
            help="Name of the extension.",
        )
        c.argument("timeout", type=int, help="Seconds to wait.")
    for command in ("create", "update"):
        with loader.argument_context(f"{prefix} extension {command}") as c:
            c.argument("accepted_only", **_NO_WAIT)
            c.argument("release_train", help="Release train of the extension.")
            c.argument("version", help="Version to pin the extension to; automatic upgrades are off then.")
            c.argument(
                "auto_upgrade_minor_version",
                options_list=["--auto-upgrade", "--auto-upgrade-minor-version"],
                arg_type=get_three_state_flag(),
                help="Let Azure upgrade the extension to new minor versions. Default: true without --version.",
            )
    with loader.argument_context(f"{prefix} extension update") as c:
        c.argument(
            "yes", options_list=["--yes", "-y"], action="store_true", help="Update even where that breaks what runs."
        )
    with loader.argument_context(f"{prefix} extension delete") as c:
        c.argument("accepted_only", **_NO_WAIT)
        c.argument("yes", options_list=["--yes", "-y"], action="store_true", help="Delete without a question.")
        c.argument(
            "force",
            action="store_true",
            help="Remove Azure's record without asking the cluster, for one that is gone; what runs there stays.",
        )
        c.argument(
            "purge",
            action="store_true",
            help="Delete the Relay, Service Bus and Log Analytics resources that were made for this cluster too.",
        )


def _wait_options(loader: Any, prefix: str) -> None:
    for scope in (f"{prefix} extension wait", f"{prefix} wait"):
        with loader.argument_context(scope, arg_group="Wait Condition") as c:
            c.argument("created", action="store_true", help="Wait until it is provisioned. The default.")
            c.argument("updated", action="store_true", help="Wait until it is provisioned again.")
            c.argument("deleted", action="store_true", help="Wait until it is gone.")
            c.argument("exists", action="store_true", help="Wait until it is there, in whatever state.")
            c.argument("custom", help="Wait until a JMESPath query on the object answers something true.")
            c.argument("interval", type=int, help="Seconds between two looks. Default: 1, growing to 10.")


def _setting_options(loader: Any, prefix: str) -> None:
    for scope in (f"{prefix} extension create", f"{prefix} extension update", f"{prefix} settings validate"):
        with loader.argument_context(scope, arg_group="Settings") as c:
            c.argument(
                "config",
                options_list=["--config", "--configuration-settings"],
                **_LIST,
                completer=completers.plain_settings,
                help="Settings as space-separated key=value.",
            )
            c.argument("config_file", help="JSON file of settings; --config wins over it.")
            c.argument(
                "config_protected",
                **_LIST,
                completer=completers.protected_settings,
                help="Protected settings as space-separated key=value. Other processes can see them: prefer the file.",
            )
            c.argument(
                "config_protected_file",
                options_list=["--config-protected-file", "--protected-file"],
                help="JSON file of protected settings, or - for standard input.",
            )
            c.argument(
                "allow_unknown_settings",
                options_list=["--allow-unknown-settings", "--allow-unknown"],
                action="store_true",
                help="Send settings that are not documented, unchecked.",
            )


def _offline_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    for scope in (f"{prefix} config validate", f"{prefix} settings validate"):
        with loader.argument_context(scope) as c:
            c.argument("strict", action="store_true", help="End with 1 on warnings too.")
            c.argument(
                "report_format",
                options_list=["--format"],
                arg_type=get_enum_type(["text", "json", "sarif", "junit"]),
                help="Form of the report. Default: text, or the object where -o is given.",
            )
    with loader.argument_context(f"{prefix} settings") as c:
        c.argument("workload", arg_type=get_enum_type(["training", "inference"]), help="Only settings that concern it.")
        c.argument("name", options_list=["--name", "-n"], completer=completers.setting_keys, help="Key of the setting.")
        c.argument(
            "cluster_type",
            options_list=["--cluster-type", "-t"],
            arg_type=get_enum_type(["connectedClusters", "managedClusters"]),
            help="Type of the cluster, where it is known.",
        )
        c.argument("node_count", type=int, help="Nodes of the cluster, to judge high availability.")
    _config_options(loader, prefix)


def _config_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type

    with loader.argument_context(f"{prefix} config validate") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            **_LIST,
            help="Files, folders or patterns, JSON or YAML; - for standard input.",
        )
    with loader.argument_context(f"{prefix} config init") as c:
        c.argument(
            "file", options_list=["--file", "-f"], help="File to write, which must not exist. Default: standard output."
        )
        c.argument("default", action="store_true", help="The default configuration of the 2021 guide.")
        c.argument("namespace", help="Namespace that the jobs run in.")
    with loader.argument_context(f"{prefix} config init", arg_group="Instance Type") as c:
        c.argument("gpu", help="Name of one instance type with GPUs.")
        c.argument("gpus", type=int, help="GPUs of that type. Default: 1.")
        c.argument("cpu", help="CPUs of that type, such as 4 or 500m.")
        c.argument("memory", help="Memory of that type, such as 16Gi.")
        c.argument("selector", **_LIST, help="Node labels of that type as space-separated key=value.")
    with loader.argument_context(f"{prefix} config convert") as c:
        c.argument("file", options_list=["--file", "-f"], help="File to convert; - for standard input.")
        c.argument(
            "to", arg_type=get_enum_type(["instancetype"]), help="Make InstanceType manifests of a configuration."
        )
        c.argument(
            "from_format",
            options_list=["--from"],
            arg_type=get_enum_type(["instancetype"]),
            help="Make a configuration of InstanceType manifests.",
        )
        c.argument("namespace", help="Namespace of the configuration that --from makes.")


def _compute_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type, resource_group_name_type
    from knack.arguments import enum_choice_list

    for command in ("attach", "show", "list", "detach", "wait"):
        with loader.argument_context(f"{prefix} {command}") as c:
            c.argument(
                "name",
                options_list=["--name", "-n"],
                completer=completers.compute_names,
                help="Name of the compute target.",
            )
            c.argument("workspace_name", options_list=["--workspace-name", "-w"], help="Name of the workspace.")
            c.argument("resource_group_name", resource_group_name_type, help="Resource group of the workspace.")
            c.argument("timeout", type=int, help="Seconds to wait.")
            c.argument("accepted_only", **_NO_WAIT)
    with loader.argument_context(f"{prefix} attach") as c:
        c.argument("name", options_list=["--name", "-n"], help=f"Name of the compute target. {_ASKED}")
        c.argument(
            "workspace_name",
            options_list=["--workspace-name", "-w"],
            help=f"Name of the workspace. {_ASKED}",
        )
        c.argument(
            "resource_group_name",
            resource_group_name_type,
            help="Resource group of the cluster, and of the workspace unless --workspace-group is given.",
        )
        c.argument("workspace_group", help="Resource group of the workspace where it is not the cluster's.")
        c.argument(
            "cluster_type",
            options_list=["--cluster-type", "-t"],
            **enum_choice_list(["connectedClusters", "managedClusters"]),
            arg_group="Cluster",
            help="Connected through Azure Arc (connectedClusters, the default), or AKS (managedClusters).",
        )
        c.argument("config", help="Attach configuration: a JSON or YAML file, or - for standard input.")
        c.argument("namespace", help="Namespace that the jobs run in; it must exist. Default: the file's, or default.")
        c.argument(
            "identity_type",
            arg_type=get_enum_type(["SystemAssigned", "UserAssigned"]),
            help="Managed identity of the compute.",
        )
        c.argument(
            "user_assigned_identities",
            options_list=["--user-identities", "--user-assigned-identities"],
            **_LIST,
            help="Resource ids of user-assigned identities.",
        )


def _kubernetes_options(loader: Any, prefix: str) -> None:
    for scope in (f"{prefix} attach", f"{prefix} check", f"{prefix} extension create"):
        with loader.argument_context(scope, arg_group="Kubernetes") as c:
            c.argument("kubeconfig", help="Kubeconfig file of the cluster. Default: KUBECONFIG, or ~/.kube/config.")
            c.argument("context", help="Context of the kubeconfig. Default: its current one.")
    with loader.argument_context(f"{prefix} attach", arg_group="Kubernetes") as c:
        c.argument(
            "apply_instance_types",
            options_list=["--apply-instance-types", "--apply-types"],
            action="store_true",
            help="Write the configuration's instance types to the cluster as InstanceType objects, before attaching.",
        )
        c.argument("create_namespace", action="store_true", help="Create the namespace on the cluster if it is absent.")
        c.argument("yes", options_list=["--yes", "-y"], action="store_true", help="Ask nothing.")


def _verify_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import resource_group_name_type

    with loader.argument_context(f"{prefix} verify") as c:
        c.argument(
            "name",
            options_list=["--name", "-n"],
            completer=completers.compute_names,
            help="Name of the compute target.",
        )
        c.argument("workspace_name", options_list=["--workspace-name", "-w"], help="Name of the workspace.")
        c.argument("resource_group_name", resource_group_name_type, help="Resource group of the workspace.")
        c.argument("instance_type", help="Instance type to verify. Default: the compute's own default.")
        c.argument(
            "every_type",
            options_list=["--all"],
            action="store_true",
            help="Verify every instance type that the compute was attached with; the default one where it has none.",
        )
        c.argument("gpu", action="store_true", help="Fail where a job sees no NVIDIA GPU.")
        c.argument("image", help="Image to run, instead of a small curated environment.")
        c.argument(
            "environment",
            help="Environment to run, instead of a small curated one: azureml:NAME:VERSION, "
            "azureml://registries/… or a resource id.",
        )
        c.argument("timeout", type=int, help="Seconds to wait; jobs that are not over then go on.")
        c.argument(
            "write_examples",
            help="Run nothing: write ready job files for this compute to a folder, which must not have them yet.",
        )


def _check_options(loader: Any, prefix: str) -> None:
    from azure.cli.core.commands.parameters import get_enum_type, resource_group_name_type

    for scope in (f"{prefix} attach", f"{prefix} extension create"):
        with loader.argument_context(scope) as c:
            c.argument(
                "preflight",
                action="store_true",
                help="Make all checks first, not only those that cost no request, and begin nothing where one fails.",
            )
    for scope in (f"{prefix} check", f"{prefix} extension create"):
        with loader.argument_context(scope, arg_group="Kubernetes") as c:
            c.argument("kubeconfig", help="Kubeconfig file of the cluster, whose checks are left out without it.")
    with loader.argument_context(f"{prefix} check") as c:
        c.argument(
            "resource_group_name",
            resource_group_name_type,
            help="Resource group of the cluster, and of the workspace unless --workspace-group is given.",
        )
        c.argument("workspace_name", options_list=["--workspace-name", "-w"], help="Name of the workspace.")
        c.argument("workspace_group", help="Resource group of the workspace where it is not the cluster's.")
        c.argument(
            "name",
            options_list=["--name", "-n"],
            completer=completers.compute_names,
            help="Name of the compute target. Default: any of the cluster.",
        )
        c.argument("config", help="Attach configuration: a JSON or YAML file, or - for standard input.")
        c.argument(
            "settings",
            **_LIST,
            completer=completers.plain_settings,
            help="Settings that are to be installed, as space-separated key=value.",
        )
    with loader.argument_context(f"{prefix} check", arg_group="Selection") as c:
        c.argument(
            "phase",
            arg_type=get_enum_type(["pre", "post", "all"]),
            help="Checks before an installation, after it, or all. Default: pre where nothing is installed, else all.",
        )
        c.argument("only", **_LIST, completer=completers.check_groups, help="Groups of checks to make, and no others.")
        c.argument(
            "skip", **_LIST, completer=completers.check_ids, help="Ids of checks to leave out, such as AMLARC-A063."
        )
    with loader.argument_context(f"{prefix} check", arg_group="Report") as c:
        c.argument("strict", action="store_true", help="End with 1 on warnings too.")
        c.argument("as_object", action="store_true", help="Give the results as an object instead of text.")
        c.argument("output_file", help="File for a report as well: .html for a page, .xml for JUnit.")
