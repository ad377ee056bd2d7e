"""Settings of the extension as a user gave them, to be validated alone or for a cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from azext_amlarc.errors import InvalidInput, stop_at_errors
from azext_amlarc.findings import Finding, errors_in
from azext_amlarc.validation import files, settings
from azext_amlarc.validation.settings import ClusterFacts, Judgement, Setting, Unread, shapes
from azext_amlarc.validation.settings.derived import same, worked_out

if TYPE_CHECKING:
    from azext_amlarc.resources.cluster import Cluster
    from azext_amlarc.resources.installed import Extension
    from azext_amlarc.validation.guardrails.policy import Policies
    from azext_amlarc.validation.report.formats import Report


@dataclass(frozen=True)
class GivenSettings:
    """Settings as they were given, with the findings of parsing them and the contents of the local files they name.

    `policies` are those of the user's own that the settings have to keep as well.
    """

    settings: tuple[Setting, ...]
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes | Unread] = field(repr=False)
    allow_unknown: bool
    later: frozenset[str] = frozenset()  # the keys whose values are not known yet
    policies: "Policies | None" = None

    @classmethod
    def read(
        cls,
        parts: Sequence[tuple[Sequence[Setting], Sequence[Finding]]],
        allow_unknown: bool,
        policies: Sequence[str] = (),
    ) -> Self:
        """Join the parsed parts and read the local files; one that cannot be read is a finding beside the others.

        `policies` names files with JSON Schemas (docs/guardrails.md).
        """
        given = tuple(setting for part, _ in parts for setting in part)
        local = {path: _content(path) for path in settings.local_files(given)}
        findings = tuple(finding for _, found in parts for finding in found)
        return cls(given, findings, local, allow_unknown, policies=_policies(policies) if policies else None)

    @property
    def incomplete(self) -> bool:
        """Whether something was given that could not be read: what seems to be absent may be in there."""
        return bool(errors_in(self.findings))

    def judged(
        self, cluster: "Cluster | None" = None, existing: "Extension | None" = None, domain: str = ""
    ) -> Judgement:
        """The settings ready to be sent, validated with those installed; InvalidInput with all errors at once.

        With a cluster, and the cloud's `domain` for public names, what the tool works out itself may be given too.
        """
        facts = ClusterFacts.of(cluster) if cluster else None
        derived = self._derived(cluster, domain, existing) if cluster else None
        judgement = settings.judge(
            self.settings,
            cluster=facts,
            allow_unknown=self.allow_unknown,
            files=self.files,
            installed=existing.shown_settings if existing else None,
            derived=derived,
            incomplete=self.incomplete,
            later=self.later,
        )
        there = existing.shown_settings if existing else {}
        kept = {key: value for key, value in there.items() if not same(value, (derived or {}).get(key))}
        findings = (*self.findings, *judgement.findings, *self._broken(judgement, kept))
        stop_at_errors("Invalid settings", findings)
        return Judgement(findings, judgement.plain, judgement.protected)

    def _derived(self, cluster: "Cluster", domain: str, existing: "Extension | None") -> dict[str, str]:
        from azext_amlarc.resources.extension import resolve

        chosen = settings.plain_values(self.settings)
        there = existing.configuration_settings if existing else {}
        return worked_out(lambda given: resolve(cluster, domain, given, existing).settings, chosen, there)

    def stop_at_single_errors(self) -> None:
        """InvalidInput with the errors in each setting by itself, before anybody is asked what is installed."""
        found = settings.judge_each(self.settings, allow_unknown=self.allow_unknown, files=self.files)
        alone = settings.judge(self.settings, allow_unknown=True, files=self.files) if self.policies else None
        broken = self._broken(alone, {}, is_whole=False) if alone else []
        stop_at_errors("Invalid settings", (*self.findings, *found, *broken))

    def _broken(self, judgement: Judgement, installed: Mapping[str, str], *, is_whole: bool = True) -> list[Finding]:
        """What the policies say."""
        if self.policies is None:
            return []
        from azext_amlarc.validation.guardrails import of_settings

        is_known = is_whole and not errors_in((*self.findings, *judgement.findings))
        return of_settings.broken(self.policies, self.settings, judgement.plain, installed, is_whole=is_known)

    def report(self, cluster: ClusterFacts, strict: bool) -> "Report":
        """A report of the findings, including sources without any."""
        from azext_amlarc.validation.report.formats import Report

        judgement = settings.judge(
            self.settings,
            cluster=cluster,
            allow_unknown=self.allow_unknown,
            files=self.files,
            incomplete=self.incomplete,
        )
        findings = (*self.findings, *judgement.findings, *self._broken(judgement, {}))
        sources = [setting.source for setting in self.settings] + [finding.source for finding in findings]
        rules = self.policies.rules if self.policies else ()
        return Report(tuple(dict.fromkeys(sources)), findings, strict, rules)


def _policies(names: Sequence[str]) -> "Policies":
    from azext_amlarc.validation.guardrails import policy

    return policy.read(names)


def _content(path: str) -> bytes | Unread:
    """The contents of a local file, or why there are none; az's `@FILE` names a file as well."""
    plain = files.without_at(path)
    named = shapes.is_file_name(plain, ".pem", ".crt", ".cer", ".key", ".pfx", ".p12", ".der")
    try:
        return files.read(plain, "" if named else "the file that is named here")
    except InvalidInput as error:
        return Unread(error.message, error.fix)
