"""Advice about Azure's errors, as users get it: by what failed, and none for an answer to any request."""

import pytest
from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import clusters
from azext_amlarc.azure.compute.attach import subject as compute_subject
from azext_amlarc.azure.compute.lookup import show as show_compute
from azext_amlarc.azure.connection.answers import refusal
from azext_amlarc.azure.extension.lookup import show as show_extension
from azext_amlarc.azure.extension.watch import subject as extension_subject
from azext_amlarc.product.clusters import CONNECTED, MANAGED
from azext_amlarc.resources.ids import ClusterId, WorkspaceId
from tests.support.azure import Azure
from tests.support.connecting import connect
from tests.support.emulated import CLUSTER, COMPUTE, attachment, finish, install
from tests.support.emulated import MANAGED as MANAGED_CLUSTER


@pytest.mark.parametrize("kind", [CONNECTED, MANAGED])
@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (500, "InternalServerError", "Encountered internal server error."),
        (502, "BadGateway", "The healthcheck failed: timed out waiting for the condition."),
        (409, "Timeout", "Another operation in progress."),
        (400, "ClusterNotReachable", "still in use"),
    ],
)
def test_an_answer_to_a_read_of_the_cluster_brings_no_advice(
    azure: Azure, kind: str, status: int, code: str, message: str
) -> None:
    name = {CONNECTED: "amlarc-cluster", MANAGED: "aks-cluster"}[kind]
    azure.fault(path=f"/{name}$", status=status, body={"error": {"code": code, "message": message}}, times=9)
    with connect(azure) as arm, pytest.raises(HttpResponseError) as caught:
        clusters.read(arm, ClusterId(azure.subscription_id, "amlarc-rg", kind, name))
    found = refusal(caught.value)
    assert (found.code, found.message, found.fix) == (code, message, "")


def test_a_refusal_that_means_the_same_everywhere_brings_its_advice(azure: Azure) -> None:
    azure.allow("*", but=["Microsoft.Kubernetes/connectedClusters/read"])
    with connect(azure) as arm, pytest.raises(HttpResponseError) as caught:
        clusters.read(arm, ClusterId(azure.subscription_id, "amlarc-rg", CONNECTED, "amlarc-cluster"))
    assert refusal(caught.value).fix == "Ask an Owner of the resource group for the role Contributor."


def failed_attach(azure: Azure, cluster: str, code: str, message: str) -> str:
    """What is advised once an attach has ended with this error."""
    install(azure, cluster)
    azure.fault(method="PUT", path="/computes/", operation="Failed", error={"code": code, "message": message})
    finish(azure, azure.put(azure.group + COMPUTE, "2023-04-01", attachment(azure, cluster)))
    workspace = WorkspaceId(azure.subscription_id, "amlarc-rg", "amlarc-ws")
    with connect(azure) as arm:
        error = compute_subject(arm, workspace, "k8s").reason("attaching", show_compute(arm, workspace, "k8s"))
    assert error.code == code
    return error.fix


INTERNAL = ("GenericError", "internal server error")


@pytest.mark.parametrize(
    ("cluster", "error", "fix"),
    [
        (
            MANAGED_CLUSTER,
            INTERNAL,
            "Grant the workspace's identity the role Azure Kubernetes Service Cluster Admin on the cluster.",
        ),
        (
            CLUSTER,
            INTERNAL,
            "Azure does not say why. Check that the extension's Relay exists, that the workspace's identity has the "
            "role Azure Relay Owner on it, and that the workspace's subscription is enabled. Then try again: "
            "az ml arc check -c amlarc-cluster -g amlarc-rg",
        ),
        (
            CLUSTER,
            ("Unheard", "of"),
            "To see its provisioningErrors: az ml arc show -n k8s -w amlarc-ws -g amlarc-rg",
        ),
        (
            MANAGED_CLUSTER,
            ("ClusterNotReachable", "no"),
            "Start the cluster if it is stopped, and open its API server to the workspace. Then try again: "
            "az aks start -n aks-cluster -g amlarc-rg",
        ),
        (
            CLUSTER,
            ("NamespaceNotFound", "no"),
            "Create the namespace, detach the compute target, and attach it again: "
            "kubectl create namespace training; az ml arc detach -n k8s -w amlarc-ws -g amlarc-rg",
        ),
    ],
)
def test_a_failed_attach_is_advised_by_the_type_of_its_cluster_and_with_its_names(
    azure: Azure, cluster: str, error: tuple[str, str], fix: str
) -> None:
    assert failed_attach(azure, cluster, *error) == fix


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        (
            "timed out waiting for the condition",
            "Check that the cluster has free capacity and a load balancer, and upgrade outdated Arc agents: "
            "az connectedk8s upgrade -n amlarc-cluster -g amlarc-rg",
        ),
        (
            "internal server error",
            "To see its statuses: az ml arc extension show -n amlarc-compute -c amlarc-cluster -g amlarc-rg",
        ),
    ],
)
def test_a_failed_installation_is_advised_as_an_installation(azure: Azure, message: str, fix: str) -> None:
    error = {"code": "ExtensionOperationFailed", "message": message}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    install(azure)
    cluster = ClusterId(azure.subscription_id, "amlarc-rg", CONNECTED, "amlarc-cluster")
    with connect(azure) as arm:
        last = show_extension(arm, cluster, "amlarc-compute")
        found = extension_subject(arm, cluster, "amlarc-compute").reason("installing", last)
    assert found.fix == fix
