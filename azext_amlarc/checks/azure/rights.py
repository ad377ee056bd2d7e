"""What the signed-in principal may do, against what installing and attaching need (product facts, section 4)."""

from collections.abc import Iterator, Mapping

from azext_amlarc.checks.azure.facts import ACCOUNT, CLUSTER_RIGHTS, WORKSPACE_RIGHTS, Rights
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED

GROUP = "rights"

_EXTENSION_ROLE = "Kubernetes Extension Contributor"
_RELAY_ROLE = "Azure Relay Owner"
_HYBRID_CONNECTIONS = "Microsoft.Relay/namespaces/hybridConnections"
# What is made in the group. All else a role on the resource itself may allow, which does not show in its group.
_MADE_IN_THE_GROUP = "Microsoft.Relay/"
# Each action with the narrowest built-in role that has it.
INSTALL: Mapping[str, str] = {
    "Microsoft.KubernetesConfiguration/extensions/read": _EXTENSION_ROLE,
    "Microsoft.KubernetesConfiguration/extensions/write": _EXTENSION_ROLE,
}
INSTALL_ON_ARC: Mapping[str, str] = {
    **INSTALL,
    "Microsoft.Relay/namespaces/write": _RELAY_ROLE,
    f"{_HYBRID_CONNECTIONS}/write": _RELAY_ROLE,
    f"{_HYBRID_CONNECTIONS}/authorizationRules/write": _RELAY_ROLE,
    f"{_HYBRID_CONNECTIONS}/authorizationRules/listKeys/action": _RELAY_ROLE,
}
ATTACH: Mapping[str, str] = {
    "Microsoft.MachineLearningServices/workspaces/read": "Contributor",
    "Microsoft.MachineLearningServices/workspaces/computes/read": "Contributor",
    "Microsoft.MachineLearningServices/workspaces/computes/write": "Contributor",
}
ATTACH_AKS: Mapping[str, str] = {
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action": (
        "Azure Kubernetes Service Cluster Admin Role"
    ),
}


def principal_may_install(facts: Facts) -> Verdict:
    """The extension can be written, and on a connected cluster its Relay be made."""
    needed = INSTALL if facts[TARGET].cluster_type == MANAGED else INSTALL_ON_ARC
    return _verdict(facts[ACCOUNT], [(facts[CLUSTER_RIGHTS], needed)])


def principal_may_attach(facts: Facts) -> Verdict:
    """The compute target can be written, and an AKS cluster be entered."""
    target = facts[TARGET]
    asked = [(facts[WORKSPACE_RIGHTS], ATTACH)]
    if target.cluster and target.cluster_type == MANAGED:
        asked.append((facts[CLUSTER_RIGHTS], ATTACH_AKS))
    return _verdict(facts[ACCOUNT], asked)


def _verdict(account: str, asked: list[tuple[Rights, Mapping[str, str]]]) -> Verdict:
    missing = [
        (rights.scope, action, needed[action]) for rights, needed in asked for action in _missing(rights, needed)
    ]
    if not missing:
        return Verdict(Status.PASS, f"{account} has every right that it takes.")
    commands = {
        f'az role assignment create --assignee {account} --role "{role}" --scope {scope}' for scope, _, role in missing
    }
    count = "a right is" if len(missing) == 1 else f"{len(missing)} rights are"
    said = f"For {account} {count} missing: {', '.join(action for _, action, _ in missing)}."
    is_sure = any(action.startswith(_MADE_IN_THE_GROUP) for _, action, _ in missing)
    return Verdict(
        Status.FAIL if is_sure else Status.WARN,
        said if is_sure else f"{said} A role on the cluster or workspace itself would not show in its resource group.",
        "\n".join(
            ["# An Owner of the scope has to run it; the role Contributor has all of them too.", *sorted(commands)]
        ),
        tuple(f"{action} at {scope}: the role {role} has it" for scope, action, role in missing),
    )


def _missing(rights: Rights, needed: Mapping[str, str]) -> Iterator[str]:
    return (action for action in needed if not rights.allow(action))


CHECKS = (
    Check(
        id="AMLARC-A010",
        group=GROUP,
        title="You may install the extension",
        phase=Phase.PRE,
        needs=(TARGET, ACCOUNT, CLUSTER_RIGHTS),
        judge=principal_may_install,
        remedy='az role assignment create --assignee WHO --role "Kubernetes Extension Contributor" --scope GROUP-ID',
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A011",
        group=GROUP,
        title="You may attach the cluster to the workspace",
        phase=Phase.PRE,
        needs=(TARGET, ACCOUNT, CLUSTER_RIGHTS, WORKSPACE_RIGHTS),
        judge=principal_may_attach,
        remedy="az role assignment create --assignee WHO --role Contributor --scope GROUP-ID",
        url=links.ATTACH,
    ),
)
