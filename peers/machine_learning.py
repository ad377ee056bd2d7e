"""The two Python SDKs of Azure Machine Learning: attaching a cluster, and azure-ai-ml's jobs on it."""

import tempfile

from peers.local import GROUP, Local

WORKSPACE = "amlarc-ws"
CURATED = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"


def sdk_v2(local: Local) -> None:
    """azure-ai-ml: a workspace, an attached cluster, an environment, a job to its end, another one cancelled."""
    local.metadata("2022-09-01")
    from azure.ai.ml import MLClient, command
    from azure.ai.ml.entities import Environment, KubernetesCompute

    local.install()
    client = MLClient(local.credential(), local.subscription, GROUP, WORKSPACE, cloud="LocalAzure")
    assert client.workspaces.get(WORKSPACE).name == WORKSPACE
    assert [item.name for item in client.workspaces.list()] == [WORKSPACE]
    attached = KubernetesCompute(name="k8s", resource_id=local.cluster, namespace="default")
    assert client.compute.begin_create_or_update(attached).result().provisioning_state == "Succeeded"
    assert [item.name for item in client.compute.list()] == ["k8s"]
    image = Environment(name="mine", version="1", image="docker.io/library/python:3.11")
    assert client.environments.create_or_update(image).version == "1"
    assert client.environments.get("mine", "1").image == image.image
    client.jobs.create_or_update(command(command="uname -a", environment=CURATED, compute="k8s", name="first"))
    client.jobs.stream("first")
    assert client.jobs.get("first").status == "Completed"
    client.jobs.create_or_update(command(command="uname -a", environment="mine:1", compute="k8s", name="second"))
    client.jobs.begin_cancel("second").result()
    assert {job.name: job.status for job in client.jobs.list()} == {"first": "Completed", "second": "Canceled"}
    client.compute.begin_delete("k8s", action="Detach").result()


def sdk_v1(local: Local) -> None:
    """azureml-core: a workspace, and a cluster that is attached to it, found, and detached."""
    import os

    # It keeps what it has read of the cloud.
    os.environ["AZURE_CONFIG_DIR"] = tempfile.mkdtemp(dir=local.data)
    local.metadata("2019-05-01")
    from azureml.core import Workspace
    from azureml.core.authentication import ArmTokenAuthentication
    from azureml.core.compute import ComputeTarget, KubernetesCompute

    local.install()
    login = ArmTokenAuthentication(local.credential().get_token(local.scope).token, cloud="LocalAzure")
    workspace = Workspace.get(WORKSPACE, auth=login, subscription_id=local.subscription, resource_group=GROUP)
    assert list(Workspace.list(local.subscription, auth=login, resource_group=GROUP)) == [WORKSPACE]
    wanted = KubernetesCompute.attach_configuration(resource_id=local.cluster, namespace="default")
    target = ComputeTarget.attach(workspace, "k8s", wanted)
    target.wait_for_completion()
    assert workspace.compute_targets["k8s"].provisioning_state == "Succeeded"
    target.detach()
