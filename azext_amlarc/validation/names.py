"""Names that Kubernetes and Azure Machine Learning take: DNS-1123, labels, computes, namespaces."""

import re

from azext_amlarc.findings import Finding, Rule, Severity
from azext_amlarc.wording import quoted

# Kubernetes' own grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and …/labels/.
# Without anchors: Python matches them with fullmatch, the JSON Schema writes them between ^ and $.
DNS_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
DNS_SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
LABEL_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LABEL_VALUE = rf"(?:{LABEL_NAME})?"
LABEL_KEY = rf"(?:(?=[^/]{{1,253}}/){DNS_SUBDOMAIN}/)?{LABEL_NAME}"

LONGEST_SUBDOMAIN = 253
LONGEST_LABEL_KEY = 253 + 1 + 63

COMPUTE_LENGTH = Rule("AMLARC-N001", Severity.ERROR, "a compute name has 3 to 24 characters")
COMPUTE_START = Rule("AMLARC-N002", Severity.ERROR, "a compute name starts with a letter")
COMPUTE_CHARACTERS = Rule("AMLARC-N003", Severity.ERROR, "a compute name holds letters, digits and hyphens")
COMPUTE_TRAILING_DIGITS = Rule("AMLARC-N004", Severity.ERROR, "a compute name does not end in a hyphen and digits")
COMPUTE_TRAILING_HYPHEN = Rule("AMLARC-N005", Severity.ERROR, "a compute name does not end in a hyphen")
COMPUTE_LONG = Rule("AMLARC-N006", Severity.WARNING, "a compute name of more than 16 characters is not safe everywhere")
NAMESPACE = Rule("AMLARC-N007", Severity.ERROR, "a namespace is a DNS-1123 label")

RULES = (
    COMPUTE_LENGTH,
    COMPUTE_START,
    COMPUTE_CHARACTERS,
    COMPUTE_TRAILING_DIGITS,
    COMPUTE_TRAILING_HYPHEN,
    COMPUTE_LONG,
    NAMESPACE,
)

_DNS_LABEL = re.compile(DNS_LABEL)
_DNS_SUBDOMAIN = re.compile(DNS_SUBDOMAIN)
_LABEL_KEY = re.compile(LABEL_KEY)
_LABEL_VALUE = re.compile(LABEL_VALUE)


def is_dns_label(name: str) -> bool:
    """Whether Kubernetes takes the name for a namespace (DNS-1123 label, at most 63 characters)."""
    return _DNS_LABEL.fullmatch(name) is not None


def is_dns_subdomain(name: str) -> bool:
    """Whether Kubernetes takes the name for an object such as an InstanceType (at most 253 characters)."""
    return len(name) <= LONGEST_SUBDOMAIN and _DNS_SUBDOMAIN.fullmatch(name) is not None


def is_label_key(key: str) -> bool:
    """Whether Kubernetes takes the text for a label's key: `name` or `dns.prefix/name`."""
    return len(key) <= LONGEST_LABEL_KEY and _LABEL_KEY.fullmatch(key) is not None


def is_label_value(value: str) -> bool:
    """Whether Kubernetes takes the text for a label's value: empty, or at most 63 characters."""
    return _LABEL_VALUE.fullmatch(value) is not None


def as_dns_name(name: str) -> str:
    """The name as today's clusters could hold it: lower case, hyphens; it may still not be a DNS-1123 name."""
    return re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")


def judge_compute_name(name: str, source: str) -> list[Finding]:
    """What Azure would say of a new compute's name: the pattern of api-version 2025-12-01, and older limits.

    `^[a-zA-Z](?![a-zA-Z0-9-]*-\\d+$)[a-zA-Z0-9\\-]{2,23}$`; older documentation allows 16 characters,
    and workloads fail on a name that ends in a hyphen.
    """
    broken = [(rule, fix) for rule, breaks, fix in _compute_name_rules(name) if breaks]
    return [
        Finding(rule.code, rule.severity, f"{quoted(name)} is not safe as a compute name: {rule.title}", fix, source)
        for rule, fix in broken
    ]


def _compute_name_rules(name: str) -> list[tuple[Rule, bool, str]]:
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")
    digits = re.fullmatch(r"(.*?)-+([0-9]+)", name, re.DOTALL)
    joined = f"{digits[1]}{digits[2]}" if digits else name
    return [
        (COMPUTE_LENGTH, not 3 <= len(name) <= 24, "choose 3 to 16 characters"),
        (COMPUTE_START, re.match(r"[A-Za-z]", name) is None, "start with a letter from a to z"),
        (
            COMPUTE_CHARACTERS,
            re.fullmatch(r"[A-Za-z0-9-]*", name) is None,
            f"use letters, digits and hyphens, such as {quoted(cleaned)}",
        ),
        (COMPUTE_TRAILING_DIGITS, digits is not None, f"use {quoted(joined)}"),
        (
            COMPUTE_TRAILING_HYPHEN,
            name.endswith("-"),
            f"use {quoted(name.rstrip('-'))}: workloads on such a compute fail with an internal server error",
        ),
        (COMPUTE_LONG, 16 < len(name) <= 24, "choose 16 characters or fewer"),
    ]


def judge_namespace(name: str, source: str) -> list[Finding]:
    """Whether a namespace can exist: a DNS-1123 label. That it does exist is the cluster's to say."""
    if is_dns_label(name):
        return []
    return [Finding(NAMESPACE.code, NAMESPACE.severity, namespace_message(name), namespace_fix(name), source)]


def namespace_message(name: str) -> str:
    """What is wrong with a namespace that is no DNS-1123 label."""
    return (
        f"{quoted(name)} is no namespace: at most 63 lower-case letters, digits and hyphens, "
        "with a letter or digit at both ends"
    )


def namespace_fix(name: str) -> str:
    """The nearest namespace that Kubernetes would take, or the default where nothing is left of the name."""
    near = as_dns_name(name).replace(".", "-")[:63].strip("-")
    return f'use "{near}"' if near else 'use "default", or leave it out'
