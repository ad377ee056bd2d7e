"""The attach configuration as the user gave it: read, then validated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from azext_amlarc.errors import InvalidInput, stop_at_errors
from azext_amlarc.findings import Finding, errors_in
from azext_amlarc.validation import document, files
from azext_amlarc.validation.document import Outcome

if TYPE_CHECKING:
    from azext_amlarc.validation.document.manifests import Manifests


class Configuration(NamedTuple):
    """A valid attach configuration, with its warnings."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]
    file: Outcome | None = None

    def instance_types(self) -> "Manifests":
        """The instance types as objects for the cluster, with what that changes; InvalidInput with every error."""
        from azext_amlarc.validation.document import manifests

        if self.file is None:
            return manifests.Manifests(None, ())
        converted = manifests.convert(self.file)
        stop_at_errors(f"Invalid instance types in {self.file.source}", converted.own_findings)
        return manifests.Manifests(converted.items, converted.own_findings)


def _errors_of_conversion(outcome: Outcome) -> list[Finding]:
    from azext_amlarc.validation.document import manifests

    return errors_in(manifests.convert(outcome).own_findings)


def read_document(
    path: str | None,
    namespace: str | None,
    others: Sequence[Finding] = (),
    converted: bool = False,
    policy: Sequence[str] = (),
) -> Configuration:
    """The attach configuration; --namespace takes precedence over the file's.

    InvalidInput with all errors at once, including those of other options (`others`) and, with `converted`, what its
    instance types lack to become objects on the cluster. `policy` names policies that it has to keep as well.
    """
    findings: list[Finding] = list(others)
    found: dict[str, Any] = {}
    outcome = None
    if path is not None:
        read = _read(path)
        if isinstance(read, Finding):
            findings.append(read)
        else:
            outcome, found = read, dict(read.document or {})
            findings += read.findings
            findings += _errors_of_conversion(read) if converted else []
    if namespace is not None:
        findings += document.validate_namespace(namespace, "--namespace")
        found["namespace"] = namespace
    findings += _broken(policy, outcome, found, namespace) if policy else []
    stop_at_errors(_subject(path, errors_in(findings), errors_in(others)), findings)
    return Configuration(found, tuple(findings), outcome)


def _broken(
    names: Sequence[str], outcome: Outcome | None, found: dict[str, Any], namespace: str | None
) -> list[Finding]:
    """What the policies say of what is attached: the configuration, with the namespace of the option."""
    from azext_amlarc.validation.guardrails import policy

    reading = outcome.reading if outcome and outcome.reading.usable else None
    data = {**reading.data, **found} if reading and isinstance(reading.data, dict) else found
    if reading and outcome:
        text = policy.of_reading(policy.ATTACH, reading, outcome.source)
    else:
        text = policy.said_at(policy.ATTACH, lambda: ("--config", None, None, "$", 1))
    if namespace is not None:
        text = text.overridden(("namespace",), lambda: ("--namespace", None, None, "namespace", 1))
    return policy.read(names).judge([text._replace(data=data)])


def _read(path: str) -> Outcome | Finding:
    """The file's outcome, or the finding that it cannot be read; az loads `@FILE` itself, and passes its text."""
    loaded = files.as_text(path)
    source = "--config" if loaded else files.STDIN if path == "-" else path
    try:
        raw = loaded or files.read(path)
    except InvalidInput as error:
        return files.as_finding(error, source)
    return document.read(raw, source)


def _subject(path: str | None, errors: Sequence[Finding], others: Sequence[Finding]) -> str:
    """What is wrong: the other options, the configuration, or both."""
    if others:
        return "Invalid compute name" if len(others) == len(errors) else "Invalid options"
    is_name = path is not None and files.as_text(path) is None
    return f"Invalid configuration {path}" if is_name else "Invalid configuration"
