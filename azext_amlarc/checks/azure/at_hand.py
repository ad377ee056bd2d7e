"""The checks around a write that what it reads anyway, the cluster and the workspace, may be enough for.

They are apart from the others, whose modules a write does not have to import then.
"""

from azext_amlarc.checks.azure import aks, cluster, workspace
from azext_amlarc.checks.check import Check

CHECKS: tuple[Check, ...] = (*cluster.CHECKS, *aks.CHECKS, *workspace.CHECKS)
