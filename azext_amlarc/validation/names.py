"""Names that Kubernetes and Azure Machine Learning accept: DNS-1123, labels, compute targets, namespaces."""

import re

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.wording import quoted

# Kubernetes' own grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and …/labels/.
# Without anchors: Python uses fullmatch, and the JSON Schema adds ^ and $.
DNS_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
DNS_SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
LABEL_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LABEL_VALUE = rf"(?:{LABEL_NAME})?"
LABEL_KEY = rf"(?:(?=[^/]{{1,253}}/){DNS_SUBDOMAIN}/)?{LABEL_NAME}"

# Where users look for labels that exist.
SEE_LABELS = "kubectl get nodes --show-labels"

LONGEST_SUBDOMAIN = 253
LONGEST_LABEL_KEY = 253 + 1 + 63

COMPUTE_LENGTH = Rule("AMLARC-N001", Severity.ERROR, "compute names have 3 to 24 characters")
COMPUTE_START = Rule("AMLARC-N002", Severity.ERROR, "compute names start with a letter")
COMPUTE_CHARACTERS = Rule("AMLARC-N003", Severity.ERROR, "compute names use only letters, digits and hyphens")
COMPUTE_TRAILING_DIGITS = Rule("AMLARC-N004", Severity.ERROR, "compute names do not end in a hyphen followed by digits")
COMPUTE_TRAILING_HYPHEN = Rule("AMLARC-N005", Severity.ERROR, "compute names do not end in a hyphen")
COMPUTE_LONG = Rule("AMLARC-N006", Severity.WARNING, "compute names have at most 16 characters")
NAMESPACE = Rule("AMLARC-N007", Severity.ERROR, "namespaces are DNS-1123 labels")

RULES = (
    COMPUTE_LENGTH,
    COMPUTE_START,
    COMPUTE_CHARACTERS,
    COMPUTE_TRAILING_DIGITS,
    COMPUTE_TRAILING_HYPHEN,
    COMPUTE_LONG,
    NAMESPACE,
)


def is_dns_label(name: str) -> bool:
    """Whether the name is valid for a namespace (DNS-1123 label, at most 63 characters)."""
    return re.fullmatch(DNS_LABEL, name) is not None


def is_dns_subdomain(name: str) -> bool:
    """Whether the name is valid for an object such as an InstanceType (at most 253 characters)."""
    return len(name) <= LONGEST_SUBDOMAIN and re.fullmatch(DNS_SUBDOMAIN, name) is not None


def is_label_key(key: str) -> bool:
    """Whether the text is valid as a label's key: `name` or `dns.prefix/name`."""
    return len(key) <= LONGEST_LABEL_KEY and re.fullmatch(LABEL_KEY, key) is not None


def is_label_value(value: str) -> bool:
    """Whether the text is valid as a label's value: empty, or at most 63 characters."""
    return re.fullmatch(LABEL_VALUE, value) is not None


def as_dns_name(name: str) -> str:
    """The name in lower case with hyphens, as today's clusters require; it may still not be a DNS-1123 name."""
    return re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")


def validate_compute_name(name: str, source: str) -> list[Finding]:
    """Whether Azure accepts the name for a new compute target, and workloads run on it.

    The pattern of api-version 2025-12-01 is `^[a-zA-Z](?![a-zA-Z0-9-]*-\\d+$)[a-zA-Z0-9\\-]{2,23}$`. Older
    documentation allows 16 characters, and workloads fail if the name ends in a hyphen.
    """
    return [
        Finding(rule.code, rule.severity, f"{quoted(name)} is {problem}", fix, source)
        for rule, broken, problem, fix in _compute_name_rules(name)
        if broken
    ]


def _compute_name_rules(name: str) -> list[tuple[Rule, bool, str, str]]:
    """Each rule, whether the name breaks it, the rest of the message, and the fix."""
    invalid = "not a valid compute name: "
    near = _nearest_compute_name(name)
    instead = f"use {quoted(near)}" if near else "choose another name"
    return [
        (
            COMPUTE_LENGTH,
            not 3 <= len(name) <= 24,
            f"{invalid}it must have 3 to 24 characters",
            "choose a name of 3 to 16 characters",
        ),
        (
            COMPUTE_START,
            re.match(r"[A-Za-z]", name) is None,
            f"{invalid}it must start with a letter",
            "put a letter from a to z first",
        ),
        (
            COMPUTE_CHARACTERS,
            re.fullmatch(r"[A-Za-z0-9-]*", name) is None,
            f"{invalid}use only letters, digits and hyphens",
            instead,
        ),
        (
            COMPUTE_TRAILING_DIGITS,
            re.fullmatch(r".*-[0-9]+", name, re.DOTALL) is not None,
            f"{invalid}it must not end in a hyphen followed by digits",
            instead,
        ),
        (
            COMPUTE_TRAILING_HYPHEN,
            name.endswith("-"),
            f"{invalid}it ends in a hyphen, and workloads on it would fail with an internal server error",
            instead,
        ),
        (
            COMPUTE_LONG,
            16 < len(name) <= 24,
            "a long compute name: older services accept at most 16 characters",
            "choose a name of at most 16 characters",
        ),
    ]


def _nearest_compute_name(name: str) -> str:
    """The name without what no name has; empty if that breaks another rule."""
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")
    joined = re.sub(r"-+(?=[0-9]+$)", "", cleaned)
    return joined if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,23}", joined) else ""


def validate_namespace(name: str, source: str) -> list[Finding]:
    """Whether the name is valid for a namespace; whether the namespace exists, only the cluster knows."""
    if is_dns_label(name):
        return []
    return [Finding(NAMESPACE.code, NAMESPACE.severity, namespace_message(name), namespace_fix(name), source)]


def namespace_message(name: str) -> str:
    """The message about a namespace that is not a DNS-1123 label."""
    return (
        f"{quoted(name)} is not a valid namespace: use at most 63 lower-case letters, digits and hyphens, "
        "with a letter or digit at both ends"
    )


def namespace_fix(name: str) -> str:
    """The nearest valid namespace, or the default if nothing is left of the name."""
    near = as_dns_name(name).replace(".", "-")[:63].strip("-")
    return f'use "{near}"' if near else 'use "default", or leave it out'
