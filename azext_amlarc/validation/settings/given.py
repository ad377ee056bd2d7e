"""Settings of the extension as a user gave them, to be validated alone or for a cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from azext_amlarc.errors import stop_at_errors
from azext_amlarc.findings import Finding
from azext_amlarc.validation import files, settings
from azext_amlarc.validation.settings import ClusterFacts, Judgement, Setting

if TYPE_CHECKING:
    from azext_amlarc.resources.cluster import Cluster
    from azext_amlarc.resources.extension import Extension
    from azext_amlarc.validation.report.formats import Report


@dataclass(frozen=True)
class GivenSettings:
    """Settings as they were given, with the findings of parsing them and the contents of the local files they name."""

    settings: tuple[Setting, ...]
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes] = field(repr=False)
    allow_unknown: bool

    @classmethod
    def read(cls, parts: Sequence[tuple[Sequence[Setting], Sequence[Finding]]], allow_unknown: bool) -> Self:
        """Join the parsed parts and read the local files; InvalidInput if one cannot be read."""
        given = tuple(setting for part, _ in parts for setting in part)
        local = {path: files.read(path) for path in settings.local_files(given)}
        return cls(given, tuple(finding for _, found in parts for finding in found), local, allow_unknown)

    def judged(self, cluster: "Cluster | None" = None, existing: "Extension | None" = None) -> Judgement:
        """The settings ready to be sent, validated with those installed; InvalidInput with all errors at once."""
        facts = ClusterFacts(cluster.id.cluster_type, cluster.node_count, cluster.distribution) if cluster else None
        judgement = settings.judge(
            self.settings,
            cluster=facts,
            allow_unknown=self.allow_unknown,
            files=self.files,
            installed=existing.shown_settings if existing else None,
        )
        findings = (*self.findings, *judgement.findings)
        stop_at_errors("The settings", findings)
        return Judgement(findings, judgement.plain, judgement.protected)

    def stop_at_single_errors(self) -> None:
        """InvalidInput with the errors in each setting by itself, before anybody is asked what is installed."""
        found = settings.judge_each(self.settings, allow_unknown=self.allow_unknown)
        stop_at_errors("The settings", (*self.findings, *found))

    def report(self, cluster: ClusterFacts, strict: bool) -> "Report":
        """A report of the findings, including sources without any."""
        from azext_amlarc.validation.report.formats import Report

        judgement = settings.judge(self.settings, cluster=cluster, allow_unknown=self.allow_unknown, files=self.files)
        findings = (*self.findings, *judgement.findings)
        sources = [setting.source for setting in self.settings] + [finding.source for finding in findings]
        return Report(tuple(dict.fromkeys(sources)), findings, strict)
