"""Ids of clusters in every spelling that people and services have of them."""

import pytest

from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources.ids import ClusterId

GROUP = "/subscriptions/0/resourceGroups/amlarc-rg/providers"
CONNECTED = f"{GROUP}/Microsoft.Kubernetes/connectedClusters/amlarc-cluster"
MANAGED = f"{GROUP}/Microsoft.ContainerService/managedClusters/aks-cluster"


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        (CONNECTED, CONNECTED),
        (f"{CONNECTED}/", CONNECTED),
        (f" {CONNECTED}\n", CONNECTED),
        (CONNECTED.replace("connectedClusters", "ConnectedClusters"), CONNECTED),
        (CONNECTED.replace("resourceGroups", "resourcegroups").replace("Microsoft", "microsoft"), CONNECTED),
        (CONNECTED.replace("connectedClusters", "connectedclusters"), CONNECTED),
        (f"{MANAGED}/", MANAGED),
    ],
)
def test_every_spelling_is_the_same_cluster(spelled: str, meant: str) -> None:
    assert str(ClusterId.parse(spelled)) == meant


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (
            CONNECTED.replace("Microsoft.Kubernetes", "Microsoft.ContainerService"),
            "Expected /subscriptions/<id>/resourceGroups/<group>/providers/"
            "Microsoft.Kubernetes/connectedClusters/<name>.",
        ),
        (
            f"{GROUP}/Microsoft.Compute/virtualMachines/v",
            "Expected an id of Microsoft.Kubernetes/connectedClusters or Microsoft.ContainerService/managedClusters.",
        ),
        (f'"{CONNECTED}"', "Remove the quotes, which are part of the value."),
    ],
)
def test_what_is_no_cluster_is_refused_with_the_form_that_is_meant(text: str, fix: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ClusterId.parse(text)
    assert caught.value.fix == fix
