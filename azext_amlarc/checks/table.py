"""All checks, in the order in which they are shown."""

from collections.abc import Iterable

from azext_amlarc.checks import kubernetes
from azext_amlarc.checks.azure import aks, cluster, compute, extension, relay, rights, roles, subscription, workspace
from azext_amlarc.checks.check import Check
from azext_amlarc.checks.selection import folded
from azext_amlarc.wording import nearest

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


def unknown(words: Iterable[str]) -> str:
    """What is wrong with the first word that is no group and no check's id, in one clause; empty if all are known.

    The nearest one is named, or all groups.
    """
    known = {folded(word) for word in (*GROUPS, *IDS)}
    wrong = next((word for word in words if folded(word) not in known), None)
    if wrong is None:
        return ""
    near = nearest(wrong, (*GROUPS, *IDS))
    fix = f'did you mean "{near}"?' if near else f"the groups are {', '.join(GROUPS)}"
    return f"unknown value {wrong!r}: {fix}"
