"""The attach configuration: read, validated, converted to InstanceType manifests and back, written to start from."""

from azext_amlarc.validation.document.walk import RULES, STARTER, Outcome, judge, parse, read, schema, validate
from azext_amlarc.validation.names import validate_compute_name, validate_namespace

__all__ = [
    "RULES",
    "STARTER",
    "Outcome",
    "judge",
    "parse",
    "read",
    "schema",
    "validate",
    "validate_compute_name",
    "validate_namespace",
]
