"""The scheduler's configuration for an autoscaler on a real API server: written, restarted for, and taken back."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import yaml

from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.connection.watcher import WriteLog
from azext_amlarc.checks.kubernetes import facts
from azext_amlarc.errors import Denied, Refused
from azext_amlarc.kubernetes import volcano as on_cluster
from azext_amlarc.kubernetes.client import Kube, connect
from azext_amlarc.kubernetes.facts import gather
from azext_amlarc.product import volcano
from azext_amlarc.workflows.scaling import Scaling
from tests.kubernetes.test_instance_types import writes
from tests.support.cluster import ADMIN, READ_NOTHING, Cluster
from tests.support.connecting import Diary

MAP = "/api/v1/namespaces/azureml/configmaps/volcano-scheduler-no-gang"
SCHEDULER = "/apis/apps/v1/namespaces/azureml/deployments/volcano-scheduler"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "azureml"}}
LABELS = {"app": "volcano-scheduler"}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "volcano-scheduler", "namespace": "azureml"},
    "spec": {
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "s", "image": "volcanosh/vc-scheduler:v1.9.0"}]},
        },
    },
}


@pytest.fixture
def kube(cluster: Cluster) -> Iterator[Kube]:
    with closing(connect(str(cluster.kubeconfig(ADMIN)), None)) as kube:
        yield kube


def scaled(kube: Kube, on: bool = True) -> tuple[list[str], list[str]]:
    """What was said before, and what was written around an operation on the extension."""
    plan, log = on_cluster.plan(kube, on), WriteLog()
    scaling = Scaling(plan)
    write = scaling.writer(log)
    write()
    write()
    scaling.around(Operation.done("extension"), log).wait(Diary(), 60)
    return plan.lines, log.lines


def restarted(cluster: Cluster) -> str:
    return str((cluster.get(SCHEDULER)["spec"]["template"]["metadata"].get("annotations") or {}).get(
        "kubectl.kubernetes.io/restartedAt"
    ))  # fmt: skip


def test_before_an_installation_the_namespace_and_the_configuration_are_written(cluster: Cluster, kube: Kube) -> None:
    said, written = scaled(kube)
    assert said == [
        "Will create the namespace azureml",
        "Will write the ConfigMap azureml/volcano-scheduler-no-gang: Volcano's configuration without gangs",
    ]
    assert written == [f"namespace azureml on {cluster.url}", f"ConfigMap volcano-scheduler-no-gang on {cluster.url}"]
    found = cluster.get(MAP)
    assert found["data"] == {"volcano-scheduler.conf": volcano.CONFIGURATION}
    assert [entry["manager"] for entry in found["metadata"]["managedFields"]] == ["amlarc"]
    plugins = [one["name"] for tier in yaml.safe_load(volcano.CONFIGURATION)["tiers"] for one in tier["plugins"]]
    assert not {"gang", "overcommit"} & set(plugins)
    assert yaml.safe_load(volcano.manifest()) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": volcano.NAME, "namespace": "azureml"},
        "data": found["data"],
    }


def test_a_scheduler_that_runs_is_restarted_once(cluster: Cluster, kube: Kube) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    said, written = scaled(kube)
    assert said[-1] == "Will restart the scheduler (azureml/volcano-scheduler)"
    assert written[-1] == f"restart of volcano-scheduler on {cluster.url}"
    first = restarted(cluster)
    assert first.startswith("20")
    before = len(writes(cluster))
    assert scaled(kube) == ([], [])
    assert len(writes(cluster)) == before
    assert restarted(cluster) == first


def test_checks_know_whether_the_scheduler_was_restarted_for_what_we_have_written(cluster: Cluster, kube: Kube) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    needs = (facts.VOLCANO_CONFIGURED, facts.SCHEDULER_MARK)
    assert gather(kube, needs) == {"volcanoConfiguration": None, "schedulerMark": ""}
    Scaling(on_cluster.plan(kube, True)).writer(WriteLog())()
    assert gather(kube, needs) == {"volcanoConfiguration": True, "schedulerMark": ""}
    scaled(kube)
    assert gather(kube, needs) == {"volcanoConfiguration": True, "schedulerMark": volcano.mark(True)}


def test_a_configuration_that_somebody_else_wrote_is_known_as_theirs(cluster: Cluster, kube: Kube) -> None:
    cluster.create(NAMESPACE, yaml.safe_load(volcano.manifest()))
    assert gather(kube, [facts.VOLCANO_CONFIGURED]) == {"volcanoConfiguration": False}


def test_a_scheduler_that_came_with_the_installation_is_not_restarted(cluster: Cluster, kube: Kube) -> None:
    plan, log = on_cluster.plan(kube, True), WriteLog()
    Scaling(plan).writer(log)()
    cluster.create(DEPLOYMENT)
    Scaling(plan).around(Operation.done("extension"), log).wait(Diary(), 60)
    assert restarted(cluster) == "None"
    assert scaled(kube) == ([], [])


def test_a_restart_that_a_killed_run_did_not_come_to_is_made_up_for(cluster: Cluster, kube: Kube) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    Scaling(on_cluster.plan(kube, True)).writer(WriteLog())()
    assert scaled(kube) == (
        ["Will restart the scheduler (azureml/volcano-scheduler)"],
        [f"restart of volcano-scheduler on {cluster.url}"],
    )


def test_it_is_undone_the_same_way(cluster: Cluster, kube: Kube) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    scaled(kube)
    said, written = scaled(kube, on=False)
    assert said == [
        "Will delete the ConfigMap azureml/volcano-scheduler-no-gang, once the extension no longer uses it",
        "Will restart the scheduler (azureml/volcano-scheduler)",
    ]
    assert len(written) == 2
    assert cluster.get(MAP) is None
    assert scaled(kube, on=False) == ([], [])


def test_where_it_was_never_done_nothing_is_undone(cluster: Cluster, kube: Kube) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    assert scaled(kube, on=False) == ([], [])
    assert writes(cluster) == []


def test_a_configuration_of_somebody_else_is_left_alone(cluster: Cluster, kube: Kube) -> None:
    theirs = {**yaml.safe_load(volcano.manifest()), "data": {"volcano-scheduler.conf": "actions: allocate\n"}}
    cluster.create(NAMESPACE, theirs)
    for on in (True, False):
        with pytest.raises(Refused, match="is managed by others"):
            on_cluster.plan(kube, on)
    assert writes(cluster) == []


def test_a_right_that_is_missing_is_said_before_anything_is_written(cluster: Cluster) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    cluster.allow(READ_NOTHING, "configmaps", "get", "create", "patch")
    cluster.allow(READ_NOTHING, "deployments", "get", group="apps")
    cluster.allow(READ_NOTHING, "namespaces", "get")
    with (
        closing(connect(str(cluster.kubeconfig(READ_NOTHING)), None)) as kube,
        pytest.raises(Denied, match="restart the scheduler"),
    ):
        on_cluster.plan(kube, True)
    assert cluster.get(MAP) is None


def test_a_volcano_of_the_clusters_own_is_refused(kube: Kube) -> None:
    scaling = Scaling(on_cluster.plan(kube, True))
    scaling.stop_without_volcano({"enableTraining": "True"})
    with pytest.raises(Refused, match="does not install Volcano"):
        scaling.stop_without_volcano({"installVolcano": "false"})
