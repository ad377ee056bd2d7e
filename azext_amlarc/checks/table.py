"""All checks in the order in which they are shown."""

from azext_amlarc.checks import kubernetes
from azext_amlarc.checks.azure import table as azure
from azext_amlarc.checks.check import Check

CHECKS: tuple[Check, ...] = (*azure.CHECKS, *kubernetes.CHECKS)
GROUPS = tuple(dict.fromkeys(check.group for check in CHECKS))
IDS = tuple(check.id for check in CHECKS)
