"""The attach configuration as the user gave it: read, then validated."""

from dataclasses import dataclass
from typing import Any

from azext_amlarc.errors import stop_at_errors
from azext_amlarc.findings import Finding
from azext_amlarc.validation import document, files
from azext_amlarc.validation.document import Outcome, manifests
from azext_amlarc.validation.document.manifests import Manifests


@dataclass(frozen=True)
class Configuration:
    """A valid attach configuration, with its warnings."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]
    file: Outcome | None = None

    def instance_types(self) -> Manifests:
        """The instance types as objects for the cluster, with what that changes; InvalidInput with every error."""
        if self.file is None:
            return Manifests(None, ())
        converted = manifests.convert(self.file)
        codes = {rule.code for rule in manifests.RULES}
        findings = tuple(finding for finding in converted.findings if finding.code in codes)
        stop_at_errors(f"Invalid instance types in {self.file.source}", findings)
        return Manifests(converted.items, findings)


def read_document(path: str | None, namespace: str | None) -> Configuration:
    """The attach configuration; --namespace takes precedence over the file's. InvalidInput with all errors at once."""
    findings: list[Finding] = []
    found: dict[str, Any] = {}
    outcome = None
    if path is not None:
        outcome = document.read(files.read(path), path)
        findings += outcome.findings
        found = dict(outcome.document or {})
    if namespace is not None:
        findings += document.validate_namespace(namespace, "--namespace")
        found["namespace"] = namespace
    stop_at_errors(f"Invalid configuration {path}" if path else "Invalid configuration", findings)
    return Configuration(found, tuple(findings), outcome)
