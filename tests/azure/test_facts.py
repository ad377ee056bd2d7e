"""What checks know of Azure: read from a local one, each fact by itself."""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.azure.facts.gathering import gather
from azext_amlarc.checks import given as given_facts
from azext_amlarc.checks import table as checks
from azext_amlarc.checks.azure import facts
from azext_amlarc.checks.azure.facts import (
    Agents,
    Aks,
    Attachments,
    Cluster,
    Compute,
    ComputeError,
    ExtensionStatus,
    Grant,
    Identity,
    Presence,
    Rights,
    Subscription,
    Workspace,
    not_applicable,
)
from azext_amlarc.checks.check import Fact, Status, Unknown
from azext_amlarc.checks.given import Pool
from azext_amlarc.product.steps import sentence
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId
from tests.support.azure import ROOT, Azure, running
from tests.support.connecting import CONNECTION, RELAY_NAMESPACE, connect
from tests.support.emulated import (
    ASSIGNMENTS,
    CLUSTER,
    COMPUTE,
    DEFINITIONS,
    EXTENSION,
    FIRST,
    IDENTITIES,
    INSTALL,
    MANAGED,
    RIGHTS,
    STRANGER,
    WORKSPACE,
    assign,
    attachment,
    finish,
    install,
    principal,
    role,
)

ALL = {fact for check in checks.AZURE for fact in check.needs}
LOGIN: dict[str, object] = {facts.SIGNED_IN.name: Presence(True), facts.ACCOUNT.name: "ada", facts.NOW.name: None}


def target(azure: Azure, kind: str = "connectedClusters", **changes: Any) -> Target:
    name = {"connectedClusters": "amlarc-cluster", "managedClusters": "aks-cluster"}[kind]
    place = ClusterId(azure.subscription_id, "amlarc-rg", kind, name)
    full = Target(
        azure.subscription_id, place, kind, WorkspaceId(azure.subscription_id, "amlarc-rg", "amlarc-ws"), None
    )
    return full._replace(**changes)


def known(azure: Azure, asked: Target | None = None, needs: Collection[Fact[Any]] = ALL) -> dict[str, object]:
    about = asked or target(azure)
    given = {**LOGIN, given_facts.TARGET.name: about, **not_applicable(about.cluster_type)}
    with connect(azure) as arm:
        return gather(arm, needs, given)


def one(azure: Azure, fact: Fact[Any], asked: Target | None = None) -> Any:
    return known(azure, asked, [fact])[fact.name]


def test_a_connected_cluster_and_its_agents(azure: Azure) -> None:
    found = known(azure)
    assert found[facts.CLUSTER_FOUND.name] == Presence(True, "amlarc-cluster is in eastus.")
    assert found[facts.CLUSTER.name] == Cluster(azure.group + CLUSTER, "eastus", "Succeeded", "1.29.4", 3, "generic")
    agents = found[facts.AGENTS.name]
    assert isinstance(agents, Agents)
    assert (agents.connectivity, agents.version, agents.desired_version) == ("Connected", "1.20.1", None)
    assert agents.upgrade_themselves
    assert agents.last_seen is not None
    assert abs(datetime.now(UTC) - agents.last_seen) < timedelta(minutes=10)
    assert found[facts.AKS.name] == Unknown(
        Status.SKIPPED, "The cluster is not an AKS cluster: it is connected through Azure Arc."
    )


def test_agents_that_are_told_a_version_and_do_not_upgrade_themselves(azure: Azure) -> None:
    profile = {"desiredAgentVersion": "1.21.0", "agentAutoUpgrade": "Disabled"}
    answer = azure.get(azure.group + CLUSTER, "2024-01-01").body
    answer["properties"] |= {"arcAgentProfile": profile, "connectivityStatus": "Offline"}
    azure.fault(path="/connectedClusters/amlarc-cluster$", status=200, body=answer)
    agents = one(azure, facts.AGENTS)
    assert (agents.desired_version, agents.upgrade_themselves, agents.connectivity) == ("1.21.0", False, "Offline")


POOLS = (Pool("nodepool1", 3, machine="Standard_DS3_v2", labels={"kubernetes.io/os": "linux"}),)


def test_node_pools_are_read_with_their_cluster(azure: Azure) -> None:
    answer = azure.get(azure.group + MANAGED, "2024-05-01").body
    first = answer["properties"]["agentPoolProfiles"][0]
    spot = {
        "name": "spot",
        "count": 0,
        "enableAutoScaling": True,
        "minCount": 0,
        "maxCount": 5,
        "vmSize": "Standard_NC4as_T4_v3",
        "nodeLabels": {"sku": "gpu"},
        "nodeTaints": ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"],
    }
    answer["properties"]["agentPoolProfiles"] = [{**first, **spot}, {**first, "powerState": {"code": "Stopped"}}]
    azure.fault(path="/managedClusters/aks-cluster$", status=200, body=answer)
    found = one(azure, facts.AKS, target(azure, "managedClusters"))
    assert isinstance(found, Aks)
    assert found.pools == (
        Pool(
            "spot",
            0,
            most=5,
            machine="Standard_NC4as_T4_v3",
            labels={"kubernetes.io/os": "linux", "sku": "gpu"},
            taints=("kubernetes.azure.com/scalesetpriority=spot:NoSchedule",),
        ),
        POOLS[0]._replace(is_stopped=True),
    )


def test_an_aks_cluster(azure: Azure) -> None:
    found = known(azure, target(azure, "managedClusters"))
    assert found[facts.AKS.name] == Aks("Running", True, False, (), False, POOLS)
    assert found[facts.AGENTS.name] == Unknown(Status.SKIPPED, "An AKS cluster has no Arc agents.")
    assert found[facts.RELAY_RULE.name] == Unknown(Status.SKIPPED, "An AKS cluster needs no Relay.")


def test_an_aks_cluster_that_lets_few_in(azure: Azure) -> None:
    answer = azure.get(azure.group + MANAGED, "2024-05-01").body
    answer["properties"] |= {
        "powerState": {"code": "Stopped"},
        "servicePrincipalProfile": {"clientId": "11111111-1111-1111-1111-111111111111"},
        "disableLocalAccounts": True,
        "apiServerAccessProfile": {"authorizedIPRanges": ["192.0.2.0/24"], "enablePrivateCluster": True},
    }
    azure.fault(path="/managedClusters/aks-cluster$", status=200, body=answer)
    found = one(azure, facts.AKS, target(azure, "managedClusters"))
    assert found == Aks("Stopped", False, True, ("192.0.2.0/24",), True, POOLS)


def test_the_subscription_its_providers_and_what_one_may_do(azure: Azure) -> None:
    azure.allow("*/read", "Microsoft.Relay/*", but=["Microsoft.Relay/*/delete"])
    found = known(azure)
    assert found[facts.SUBSCRIPTION.name] == Subscription(azure.subscription_id, "Local Azure", "Enabled")
    provider = found[facts.EXTENSION_PROVIDER.name]
    assert isinstance(provider, facts.Provider)
    assert (provider.namespace, provider.state) == ("Microsoft.KubernetesConfiguration", "Registered")
    assert "westeurope" in provider.regions["extensions"]
    grants = (Grant(("*/read", "Microsoft.Relay/*"), ("Microsoft.Relay/*/delete",)),)
    assert found[facts.CLUSTER_RIGHTS.name] == Rights(azure.group, grants)
    assert found[facts.WORKSPACE_RIGHTS.name] == Rights(azure.group, grants)


def test_the_extension_and_its_relay(azure: Azure) -> None:
    body = {**INSTALL, "properties": {**INSTALL["properties"]}}
    body["properties"]["configurationSettings"] = {"relayserver.hybridConnectionResourceID": azure.group + CONNECTION}
    relay = f"{azure.group}/providers/Microsoft.Relay/namespaces/{RELAY_NAMESPACE}"
    azure.put(relay, "2021-11-01", {"location": "eastus"})
    azure.put(azure.group + CONNECTION, "2021-11-01", {"properties": {}})
    rule = f"{azure.group}{CONNECTION}/authorizationRules/azureml_rw"
    azure.put(rule, "2021-11-01", RIGHTS)
    finish(azure, azure.put(f"{azure.group}{CLUSTER}{EXTENSION}", "2023-05-01", body))
    found = known(azure)
    extension = found[facts.EXTENSION.name]
    assert isinstance(extension, facts.Extension)
    assert (extension.name, extension.install_state, extension.current_version) == (
        "amlarc-compute", "Installed", "1.1.64",
    )  # fmt: skip
    assert (extension.release_train, extension.upgrades_itself, extension.statuses) == ("stable", True, ())
    assert found[facts.RELAY_NAMESPACE.name] == facts.RelayPart(relay, "Active")
    assert found[facts.RELAY_CONNECTION.name] == facts.RelayPart(azure.group + CONNECTION, 1)
    assert found[facts.RELAY_RULE.name] == facts.RelayPart(rule, frozenset({"Manage", "Send", "Listen"}))


def test_what_a_failed_extension_says_of_itself(azure: Azure) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "Helm installation failed"}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    install(azure)
    extension = one(azure, facts.EXTENSION)
    assert extension.install_state == "Failed"
    assert extension.statuses == (ExtensionStatus("InstallationFailed", None, "Helm installation failed"),)


def test_without_an_extension_its_relay_is_not_asked_for(azure: Azure) -> None:
    found = known(azure)
    reason = Unknown(Status.SKIPPED, "The extension is not installed.")
    assert (found[facts.EXTENSION.name], found[facts.RELAY_CONNECTION.name]) == (reason, reason)
    missing = found[facts.EXTENSION_FOUND.name]
    assert isinstance(missing, Presence)
    assert (
        sentence(missing.fix)
        == "az ml arc extension create -c amlarc-cluster -g amlarc-rg --config enableTraining=True"
    )
    assert not [line for line in azure.traffic() if "Microsoft.Relay/" in line["url"]]


def test_the_workspace(azure: Azure) -> None:
    around = (Identity(principal(azure)), f"{azure.group}/providers/Microsoft.Storage/storageAccounts/amlarcws", "")
    assert one(azure, facts.WORKSPACE) == Workspace("eastus", "Succeeded", True, (), *around)
    answer = azure.get(azure.group + WORKSPACE, "2023-04-01").body
    state = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    answer["properties"] |= {
        "publicNetworkAccess": "Disabled",
        "privateEndpointConnections": [{"name": "from-lab", "properties": state}],
    }
    azure.fault(path="/workspaces/amlarc-ws$", status=200, body=answer)
    assert one(azure, facts.WORKSPACE) == Workspace("eastus", "Succeeded", False, (("from-lab", "Approved"),), *around)


def test_the_computes_of_the_workspace_on_the_cluster(azure: Azure) -> None:
    install(azure)
    inner = {"code": "ClusterNotReachable", "message": "It can't be reached.", "details": []}
    error = {"code": "UserError", "message": "See the details.", "details": [inner]}
    azure.fault(method="PUT", path="/computes/", operation="Failed", error=error)
    finish(azure, azure.put(azure.group + COMPUTE, "2023-04-01", attachment(azure)))
    finish(azure, azure.put(f"{azure.group}{COMPUTE}-aks", "2023-04-01", attachment(azure, MANAGED)))
    on_cluster = Compute(
        "k8s",
        "amlarc-rg/amlarc-ws",
        azure.group + CLUSTER,
        "training",
        "Failed",
        (ComputeError("UserError", "See the details."), ComputeError("ClusterNotReachable", "It can't be reached.")),
        Identity(principal(azure, COMPUTE)),
    )
    assert one(azure, facts.COMPUTES) == (on_cluster,)
    assert one(azure, facts.COMPUTES, target(azure, compute="nothing")) == ()
    [named] = one(azure, facts.COMPUTES, target(azure, compute="K8S-AKS"))
    assert named.cluster_id == azure.group + MANAGED


def test_what_is_missing_is_told_from_what_could_not_be_read(azure: Azure) -> None:
    nowhere = target(azure)._replace(
        cluster=ClusterId(azure.subscription_id, "amlarc-rg", "connectedClusters", "nowhere")
    )
    found = known(azure, nowhere._replace(workspace=WorkspaceId(azure.subscription_id, "amlarc-rg", "no-ws")))
    cluster, workspace = found[facts.CLUSTER_FOUND.name], found[facts.WORKSPACE_FOUND.name]
    assert isinstance(cluster, Presence)
    assert "There is no Azure Arc-enabled cluster 'nowhere'" in cluster.message
    assert "az connectedk8s connect -n nowhere -g amlarc-rg" in sentence(cluster.fix)
    assert found[facts.CLUSTER.name] == Unknown(Status.SKIPPED, "The cluster does not exist.")
    assert found[facts.EXTENSION.name] == Unknown(Status.SKIPPED, "The cluster does not exist.")
    assert isinstance(workspace, Presence)
    assert not workspace.found
    assert found[facts.COMPUTES.name] == Unknown(Status.SKIPPED, "The workspace does not exist.")


def test_what_was_not_named_is_not_asked_for(azure: Azure) -> None:
    found = known(azure, Target(azure.subscription_id))
    assert found[facts.CLUSTER.name] == Unknown(Status.SKIPPED, "No cluster was named: -c CLUSTER -g GROUP.")
    assert found[facts.WORKSPACE.name] == Unknown(Status.SKIPPED, "No workspace was named: -w WORKSPACE.")
    assert found[facts.ATTACHMENTS.name] == found[facts.CLUSTER_RIGHTS.name] == found[facts.CLUSTER.name]
    assert len(azure.traffic()) == 4


def identity_of(azure: Azure, found: dict[str, Any]) -> Identity:
    """The identity of the workspace, whose body in Azure is changed like this."""
    body = azure.get(azure.group + WORKSPACE, "2023-04-01").body
    azure.fault(path="/workspaces/amlarc-ws$", status=200, body={**body, **found})
    workspace: Workspace = one(azure, facts.WORKSPACE)
    assert workspace.identity
    return workspace.identity


def test_the_identity_that_the_workspace_uses(azure: Azure) -> None:
    users = {f"{azure.group}{IDENTITIES}/{name}": {"principalId": f"of-{name}"} for name in ("a", "b")}
    both = {"type": "SystemAssigned,UserAssigned", "principalId": "own", "userAssignedIdentities": users}
    primary = {
        "primaryUserAssignedIdentity": f"{azure.group}{IDENTITIES}/B".replace("resourceGroups", "resourcegroups")
    }
    assert identity_of(azure, {"identity": both}) == Identity("own")
    assert identity_of(azure, {"identity": both, "properties": primary}) == Identity(
        "of-b", f"{azure.group}{IDENTITIES}/b"
    )
    assert identity_of(azure, {"identity": {**both, "principalId": None}}).id == f"{azure.group}{IDENTITIES}/a"


def test_the_roles_of_the_workspaces_identity_with_what_they_allow(azure: Azure) -> None:
    own = {
        "roleName": "Lab",
        "assignableScopes": [azure.group],
        "permissions": [{"dataActions": ["Microsoft.Relay/*"]}],
    }
    lab = f"{azure.group}{DEFINITIONS}/{STRANGER}"
    assert azure.put(lab, "2022-04-01", {"properties": own}).status == 201
    assign(azure, f"/subscriptions/{azure.subscription_id}")
    narrow = {"condition": "@Resource[a] StringEquals 'b'", "conditionVersion": "2.0"}
    assign(azure, azure.group + CLUSTER, STRANGER, roleDefinitionId=lab, **narrow)
    other = {"principalId": STRANGER, "principalType": "User"}
    assign(azure, azure.group, "aaaaaaaa-0000-0000-0000-000000000001", **other)
    found = one(azure, facts.WORKSPACE_ROLES)
    assert found.identity == Identity(principal(azure))
    assert sorted(found.assignments) == [
        facts.Assignment(
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "Contributor",
            (
                Grant(
                    ("*",),
                    (
                        "Microsoft.Authorization/*/Delete",
                        "Microsoft.Authorization/*/Write",
                        "Microsoft.Authorization/elevateAccess/Action",
                    ),
                ),
            ),
            f"/subscriptions/{azure.subscription_id}",
            id=f"/subscriptions/{azure.subscription_id}{ASSIGNMENTS}/{FIRST}",
        ),
        facts.Assignment(
            STRANGER,
            "Lab",
            (Grant((), (), ("Microsoft.Relay/*",)),),
            azure.group + CLUSTER,
            narrow["condition"],
            id=f"{azure.group}{CLUSTER}{ASSIGNMENTS}/{STRANGER}",
        ),
    ]


def test_roles_that_a_group_gives(tmp_path: Path) -> None:
    seed = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    me = "77777777-0000-0000-0000-000000000001"
    seed["groups"] = {STRANGER: [me]}
    identity = {"id": f"/resourceGroups/amlarc-rg{IDENTITIES}/ws-id", "location": "eastus", "properties": {}}
    identity["properties"] = {"principalId": me}
    users: dict[str, Any] = {f"/subscriptions/00000000-0000-0000-0000-000000000001{identity['id']}": {}}
    resources = seed["subscriptions"][0]["resources"]
    resources.insert(0, identity)
    resources[-1]["identity"] = {"type": "UserAssigned", "userAssignedIdentities": users}
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    with running(tmp_path, "--seed", str(tmp_path / "seed.json")) as azure:
        given = {"roleDefinitionId": role(azure), "principalId": STRANGER, "principalType": "Group"}
        azure.put(f"{azure.group}{ASSIGNMENTS}/{FIRST}", "2022-04-01", {"properties": given})
        found = one(azure, facts.WORKSPACE_ROLES)
        assert (found.identity.kind, found.identity.principal_id) == ("user-assigned", me)
        assert [(it.role, it.by_group) for it in found.assignments] == [("Contributor", True)]


def test_the_identities_of_compute_targets(azure: Azure) -> None:
    install(azure)
    gone, there = (f"{azure.group}{IDENTITIES}/{name}" for name in ("gone", "there"))
    azure.put(there, "2023-01-31", {"location": "eastus"})
    attached: tuple[tuple[str, list[str]], ...] = (("", [gone]), ("-2", [there]), ("-3", []))
    for name, users in attached:
        kind = {"type": "UserAssigned", "userAssignedIdentities": {id_: {} for id_ in users}}
        body = {**attachment(azure), "identity": kind if users else {"type": "None"}}
        finish(azure, azure.put(f"{azure.group}{COMPUTE}{name}", "2023-04-01", body))
    lost, found = one(azure, facts.COMPUTE_ROLES)
    assert (lost.compute, lost.exists, lost.identity.id, lost.storage, lost.registry) == (
        "k8s",
        False,
        gone,
        None,
        None,
    )
    assert (found.compute, found.exists, found.identity.id, found.registry) == ("k8s-2", True, there, None)
    assert found.storage == facts.Roles(found.identity, ())


def test_what_compute_targets_share_is_read_once(azure: Azure) -> None:
    install(azure)
    shared = f"{azure.group}{IDENTITIES}/shared"
    azure.put(shared, "2023-01-31", {"location": "eastus"})
    me = azure.get(shared, "2023-01-31").body["properties"]["principalId"]
    assert assign(azure, azure.group, principalId=me).status == 201
    kind = {"type": "UserAssigned", "userAssignedIdentities": {shared: {}}}
    for name in ("", "-2", "-3"):
        body = {**attachment(azure), "identity": kind}
        finish(azure, azure.put(f"{azure.group}{COMPUTE}{name}", "2023-04-01", body))
    before = len(azure.traffic())
    found = one(azure, facts.COMPUTE_ROLES)
    assert [it.compute for it in found] == ["k8s", "k8s-2", "k8s-3"]
    assert [[given.role for given in it.storage.assignments] for it in found] == [["Contributor"]] * 3
    asked = [item["url"].partition("?")[0] for item in azure.traffic()[before:] if item["method"] == "GET"]
    for part in (shared, ASSIGNMENTS, DEFINITIONS):
        assert sum(part.lower() in url.lower() for url in asked) == 1


REFUSED = (
    (facts.WORKSPACE_ROLES, "Microsoft.Authorization/roleAssignments/read"),
    (facts.SUBSCRIPTION, "Microsoft.Resources/subscriptions/read"),
    (facts.RELAY_PROVIDER, "Microsoft.Resources/subscriptions/providers/read"),
    (facts.CLUSTER_RIGHTS, "Microsoft.Authorization/permissions/read"),
    (facts.CLUSTER_FOUND, "Microsoft.Kubernetes/connectedClusters/read"),
    (facts.CLUSTER, "Microsoft.Kubernetes/connectedClusters/read"),
    (facts.EXTENSION_FOUND, "Microsoft.KubernetesConfiguration/extensions/read"),
    (facts.WORKSPACE_FOUND, "Microsoft.MachineLearningServices/workspaces/read"),
    (facts.COMPUTES, "Microsoft.MachineLearningServices/workspaces/computes/read"),
    (facts.ATTACHMENTS, "Microsoft.MachineLearningServices/workspaces/read"),
)


@pytest.mark.parametrize(("fact", "action"), REFUSED, ids=lambda value: getattr(value, "name", ""))
def test_a_missing_right_is_named_and_takes_no_other_fact_away(azure: Azure, fact: Fact[Any], action: str) -> None:
    azure.allow("*", but=[action])
    found = known(azure)
    assert found[fact.name] == Unknown(Status.ERROR, f"No permission for {action} (403).")
    others = [facts.SUBSCRIPTION, facts.CLUSTER_FOUND, facts.WORKSPACE_RIGHTS, facts.EXTENSION_FOUND]
    assert sum(isinstance(found[other.name], Unknown) for other in others) <= 1 + (fact is facts.CLUSTER_RIGHTS)


@pytest.mark.parametrize("status", [400, 500])
def test_any_other_answer_is_said(azure: Azure, status: int) -> None:
    body = {"error": {"code": "Broken", "message": "It is broken."}}
    azure.fault(path="/permissions", status=status, body=body, times=20)
    assert one(azure, facts.CLUSTER_RIGHTS) == Unknown(Status.ERROR, f"Azure answered {status}: It is broken.")


def test_a_provider_that_is_not_registered_stays_so(azure: Azure) -> None:
    provider = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.KubernetesConfiguration"
    azure.call("POST", f"{provider}/unregister", "2021-04-01")
    with connect(azure) as arm, arm.clone(watcher=_Nobody(), registers=True) as registering:
        found = gather(registering, ALL, {**LOGIN, given_facts.TARGET.name: target(azure)})
    reason = Unknown(Status.SKIPPED, "The provider Microsoft.KubernetesConfiguration is not registered.")
    assert found[facts.EXTENSION_FOUND.name] == reason
    assert {line["method"] for line in azure.traffic()[1:]} == {"GET"}


class _Nobody:
    """A watcher that must not hear of anything."""

    def seen(self, state: str, elapsed: float) -> None:
        raise AssertionError(state)

    def tell(self, text: str) -> None:
        raise AssertionError(text)

    def rest(self, seconds: float) -> None:
        raise AssertionError(seconds)


def test_other_workspaces_on_the_cluster_are_found_and_those_that_can_not_be_read_are_named(azure: Azure) -> None:
    collection = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.MachineLearningServices/workspaces"
    path = f"{azure.group}{WORKSPACE.rpartition('/')[0]}"
    names = ("amlarc-ws", "theirs", "secret")
    azure.fault(path=f"^{collection}$", status=200, body={"value": [{"id": f"{path}/{name}"} for name in names]})
    item = {
        "name": "their-k8s",
        "properties": {
            "computeType": "Kubernetes",
            "resourceId": (azure.group + CLUSTER).upper(),
            "provisioningState": "Succeeded",
        },
    }
    other = {"name": "vm", "properties": {"computeType": "AmlCompute"}}
    azure.fault(path="/theirs/computes", status=200, body={"value": [item, other]})
    azure.fault(path="/secret/computes", status=403, body={"error": {"code": "AuthorizationFailed", "message": "No."}})
    theirs = Compute("their-k8s", "amlarc-rg/theirs", (azure.group + CLUSTER).upper(), "default", "Succeeded", ())
    assert one(azure, facts.ATTACHMENTS) == Attachments((theirs,), ("amlarc-rg/secret",))
    assert not [line for line in azure.traffic() if "amlarc-ws/computes" in line["url"]]


def test_more_workspaces_than_can_be_read_in_a_few_rounds_are_named_as_unread(azure: Azure) -> None:
    collection = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.MachineLearningServices/workspaces"
    path = f"{azure.group}{WORKSPACE.rpartition('/')[0]}"
    many = [{"id": f"{path}/ws{number}"} for number in range(70)]
    azure.fault(path=f"^{collection}$", status=200, body={"value": many})
    azure.fault(path=r"/ws\d+/computes", status=200, body={"value": []}, times=70)
    found = one(azure, facts.ATTACHMENTS)
    assert found.unread == tuple(f"amlarc-rg/ws{number}" for number in range(64, 70))
    assert len([line for line in azure.traffic() if "/computes" in line["url"]]) == 64
