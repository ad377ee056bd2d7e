"""What is checked on Azure's side, by noun; the facts that the checks need are in facts.py."""

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
