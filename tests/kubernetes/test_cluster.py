"""The API server that the other tests ask: it holds what they load, and tells what was asked of it."""

from contextlib import closing
from typing import Any

import pytest
from lightkube.resources.core_v1 import Node, Pod

from azext_amlarc.kubernetes.client import connect
from tests.support.cluster import ADMIN, READ_NODES, Cluster

NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "gpu-1", "labels": {"accelerator": "a100"}},
    "status": {"allocatable": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"}},
}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "job", "namespace": "default"},
    "spec": {"nodeName": "gpu-1", "containers": [{"name": "job", "image": "job"}]},
    "status": {"phase": "Running"},
}


def test_what_is_loaded_has_its_status(cluster: Cluster) -> None:
    cluster.create(NODE, POD)
    with closing(connect(str(cluster.kubeconfig()), None)) as kube:
        node, pod = kube.client.get(Node, "gpu-1"), kube.client.get(Pod, "job")
    assert node.status is not None
    assert node.status.allocatable == {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"}
    assert pod.status is not None
    assert pod.status.phase == "Running"


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_of_an_earlier_test_is_left(cluster: Cluster, turn: str) -> None:
    assert cluster.get("/api/v1/nodes")["items"] == []
    assert cluster.get("/apis/amlarc.azureml.com/v1alpha1/instancetypes") is None
    cluster.create(NODE)
    cluster.load("instancetype-crd.yaml")
    assert cluster.get("/apis/amlarc.azureml.com/v1alpha1/instancetypes")["items"] == []


def test_what_users_ask_is_told_in_order(cluster: Cluster) -> None:
    cluster.create(NODE)
    for user in (ADMIN, READ_NODES):
        with closing(connect(str(cluster.kubeconfig(user)), None)) as kube:
            kube.client.get(Node, "gpu-1")
    asked = [(request.user, request.verb, request.path) for request in cluster.requests()]
    assert asked == [(ADMIN, "get", "/api/v1/nodes/gpu-1"), (READ_NODES, "get", "/api/v1/nodes/gpu-1")]
