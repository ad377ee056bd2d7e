"""What an attach writes to a cluster: its namespace and its instance types, in that order."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.azure.connection.watcher import WriteLog
from azext_amlarc.errors import ArcError, Denied, Refused
from azext_amlarc.findings import Finding
from azext_amlarc.kubernetes import namespaces
from azext_amlarc.kubernetes.access import KubeAccess
from azext_amlarc.kubernetes.client import connect
from azext_amlarc.workflows.prepare import Preparation, agreed, compare, compared
from tests.checks.clusters import SUBSCRIPTION, TARGETED
from tests.kubernetes.test_instance_types import manifest, writes
from tests.support.cluster import ADMIN, READ_NOTHING, Cluster
from tests.support.connecting import Diary
from tests.support.gate import Gate


def prepared(cluster: Cluster, namespace: str | None, *manifests: dict[str, object], user: str = ADMIN) -> Preparation:
    with closing(connect(str(cluster.kubeconfig(user)), None)) as kube:
        return compare(kube, TARGETED, namespace, manifests)


def write(cluster: Cluster, namespace: str | None, *manifests: dict[str, object]) -> list[str]:
    written = WriteLog()
    with closing(connect(str(cluster.kubeconfig(ADMIN)), None)) as kube:
        compare(kube, TARGETED, namespace, manifests).write(written)
    return written.lines


def test_what_is_missing_is_written_and_told(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    assert write(cluster, "team-a", manifest()) == [
        f"namespace team-a on {cluster.url}",
        f"instance type gpu on {cluster.url}",
    ]
    assert cluster.get("/api/v1/namespaces/team-a")["status"]["phase"] == "Active"
    assert cluster.get("/apis/amlarc.azureml.com/v1alpha1/instancetypes/gpu")["spec"] == manifest()["spec"]


@pytest.mark.parametrize(
    ("effect", "line"),
    [
        ({"reset": "after"}, ["possibly namespace team-a on {} (the cluster's response was lost)"]),
        ({"truncate": True}, ["possibly namespace team-a on {} (the cluster's response was lost)"]),
        ({"status": 503}, ["possibly namespace team-a on {} (the cluster's response was lost)"]),
        ({"status": 403}, []),
    ],
    ids=str,
)
def test_a_write_whose_response_was_lost_is_told_as_possible(
    cluster: Cluster, tmp_path: Path, effect: dict[str, object], line: list[str]
) -> None:
    gate, written = Gate(cluster, tmp_path / "kubeconfig"), WriteLog()
    with closing(gate), closing(connect(str(tmp_path / "kubeconfig"), None)) as kube:
        preparation = compare(kube, TARGETED, "team-a", ())
        gate.fault(method="POST", path="/namespaces$", **effect)
        with pytest.raises(ArcError):
            preparation.write(written)
        assert written.lines == [text.format(gate.url) for text in line]


def test_what_is_there_is_left_alone(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    write(cluster, "team-a", manifest())
    before = len(writes(cluster))
    preparation = prepared(cluster, "team-a", manifest())
    assert [*preparation.lines()] == ["No changes on the cluster."]
    assert not preparation.changes_instance_types
    assert write(cluster, "team-a", manifest()) == []
    assert len(writes(cluster)) == before


def test_what_will_be_written_is_said_before(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    write(cluster, None, manifest())
    preparation = prepared(cluster, "team-a", manifest(cpu="4"))
    assert [*preparation.lines()] == [
        "Will create the namespace team-a",
        "Will change instance type gpu resources.limits.cpu: 2 -> 4",
        "Will change instance type gpu resources.requests.cpu: 2 -> 4",
    ]
    assert cluster.get("/api/v1/namespaces/team-a") is None


def test_a_namespace_alone_takes_no_crd(cluster: Cluster) -> None:
    preparation = prepared(cluster, "team-a")
    assert [*preparation.lines()] == ["Will create the namespace team-a"]
    assert not preparation.changes_instance_types


def test_a_namespace_that_was_made_in_the_meantime_will_do(cluster: Cluster) -> None:
    with closing(connect(str(cluster.kubeconfig(ADMIN)), None)) as kube:
        assert namespaces.is_to_be_created(kube, "team-a")
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}})
        namespaces.create(kube, "team-a")
        assert not namespaces.is_to_be_created(kube, "team-a")


def test_a_namespace_that_is_being_deleted_is_refused(cluster: Cluster) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}})
    cluster.send("DELETE", "/api/v1/namespaces/team-a", None)
    with pytest.raises(Refused, match="The namespace 'team-a' is being deleted"):
        prepared(cluster, "team-a")


@pytest.mark.parametrize(
    ("verbs", "denied"),
    [([], "read the namespace 'team-a' .* cannot get"), (["get"], "create the namespace 'team-a' .* cannot create")],
)
def test_a_missing_right_to_the_namespace_is_named(cluster: Cluster, verbs: list[str], denied: str) -> None:
    if verbs:
        cluster.allow(READ_NOTHING, "namespaces", *verbs)
    with pytest.raises(Denied, match=denied):
        prepared(cluster, "team-a", user=READ_NOTHING)
    assert cluster.get("/api/v1/namespaces/team-a") is None


def connected_as(cluster: Cluster, name: str, **more: str) -> None:
    """The cluster's agents of Azure Arc tell that it is called this."""
    data = {"AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_RESOURCE_GROUP": "edge-rg", "AZURE_RESOURCE_NAME": name}
    cluster.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "azure-arc"}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "azure-clusterconfig", "namespace": "azure-arc"},
            "data": data | more,
        },
    )


def test_another_cluster_is_refused_before_anything_else_is_asked(cluster: Cluster) -> None:
    connected_as(cluster, "plant")
    with pytest.raises(Refused, match=r"The kubeconfig's cluster is plant in .*, not edge in ") as refused:
        prepared(cluster, "team-a", manifest())
    assert "`kubectl config get-contexts` lists the contexts" in refused.value.fix
    assert [request.path for request in cluster.requests()] == [
        "/api/v1/namespaces/azure-arc/configmaps/azure-clusterconfig"
    ]


@pytest.mark.parametrize(("name", "more"), [("Edge", {}), ("plant", {"AZURE_RESOURCE_GROUP": ""})])
def test_the_right_cluster_and_one_that_does_not_tell_will_do(
    cluster: Cluster, name: str, more: dict[str, str]
) -> None:
    connected_as(cluster, name, **more)
    assert [*prepared(cluster, "team-a").lines()] == ["Will create the namespace team-a"]


def test_whoever_may_not_read_which_cluster_it_is_goes_on(cluster: Cluster) -> None:
    connected_as(cluster, "plant")
    cluster.allow(READ_NOTHING, "namespaces", "get", "create")
    preparation = prepared(cluster, "team-a", user=READ_NOTHING)
    assert [*preparation.lines()] == ["Will create the namespace team-a"]


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "azureml"}}
TYPES = "/apis/amlarc.azureml.com/v1alpha1/instancetypes"


@dataclass
class Someone(Diary):
    """A user who says yes, while whom something happens on the cluster at the second look."""

    happens: Callable[[], None] = lambda: None
    looks: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def watcher(self) -> "Someone":
        return self

    def rest(self, seconds: float) -> None:
        self.looks += 1
        if self.looks == 2:
            self.happens()

    def show(self, findings: Iterable[Finding]) -> None:
        raise AssertionError

    def warn(self, text: str) -> None:
        raise AssertionError

    def confirm(self, consequences: str, question: str = "Continue?") -> None:
        self.asked.append(question)

    def login(self, azure: object) -> tuple[bool, dict[str, object]]:
        raise AssertionError


def done(cluster: Cluster, door: Someone, *manifests: dict[str, object], **options: Any) -> list[str]:
    """Prepare as attach does, and write; what was written."""
    log = WriteLog()
    assert TARGETED.cluster
    with KubeAccess(str(cluster.kubeconfig(ADMIN)), None) as access:
        agreed(compared(access, door, TARGETED.cluster, None, manifests, **options), door).write(log)
    return log.lines


def test_right_after_an_installation_the_kind_is_waited_for(cluster: Cluster) -> None:
    cluster.create(NAMESPACE)
    door = Someone(happens=lambda: cluster.load("instancetype-crd.yaml"))
    assert done(cluster, door, manifest(), timeout=60) == [f"instance type gpu on {cluster.url}"]
    assert (door.looks, door.states) == (2, ["Waiting for InstanceType"] * 2)
    assert "does not know InstanceType objects yet" in door.told[0]


@pytest.mark.parametrize(("there", "timeout"), [([], 60), ([NAMESPACE], 0), ([NAMESPACE], 0.01)])
def test_a_kind_that_nothing_brings_is_not_waited_for(
    cluster: Cluster, there: list[dict[str, object]], timeout: float
) -> None:
    cluster.create(*there)
    with pytest.raises(Refused, match="has no InstanceType resource"):
        done(cluster, Someone(), manifest(), timeout=timeout)


def test_a_type_that_left_the_configuration_is_said_and_stays(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    write(cluster, None, manifest(), manifest("old"))
    door = Someone()
    assert done(cluster, door, manifest()) == []
    assert door.told[1:] == [
        "No changes on the cluster.",
        "Instance type old stays, though the configuration does not have it: another one may",
    ]
    assert (door.asked, cluster.get(f"{TYPES}/old")["metadata"]["name"]) == ([], "old")


def test_what_we_have_written_is_pruned_and_nothing_else(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    write(cluster, None, manifest(), manifest("old"), manifest("older"))
    cluster.create(manifest("theirs"))
    door = Someone()
    assert done(cluster, door, manifest(), prunes=True) == [
        f"deletion of the instance type {name} on {cluster.url}" for name in ("old", "older")
    ]
    assert door.told[1:] == [
        f"Will delete instance type {name}, for every compute target on the cluster" for name in ("old", "older")
    ]
    assert len(door.asked) == 1
    assert [item["metadata"]["name"] for item in cluster.get(TYPES)["items"]] == ["gpu", "theirs"]
    assert done(cluster, Someone(), manifest(), prunes=True) == []


def test_a_configuration_without_types_prunes_them_all(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    write(cluster, None, manifest())
    assert done(cluster, Someone(), prunes=True) == [f"deletion of the instance type gpu on {cluster.url}"]


def test_a_deletion_that_is_not_allowed_is_said_before_anything_is_written(cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    write(cluster, None, manifest("old"))
    cluster.allow(READ_NOTHING, "instancetypes", "list", "create", "patch", group="amlarc.azureml.com")
    with (
        closing(connect(str(cluster.kubeconfig(READ_NOTHING)), None)) as kube,
        pytest.raises(Denied, match="No permission to delete the instance type 'old'"),
    ):
        compare(kube, TARGETED, None, [manifest()], prunes=True)
    assert cluster.get(f"{TYPES}/gpu") is None
