"""The guards of a write stand behind the Python API as well: checks before it, an explanation after one that failed."""

import logging
from typing import Any

import pytest

from azext_amlarc.resources.ids import name_of
from azext_amlarc.sdk import (
    ArcException,
    ArcExtension,
    ComputeTarget,
    ComputeTargetException,
    ExtensionException,
    KubernetesCompute,
    Workspace,
)
from tests.sdk.conftest import CLUSTER, EDGE_CLUSTER
from tests.support.az import ROOT
from tests.support.azure import Azure
from tests.support.connecting import Login

OFFLINE = {"connectivityStatus": "Offline", "lastConnectivityTime": "2026-01-01T00:00:00Z"}


def change_cluster(azure: Azure, cluster: str = CLUSTER, **properties: Any) -> None:
    """Let Azure answer for the cluster with these properties."""
    body = azure.get(cluster, "2024-01-01").body
    body["properties"] |= properties
    azure.fault(method="GET", path=f"/connectedClusters/{name_of(cluster)}$", status=200, body=body, times=9)


def attach(ws: Workspace) -> KubernetesCompute:
    return ComputeTarget.attach(ws, "amlarc-compute", KubernetesCompute.attach_configuration(CLUSTER))


def install(azure: Azure) -> ArcExtension:
    return ArcExtension.install(EDGE_CLUSTER, {"enableTraining": True}, credential=Login(azure))


def refused(caught: ArcException, cluster: str = "amlarc-cluster") -> None:
    assert caught.code == "Refused"
    assert "The cluster is Offline" in caught.message
    assert f"az connectedk8s troubleshoot -n {cluster} -g rg" in caught.message


def test_a_cluster_that_is_offline_is_not_attached(ws: Workspace, azure: Azure) -> None:
    change_cluster(azure, **OFFLINE)
    before = len(azure.traffic())
    with pytest.raises(ComputeTargetException) as caught:
        attach(ws)
    refused(caught.value)
    assert {item["method"] for item in azure.traffic()[before:]} == {"GET"}


def test_nothing_is_installed_on_a_cluster_that_is_offline(azure: Azure) -> None:
    change_cluster(azure, EDGE_CLUSTER, **OFFLINE)
    before = len(azure.traffic())
    with pytest.raises(ExtensionException) as caught:
        install(azure)
    refused(caught.value, "edge-cluster")
    assert {item["method"] for item in azure.traffic()[before:]} == {"GET"}


def test_what_is_only_doubtful_is_logged(ws: Workspace, azure: Azure, caplog: pytest.LogCaptureFixture) -> None:
    change_cluster(azure, arcAgentProfile={"agentAutoUpgrade": "Disabled"})
    with caplog.at_level(logging.WARNING, logger="azext_amlarc.sdk"):
        attach(ws)
    assert "AMLARC-A0" in caplog.text


def test_an_attach_that_failed_says_what_may_have_caused_it(ws: Workspace, azure: Azure) -> None:
    compute = attach(ws)
    failed = azure.get(compute.details.id, "2023-04-01").body
    failed["properties"]["provisioningState"] = "Failed"
    azure.fault(method="GET", path="/computes/amlarc-compute$", status=200, body=failed, times=9)
    change_cluster(azure, **OFFLINE)
    with pytest.raises(ComputeTargetException) as caught:
        compute.wait_for_completion()
    causes, follow, symptoms, ticket = caught.value.__notes__
    assert causes.startswith("Possible causes:\n")
    assert "The cluster is Offline" in causes
    assert follow.startswith("To check the cluster itself: az ml arc check --kubeconfig FILE -c amlarc-cluster -g rg")
    assert symptoms == "Troubleshooting by symptom: docs/troubleshooting.md"
    assert (ROOT / symptoms.rpartition(" ")[2]).exists()
    assert ticket.startswith("For a support ticket: az ml arc support bundle -c amlarc-cluster -g rg")


def test_instance_types_that_jobs_may_use_go_only_if_the_caller_says_so(
    ws: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    amounts = {"cpu": "1", "memory": "1Gi"}
    cpu = {"resources": {"requests": amounts, "limits": amounts}}
    two = KubernetesCompute.attach_configuration(CLUSTER, None, "small", {"small": cpu, "big": cpu})
    one = KubernetesCompute.attach_configuration(CLUSTER, None, "small", {"small": cpu})
    ComputeTarget.attach(ws, "amlarc-compute", two).wait_for_completion()
    with pytest.raises(ComputeTargetException) as caught:
        ComputeTarget.attach(ws, "amlarc-compute", one)
    assert "Jobs can no longer use these instance types: big." in str(caught.value)
    assert caught.value.fix == "Pass yes=True if that is what you want."
    assert set(KubernetesCompute(ws, "amlarc-compute").instance_types or {}) == {"small", "big"}
    ComputeTarget.attach(ws, "amlarc-compute", one, yes=True).wait_for_completion()
    assert set(KubernetesCompute(ws, "amlarc-compute").instance_types or {}) == {"small"}
    assert "Jobs can no longer use these instance types: big." in caplog.text


ENABLED = {"enableTraining": True}


@pytest.mark.parametrize(
    "given",
    [
        {"settings": ["enableTraining=True"]},
        {"settings": {3: "x"}},
        {"settings": ENABLED, "protected_settings": ["x"]},
        {"settings": ENABLED, "protected_settings": {3: "x"}},
        {"settings": ENABLED, "yes": "no"},
        {"settings": ENABLED, "tags": "a=b"},
        {"settings": ENABLED, "tags": {"a": 5}},
        {"settings": ENABLED, "timeout": "x"},
        {"settings": ENABLED, "timeout": -1},
        {"settings": ENABLED, "version": 1},
    ],
)
def test_arguments_of_another_type_are_refused_before_any_request(azure: Azure, given: dict[str, Any]) -> None:
    before = len(azure.traffic())
    with pytest.raises(ExtensionException):
        ArcExtension.install(EDGE_CLUSTER, credential=Login(azure), **given)
    assert len(azure.traffic()) == before


@pytest.mark.parametrize(("name", "more"), [(None, {}), (5, {}), ("k8s", {"yes": "no"}), ("k8s", {"timeout": "x"})])
def test_attach_takes_what_it_says(ws: Workspace, name: Any, more: dict[str, Any]) -> None:
    configuration = KubernetesCompute.attach_configuration(CLUSTER)
    with pytest.raises(ComputeTargetException):
        ComputeTarget.attach(ws, name, configuration, **more)
    with pytest.raises(ComputeTargetException, match="attach_configuration"):
        ComputeTarget.attach(ws, "k8s", {})  # type: ignore[arg-type]
    with pytest.raises(ComputeTargetException, match="not text"):
        KubernetesCompute.attach_configuration(b"x")  # type: ignore[arg-type]
