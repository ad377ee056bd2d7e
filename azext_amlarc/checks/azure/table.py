"""The checks of Azure's side in the order in which they are shown."""

from azext_amlarc.checks.azure import aks, cluster, compute, extension, relay, rights, subscription, workspace
from azext_amlarc.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *subscription.CHECKS,
    *rights.CHECKS,
    *cluster.CHECKS,
    *aks.CHECKS,
    *extension.CHECKS,
    *relay.CHECKS,
    *workspace.CHECKS,
    *compute.CHECKS,
)
