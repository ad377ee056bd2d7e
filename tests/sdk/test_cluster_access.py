"""The cluster itself, from Python: scaling from zero, and Azure's credentials for an AKS cluster."""

import base64
from pathlib import Path
from typing import Any

import pytest

from azext_amlarc.sdk import (
    ArcExtension,
    CheckException,
    ClusterChecks,
    ComputeTarget,
    ComputeTargetException,
    ExtensionException,
    KubernetesCompute,
    Workspace,
)
from tests.e2e.test_credentials import CREDENTIAL, give
from tests.kubernetes.test_volcano import DEPLOYMENT, MAP, NAMESPACE, restarted
from tests.sdk.conftest import CLUSTER, EDGE_CLUSTER, GROUP
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, Cluster
from tests.support.connecting import Login
from tests.support.fleets import writes
from tests.support.secrets import forms

AKS = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-cluster"
INSTANCE_TYPES = "/apis/amlarc.azureml.com/v1alpha1/instancetypes"
AMOUNTS = {"cpu": "2", "memory": "4Gi"}
TYPES = {"small": {"resources": {"requests": AMOUNTS, "limits": AMOUNTS}}}
PREPARE = {"create_namespace": True, "apply_instance_types": True}
KEYS = ("volcanoScheduler.schedulerConfigMap", "amloperator.skipResourceValidation")


def install(azure: Azure, cluster: str = EDGE_CLUSTER, **options: Any) -> ArcExtension:
    return ArcExtension.install(cluster, {"enableTraining": True}, credential=Login(azure), **options)


def test_scaling_from_zero_is_turned_on_and_undone(azure: Azure, cluster: Cluster) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    to_cluster: dict[str, Any] = {"kubeconfig": str(cluster.kubeconfig(ADMIN)), "yes": True}
    extension = install(azure, scale_from_zero=True, **to_cluster)
    assert cluster.get(MAP)["data"]
    extension.wait_for_completion()
    assert [extension.details.configuration_settings.get(key) for key in KEYS] == ["volcano-scheduler-no-gang", "True"]
    assert restarted(cluster)
    before = writes(azure)
    install(azure, scale_from_zero=True, **to_cluster).wait_for_completion()
    assert writes(azure) == before
    undone = install(azure, scale_from_zero=False, **to_cluster)
    undone.wait_for_completion()
    assert [undone.details.configuration_settings.get(key) for key in KEYS] == [None, None]
    assert undone.details.configuration_settings["enableTraining"] == "True"
    assert cluster.get(MAP) is None


def test_what_changes_on_the_cluster_takes_a_yes(azure: Azure, cluster: Cluster) -> None:
    with pytest.raises(ExtensionException, match="volcano-scheduler-no-gang") as caught:
        install(azure, scale_from_zero=True, kubeconfig=str(cluster.kubeconfig(ADMIN)))
    assert caught.value.message.startswith("On the cluster https://")
    assert caught.value.fix == "Pass yes=True if that is what you want."
    assert (writes(azure), cluster.get(MAP)) == ([], None)


@pytest.mark.parametrize("on", [True, False])
def test_the_cluster_to_change_has_to_be_named(azure: Azure, on: bool) -> None:
    with pytest.raises(ExtensionException, match="scale_from_zero changes the cluster itself") as caught:
        install(azure, scale_from_zero=on, yes=True)
    assert caught.value.fix == "Pass kubeconfig, context, or for AKS get_credentials=True."
    assert azure.traffic() == []


def test_the_credentials_of_an_aks_cluster_are_used_and_never_shown(
    azure: Azure, cluster: Cluster, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    content = cluster.kubeconfig(ADMIN).read_bytes()
    give(azure, content)
    only = ["AMLARC-K001", "AMLARC-K003"]
    with caplog.at_level("DEBUG"):
        checks = ClusterChecks(AKS, only=only, credential=Login(azure), get_credentials=True)
        assert azure.traffic() == []
        found = checks.run()
    assert [result["status"] for result in found] == ["pass", "pass"]
    [request] = [item for item in azure.traffic() if CREDENTIAL in item["url"]]
    assert "format=exec" in request["url"]
    key = next(line.split()[1] for line in content.decode().splitlines() if "client-key-data" in line)
    shown = "".join([caplog.text, *capsys.readouterr(), repr(checks), repr(vars(checks)), str(found)])
    for text in (key, *forms(base64.b64decode(key).decode())):
        assert text not in shown


def test_an_aks_cluster_scales_from_zero_with_azures_credentials(azure: Azure, cluster: Cluster) -> None:
    give(azure, cluster.kubeconfig(ADMIN).read_bytes())
    install(azure, AKS, scale_from_zero=True, get_credentials=True, yes=True).wait_for_completion()
    assert cluster.get(MAP)["data"]


def test_without_the_right_the_checks_say_so(azure: Azure) -> None:
    azure.allow("*", but=["Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"])
    [found] = ClusterChecks(AKS, only=["AMLARC-K001"], credential=Login(azure), get_credentials=True).run()
    assert found["status"] == "error"
    assert "Azure does not give the credentials of the AKS cluster aks-cluster" in found["message"]


def test_where_there_are_no_credentials_the_way_that_works_is_said(azure: Azure, tmp_path: Path) -> None:
    with pytest.raises(CheckException, match="get_credentials is for AKS clusters") as caught:
        ClusterChecks(CLUSTER, get_credentials=True)
    assert "pass its file as kubeconfig: az connectedk8s proxy -n amlarc-cluster -g rg" in caught.value.fix
    with pytest.raises(ExtensionException, match="get_credentials and kubeconfig cannot be used together"):
        install(azure, AKS, get_credentials=True, kubeconfig=str(tmp_path / "config"))
    assert azure.traffic() == []


def test_what_was_not_given_is_named_by_its_parameter(azure: Azure) -> None:
    said = {result["id"]: result["message"] for result in ClusterChecks(AKS, credential=Login(azure)).run()}
    assert said["AMLARC-K001"] == "No kubeconfig was given: kubeconfig=FILE, or get_credentials=True."
    options = [text for text in said.values() if "--" in text and "`az " not in text]
    assert options == []


def test_settings_and_a_configuration_are_checked_before_they_are_used(azure: Azure) -> None:
    login = Login(azure)
    configuration = KubernetesCompute.attach_configuration(EDGE_CLUSTER, namespace="jobs")
    checks = ClusterChecks(
        EDGE_CLUSTER, credential=login, settings={"enableTraining": True}, configuration=configuration
    )
    told = " ".join(result["message"] for result in checks.run())
    assert "configuration was given" not in told
    assert "no settings were given" not in told
    with pytest.raises(CheckException, match="AMLARC-S005 enableTrainning"):
        ClusterChecks(EDGE_CLUSTER, credential=login, settings={"enableTrainning": True})


def test_an_unknown_setting_is_allowed_by_a_parameter(azure: Azure) -> None:
    with pytest.raises(ExtensionException) as caught:
        ArcExtension.install(EDGE_CLUSTER, {"enableTraining": True, "zzz": 1}, credential=Login(azure))
    assert "allow unknown settings (allow_unknown_settings=True)" in str(caught.value)
    assert "--" not in str(caught.value)


@pytest.mark.parametrize(
    ("cluster", "fix"),
    [
        (f"{AKS}s", "If it is connected through Azure Arc, its id has Microsoft.Kubernetes/connectedClusters."),
        (
            f"{CLUSTER}s",
            "Connect it: az connectedk8s connect -n amlarc-clusters -g rg; if it is an AKS cluster, its id has "
            "Microsoft.ContainerService/managedClusters.",
        ),
    ],
)
def test_a_cluster_that_is_not_there_is_told_by_its_id(azure: Azure, cluster: str, fix: str) -> None:
    with pytest.raises(ExtensionException, match="There is no") as caught:
        install(azure, cluster)
    assert caught.value.fix == fix


def test_the_cluster_is_prepared_and_then_attached(ws: Workspace, cluster: Cluster) -> None:
    cluster.load("instancetype-crd.yaml")
    wanted = KubernetesCompute.attach_configuration(CLUSTER, "jobs", "small", TYPES)
    options: dict[str, Any] = {"kubeconfig": str(cluster.kubeconfig(ADMIN)), **PREPARE}
    with pytest.raises(ComputeTargetException, match="Will create the namespace jobs") as caught:
        ComputeTarget.attach(ws, "k8s", wanted, **options)
    assert "small" in caught.value.message
    assert (cluster.get("/api/v1/namespaces/jobs"), cluster.get(INSTANCE_TYPES)["items"]) == (None, [])
    ComputeTarget.attach(ws, "k8s", wanted, yes=True, **options).wait_for_completion()
    assert cluster.get("/api/v1/namespaces/jobs")["status"]["phase"] == "Active"
    assert "small" in [item["metadata"]["name"] for item in cluster.get(INSTANCE_TYPES)["items"]]
    ComputeTarget.attach(ws, "k8s", wanted, **options).wait_for_completion()  # nothing to do takes no yes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (PREPARE, "create_namespace and apply_instance_types change the cluster itself."),
        ({"apply_instance_types": True, "kubeconfig": "KUBECONFIG"}, "apply_instance_types needs instance types."),
        ({"create_namespace": "yes"}, "create_namespace: expected True or False."),
    ],
)
def test_what_could_not_be_prepared_writes_nothing(
    ws: Workspace, azure: Azure, cluster: Cluster, options: dict[str, Any], message: str
) -> None:
    named = {key: str(cluster.kubeconfig(ADMIN)) if value == "KUBECONFIG" else value for key, value in options.items()}
    attach: Any = ComputeTarget.attach
    with pytest.raises(ComputeTargetException) as caught:
        attach(ws, "k8s", KubernetesCompute.attach_configuration(CLUSTER), yes=True, **named)
    assert caught.value.message == message
    assert writes(azure) == []
