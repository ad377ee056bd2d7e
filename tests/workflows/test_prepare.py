"""What an attach writes to a cluster: its namespace and its instance types, in that order."""

from contextlib import closing

import pytest

from azext_amlarc.azure.connection.watcher import WriteLog
from azext_amlarc.errors import Denied, Refused
from azext_amlarc.kubernetes import namespaces
from azext_amlarc.kubernetes.client import connect
from azext_amlarc.workflows.prepare import Preparation, compare
from tests.checks.clusters import SUBSCRIPTION, TARGETED
from tests.kubernetes.test_instance_types import manifest, writes
from tests.support.cluster import ADMIN, READ_NOTHING, Cluster


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
