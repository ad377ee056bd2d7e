"""The attach configuration as the user gave it: read, then judged."""

from dataclasses import dataclass
from typing import Any

from azext_amlarc import files
from azext_amlarc.errors import stop_at_errors
from azext_amlarc.validation import document
from azext_amlarc.validation.findings import Finding


@dataclass(frozen=True)
class Configuration:
    """An attach configuration ready to be sent, and the findings that did not stop it."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]


def read_document(path: str | None, namespace: str | None) -> Configuration:
    """The attach configuration; a --namespace wins over the file's. InvalidInput with every error at once."""
    findings: list[Finding] = []
    found: dict[str, Any] = {}
    if path is not None:
        outcome = document.read(files.read(path), path)
        findings += outcome.findings
        found = dict(outcome.document or {})
    if namespace is not None:
        findings += document.judge_namespace(namespace, "--namespace")
        found["namespace"] = namespace
    stop_at_errors(f"The configuration {path}" if path else "The configuration", findings)
    return Configuration(found, tuple(findings))
