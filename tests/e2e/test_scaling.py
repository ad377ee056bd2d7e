"""`--scale-from-zero`: real az, the local Azure and a real Kubernetes API server."""

from typing import Any

import pytest

from tests.e2e.conftest import CLUSTER
from tests.kubernetes.test_volcano import DEPLOYMENT, MAP, NAMESPACE, restarted
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, READ_NOTHING, Cluster
from tests.support.fleets import writes

CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
UPDATE = ("amlarc", "extension", "update", *CLUSTER)
KEYS = ("volcanoScheduler.schedulerConfigMap", "amloperator.skipResourceValidation")


def kubeconfig(cluster: Cluster, user: str = ADMIN) -> tuple[str, ...]:
    return ("--kubeconfig", str(cluster.kubeconfig(user)), "--yes")


def settings(shown: Any) -> list[str | None]:
    return [shown["configurationSettings"].get(key) for key in KEYS]


def test_a_new_extension_starts_with_it(az: Az, azure: Azure, cluster: Cluster) -> None:
    made = az.must(*CREATE, "--scale-from-zero", *kubeconfig(cluster))
    assert settings(made.object) == ["volcano-scheduler-no-gang", "True"]
    assert cluster.get(MAP)["data"]
    before = writes(azure)
    again = az.must(*CREATE, "--scale-from-zero", *kubeconfig(cluster))
    assert "No changes: already up to date." in again.stderr
    assert writes(azure) == before


def test_an_installed_one_gets_it_and_gives_it_back(installed: Az, azure: Azure, cluster: Cluster) -> None:
    cluster.create(NAMESPACE, DEPLOYMENT)
    changed = installed.must(*UPDATE, "--scale-from-zero", *kubeconfig(cluster))
    assert settings(changed.object) == ["volcano-scheduler-no-gang", "True"]
    assert "The scheduler restarts." in changed.stderr
    first = restarted(cluster)
    undone = installed.must(*UPDATE, "--scale-from-zero", "false", *kubeconfig(cluster))
    assert settings(undone.object) == [None, None]
    assert undone.object["configurationSettings"]["enableTraining"] == "True"
    assert (cluster.get(MAP), restarted(cluster) >= first) == (None, True)
    before = writes(azure)
    installed.must(*UPDATE, "--scale-from-zero", "false", *kubeconfig(cluster))
    assert writes(azure) == before


def test_what_the_cluster_would_refuse_is_said_before_azure_is_asked(az: Az, azure: Azure, cluster: Cluster) -> None:
    result = az(*CREATE, "--scale-from-zero", *kubeconfig(cluster, READ_NOTHING))
    assert result.code == 1
    assert "No permission to read the ConfigMap azureml/volcano-scheduler-no-gang (403)" in result.stderr
    assert writes(azure) == []


@pytest.mark.parametrize("given", ["volcanoScheduler.schedulerConfigMap=mine", "installVolcano=False"])
def test_a_configuration_or_a_volcano_of_ones_own_is_refused(
    az: Az, azure: Azure, cluster: Cluster, given: str
) -> None:
    result = az(*CREATE, given, "--scale-from-zero", *kubeconfig(cluster))
    assert result.code == 1
    assert given.partition("=")[0] in result.stderr
    assert (writes(azure), cluster.get(MAP)) == ([], None)
