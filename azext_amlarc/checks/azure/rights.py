"""Whether the signed-in principal has the permissions that installing and attaching need.

https://learn.microsoft.com/azure/machine-learning/how-to-attach-kubernetes-to-workspace#prerequisites names those of an
attach. Those of an installation are what `az k8s-extension create` sends for this extension type.
"""

from collections.abc import Iterator, Mapping

from azext_amlarc.checks.azure.facts import ACCOUNT, CLUSTER_RIGHTS, WORKSPACE_RIGHTS, Rights
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links
from azext_amlarc.product.clusters import MANAGED
from azext_amlarc.product.steps import Note, command
from azext_amlarc.wording import number

GROUP = "rights"

_EXTENSION_ROLE = "Kubernetes Extension Contributor"
_RELAY_ROLE = "Azure Relay Owner"
_HYBRID_CONNECTIONS = "Microsoft.Relay/namespaces/hybridConnections"
# What is created in the group. A role on the resource itself may allow all else, and does not show in its group.
_CREATED_IN_THE_GROUP = "Microsoft.Relay/"
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
    """The principal may install the extension, and on a connected cluster create its Relay."""
    needed = INSTALL if facts[TARGET].cluster_type == MANAGED else INSTALL_ON_ARC
    return _verdict(facts[ACCOUNT], [(facts[CLUSTER_RIGHTS], needed)])


def principal_may_attach(facts: Facts) -> Verdict:
    """The principal may create the compute target, and use an AKS cluster."""
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
        return Verdict(Status.PASS, f"{account} has all required permissions.")
    assign = "az role assignment create --assignee {account} --role {role} --scope {scope}"
    assignments = {command(assign, account=account, role=role, scope=scope) for scope, _, role in missing}
    message = f"{account} lacks {number(len(missing), 'permission')}: {', '.join(action for _, action, _ in missing)}."
    is_sure = any(action.startswith(_CREATED_IN_THE_GROUP) for _, action, _ in missing)
    return Verdict(
        Status.FAIL if is_sure else Status.WARN,
        message if is_sure else f"{message} A role on the cluster or workspace itself does not show in its group.",
        (Note("An Owner of the scope has to run this; the role Contributor is enough, too:"), *sorted(assignments)),
        tuple(f"{action} at {scope}: granted by the role {role}" for scope, action, role in missing),
    )


def _missing(rights: Rights, needed: Mapping[str, str]) -> Iterator[str]:
    return (action for action in needed if not rights.allow(action))


CHECKS = (
    Check(
        id="AMLARC-A010",
        group=GROUP,
        title="You have permission to install the extension",
        phase=Phase.PRE,
        needs=(TARGET, ACCOUNT, CLUSTER_RIGHTS),
        judge=principal_may_install,
        fix=(command("az role assignment create --assignee WHO --role {role} --scope GROUP-ID", role=_EXTENSION_ROLE),),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-A011",
        group=GROUP,
        title="You have permission to attach the cluster to the workspace",
        phase=Phase.PRE,
        needs=(TARGET, ACCOUNT, CLUSTER_RIGHTS, WORKSPACE_RIGHTS),
        judge=principal_may_attach,
        fix=(command("az role assignment create --assignee WHO --role Contributor --scope GROUP-ID"),),
        url=links.ATTACH,
    ),
)
