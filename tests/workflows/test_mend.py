"""Every fix, from what is broken on a local Azure or a real API server to checks that pass; and then nothing to do."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.checks.check import Result, Status
from azext_amlarc.errors import InvalidInput, Refused, WriteFailed
from azext_amlarc.findings import Finding
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.resources.compute import Wanted
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId
from azext_amlarc.validation import settings
from azext_amlarc.validation.document import read
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.workflows import login
from azext_amlarc.workflows.attach import begin_attach
from azext_amlarc.workflows.check import CheckRequest, run_checks
from azext_amlarc.workflows.install import Release, begin_install
from azext_amlarc.workflows.mend import run
from azext_amlarc.workflows.mend.run import Mended, Plan
from azext_amlarc.workflows.mend.ways import Means
from tests.kubernetes.test_instance_types import writes
from tests.kubernetes.test_volcano import DEPLOYMENT, NAMESPACE, SCHEDULER
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, Cluster
from tests.support.connecting import CONNECTION, RELAY_NAMESPACE, Diary, connect
from tests.support.emulated import (
    ASSIGNMENTS,
    CLUSTER,
    COMPUTE,
    EXTENSION,
    IDENTITIES,
    INSTALL,
    MANAGED,
    WORKSPACE,
    finish,
    principal,
)

RELAY = f"/providers/Microsoft.Relay/namespaces/{RELAY_NAMESPACE}"
RULE = f"{CONNECTION}/authorizationRules/azureml_rw"
READER, RELAY_OWNER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "2787bf04-f1f5-4bfe-8383-c8a24483ee38"
EXTENSION_CONTRIBUTOR = "85cb6faf-e071-4c9b-8136-154b5a04f717"
CLUSTER_ADMIN = "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8"


@dataclass
class Person:
    """Agrees to everything, or to nothing, and remembers what was asked."""

    agrees: bool = True
    asked: list[str] = field(default_factory=list)
    watcher: Diary = field(default_factory=Diary)

    def show(self, findings: Iterable[Finding]) -> None:
        pass

    def warn(self, text: str) -> None:
        pass

    def confirm(self, consequences: str, question: str = "Continue?") -> None:
        self.asked.append(f"{consequences} {question}".strip())
        if not self.agrees:
            raise InvalidInput("Cancelled. Nothing was changed.")

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        return True, login.accepted("ada")


@dataclass
class Bench:
    """A local Azure, somebody who is signed in, and what they want to have checked and mended."""

    azure: Azure
    client: AzureClient
    person: Person = field(default_factory=Person)
    kube: KubeAccess | None = None
    document: Mapping[str, Any] | None = None

    def target(self, managed: bool = False) -> Target:
        kind, name = ("managedClusters", "aks-cluster") if managed else ("connectedClusters", "amlarc-cluster")
        subscription = self.azure.subscription_id
        cluster = ClusterId(subscription, "amlarc-rg", kind, name)
        return Target.of_cluster(cluster, WorkspaceId(subscription, "amlarc-rg", "amlarc-ws"))

    def request(self, *only: str, managed: bool = False) -> CheckRequest:
        return CheckRequest(
            self.target(managed), only=only, kube=self.kube, document=self.document, source="types.json"
        )

    def check(self, *only: str, managed: bool = False) -> list[Result]:
        return run_checks(self.request(*only, managed=managed), self.client, login.accepted("ada"))

    def means(self, managed: bool = False) -> Means:
        return Means(self.person, self.target(managed), 60, self.client, self.kube)

    def plan(self, *only: str, managed: bool = False) -> Plan:
        return run.plan(self.check(*only, managed=managed), self.means(managed))

    def mend(self, *only: str, managed: bool = False) -> Mended:
        """Carry out the plan; whatever was broken is said before to be mended."""
        return run.carry_out(
            self.plan(*only, managed=managed), self.means(managed), lambda: self.check(*only, managed=managed)
        )

    def install(self, **given: str) -> None:
        parsed = settings.parse_pairs([f"{key}={value}" for key, value in {"enableTraining": "True", **given}.items()])
        wanted, cluster = GivenSettings.read([parsed], False), self.target().named_cluster
        with connect(self.azure) as before:  # another command, whose writes this one does not know
            operation = begin_install(before, self.person, cluster, None, given=wanted, release=Release(), timeout=60)
            operation.wait(self.person.watcher, 60)

    def forget(self) -> None:
        """What the person has been told and asked so far."""
        self.person.watcher.told.clear()
        self.person.asked.clear()


@pytest.fixture
def bench(azure: Azure) -> Iterator[Bench]:
    with connect(azure) as client:
        yield Bench(azure, client)


def bad(results: Collection[Result]) -> dict[str, str]:
    wrong = (Status.FAIL, Status.WARN, Status.ERROR)
    return {it.check.id.removeprefix("AMLARC-"): it.verdict.message for it in results if it.verdict.status in wrong}


def sent(azure: Azure) -> list[str]:
    """What was written, by method and path below the group."""
    lines = [line for line in azure.traffic() if line["method"] not in ("GET", "HEAD")]
    paths = [line["url"].partition("?")[0].removeprefix(azure.endpoint).removeprefix(azure.group) for line in lines]
    return [f"{line['method']} {path}" for line, path in zip(lines, paths, strict=True)]


def nothing_to_do(bench: Bench, *only: str, managed: bool = False) -> None:
    """A second run finds nothing, writes nothing."""
    before = len(sent(bench.azure))
    assert [*bench.plan(*only, managed=managed).lines()] == ["Nothing here can be mended by this command."]
    mended = bench.mend(*only, managed=managed)
    assert (mended.made, mended.failed) == ((), ())
    assert len(sent(bench.azure)) == before


def test_a_provider_is_registered(bench: Bench) -> None:
    provider = f"/subscriptions/{bench.azure.subscription_id}/providers/Microsoft.Relay"
    bench.azure.call("POST", f"{provider}/unregister", "2021-04-01")
    bench.azure.get(provider, "2021-04-01")
    assert [*bench.plan("subscription").lines()] == [
        "1 change can mend this:",
        f"1. Register the resource provider Microsoft.Relay in the subscription {bench.azure.subscription_id}",
        "     because: Microsoft.Relay is Unregistered. (AMLARC-A005)",
    ]
    mended = bench.mend("subscription")
    assert (bad(mended.results), len(mended.made)) == ({}, 1)
    nothing_to_do(bench, "subscription")


def user_assigned(azure: Azure) -> str:
    """Give the workspace a user-assigned identity; its principal."""
    id_ = f"{azure.group}{IDENTITIES}/ws-id"
    made = azure.put(id_, "2023-01-31", {"location": "eastus"}).body
    body = azure.get(azure.group + WORKSPACE, "2023-04-01").body
    found = str(made["properties"]["principalId"])
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {id_: {"principalId": found}}}
    azure.fault(method="GET", path="/workspaces/amlarc-ws$", status=200, body=body, times=99)
    return found


def roles(azure: Azure) -> set[tuple[str, str, str, str]]:
    """Of each assignment: principal and its type, role, and scope below the group."""
    found = azure.get(f"{azure.group}{ASSIGNMENTS}", "2022-04-01").body["value"]
    return {
        (
            own["principalId"],
            own["principalType"],
            own["roleDefinitionId"].rpartition("/")[2],
            own["scope"].removeprefix(azure.group),
        )
        for item in found
        for own in [item["properties"]]
    }


def test_the_workspaces_identity_gets_its_roles(bench: Bench) -> None:
    me = user_assigned(bench.azure)
    bench.install()
    mended = bench.mend("rights")
    assert (bad(mended.results), len(mended.made)) == ({}, 3)
    assert roles(bench.azure) == {
        (me, "ServicePrincipal", READER, CLUSTER),
        (me, "ServicePrincipal", EXTENSION_CONTRIBUTOR, CLUSTER),
        (me, "ServicePrincipal", RELAY_OWNER, RELAY),
    }
    nothing_to_do(bench, "rights")


def test_on_aks_it_gets_the_administrators_credential_and_no_relay(bench: Bench) -> None:
    me = user_assigned(bench.azure)
    mended = bench.mend("rights", managed=True)
    assert bad(mended.results) == {}
    wanted = {READER, EXTENSION_CONTRIBUTOR, CLUSTER_ADMIN}
    assert roles(bench.azure) == {(me, "ServicePrincipal", role, MANAGED) for role in wanted}


def test_a_new_identity_is_waited_for_and_an_assignment_that_exists_is_good(bench: Bench) -> None:
    error = {"error": {"code": "PrincipalNotFound", "message": "Principal does not exist in the directory."}}
    bench.azure.fault(method="PUT", path="/roleAssignments/", status=400, body=error, times=2)
    exists = {"error": {"code": "RoleAssignmentExists", "message": "The role assignment already exists."}}
    plan = bench.plan("rights")
    assert len(plan.steps) == 2
    bench.azure.fault(method="PUT", path="/roleAssignments/", status=409, body=exists, skip=1)
    mended = run.carry_out(plan, bench.means(), lambda: bench.check("rights"))
    assert (len(mended.made), mended.failed) == (2, ())
    assert bench.person.watcher.states == [f"The directory does not know the identity {principal(bench.azure)} yet"] * 2


def test_without_the_right_to_give_roles_the_commands_are_for_somebody_else(bench: Bench) -> None:
    me = user_assigned(bench.azure)
    bench.azure.allow("*", but=["Microsoft.Authorization/*/write"])
    mended = bench.mend("rights")
    assert (mended.made, len(mended.failed)) == ((), 2)
    said = "\n".join(mended.lines())
    assert "0 changes made, 2 failed." in said
    assert "(AuthorizationFailed)" in said
    assert (
        "left for an Owner, User Access Administrator or Role Based Access Control Administrator of the scope:" in said
    )
    assert (
        f"    az role assignment create --assignee-object-id {me} --assignee-principal-type ServicePrincipal "
        f"--role Reader --scope {bench.azure.group}{CLUSTER}" in said
    )


def state_of(azure: Azure, id_: str = CLUSTER + EXTENSION) -> dict[str, Any]:
    found: dict[str, Any] = azure.state()["resources"][(azure.group + id_).lower()]
    return found


def key_of_rule(azure: Azure) -> str:
    return str(state_of(azure, RULE)["hidden"]["primaryKey"])


def key_of_extension(azure: Azure) -> str:
    secrets = state_of(azure)["hidden"]["configurationProtectedSettings"]
    assert secrets["relayServerConnectionString"] == secrets["relayserver.relayConnectionString"]
    return str(secrets["relayServerConnectionString"]).partition("SharedAccessKey=")[2].partition(";")[0]


def delete(azure: Azure, path: str) -> None:
    azure.call("DELETE", azure.group + path, "2021-11-01")
    azure.get(azure.group + path, "2021-11-01")


@pytest.mark.parametrize("part", [RELAY, CONNECTION, RULE])
def test_a_relay_part_that_is_gone_is_created_and_the_extension_gets_its_key(bench: Bench, part: str) -> None:
    bench.install()
    old = key_of_rule(bench.azure)
    delete(bench.azure, part)
    mended = bench.mend("relay")
    assert (bad(mended.results), len(mended.made)) == ({}, 1)
    assert key_of_rule(bench.azure) != old
    assert key_of_extension(bench.azure) == key_of_rule(bench.azure)
    assert state_of(bench.azure)["body"]["properties"]["configurationSettings"]["enableTraining"] == "True"
    nothing_to_do(bench, "relay")


def test_a_relay_that_was_made_again_by_a_command_that_was_killed_still_gets_its_key_to_the_extension(
    bench: Bench,
) -> None:
    bench.install()
    delete(bench.azure, CONNECTION)
    bench.azure.fault(method="PATCH", path="/extensions/", status=403, body={"error": {"code": "No", "message": "No."}})
    first = bench.mend("relay")
    assert first.made == ()
    assert [*bad(first.results)] == ["A053"]
    assert key_of_extension(bench.azure) != key_of_rule(bench.azure)
    assert bad(bench.mend("relay").results) == {}
    assert key_of_extension(bench.azure) == key_of_rule(bench.azure)
    nothing_to_do(bench, "relay")


def test_a_rule_gets_its_rights_back_and_keeps_its_key(bench: Bench) -> None:
    bench.install()
    old = key_of_rule(bench.azure)
    bench.azure.put(bench.azure.group + RULE, "2021-11-01", {"properties": {"rights": ["Send"]}})
    before = len(sent(bench.azure))
    assert bad(bench.mend("relay").results) == {}
    assert sent(bench.azure)[before:] == [f"PUT {RULE}"]
    assert key_of_rule(bench.azure) == old
    nothing_to_do(bench, "relay")


def test_a_tls_key_is_never_lost_for_a_relay(bench: Bench) -> None:
    bench.install()
    path = f"{bench.azure.group}{CLUSTER}{EXTENSION}"
    secrets = {"scoringFe.sslKey": "a", "scoringFe.sslCert": "b"}
    bench.azure.call("PATCH", path, "2023-05-01", {"properties": {"configurationProtectedSettings": secrets}})
    bench.azure.get(path, "2023-05-01")
    delete(bench.azure, CONNECTION)
    before = len(sent(bench.azure))
    mended = bench.mend("relay")
    assert (mended.made, mended.failed) == ((), ())
    assert "az ml arc extension delete" in "\n".join(mended.lines())
    assert len(sent(bench.azure)) == before


def test_a_failed_installation_is_tried_again_with_its_settings(bench: Bench) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "Helm has failed."}
    bench.azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    with pytest.raises(WriteFailed):
        bench.install(installPromOp="False")
    assert [*bench.plan("A041").lines()][1:3] == [
        "1. Install the extension amlarc-compute on the cluster amlarc-cluster again, with its settings",
        "     state: Failed -> tried again",
    ]
    assert bad(bench.mend("extension").results) == {}
    assert state_of(bench.azure)["body"]["properties"]["configurationSettings"]["installPromOp"] == "False"
    nothing_to_do(bench, "extension")


def test_one_that_fails_again_is_said_with_azures_reason_and_keeps_no_other_from_being_made(bench: Bench) -> None:
    error = {"code": "ExtensionOperationFailed", "message": "Helm has failed."}
    bench.azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error, times=2)
    with pytest.raises(WriteFailed):
        bench.install()
    user_assigned(bench.azure)
    mended = bench.mend("A041", "A012")
    assert [type(it.step.change).__name__ for it in mended.made] == ["GrantRole", "GrantRole"]
    [failed] = mended.failed
    assert "Helm has failed." in failed.obstacle
    assert bad(mended.results).keys() == {"A041"}
    assert bad(bench.mend("A041", "A012").results) == {}


def test_settings_that_the_chart_needs_are_added(bench: Bench) -> None:
    settings = {"enableTraining": "True", "relayserver.enabled": "false", "cluster_name": "kept"}
    own = {"configurationSettings": settings, "configurationProtectedSettings": {}}
    body = {**INSTALL, "properties": {**INSTALL["properties"], **own}}
    finish(bench.azure, bench.azure.put(f"{bench.azure.group}{CLUSTER}{EXTENSION}", "2023-05-01", body))
    mended = bench.mend("A046")
    assert (bad(mended.results), len(mended.made)) == ({}, 1)
    assert state_of(bench.azure)["body"]["properties"]["configurationSettings"]["location"] == "eastus"
    nothing_to_do(bench, "A046")


def test_a_setting_that_follows_from_the_cluster_is_set_again(bench: Bench) -> None:
    bench.install(installPromOp="True")
    path = f"{bench.azure.group}{CLUSTER}"
    body = bench.azure.get(path, "2024-01-01").body
    body["properties"]["distribution"] = "openshift"
    bench.azure.fault(method="GET", path="/connectedClusters/amlarc-cluster$", status=200, body=body, times=99)
    assert [*bench.plan("cluster").lines()] == [
        "1 change can mend this:",
        "1. Install the extension amlarc-compute on the cluster amlarc-cluster again, with its settings",
        "     openshift: (not set) -> true",
        "     because: The distribution is openshift, but the extension has openshift=false. (AMLARC-A025)",
    ]
    assert bad(bench.mend("cluster").results) == {}
    assert state_of(bench.azure)["body"]["properties"]["configurationSettings"]["openshift"] == "true"
    nothing_to_do(bench, "cluster")


AMOUNTS = {"cpu": "1", "memory": "1Gi"}


def test_a_setting_is_changed_with_its_diff_and_its_question(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install(installPromOp="True")
    operator = {"name": "operator", "image": "quay.io/prometheus-operator/prometheus-operator:v0.70"}
    pod = {"metadata": {"name": "prom", "namespace": "default"}, "spec": {"containers": [operator]}}
    cluster.create({"apiVersion": "v1", "kind": "Pod", **pod})
    assert [*on_cluster.plan("K040").lines()] == [
        "1 change can mend this:",
        "1. Change settings of the extension amlarc-compute on the cluster amlarc-cluster",
        "     installPromOp: True -> False",
        "     because: installPromOp is on, but the cluster already has a Prometheus operator. (AMLARC-K040)",
    ]
    mended = on_cluster.mend("K040")
    assert (bad(mended.results), len(mended.made)) == ({}, 1)
    assert state_of(on_cluster.azure)["body"]["properties"]["configurationSettings"]["installPromOp"] == "False"
    nothing_to_do(on_cluster, "K040")


def test_what_a_setting_breaks_is_asked_and_a_no_changes_nothing(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install(installNvidiaDevicePlugin="True")
    labels = {"app": "nvidia-device-plugin"}
    container = {"name": "c", "image": "nvcr.io/nvidia/k8s-device-plugin:v0.14"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    cluster.create(
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "nvidia-device-plugin", "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
    )
    on_cluster.forget()
    on_cluster.person.agrees = False
    plan = on_cluster.plan("gpu")
    assert [type(it.step.change).__name__ for it in plan.steps] == ["ChangeSettings"]
    before = len(sent(on_cluster.azure))
    mended = on_cluster.mend("gpu")
    assert (mended.made, [it.obstacle for it in mended.failed]) == ((), ["Cancelled. Nothing was changed."])
    assert "GPU" in on_cluster.person.asked[0]
    assert len(sent(on_cluster.azure)) == before
    on_cluster.person.agrees = True
    assert bad(on_cluster.mend("gpu").results) == {}
    nothing_to_do(on_cluster, "gpu")


TYPES = {
    "namespace": "team-a",
    "defaultInstanceType": "small",
    "instanceTypes": {"small": {"nodeSelector": None, "resources": {"requests": AMOUNTS, "limits": AMOUNTS}}},
}


@pytest.fixture
def on_cluster(bench: Bench, cluster: Cluster) -> Iterator[Bench]:
    """The bench with a real API server as the cluster."""
    cluster.load("instancetype-crd.yaml")
    with KubeAccess(str(cluster.kubeconfig(ADMIN)), None) as kube:
        yield replace(bench, kube=kube, document=validated(TYPES))


def validated(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = read(json.dumps(document).encode(), "types.json").document
    assert found
    return found


def test_the_namespace_and_the_instance_types_are_written_to_the_cluster(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install()
    said = [*on_cluster.plan("K002", "K024").lines()]
    assert said[:3] == [
        "2 changes can mend this:",
        "1. Create the namespace team-a on the cluster",
        "     Will create the namespace team-a",
    ]
    assert "     Will create instance type small with resources.limits.cpu: 1, " in "\n".join(said)
    mended = on_cluster.mend("K002", "K024")
    assert (bad(mended.results), len(mended.made)) == ({}, 2)
    assert cluster.get("/api/v1/namespaces/team-a")["status"]["phase"] == "Active"
    assert cluster.get("/apis/amlarc.azureml.com/v1alpha1/instancetypes/small")
    before = len(writes(cluster))
    nothing_to_do(on_cluster, "K002", "K024")
    assert len(writes(cluster)) == before


def test_an_autoscaler_gets_to_see_the_jobs_that_wait(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install()
    status = {"name": "cluster-autoscaler-status", "namespace": "kube-system"}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": status})
    said = [*on_cluster.plan("K053").lines()]
    assert (
        "     Will write the ConfigMap azureml/volcano-scheduler-no-gang: Volcano's configuration without gangs" in said
    )
    assert "     volcanoScheduler.schedulerConfigMap: (not set) -> volcano-scheduler-no-gang" in said
    assert bad(on_cluster.mend("K053").results) == {}
    assert cluster.get("/api/v1/namespaces/azureml/configmaps/volcano-scheduler-no-gang")
    nothing_to_do(on_cluster, "K053")


def test_a_scheduler_that_a_killed_command_did_not_come_to_restart_is_restarted(
    on_cluster: Bench, cluster: Cluster
) -> None:
    on_cluster.install()
    status = {"name": "cluster-autoscaler-status", "namespace": "kube-system"}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": status}, NAMESPACE, DEPLOYMENT)
    assert bad(on_cluster.mend("K053").results) == {}
    marks = {"metadata": {"annotations": {"amlarc/scheduler-configuration": None}}}
    cluster.send("PATCH", SCHEDULER, marks, "application/merge-patch+json")
    before = len(sent(on_cluster.azure))
    assert [*on_cluster.plan("K053").lines()][2] == ("     Will restart the scheduler (azureml/volcano-scheduler)")
    assert bad(on_cluster.mend("K053").results) == {}
    assert len(sent(on_cluster.azure)) == before
    nothing_to_do(on_cluster, "K053")


def test_nothing_is_written_to_a_cluster_that_is_another_one(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install()
    data = {"AZURE_SUBSCRIPTION_ID": "s", "AZURE_RESOURCE_GROUP": "g", "AZURE_RESOURCE_NAME": "other"}
    cluster.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "azure-arc"}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "azure-clusterconfig", "namespace": "azure-arc"},
            "data": data,
        },
    )
    before = len(writes(cluster))
    plan = on_cluster.plan("K002", "K024")
    assert plan.steps == ()
    assert ["The kubeconfig's cluster is other in the resource group g" in it.obstacle for it in plan.refused] == [
        True,
        True,
    ]
    assert "kubectl create namespace team-a" in "\n".join(plan.lines())
    assert len(writes(cluster)) == before


def test_instance_types_that_others_manage_are_left_to_them(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install()
    cluster.create(
        {
            "apiVersion": "amlarc.azureml.com/v1alpha1",
            "kind": "InstanceType",
            "metadata": {"name": "small"},
            "spec": {"resources": {"requests": {"cpu": "2", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}},
        }
    )
    plan = on_cluster.plan("K024")
    assert plan.steps == ()
    assert "is managed by others" in plan.refused[0].obstacle
    assert "--force-conflicts" in plan.refused[0].obstacle


def test_a_taint_is_never_taken_off_and_a_node_never_labelled(on_cluster: Bench, cluster: Cluster) -> None:
    on_cluster.install()
    size = {"cpu": "4", "memory": "16Gi", "pods": "110"}
    ready = {"type": "Ready", "status": "True"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"kubernetes.io/os": "linux"}}}
    taint = {"key": "team", "value": "b", "effect": "NoSchedule"}
    cluster.create(
        {
            **node,
            "spec": {"taints": [taint]},
            "status": {"capacity": size, "allocatable": size, "conditions": [ready]},
        }
    )
    before = cluster.get("/api/v1/nodes/n1")
    on_cluster.mend("K002", "K024")
    mended = on_cluster.mend("nodes", "instance-types")
    assert (mended.made, mended.failed) == ((), ())
    assert "for an administrator of the cluster:" in "\n".join(mended.lines())
    assert "kubectl taint node n1 team=b:NoSchedule-" in "\n".join(mended.lines())
    assert cluster.get("/api/v1/nodes/n1")["spec"] == before["spec"]


def test_nothing_is_made_that_was_not_agreed_on(bench: Bench) -> None:
    """A question about what breaks is asked while the change is made: no means that it is not."""
    user_assigned(bench.azure)
    plan = bench.plan("rights")
    assert plan.question == "Make these 2 changes?"
    assert sent(bench.azure) == [f"PUT {IDENTITIES}/ws-id"]


def test_without_a_sign_in_only_commands_are_left(bench: Bench) -> None:
    step = bench.plan("rights").steps[0].step
    signed_out = Means(bench.person, bench.target(), 60, None, None)
    assert [it.obstacle for it in run.plan(list(step.because), signed_out).refused] == [
        "You are not signed in. Sign in: az login"
    ] * 2


def attach(bench: Bench, *, grant: bool = True, identity: str | None = "SystemAssigned") -> None:
    target = bench.target()
    wanted = Wanted(target.named_cluster, {}, (), identity)
    operation = begin_attach(bench.client, bench.person, target.named_workspace, "k8s", wanted, timeout=60, grant=grant)
    operation.wait(bench.person.watcher, 60)


def test_an_attach_gives_the_roles_before_it_and_those_of_the_compute_target_after_it(bench: Bench) -> None:
    me = user_assigned(bench.azure)
    bench.install()
    bench.forget()
    before = len(sent(bench.azure))
    attach(bench)
    done = [re.sub(r"[0-9a-f-]{36}$", "", line) for line in sent(bench.azure)[before:]]
    storage = "/providers/Microsoft.Storage/storageAccounts/amlarcws"
    assert done == [
        f"PUT {CLUSTER}{ASSIGNMENTS}/",
        f"PUT {CLUSTER}{ASSIGNMENTS}/",
        f"PUT {RELAY}{ASSIGNMENTS}/",
        f"PUT {COMPUTE}",
        f"PUT {storage}{ASSIGNMENTS}/",
    ]
    assert {scope for who, _, _, scope in roles(bench.azure) if who == me} == {CLUSTER, RELAY}
    assert bench.person.asked == ["Give these roles?"]
    told = "\n".join(bench.person.watcher.told)
    assert told.index(f"Give the identity {me} the role Reader on") < told.index("[1/3]")
    assert "Give the compute target's identity, once it is attached, what it lacks of Storage Blob Data Reader" in told
    assert bad(bench.check("rights")) == {}
    done = sent(bench.azure)
    attach(bench)
    assert sent(bench.azure) == done


def test_nothing_is_attached_without_the_roles_that_were_asked_for(bench: Bench) -> None:
    user_assigned(bench.azure)
    bench.install()
    before = len(sent(bench.azure))
    bench.person.agrees = False
    with pytest.raises(InvalidInput, match="Cancelled"):
        attach(bench)
    bench.person.agrees = True
    bench.azure.allow("*", but=["Microsoft.Authorization/roleAssignments/write"])
    with pytest.raises(Refused, match=r"3 of 3 roles could not be given: \(AuthorizationFailed\)") as refused:
        attach(bench)
    assert "az role assignment create --assignee-object-id" in refused.value.fix
    bench.azure.allow("*", but=["Microsoft.Authorization/roleAssignments/read"])
    with pytest.raises(Refused, match="It cannot be seen which roles are missing: No permission for"):
        attach(bench)
    assert [line for line in sent(bench.azure)[before:] if "/computes/" in line] == []


def test_the_jobs_identity_gets_its_roles(bench: Bench) -> None:
    bench.install()
    attach(bench, grant=False)
    assert bad(bench.check("A014")).keys() == {"A014"}
    assert bad(bench.mend("A014").results) == {}
    nothing_to_do(bench, "A014")
