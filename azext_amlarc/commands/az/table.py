"""The table of commands, each registered under both of our groups, and what their results look like as tables."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from azure.cli.core.commands import CliCommandType

from azext_amlarc.commands.az import options
from azext_amlarc.commands.az.errors import raise_for_az
from azext_amlarc.resources.ids import name_of

# Beside the official `ml` extension, az imports that one too for each `az ml` word, which takes seconds: the second
# group is for those who have both.
PREFIXES = ("ml arc", "amlarc")

Row = OrderedDict[str, Any]


def load_command_table(loader: Any) -> None:
    """Register every command of ours under every prefix."""
    for prefix in PREFIXES:
        with _group(loader, f"{prefix} extension", "extension") as group:
            group.custom_command(
                "create", "create", validator=options.validate_cluster, table_transformer=extension_row
            )
            group.custom_show_command(
                "show", "show", validator=options.validate_cluster, table_transformer=extension_row
            )
            group.custom_command(
                "list", "list_all", validator=options.validate_cluster, table_transformer=extension_rows
            )
            group.custom_command(
                "update", "update", validator=options.validate_cluster, table_transformer=extension_row
            )
            group.custom_command("delete", "delete", validator=options.validate_cluster)
            group.custom_command("wait", "wait", validator=options.validate_cluster)
        with _group(loader, prefix, "compute") as group:
            group.custom_command("attach", "attach", validator=options.validate_attach, table_transformer=compute_row)
            group.custom_show_command("show", "show", table_transformer=compute_row)
            group.custom_command("list", "list_all", table_transformer=compute_rows)
            group.custom_command("detach", "detach", confirmation=True)
            group.custom_command("wait", "wait")
        with _group(loader, f"{prefix} cluster", "cluster") as group:
            group.custom_command(
                "list", "list_all", validator=options.validate_cluster_list, table_transformer=cluster_rows
            )
        with _group(loader, prefix, "verify") as group:
            group.custom_command("verify", "verify", validator=options.validate_verify, table_transformer=verify_rows)
        with _group(loader, prefix, "check") as group:
            group.custom_command("check", "check", validator=options.validate_check, table_transformer=check_rows)
        with _group(loader, f"{prefix} config", "config") as group:
            group.custom_command("validate", "validate", table_transformer=report_rows)
            group.custom_command("schema", "schema")
            group.custom_command("init", "init")
            group.custom_command("convert", "convert")
        with _group(loader, f"{prefix} settings", "settings") as group:
            group.custom_command("list", "list_all", table_transformer=setting_rows)
            group.custom_show_command("show", "show")
            group.custom_command("validate", "validate", table_transformer=report_rows)


def _group(loader: Any, name: str, module: str) -> Any:
    handlers = CliCommandType(operations_tmpl=f"azext_amlarc.commands.{module}#{{}}", exception_handler=raise_for_az)
    return loader.command_group(name, custom_command_type=handlers)


def extension_row(extension: Mapping[str, Any]) -> Row:
    """An extension in `-o table`."""
    return OrderedDict(
        Name=extension["name"],
        InstallState=extension["installState"],
        ProvisioningState=extension["provisioningState"],
        Version=extension["currentVersion"] or extension["version"] or "",
        ReleaseTrain=extension["releaseTrain"] or "",
        Cluster=extension["clusterName"],
        ResourceGroup=extension["resourceGroup"],
    )


def extension_rows(extensions: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Several extensions in `-o table`."""
    return [extension_row(extension) for extension in extensions]


def cluster_rows(clusters: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The clusters that could be attached in `-o table`."""
    return [
        OrderedDict(
            Name=cluster["name"],
            ResourceGroup=cluster["resourceGroup"],
            Type=cluster["clusterType"],
            Location=cluster["location"],
            Connectivity=cluster["connectivity"] or "",
            Kubernetes=cluster["kubernetesVersion"] or "",
            Nodes=cluster["nodeCount"] or "",
            Distribution=cluster["distribution"] or "",
            Extension=cluster["extensionState"],
            AttachedAs=", ".join(cluster["attachedAs"] or []),
        )
        for cluster in clusters
    ]


def compute_row(compute: Mapping[str, Any]) -> Row:
    """A compute target in `-o table`."""
    return OrderedDict(
        Name=compute["name"],
        State=compute["provisioningState"],
        Cluster=name_of(compute["resourceId"]),
        Namespace=compute["namespace"] or "",
        DefaultInstanceType=compute["defaultInstanceType"] or "",
        InstanceTypes=len(compute["instanceTypes"] or {}),
        Workspace=compute["workspaceName"],
    )


def compute_rows(computes: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Several compute targets in `-o table`."""
    return [compute_row(compute) for compute in computes]


def verify_rows(found: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Jobs in `-o table`, or the files that were written instead."""
    return [OrderedDict(File=item["file"], Shows=item["shows"]) if "file" in item else _job_row(item) for item in found]


def _job_row(job: Mapping[str, Any]) -> Row:
    return OrderedDict(
        InstanceType=job["instanceType"] or "(default)",
        Status=job["status"],
        Name=job["name"],
        Compute=job["computeName"],
    )


def setting_rows(settings: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The catalogue of settings in `-o table`."""
    return [
        OrderedDict(
            Key=setting["key"],
            Type=setting["type"],
            Default2021=setting["default2021"],
            DefaultToday=setting["defaultToday"],
            AppliesTo=setting["appliesTo"],
            Status=setting["status"],
        )
        for setting in settings
    ]


def check_rows(results: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Results of checks in `-o table`."""
    return [
        OrderedDict(
            Id=result["id"],
            Group=result["group"],
            Status=result["status"],
            Title=result["title"],
            Message=result["message"],
        )
        for result in results
    ]


def report_rows(report: Mapping[str, Any]) -> list[Row]:
    """A report of the validator in `-o table`: a line a finding."""
    return [
        OrderedDict(
            Severity=finding["severity"],
            Code=finding["code"],
            Place=":".join(str(part) for part in (finding["source"], finding["line"], finding["column"]) if part),
            Path=finding["path"],
            Message=finding["message"],
        )
        for finding in report["findings"]
    ]
