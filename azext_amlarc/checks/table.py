"""All checks, in the order in which they are shown."""

from azext_amlarc.checks import kubernetes
from azext_amlarc.checks.azure import aks, cluster, compute, extension, relay, rights, roles, subscription, workspace
from azext_amlarc.checks.check import Check

AZURE: tuple[Check, ...] = (
    *subscription.CHECKS,
    *rights.CHECKS,
    *roles.CHECKS,
    *cluster.CHECKS,
    *aks.CHECKS,
    *extension.CHECKS,
    *relay.CHECKS,
    *workspace.CHECKS,
    *compute.CHECKS,
)
CHECKS = (*AZURE, *kubernetes.CHECKS)
GROUPS = tuple(dict.fromkeys(check.group for check in CHECKS))
IDS = tuple(check.id for check in CHECKS)
