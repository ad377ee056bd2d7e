"""The attach configuration as the user gave it: read, then judged."""

from dataclasses import dataclass
from typing import Any

from azext_amlarc.errors import stop_at_errors
from azext_amlarc.findings import Finding
from azext_amlarc.validation import document, files
from azext_amlarc.validation.document import manifests as instancetype
from azext_amlarc.validation.document.manifests import Manifests


@dataclass(frozen=True)
class Configuration:
    """An attach configuration ready to be sent, and the findings that did not stop it."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]
    raw: bytes = b""
    source: str = ""

    def instance_types(self) -> Manifests:
        """The instance types as objects for the cluster, with what that changes; InvalidInput with every error."""
        manifests = instancetype.to_manifests(self.raw, self.source)
        converted = {rule.code for rule in instancetype.RULES}
        findings = tuple(finding for finding in manifests.findings if finding.code in converted)
        stop_at_errors(f"The instance types of {self.source}", findings)
        return Manifests(manifests.items, findings)


def read_document(path: str | None, namespace: str | None) -> Configuration:
    """The attach configuration; a --namespace wins over the file's. InvalidInput with every error at once."""
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
    stop_at_errors(f"The configuration {path}" if path else "The configuration", findings)
    return Configuration(found, tuple(findings), raw, path or "")
