"""The attach configuration: read, validated, converted to InstanceType manifests and back, written to start from."""

from azext_amlarc.validation.document.walk import RULES, Outcome, parse, read, schema, validate
from azext_amlarc.validation.names import judge_compute_name, judge_namespace

__all__ = ["RULES", "Outcome", "judge_compute_name", "judge_namespace", "parse", "read", "schema", "validate"]
