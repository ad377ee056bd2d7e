"""The rows of `-o table`."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from azext_amlarc.resources.ids import name_of

Row = OrderedDict[str, Any]


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
    """Clusters in `-o table`."""
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
    """Jobs in `-o table`, or the example files that were written instead."""
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
    """A report of the validator in `-o table`: one row for each finding."""
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
