"""`--get-credentials`: the credentials of an AKS cluster come from Azure, and go nowhere."""

import base64
from pathlib import Path

import pytest

from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.cluster import ADMIN, Cluster
from tests.support.secrets import forms

AKS = ("-c", "aks-cluster", "-g", "amlarc-rg", "-t", "managedClusters")
CHECK = ("amlarc", "check", *AKS, "--as-object", "--only", "AMLARC-K001", "AMLARC-K003")
CREDENTIAL = "/listClusterUserCredential"


def give(azure: Azure, content: bytes) -> None:
    value = base64.b64encode(content).decode()
    body = {"kubeconfigs": [{"name": "clusterUser", "value": value}]}
    azure.fault(method="POST", path=CREDENTIAL, times=9, status=200, body=body)


def test_the_cluster_is_checked_and_nothing_is_kept(az: Az, azure: Azure, cluster: Cluster, tmp_path: Path) -> None:
    content = cluster.kubeconfig(ADMIN).read_bytes()
    give(azure, content)
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    found = az(*CHECK, "--get-credentials", "--debug", variables=home)
    assert [item["status"] for item in found.object] == ["pass", "pass"]
    [request] = [item for item in azure.traffic() if CREDENTIAL in item["url"]]
    assert "format=exec" in request["url"]
    key = next(line.split()[1] for line in content.decode().splitlines() if "client-key-data" in line)
    for text in (key, *forms(base64.b64decode(key).decode())):
        assert text not in found.stdout + found.stderr
    assert list(tmp_path.rglob("*kube*")) == []


def test_without_the_right_the_checks_say_so(az: Az, azure: Azure) -> None:
    azure.allow("*", but=["Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"])
    found = az(*CHECK, "--get-credentials").object
    assert {item["status"] for item in found} == {"error"}
    assert all(
        "Azure does not give the credentials of the AKS cluster aks-cluster" in item["message"] for item in found
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-c", "edge", "-g", "rg"), "az connectedk8s proxy -n edge -g rg --file edge.kubeconfig"),
        ((*AKS, "--kubeconfig", "x"), "--get-credentials and --kubeconfig cannot be used together"),
        ((), "--get-credentials needs the cluster"),
    ],
)
def test_where_it_cannot_work_the_way_that_does_is_said(az: Az, options: tuple[str, ...], said: str) -> None:
    result = az("amlarc", "check", *options, "--get-credentials")
    assert result.code == 2
    assert said in result.stderr
