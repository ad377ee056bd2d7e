"""Every check on Azure's side: when it passes, when it fails or warns, and when it could not run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from azext_amlarc.checks import given, selection, table
from azext_amlarc.checks.azure import facts as azure
from azext_amlarc.checks.azure.facts import (
    Assignment,
    Attachments,
    ComputeError,
    ComputeRoles,
    ExtensionStatus,
    Grant,
    Identity,
    Presence,
    RelayPart,
    Rights,
    Subscription,
)
from azext_amlarc.checks.check import Check, Fact, Facts, Result, Status, Unknown, run
from azext_amlarc.checks.given import CLUSTER_TYPE, DOCUMENT, EXTENSION_NAME, NAMESPACE, SETTINGS
from azext_amlarc.product.steps import Note, command, lines
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.workflows.check import FREE
from tests.checks.azure_facts import (
    AGENTS,
    AKS,
    AKS_TARGET,
    CLUSTER,
    CLUSTER_ID,
    COMPUTE,
    CONNECTION_ID,
    CONTRIBUTOR,
    DERIVED,
    EXTENSION,
    GOOD,
    GROUP_ID,
    IDENTITY,
    JOB_ROLES,
    NAMESPACE_ID,
    REGISTRY_ID,
    RULE_ID,
    STORAGE_ID,
    SUBSCRIPTION_ID,
    TARGET,
    WORKSPACE,
    WORKSPACE_ROLES,
    provider,
    roles,
)

CHECKS: Mapping[str, Check] = {check.id: check for check in table.AZURE}
# What everybody who asks gives: it is never unknown.
GIVEN = {azure.NOW, given.TARGET, given.EXTENSION_NAME, CLUSTER_TYPE, NAMESPACE}
RELAY = (azure.RELAY_NAMESPACE, azure.RELAY_CONNECTION, azure.RELAY_RULE)
ELSEWHERE = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True)
class Case:
    """A check, the facts that are not as they should be, and what the check then says."""

    id: str
    facts: Mapping[Fact[Any], object]
    status: Status
    says: str
    fix: str = ""
    evidence: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.id} {self.status} {self.says[:30]}"


def extension(**changes: Any) -> dict[Fact[Any], object]:
    return {azure.EXTENSION: EXTENSION._replace(**changes)}


def failed(message: str, code: str = "InstallationFailed", level: str | None = None) -> dict[Fact[Any], object]:
    return extension(provisioning_state="Failed", statuses=(ExtensionStatus(code, level, message),))


def agents(**changes: Any) -> dict[Fact[Any], object]:
    return {azure.AGENTS: AGENTS._replace(**changes)}


def rights(*actions: str, but: tuple[str, ...] = ()) -> Rights:
    return Rights(GROUP_ID, (Grant(actions, but),))


def held(role_id: str, scope: str = GROUP_ID, grants: tuple[Grant, ...] = (), **more: Any) -> Assignment:
    return Assignment(role_id, "a role", grants, scope, **more)


READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
EXTENSION_CONTRIBUTOR = "85cb6faf-e071-4c9b-8136-154b5a04f717"
CLUSTER_ADMIN = "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8"
# On a group and a cluster whose names begin like those that are asked about.
ELSEWHERE_HELD = (held(CLUSTER_ADMIN, f"{GROUP_ID}2"), held(CLUSTER_ADMIN, f"{CLUSTER_ID}2"))
JOBS = ComputeRoles("k8s", Identity("jobs"), True, JOB_ROLES, JOB_ROLES)
ONLY_SOME = "@Resource[Microsoft.KubernetesConfiguration/extensions:Name] StringEquals 'other'"
# What the portal writes where somebody may give only some roles.
DELEGATED = (
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/"
    "roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {2787bf04-f1f5-4bfe-8383-c8a24483ee38}))"
)
# A Relay that a user has made and named.
OWN_RELAY_ID = CONNECTION_ID.replace("hybridConnections/lab", "hybridConnections/mine")
OWN_RELAY = {"enableTraining": "True", "relayserver.hybridConnectionResourceID": OWN_RELAY_ID}
SKIP, WARN, FAIL, PASS, ERROR = Status.SKIPPED, Status.WARN, Status.FAIL, Status.PASS, Status.ERROR
CASES = (
    Case(
        "AMLARC-A001",
        {azure.SIGNED_IN: Presence(False, "You are not signed in.", (command("az login"),))},
        FAIL,
        "You are not",
        "az login",
    ),
    Case(
        "AMLARC-A002",
        {azure.SUBSCRIPTION: Subscription(SUBSCRIPTION_ID, "Lab", "Disabled")},
        FAIL,
        f"Lab ({SUBSCRIPTION_ID}) is Disabled",
        "az account set -s NAME",
    ),
    Case("AMLARC-A002", {azure.SUBSCRIPTION: Subscription("s", "Lab", "PastDue")}, WARN, "Lab (s) is PastDue"),
    *(
        Case(
            code,
            {fact: provider(namespace, "NotRegistered")},
            FAIL,
            f"{namespace} is NotRegistered.",
            f"az provider register -n {namespace} --wait --subscription {SUBSCRIPTION_ID}",
        )
        for code, fact, namespace in (
            ("AMLARC-A003", azure.EXTENSION_PROVIDER, "Microsoft.KubernetesConfiguration"),
            ("AMLARC-A004", azure.CLUSTER_PROVIDER, "Microsoft.Kubernetes"),
            ("AMLARC-A005", azure.RELAY_PROVIDER, "Microsoft.Relay"),
            ("AMLARC-A006", azure.WORKSPACE_PROVIDER, "Microsoft.MachineLearningServices"),
        )
    ),
    Case("AMLARC-A005", {azure.RELAY_PROVIDER: provider("Microsoft.Relay", "Registering")}, WARN, "Registering"),
    Case(
        "AMLARC-A010",
        {azure.CLUSTER_RIGHTS: rights("Microsoft.KubernetesConfiguration/*", "Microsoft.Relay/*/read")},
        FAIL,
        "ada@example.com lacks 4 permissions: Microsoft.Relay/namespaces/write, Microsoft.Relay/namespaces/"
        "hybridConnections/write, Microsoft.Relay/namespaces/hybridConnections/authorizationRules/write, "
        "Microsoft.Relay/namespaces/hybridConnections/authorizationRules/listKeys/action",
        f"az role assignment create --assignee ada@example.com --role 'Azure Relay Owner' --scope {GROUP_ID}",
    ),
    Case(
        "AMLARC-A010",
        {given.TARGET: AKS_TARGET, azure.CLUSTER_RIGHTS: rights("*", but=("*/extensions/write",))},
        WARN,
        "ada@example.com lacks 1 permission: Microsoft.KubernetesConfiguration/extensions/write. A role on",
        "--role 'Kubernetes Extension Contributor'",
        (
            f"Microsoft.KubernetesConfiguration/extensions/write at {GROUP_ID}: "
            "granted by the role Kubernetes Extension Contributor",
        ),
    ),
    Case(
        "AMLARC-A010",
        {given.TARGET: AKS_TARGET, azure.CLUSTER_RIGHTS: rights("*/extensions/*")},
        PASS,
        "all required permissions",
    ),
    Case(
        "AMLARC-A011",
        {azure.WORKSPACE_RIGHTS: rights("*/read")},
        WARN,
        "ada@example.com lacks 1 permission: Microsoft.MachineLearningServices/workspaces/computes/write",
        f"az role assignment create --assignee ada@example.com --role Contributor --scope {GROUP_ID}",
    ),
    Case(
        "AMLARC-A011",
        {given.TARGET: AKS_TARGET, azure.CLUSTER_RIGHTS: rights("*/read")},
        WARN,
        "listClusterAdminCredential",
        "--role 'Azure Kubernetes Service Cluster Admin Role'",
    ),
    Case(
        "AMLARC-A012",
        {azure.WORKSPACE_ROLES: roles()},
        FAIL,
        "The workspace's user-assigned identity lacks Reader, Kubernetes Extension Contributor on lab.",
        f"az role assignment create --assignee-object-id {IDENTITY.principal_id} --assignee-principal-type "
        f"ServicePrincipal --role 'Kubernetes Extension Contributor' --scope {CLUSTER_ID}",
        ("Reader on lab: missing", "Kubernetes Extension Contributor on lab: missing"),
    ),
    Case(
        "AMLARC-A012",
        {
            azure.WORKSPACE_ROLES: roles(held(READER), held(EXTENSION_CONTRIBUTOR), *ELSEWHERE_HELD),
            given.TARGET: AKS_TARGET,
        },
        FAIL,
        "The workspace's user-assigned identity lacks Azure Kubernetes Service Cluster Admin Role on aks.",
        "--role 'Azure Kubernetes Service Cluster Admin Role'",
    ),
    Case(
        "AMLARC-A012",
        {
            azure.WORKSPACE_ROLES: roles(held(READER), held(EXTENSION_CONTRIBUTOR), held(CLUSTER_ADMIN)),
            given.TARGET: AKS_TARGET,
        },
        PASS,
        "The workspace's user-assigned identity has what it needs on aks: Reader, Kubernetes Extension Contributor, ",
    ),
    Case(
        "AMLARC-A012",
        {azure.WORKSPACE_ROLES: roles(held("b24988ac-6180-42a0-ab88-20f7382dd24c", scope="/", grants=CONTRIBUTOR))},
        PASS,
        "has what it needs on lab",
    ),
    Case(
        "AMLARC-A012",
        {
            azure.WORKSPACE_ROLES: roles(
                held(
                    "own-1", grants=(Grant(("*/read",)),), scope="/providers/Microsoft.Management/managementGroups/mg"
                ),
                held("own-2", grants=(Grant(("*",), ("*/delete",)), Grant(("*/extensions/delete",)))),
            )
        },
        PASS,
        "has what it needs on lab",
    ),
    Case(
        "AMLARC-A012",
        {azure.WORKSPACE_ROLES: roles(held(READER), held("own", grants=(Grant(("*",), ("*/extensions/write",)),)))},
        FAIL,
        "The workspace's user-assigned identity lacks Kubernetes Extension Contributor on lab.",
    ),
    Case(
        "AMLARC-A012",
        {azure.WORKSPACE_ROLES: roles(held(READER), held(EXTENSION_CONTRIBUTOR, condition=ONLY_SOME, by_group=True))},
        WARN,
        "The workspace's user-assigned identity has Kubernetes Extension Contributor on lab only under a condition.",
        f"az role assignment list --assignee {IDENTITY.principal_id} --scope {CLUSTER_ID} --include-inherited",
        (
            f"Reader on lab: has a role at {GROUP_ID}",
            f"Kubernetes Extension Contributor on lab: has a role at {GROUP_ID}, by a group under a condition: "
            + ONLY_SOME,
        ),
    ),
    Case(
        "AMLARC-A012",
        {
            azure.WORKSPACE_ROLES: roles(
                held("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", grants=(Grant(("*",)),), condition=DELEGATED)
            )
        },
        PASS,
        "has what it needs on lab",
    ),
    Case(
        "AMLARC-A012",
        {azure.WORKSPACE_ROLES: roles(identity=Identity("ws")), azure.COMPUTES: ()},
        WARN,
        "The workspace's system-assigned identity does not have Reader, Kubernetes Extension Contributor on lab. Azure",
        "--assignee-object-id ws ",
    ),
    Case(
        "AMLARC-A012",
        {azure.WORKSPACE_ROLES: roles(identity=Identity("ws"))},
        SKIP,
        "The workspace's system-assigned identity has no such role, and the cluster is attached all the same.",
    ),
    Case("AMLARC-A012", {given.TARGET: TARGET._replace(cluster=None)}, SKIP, "No cluster was named"),
    Case(
        "AMLARC-A013",
        {azure.WORKSPACE_ROLES: roles(WORKSPACE_ROLES.assignments[0])},
        FAIL,
        "The workspace's user-assigned identity lacks Azure Relay Owner on labrelay.",
        f"--role 'Azure Relay Owner' --scope {NAMESPACE_ID}",
    ),
    Case("AMLARC-A013", extension(settings={}), SKIP, "The extension's settings name no hybrid connection"),
    Case(
        "AMLARC-A013",
        extension(settings={"relayserver.hybridConnectionResourceID": CONNECTION_ID.replace("lab-rg", "other-rg")}),
        SKIP,
        "The Relay labrelay is in another resource group than the cluster: its roles are not read.",
    ),
    Case(
        "AMLARC-A014",
        {azure.COMPUTE_ROLES: (JOBS._replace(exists=False, identity=IDENTITY, storage=None, registry=None),)},
        FAIL,
        "The identity lab-id of the compute target k8s does not exist.",
        "Attach the cluster again with an identity that exists",
        (IDENTITY.id,),
    ),
    Case(
        "AMLARC-A014",
        {azure.COMPUTE_ROLES: (JOBS._replace(storage=roles(), registry=None),)},
        WARN,
        "The compute target's identity does not have Storage Blob Data Reader on labstore; its jobs may need it.",
        f"--assignee-object-id jobs --assignee-principal-type ServicePrincipal --role 'Storage Blob Data Reader' "
        f"--scope {STORAGE_ID}",
        ("k8s: Storage Blob Data Reader on labstore: missing",),
    ),
    Case(
        "AMLARC-A014",
        {azure.COMPUTE_ROLES: (JOBS._replace(registry=roles()),)},
        WARN,
        "The compute target's identity does not have AcrPull on labimages; its jobs may need it.",
        f"--role AcrPull --scope {REGISTRY_ID}",
    ),
    Case("AMLARC-A014", {azure.COMPUTE_ROLES: ()}, SKIP, "The compute target has no identity"),
    Case("AMLARC-A014", {azure.COMPUTES: ()}, SKIP, "The workspace has no such compute target"),
    Case(
        "AMLARC-A020",
        {azure.CLUSTER_FOUND: Presence(False, "There is none", (Note("connect it"),))},
        FAIL,
        "none",
        "connect it",
    ),
    Case(
        "AMLARC-A021",
        agents(connectivity="Offline", last_seen=datetime(2026, 11, 20, 12, 0, tzinfo=UTC)),
        FAIL,
        "The cluster is Offline; its agents last reported 3 days ago",
        "kubectl get pods -n azure-arc\naz connectedk8s troubleshoot -n lab -g lab-rg",
    ),
    Case(
        "AMLARC-A021",
        agents(connectivity="Expired", last_seen=None),
        FAIL,
        "The cluster is Expired",
        "az connectedk8s delete -n lab -g lab-rg --yes\naz connectedk8s connect -n lab -g lab-rg",
    ),
    Case(
        "AMLARC-A022",
        agents(last_seen=datetime(2026, 11, 23, 11, 40, tzinfo=UTC)),
        WARN,
        "The agents last reported 20 minutes ago",
        "kubectl get pods -n azure-arc",
    ),
    Case("AMLARC-A022", agents(last_seen=None), WARN, "The cluster's agents have never reported to Azure"),
    Case(
        "AMLARC-A023",
        agents(desired_version="1.21.0"),
        WARN,
        "The agents run 1.20.1, but 1.21.0 was requested.",
        "az connectedk8s upgrade -n lab -g lab-rg --agent-version 1.21.0",
    ),
    Case(
        "AMLARC-A023",
        agents(upgrade_themselves=False),
        WARN,
        "The agents run 1.20.1 with auto-upgrade off.",
        "az connectedk8s update -n lab -g lab-rg --auto-upgrade true",
    ),
    Case("AMLARC-A023", agents(version=None), SKIP, "The agents have not reported their version yet"),
    Case(
        "AMLARC-A024",
        {azure.CLUSTER: CLUSTER._replace(kubernetes_version="v1.17.9+k3s1")},
        FAIL,
        "The cluster runs Kubernetes v1.17.9+k3s1, which is older than 1.18",
        "Upgrade Kubernetes",
    ),
    Case(
        "AMLARC-A024",
        {given.TARGET: AKS_TARGET, azure.CLUSTER: CLUSTER._replace(kubernetes_version="1.9")},
        FAIL,
        "The cluster runs Kubernetes 1.9",
        "az aks get-upgrades -n aks -g lab-rg -o table",
    ),
    Case(
        "AMLARC-A024",
        {azure.CLUSTER: CLUSTER._replace(kubernetes_version=None)},
        SKIP,
        "not reported its Kubernetes version",
    ),
    Case(
        "AMLARC-A025",
        {azure.CLUSTER: CLUSTER._replace(distribution="openshift")},
        FAIL,
        "The distribution is openshift, but the extension has openshift=false",
        "az ml arc extension create -c lab -g lab-rg",
    ),
    Case("AMLARC-A025", extension(settings={"openshift": "True"}), FAIL, "k3s, but the extension has openshift=true"),
    Case(
        "AMLARC-A026",
        {azure.CLUSTER: CLUSTER._replace(location="marsnorth")},
        FAIL,
        "Cluster extensions are not available in marsnorth",
        "az connectedk8s connect --location REGION",
        ("eastus, westeurope",),
    ),
    Case(
        "AMLARC-A026",
        {azure.EXTENSION_PROVIDER: provider("Microsoft.KubernetesConfiguration")._replace(regions={})},
        SKIP,
        "Azure does not say",
    ),
    Case(
        "AMLARC-A027",
        {azure.CLUSTER: CLUSTER._replace(node_count=1)},
        FAIL,
        "The cluster has 1 node, but inferenceRouterHA needs 3",
        "az ml arc extension update -c lab -g lab-rg --config inferenceRouterHA=False",
    ),
    Case(
        "AMLARC-A027",
        {azure.CLUSTER: CLUSTER._replace(node_count=2), SETTINGS: {"enableInference": "true"}},
        WARN,
        "The cluster has 2 nodes, but inferenceRouterHA needs 3: `az ml arc extension create` turns it off.",
    ),
    Case("AMLARC-A027", {SETTINGS: {}}, SKIP, "Inference is not enabled"),
    Case("AMLARC-A027", {azure.CLUSTER: CLUSTER._replace(node_count=None)}, SKIP, "not reported its number of nodes"),
    Case("AMLARC-A030", {azure.AKS: AKS._replace(power="Stopped")}, FAIL, "Stopped", "az aks start -n lab -g lab-rg"),
    Case(
        "AMLARC-A031",
        {azure.AKS: AKS._replace(has_managed_identity=False)},
        FAIL,
        "service principal",
        "az aks update -n lab -g lab-rg --enable-managed-identity",
    ),
    Case(
        "AMLARC-A032",
        {azure.AKS: AKS._replace(local_accounts_disabled=True)},
        WARN,
        "Local accounts are disabled",
        "az aks update -n lab -g lab-rg --enable-local-accounts",
    ),
    Case(
        "AMLARC-A033",
        {azure.AKS: AKS._replace(authorized_ranges=("10.0.0.0/8", "192.0.2.0/24"))},
        WARN,
        "Only authorized IP ranges can reach the API server",
        "az aks update -n lab -g lab-rg --api-server-authorized-ip-ranges 10.0.0.0/8,192.0.2.0/24,RANGE",
        ("10.0.0.0/8", "192.0.2.0/24"),
    ),
    Case(
        "AMLARC-A033",
        {azure.AKS: AKS._replace(is_private=True)},
        WARN,
        "The cluster is private",
        "through Azure Arc, and attach the connected cluster instead:\naz connectedk8s connect -n lab",
    ),
    Case(
        "AMLARC-A040",
        {azure.EXTENSION_FOUND: Presence(False, "It has none", (Note("create it"),))},
        FAIL,
        "none",
        "create it",
    ),
    Case(
        "AMLARC-A041",
        extension(provisioning_state="Failed"),
        FAIL,
        "amlarc-compute is Failed (provisioning state Failed)",
        "# `az ml arc extension show -n amlarc-compute -c lab -g lab-rg` shows why. To try again:\n"
        "az ml arc extension create -c lab -g lab-rg",
    ),
    Case(
        "AMLARC-A041",
        extension(provisioning_state="Failed", protected=frozenset({"scoringFe.sslKey", "sslKeyPemFile"})),
        FAIL,
        "amlarc-compute is Failed (provisioning state Failed)",
        "az ml arc extension create -c lab -g lab-rg --config-protected sslCertPemFile=CERT.pem sslKeyPemFile=KEY.pem",
    ),
    Case(
        "AMLARC-A041",
        extension(provisioning_state="Creating"),
        WARN,
        "amlarc-compute is Pending (provisioning state Creating)",
        "az ml arc extension wait -n amlarc-compute -c lab -g lab-rg",
    ),
    Case(
        "AMLARC-A042",
        failed("Error: pod healthcheck failed"),
        FAIL,
        "amlarc-compute reports: InstallationFailed",
        "kubectl get configmap arcml-healthcheck -n azureml -o yaml",
        ("(InstallationFailed) Error: pod healthcheck failed",),
    ),
    Case("AMLARC-A042", failed("Nobody knows why"), FAIL, "InstallationFailed", "arcml-healthcheck"),
    Case("AMLARC-A042", failed("old", level="Warning"), WARN, "amlarc-compute reports"),
    Case("AMLARC-A042", failed("all is well", level="Information"), PASS, "No errors or warnings"),
    Case(
        "AMLARC-A043",
        extension(provisioning_state="Updating"),
        WARN,
        "amlarc-compute has been Updating for 30 minutes, since 2026-11-23 11:30 UTC.",
        "az ml arc extension wait -n amlarc-compute -c lab -g lab-rg",
    ),
    Case(
        "AMLARC-A043",
        extension(provisioning_state="Deleting", changed=datetime(2026, 11, 22, 11, 0, tzinfo=UTC)),
        FAIL,
        "amlarc-compute has been Deleting for 1 day, since 2026-11-22 11:00 UTC.",
        "extension wait -n amlarc-compute -c lab -g lab-rg --deleted\n# If the cluster is gone for good:\n"
        "az ml arc extension delete -n amlarc-compute -c lab -g lab-rg --force",
    ),
    Case("AMLARC-A043", extension(provisioning_state="Creating", changed=None), WARN, "amlarc-compute is Creating"),
    Case(
        "AMLARC-A044",
        extension(version="1.1.70", upgrades_itself=False),
        WARN,
        "Version 1.1.64 runs, but 1.1.70 was requested.",
        "az ml arc extension update -n amlarc-compute -c lab -g lab-rg --version 1.1.70",
    ),
    Case("AMLARC-A044", extension(current_version=None), SKIP, "Azure does not say which version runs"),
    Case(
        "AMLARC-A046",
        extension(settings={"enableTraining": "True"}, protected=frozenset()),
        WARN,
        "amlarc-compute lacks settings that its chart needs",
        "az ml arc extension create -c lab -g lab-rg",
        (
            "cluster_name",
            "clusterId",
            "location",
            "domain",
            "relayServerConnectionString",
            "relayserver.relayConnectionString",
        ),
    ),
    Case(
        "AMLARC-A046",
        extension(settings={**DERIVED, "relayserver.enabled": "False"}, protected=frozenset()),
        PASS,
        "amlarc-compute has the settings that its chart needs.",
    ),
    Case(
        "AMLARC-A045",
        extension(release_train="preview"),
        WARN,
        "The release train is preview, not stable",
        "--release-train stable",
    ),
    Case(
        "AMLARC-A050",
        {azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, None)},
        FAIL,
        "The Relay namespace labrelay does not exist",
        "az ml arc check -c lab -g lab-rg --only relay --fix",
        (NAMESPACE_ID,),
    ),
    Case(
        "AMLARC-A050",
        {azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, None), **extension(settings=OWN_RELAY)},
        FAIL,
        "The Relay namespace labrelay does not exist",
        "az ml arc extension delete -c lab -g lab-rg --yes\naz ml arc extension create -c lab -g lab-rg "
        "--config enableTraining=True",
    ),
    Case("AMLARC-A050", {azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, "Removing")}, FAIL, "labrelay is Removing"),
    Case(
        "AMLARC-A051",
        {azure.RELAY_CONNECTION: RelayPart(CONNECTION_ID, None)},
        FAIL,
        "The hybrid connection lab does not exist",
        "az ml arc check -c lab -g lab-rg --only relay --fix",
    ),
    Case(
        "AMLARC-A051",
        {
            azure.RELAY_CONNECTION: RelayPart(CONNECTION_ID, None),
            **extension(protected=frozenset({"scoringFe.sslKey"})),
        },
        FAIL,
        "The hybrid connection lab does not exist",
        "az ml arc extension create",
    ),
    Case(
        "AMLARC-A052",
        {azure.RELAY_RULE: RelayPart(RULE_ID, frozenset({"Send"}))},
        FAIL,
        "azureml_rw lacks the rights Listen, Manage",
        "az relay hyco authorization-rule update -g lab-rg --namespace-name labrelay --hybrid-connection-name lab "
        "-n azureml_rw --rights Listen Manage Send",
    ),
    Case(
        "AMLARC-A052",
        {azure.RELAY_RULE: RelayPart(OWN_RELAY_ID + "/authorizationRules/azureml_rw", frozenset({"Send"}))},
        FAIL,
        "azureml_rw lacks the rights Listen, Manage",
        "--hybrid-connection-name mine -n azureml_rw --rights Listen Manage Send",
    ),
    Case("AMLARC-A052", {azure.RELAY_RULE: RelayPart(RULE_ID, None)}, FAIL, "The authorization rule azureml_rw"),
    Case(
        "AMLARC-A053",
        {azure.RELAY_CONNECTION: RelayPart(CONNECTION_ID, 0)},
        FAIL,
        "The hybrid connection lab has no listener",
        "# If the pod relayserver runs (`kubectl get pods -n azureml`), its key may no longer be the Relay's:\n"
        "az ml arc check -c lab -g lab-rg --only relay --fix",
    ),
    Case(
        "AMLARC-A053",
        {azure.RELAY_CONNECTION: RelayPart(OWN_RELAY_ID, 0)},
        FAIL,
        "The hybrid connection mine has no listener",
        "kubectl get pods -n azureml",
    ),
    Case(
        "AMLARC-A053",
        {azure.RELAY_CONNECTION: RelayPart(CONNECTION_ID, None)},
        SKIP,
        "The hybrid connection does not exist",
    ),
    Case(
        "AMLARC-A060", {azure.WORKSPACE_FOUND: Presence(False, "There is none", (Note("look"),))}, FAIL, "none", "look"
    ),
    Case(
        "AMLARC-A061",
        {azure.WORKSPACE: WORKSPACE._replace(provisioning_state="Failed")},
        FAIL,
        "The workspace is Failed",
        "az ml workspace show -n lab-ws -g ws-rg",
    ),
    Case(
        "AMLARC-A062",
        {given.TARGET: AKS_TARGET._replace(cluster=ClusterId(ELSEWHERE, "lab-rg", "managedClusters", "aks"))},
        FAIL,
        f"The cluster is in the subscription {ELSEWHERE}, but the workspace is in {SUBSCRIPTION_ID}",
        f"az connectedk8s connect -n aks -g GROUP --subscription {SUBSCRIPTION_ID}",
    ),
    Case(
        "AMLARC-A062",
        {given.TARGET: TARGET._replace(cluster=ClusterId(ELSEWHERE, "g", "connectedClusters", "c"))},
        WARN,
        "in the subscription",
    ),
    Case(
        "AMLARC-A063",
        {azure.CLUSTER: CLUSTER._replace(location="westeurope")},
        WARN,
        "The workspace is in eastus, but the cluster is in westeurope",
    ),
    Case(
        "AMLARC-A064",
        {azure.WORKSPACE: WORKSPACE._replace(is_public=False)},
        FAIL,
        "Public network access to the workspace is disabled, and it has no approved private endpoint",
        "az ml workspace update -n lab-ws -g ws-rg --public-network-access Enabled",
    ),
    Case(
        "AMLARC-A064",
        {azure.WORKSPACE: WORKSPACE._replace(is_public=False, private_endpoints=(("pe", "Approved"),))},
        WARN,
        "The workspace has private endpoints only",
        "nslookup WORKSPACE-ID.workspace.eastus.api.azureml.ms",
        ("pe: Approved",),
    ),
    Case(
        "AMLARC-A070",
        {azure.COMPUTES: ()},
        FAIL,
        "The workspace has no compute target 'k8s'",
        "az ml arc attach -n k8s -w lab-ws -c lab -g lab-rg --workspace-group ws-rg",
    ),
    Case(
        "AMLARC-A070",
        {azure.COMPUTES: (), given.TARGET: TARGET._replace(compute=None)},
        WARN,
        "The workspace has no compute target on this cluster",
        "az ml arc attach -n NAME -w lab-ws",
    ),
    Case(
        "AMLARC-A071",
        {
            azure.COMPUTES: (
                COMPUTE._replace(
                    provisioning_state="Failed",
                    errors=(ComputeError("ClusterNotReachable", "it can't be reached"),),
                ),
            )
        },
        FAIL,
        "k8s is Failed",
        "# Start the cluster if it is stopped, and check that its agents are connected. Then try again:\n"
        "az connectedk8s show -n lab -g lab-rg",
        ("k8s: (ClusterNotReachable) it can't be reached",),
    ),
    Case(
        "AMLARC-A071",
        {azure.COMPUTES: (COMPUTE._replace(provisioning_state="Failed", errors=(ComputeError("Timeout", "Late."),)),)},
        FAIL,
        "k8s is Failed.",
        "az connectedk8s show -n lab -g lab-rg",
    ),
    Case("AMLARC-A071", {azure.COMPUTES: (COMPUTE._replace(provisioning_state="Creating"),)}, WARN, "k8s is Creating"),
    Case("AMLARC-A071", {azure.COMPUTES: ()}, SKIP, "The workspace has no such compute target"),
    Case(
        "AMLARC-A072",
        {azure.COMPUTES: (COMPUTE._replace(cluster_id=f"{GROUP_ID}/providers/p/connectedClusters/other"),)},
        FAIL,
        "k8s is attached to another cluster",
        "az ml arc detach -n k8s -w lab-ws -g ws-rg",
        (f"{GROUP_ID}/providers/p/connectedClusters/other",),
    ),
    Case(
        "AMLARC-A072",
        {azure.COMPUTES: (COMPUTE._replace(namespace="team-a"),)},
        FAIL,
        "k8s uses the namespace team-a, not default",
        "az ml arc detach -n k8s -w lab-ws -g ws-rg",
    ),
    Case("AMLARC-A072", {given.TARGET: TARGET._replace(compute=None)}, SKIP, "No compute target was named: -n NAME"),
    Case("AMLARC-A072", {given.TARGET: TARGET._replace(cluster=None)}, SKIP, "No cluster was named"),
    Case(
        "AMLARC-A073",
        {azure.ATTACHMENTS: Attachments((COMPUTE._replace(workspace="theirs"),), ("secret-ws",))},
        WARN,
        "Other workspaces have 1 compute target in the namespace default",
        "give each workspace its own namespace",
        ("theirs: k8s, namespace default", "secret-ws: not readable"),
    ),
    Case(
        "AMLARC-A073",
        {azure.ATTACHMENTS: Attachments((COMPUTE._replace(workspace="theirs", namespace="team"),), ())},
        PASS,
        "Other workspaces have 1 compute target on the cluster",
        evidence=("theirs: k8s, namespace team",),
    ),
    Case(
        "AMLARC-A073",
        {
            given.TARGET: TARGET._replace(workspace=None),
            azure.ATTACHMENTS: Attachments((COMPUTE._replace(workspace="theirs"),), ()),
        },
        PASS,
        "Workspaces have 1 compute target on the cluster",
        evidence=("theirs: k8s, namespace default",),
    ),
    Case(
        "AMLARC-A073",
        {azure.ATTACHMENTS: Attachments((), ("secret-ws",))},
        ERROR,
        "1 workspace could not be read",
        evidence=("secret-ws: not readable",),
    ),
)


def judged(check: Check, changes: Mapping[Fact[Any], object]) -> Result:
    facts = {fact.name: value for fact, value in {**GOOD, **changes}.items()}
    [result] = run([check], Facts(facts))
    return result


@pytest.mark.parametrize("check", table.AZURE, ids=lambda check: check.id)
def test_it_passes_where_all_is_as_it_should_be(check: Check) -> None:
    result = judged(check, {})
    assert (result.verdict.status, result.verdict.fix) == (Status.PASS, ())
    assert result.verdict.message or check.id in {"AMLARC-A020", "AMLARC-A040", "AMLARC-A060"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_says_what_is_wrong_and_how_to_fix_it(case: Case) -> None:
    verdict = judged(CHECKS[case.id], case.facts).verdict
    assert verdict.status is case.status
    assert case.says in verdict.message
    assert case.fix in "\n".join(lines(verdict.fix))
    assert bool(verdict.fix) == (case.status in (FAIL, WARN))
    assert case.evidence in (None, verdict.evidence)


def unknown_facts() -> list[tuple[str, Fact[Any]]]:
    return [(check.id, fact) for check in table.AZURE for fact in check.needs if fact not in GIVEN]


@pytest.mark.parametrize(("id_", "fact"), unknown_facts(), ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("status", [Status.ERROR, Status.SKIPPED])
def test_what_could_not_be_asked_is_said_and_does_not_pass(id_: str, fact: Fact[Any], status: Status) -> None:
    # The rights on the cluster decide an attachment only where that is an AKS cluster.
    # What is installed matters only where a part of the Relay is missing.
    target: dict[Fact[Any], object] = {given.TARGET: AKS_TARGET} if fact is azure.CLUSTER_RIGHTS else {}
    parts = {part: RelayPart(RULE_ID, None) for part in RELAY} if fact is azure.EXTENSION else {}
    verdict = judged(CHECKS[id_], {**target, **parts, fact: Unknown(status, "No right to x (403).")}).verdict
    assert (verdict.status, verdict.message) == (status, "No right to x (403).")


@pytest.mark.parametrize("missing", ["cluster", "workspace"])
def test_subscriptions_can_not_be_compared_where_one_was_not_named(missing: str) -> None:
    verdict = judged(CHECKS["AMLARC-A062"], {given.TARGET: TARGET._replace(**{missing: None})}).verdict  # type: ignore[arg-type]
    assert verdict.status is Status.SKIPPED
    assert f"No {missing} was named" in verdict.message


def test_every_check_has_a_case_where_it_fails_or_warns_and_one_where_it_could_not_be_made() -> None:
    assert {case.id for case in CASES if case.status in (FAIL, WARN)} == set(CHECKS)
    assert {id_ for id_, _ in unknown_facts()} | {"AMLARC-A062"} == set(CHECKS)


def test_ids_are_unique_and_every_check_says_what_usually_helps_and_where_that_is_documented() -> None:
    assert len(CHECKS) == len(table.AZURE)
    for check in table.AZURE:
        assert check.fix
        assert check.url.startswith("https://learn.microsoft.com/")


def test_what_a_write_reads_anyway_is_enough_for_no_check_that_is_not_free() -> None:
    read = {fact.name for fact in (azure.CLUSTER_FOUND, azure.CLUSTER, azure.AGENTS, azure.AKS)}
    read |= {fact.name for fact in (azure.WORKSPACE_FOUND, azure.WORKSPACE)}
    known = {
        fact.name for fact in (azure.NOW, given.TARGET, SETTINGS, EXTENSION_NAME, NAMESPACE, DOCUMENT, CLUSTER_TYPE)
    }
    enough = selection.answerable(table.AZURE, read | known)
    assert len(enough) >= 12
    assert [check for check in enough if check not in FREE] == []
