"""The rows of `-o table`."""

import textwrap
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


def version_rows(offers: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Releases of the extension in `-o table`: what each is, in words."""
    words = {"isRunning": "running", "isDefault": "default"}
    return [
        OrderedDict(
            ReleaseTrain=offer["releaseTrain"],
            Version=offer["version"],
            State=", ".join(
                [word for key, word in words.items() if offer[key]]
                + ([] if offer["isOffered"] else ["no longer offered"])
            ),
        )
        for offer in offers
    ]


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


_WIDTH = 120
_SECTIONS = {
    "renamed": "-- Renamed: sent under their new names",
    "removed": "-- No longer documented",
    "internal": "-- Set by the tool",
}


def plan_rows(plan: Mapping[str, Any]) -> list[Row]:
    """A plan in `-o table`: a line for what becomes of each thing on each cluster."""
    return [
        OrderedDict(
            Cluster=cluster["name"],
            ResourceGroup=cluster["resourceGroup"],
            Wave=cluster["wave"] or "",
            Action=item["action"],
            What=f"{item['kind']} {item['name']}",
            Changes="; ".join(item["changes"]) or item["reason"] or "",
        )
        for cluster in plan["clusters"]
        for item in cluster["items"]
    ]


def apply_rows(entries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """What came of an apply in `-o table`."""
    return [
        OrderedDict(
            Cluster=entry["name"],
            ResourceGroup=entry["resourceGroup"],
            Wave=entry["wave"] or "",
            State=entry["state"],
            Seconds=entry["seconds"] or "",
            Error=(entry["error"] or "").partition("\n")[0],
        )
        for entry in entries
    ]


def status_rows(clusters: Iterable[Mapping[str, Any]]) -> list[Row]:
    """How a fleet stands in `-o table`."""
    return [
        OrderedDict(
            Cluster=cluster["name"],
            ResourceGroup=cluster["resourceGroup"],
            State=cluster["state"],
            Connectivity=cluster["connectivity"] or "",
            Extension=cluster["extensionState"] or "",
            Version=cluster["extensionVersion"] or "",
            Computes=", ".join(f"{name} {state}" for name, state in cluster["computes"].items()),
            Drift=len(cluster["drift"]) or "",
        )
        for cluster in clusters
    ]


def setting_rows(settings: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The catalogue of settings in `-o table`, within 120 columns; what the tool sets itself comes last, apart."""
    listed = list(settings)
    # A column is two wider than its name, at the least, and two stand between columns.
    rest = _WIDTH - 2 * 2 - len("AppliesTo  ") - max((len(setting["key"]) for setting in listed), default=0)
    rows = [row for setting in listed if setting["status"] == "current" for row in _setting_lines(setting, rest)]
    for status, heading in _SECTIONS.items():
        lines = [row for setting in listed if setting["status"] == status for row in _setting_lines(setting, rest)]
        rows += [_setting_line("", "", ""), _setting_line(heading, "", ""), *lines] if lines else []
    return rows


def _setting_lines(setting: Mapping[str, Any], width: int) -> list[Row]:
    """A setting with its description, which takes as many lines as it needs."""
    default = f" Default: {setting['defaultToday']}." if setting["defaultToday"] else ""
    first, *others = textwrap.wrap(
        f"{setting['description']}{default}", width, break_long_words=False, break_on_hyphens=False
    )
    return [
        _setting_line(setting["key"], setting["appliesTo"], first),
        *(_setting_line("", "", line) for line in others),
    ]


def _setting_line(key: str, applies_to: str, description: str) -> Row:
    return OrderedDict(Key=key, AppliesTo=applies_to, Description=description)


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


def bundle_rows(bundle: Mapping[str, Any]) -> list[Row]:
    """The parts of a support bundle in `-o table`."""
    return [
        OrderedDict(Part=part["name"], Files=len(part["files"]), Problem=part["problem"] or "")
        for part in bundle["parts"]
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
