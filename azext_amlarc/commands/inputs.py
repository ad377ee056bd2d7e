"""What the user gave, read and judged: settings from options and files, attach configurations, cluster addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azext_amlarc import files
from azext_amlarc.errors import InvalidInput
from azext_amlarc.validation import jsontext, settings, text
from azext_amlarc.validation.findings import Finding, Severity, errors_in
from azext_amlarc.validation.settings import ClusterFacts, Judgement, Setting

if TYPE_CHECKING:
    from azext_amlarc.arm.clusters import Cluster


@dataclass(frozen=True)
class GivenSettings:
    """Settings as they were given, with what is wrong with how they are written, and the local files they name."""

    settings: tuple[Setting, ...]
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes]
    allow_unknown: bool

    def judged(self, cluster: "Cluster | None" = None) -> Judgement:
        """The settings ready to be sent; InvalidInput with every error at once."""
        facts = ClusterFacts(cluster.id.cluster_type, cluster.node_count, cluster.distribution) if cluster else None
        judgement = settings.judge(self.settings, cluster=facts, allow_unknown=self.allow_unknown, files=self.files)
        findings = (*self.findings, *judgement.findings)
        stop_at_errors("The settings", findings)
        return Judgement(findings, judgement.plain, judgement.protected)


def read_settings(
    config: Sequence[str] | None = None,
    config_file: str | None = None,
    config_protected: Sequence[str] | None = None,
    config_protected_file: str | None = None,
    allow_unknown: bool = False,
) -> GivenSettings:
    """Read settings from options and JSON files; InvalidInput where a file can't be read."""
    parts = [
        settings.parse_pairs(config or (), "--config"),
        settings.parse_pairs(config_protected or (), "--config-protected", protected=True),
        _from_file(config_file, protected=False),
        _from_file(config_protected_file, protected=True),
    ]
    given = tuple(setting for part, _ in parts for setting in part)
    local = {path: files.read(path) for path in settings.local_files(given)}
    return GivenSettings(given, tuple(finding for _, found in parts for finding in found), local, allow_unknown)


def _from_file(path: str | None, *, protected: bool) -> tuple[list[Setting], list[Finding]]:
    if path is None:
        return [], []
    decoded = text.decode(files.read(path), path)
    if isinstance(decoded, Finding):
        return [], [decoded]
    reading = jsontext.parse(decoded, path)
    if not reading.usable:
        return [], list(reading.findings)
    if not isinstance(reading.data, dict):
        raise InvalidInput(
            f"{path}: the settings are {type(reading.data).__name__}, not an object.", 'Write {"key": "value", …}.'
        )
    spots = reading.spots([(key,) for key in reading.data])

    def position(key: str) -> tuple[int, int] | None:
        return spots[(key,)].key if (key,) in spots else None

    found, findings = settings.from_mapping(reading.data, path, protected, position)
    return found, [*reading.findings, *findings]


@dataclass(frozen=True)
class Configuration:
    """An attach configuration ready to be sent, and the findings that did not stop it."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]


def read_document(path: str | None, namespace: str | None) -> Configuration:
    """The attach configuration; a --namespace wins over the file's. InvalidInput with every error at once."""
    from azext_amlarc.validation import document

    findings: list[Finding] = []
    found: dict[str, Any] = {}
    if path is not None:
        outcome = document.read(files.read(path), path)
        findings += outcome.findings
        found = dict(outcome.document or {})
    if namespace is not None:
        findings += document.judge_namespace(namespace)
        found["namespace"] = namespace
    stop_at_errors(f"The configuration {path}" if path else "The configuration", findings)
    return Configuration(found, tuple(findings))


def stop_at_errors(subject: str, findings: Iterable[Finding]) -> None:
    """InvalidInput with all of `findings` where one is an error: nothing may be sent then."""
    found = tuple(findings)
    errors = len(errors_in(found))
    if errors:
        raise InvalidInput(
            f"{subject}: {errors} {'error' if errors == 1 else 'errors'}; nothing was sent.", findings=found
        )


def show_findings(findings: Iterable[Finding]) -> None:
    """Say what is worth knowing about input that is sent all the same: warnings, and under --verbose the rest."""
    from knack.log import get_logger

    from azext_amlarc.validation.report import as_text

    logger = get_logger(__name__)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_text([finding]))
        else:
            logger.info("%s", as_text([finding]))
