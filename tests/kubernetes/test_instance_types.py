"""Instance types of a configuration on a real API server: compared, written, and refused."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from azext_amlarc.errors import ArcError, Denied, Refused
from azext_amlarc.kubernetes import instance_types
from azext_amlarc.kubernetes.client import Kube, connect
from tests.support.cluster import ADMIN, READ_NOTHING, Cluster

PATH = "/apis/amlarc.azureml.com/v1alpha1/instancetypes"
FIELDS = "application/apply-patch+yaml"


def manifest(name: str = "gpu", cpu: str = "2", **spec: Any) -> dict[str, Any]:
    """An InstanceType with a GPU."""
    amounts = {"cpu": cpu, "memory": "16Gi"}
    resources = {"requests": amounts, "limits": {**amounts, "nvidia.com/gpu": 1}}
    return {
        "apiVersion": "amlarc.azureml.com/v1alpha1",
        "kind": "InstanceType",
        "metadata": {"name": name},
        "spec": {"resources": resources, **spec},
    }


def writes(cluster: Cluster) -> list[str]:
    """What was asked of the server that changes something."""
    asked = [request for request in cluster.requests() if request.verb not in ("get", "list", "watch")]
    return [f"{request.verb} {request.path}" for request in asked if "dryRun=All" not in request.path]


@pytest.fixture
def kube(cluster: Cluster) -> Iterator[Kube]:
    """A connection as cluster-admin to a cluster that has the extension's CRD."""
    cluster.load("instancetype-crd.yaml")
    with closing(connect(str(cluster.kubeconfig(ADMIN)), None)) as kube:
        yield kube


def apply(kube: Kube, *manifests: dict[str, Any]) -> list[str]:
    """Plan and write; the lines of the difference."""
    changes = instance_types.plan(kube, manifests).changes
    for change in changes:
        instance_types.write(kube, change)
    return [line for change in changes for line in change.lines]


def test_new_instance_types_are_written_as_amlarc(cluster: Cluster, kube: Kube) -> None:
    assert apply(kube, manifest(nodeSelector={"accelerator": "a100"})) == [
        "Will create instance type gpu with nodeSelector.accelerator: a100, resources.limits.cpu: 2, "
        "resources.limits.memory: 16Gi, resources.limits.nvidia.com/gpu: 1, resources.requests.cpu: 2, "
        "resources.requests.memory: 16Gi"
    ]
    written = cluster.get(f"{PATH}/gpu")
    assert written["spec"] == manifest(nodeSelector={"accelerator": "a100"})["spec"]
    [field] = written["metadata"]["managedFields"]
    assert (field["manager"], field["operation"]) == ("amlarc", "Apply")


def test_planning_writes_nothing(cluster: Cluster, kube: Kube) -> None:
    [change] = instance_types.plan(kube, [manifest()]).changes
    assert change.name == "gpu"
    assert writes(cluster) == []
    assert cluster.get(f"{PATH}/gpu") is None


def test_what_is_alike_sends_nothing(cluster: Cluster, kube: Kube) -> None:
    cluster.create(manifest("gpu"))
    apply(kube, manifest("big", cpu="4"))
    before = len(writes(cluster))
    assert apply(kube, manifest("gpu"), manifest("big", cpu="8")) == [
        "Will change instance type big resources.limits.cpu: 4 -> 8",
        "Will change instance type big resources.requests.cpu: 4 -> 8",
    ]
    assert writes(cluster)[before:] == [f"patch {PATH}/big?fieldManager=amlarc"]


def test_what_the_configuration_no_longer_says_goes(cluster: Cluster, kube: Kube) -> None:
    apply(kube, manifest(nodeSelector={"accelerator": "a100", "pool": "gpu"}))
    assert apply(kube, manifest(nodeSelector={"accelerator": "a100"})) == [
        "Will change instance type gpu nodeSelector.pool: gpu -> (not set)",
    ]
    assert cluster.get(f"{PATH}/gpu")["spec"]["nodeSelector"] == {"accelerator": "a100"}


def test_what_others_added_stays_and_is_said(cluster: Cluster, kube: Kube) -> None:
    apply(kube, manifest())
    added = {"spec": {"nodeSelector": {"pool": "gpu"}}}
    cluster.send("PATCH", f"{PATH}/gpu?fieldManager=kubectl-edit", added, "application/merge-patch+json")
    [change] = instance_types.plan(kube, [manifest()]).changes
    assert (change.lines, change.kept) == (
        (),
        ("Instance type gpu keeps nodeSelector.pool: gpu, which others set",),
    )


def test_a_copy_says_of_what(cluster: Cluster, kube: Kube) -> None:
    copy = manifest("defaultinstancetype")
    apply(kube, copy)
    copy["metadata"]["annotations"] = {"amlarc/copy-of": "gpu"}
    assert apply(kube, copy) == ["Will change instance type defaultinstancetype copyOf: (not set) -> gpu"]
    assert apply(kube, copy) == []


def test_a_conflict_names_the_manager_and_the_field(cluster: Cluster, kube: Kube) -> None:
    cluster.send("PATCH", f"{PATH}/gpu?fieldManager=kubectl", manifest(), FIELDS)
    cluster.send("PATCH", f"{PATH}/big?fieldManager=argocd-controller", manifest("big"), FIELDS)
    with pytest.raises(Refused) as caught:
        instance_types.plan(kube, [manifest(cpu="4"), manifest("big", cpu="4")])
    assert caught.value.message.splitlines() == [
        "The instance type 'gpu' is managed by others: kubectl manages .spec.resources.limits.cpu; "
        "kubectl manages .spec.resources.requests.cpu.",
        "The instance type 'big' is managed by others: argocd-controller manages .spec.resources.limits.cpu; "
        "argocd-controller manages .spec.resources.requests.cpu.",
    ]
    assert "--force-conflicts --field-manager=amlarc" in caught.value.fix
    assert writes(cluster) == []


def test_what_the_crd_forbids_is_said_for_each_object(cluster: Cluster, kube: Kube) -> None:
    broken = [manifest(name, resources={"requests": {"cpu": "1"}}) for name in ("one", "two")]
    with pytest.raises(ArcError) as caught:
        instance_types.plan(kube, broken)
    assert [line.partition(" (")[0] for line in caught.value.message.splitlines()] == [
        "The cluster could not write the instance type 'one'",
        "The cluster could not write the instance type 'two'",
    ]
    assert "spec.resources.limits: Required value" in caught.value.message


@pytest.mark.parametrize(
    ("rights", "denied"),
    [
        ([], ["No permission to list instancetypes (403): "]),
        (
            ["list"],
            [
                "No permission to write the instance type 'gpu' (403): ",
                "No permission to write the instance type 'big'",
            ],
        ),
        (
            ["list", "patch"],
            ["No permission to write the instance type 'gpu' (403): ", "No permission to write the instance"],
        ),
    ],
)
def test_a_missing_right_is_named_for_each_object(
    cluster: Cluster, kube: Kube, rights: list[str], denied: list[str]
) -> None:
    if rights:
        cluster.allow(READ_NOTHING, "instancetypes", *rights, group="amlarc.azureml.com")
    with closing(connect(str(cluster.kubeconfig(READ_NOTHING)), None)) as poor, pytest.raises(Denied) as caught:
        instance_types.plan(poor, [manifest(), manifest("big")])
    lines = caught.value.message.splitlines()
    assert [line.startswith(start) for line, start in zip(lines, denied, strict=True)] == [True] * len(denied)
    missing = {0: "list", 1: "patch", 2: "create"}[len(rights)]
    assert f'cannot {missing} resource "instancetypes"' in lines[0]


def test_rights_to_list_patch_and_create_are_enough(cluster: Cluster, kube: Kube) -> None:
    cluster.allow(READ_NOTHING, "instancetypes", "list", "patch", "create", group="amlarc.azureml.com")
    with closing(connect(str(cluster.kubeconfig(READ_NOTHING)), None)) as poor:
        assert len(apply(poor, manifest())) == 1


def test_a_cluster_without_the_extension(cluster: Cluster) -> None:
    with closing(connect(str(cluster.kubeconfig(ADMIN)), None)) as kube, pytest.raises(Refused) as caught:
        instance_types.plan(kube, [manifest()])
    assert caught.value.message == (
        f"The cluster {cluster.url} (context cluster-admin) has no InstanceType resource "
        "(amlarc.azureml.com/v1alpha1), which comes with the extension."
    )
    assert caught.value.fix.startswith("Install the extension first: az ml arc extension create")


SPOOF = "a\x1b[2K\rWill create nothing\nNo changes on the cluster.\u202e"
SHOWN = "a\\x1b[2K\\rWill create nothing\\nNo changes on the cluster.\\u202e"


def test_no_text_of_the_cluster_or_a_manifest_writes_more_than_its_line(cluster: Cluster, kube: Kube) -> None:
    cluster.create(manifest("gpu", nodeSelector={SPOOF: SPOOF}))
    [change] = instance_types.plan(kube, [manifest("gpu", nodeSelector={"a": SPOOF})]).changes
    assert f"Instance type gpu keeps nodeSelector.{SHOWN}: {SHOWN}, which others set" in change.kept
    assert f"Will change instance type gpu nodeSelector.a: (not set) -> {SHOWN}" in change.lines
    key = SPOOF.rstrip("\u2028")  # a line break to the API server, which reads YAML
    [created] = instance_types.plan(kube, [manifest("new", nodeSelector={key: SPOOF})]).changes
    assert all(line.isprintable() for line in (*change.lines, *change.kept, *created.lines, *created.kept))
    shown = SHOWN.removesuffix("\\u2028")
    assert created.lines[0].startswith(f"Will create instance type new with nodeSelector.{shown}: {SHOWN}, ")
