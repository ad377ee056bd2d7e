"""The attach configuration as the user gave it: read, then validated."""

from dataclasses import dataclass
from typing import Any

from azext_amlarc.errors import stop_at_errors
from azext_amlarc.findings import Finding
from azext_amlarc.validation import document, files
from azext_amlarc.validation.document import manifests as instancetype
from azext_amlarc.validation.document.manifests import Manifests


@dataclass(frozen=True)
class Configuration:
    """A valid attach configuration, with its warnings."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]
    raw: bytes = b""
    source: str = ""

    def instance_types(self) -> Manifests:
        """The instance types as InstanceType manifests, with findings about the conversion; InvalidInput for errors."""
        manifests = instancetype.to_manifests(self.raw, self.source)
        converted = {rule.code for rule in instancetype.RULES}
        findings = tuple(finding for finding in manifests.findings if finding.code in converted)
        stop_at_errors(f"Invalid instance types in {self.source}", findings)
        return Manifests(manifests.items, findings)


def read_document(path: str | None, namespace: str | None) -> Configuration:
    """The attach configuration; --namespace takes precedence over the file's. InvalidInput with all errors at once."""
    findings: list[Finding] = []
    found: dict[str, Any] = {}
    raw = b""
    if path is not None:
        raw = files.read(path)
        outcome = document.read(raw, path)
        findings += outcome.findings
        found = dict(outcome.document or {})
    if namespace is not None:
        findings += document.judge_namespace(namespace, "--namespace")
        found["namespace"] = namespace
    stop_at_errors(f"Invalid configuration {path}" if path else "Invalid configuration", findings)
    return Configuration(found, tuple(findings), raw, path or "")
