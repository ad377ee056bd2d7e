"""The checks of the cluster itself; `facts` declares what they need to know."""

from azext_amlarc.checks.check import Check
from azext_amlarc.checks.kubernetes import (
    addons,
    agents,
    cluster,
    gpu,
    health,
    instance_types,
    nodes,
    pods,
    volcano,
)

CHECKS: tuple[Check, ...] = (
    *cluster.CHECKS,
    *nodes.CHECKS,
    *instance_types.CHECKS,
    *gpu.CHECKS,
    *addons.CHECKS,
    *volcano.CHECKS,
    *agents.CHECKS,
    *pods.CHECKS,
    *health.CHECKS,
)
