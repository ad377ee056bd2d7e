"""`cluster list`: every cluster that the user can see, page after page, whatever one of them does."""

from collections import Counter

import pytest

from tests.e2e.test_output import as_text
from tests.support.az import Az
from tests.support.azure import Azure
from tests.support.golden import assert_steady

LIST = ("amlarc", "cluster", "list")


def states(az: Az, *arguments: str) -> dict[str, str]:
    return {item["name"]: item["extensionState"] for item in az.must(*LIST, *arguments).object}


def requests(azure: Azure) -> Counter[str]:
    """How often each collection was asked for, its pages told apart no further."""
    urls = [line["url"].partition("?")[0].removeprefix(azure.endpoint) for line in azure.traffic()]
    return Counter(url.removeprefix(f"/subscriptions/{azure.subscription_id}") for url in urls)


def test_the_object_and_the_table(crowd: Az) -> None:
    found = crowd.must(*LIST, "-w", "amlarc-ws", "--workspace-group", "amlarc-rg")
    assert found.stderr == ""
    assert_steady("cluster-list.json", as_text(found.object))
    shown = crowd.must("ml", "arc", "cluster", "list", "-w", "amlarc-ws", "-o", "table").stdout
    assert_steady("cluster-list.txt", shown)


def test_every_page_is_read_and_every_cluster_asked_once(crowd: Az, crowded_azure: Azure) -> None:
    assert len(crowd.must(*LIST).object) == 8
    arc, aks = (
        "/providers/Microsoft.Kubernetes/connectedClusters",
        "/providers/Microsoft.ContainerService/managedClusters",
    )
    extensions = "/providers/Microsoft.KubernetesConfiguration/extensions"
    assert requests(crowded_azure) == {
        arc: 3,
        aks: 2,
        f"/resourceGroups/amlarc-rg{arc}/amlarc-cluster{extensions}": 1,
        f"/resourceGroups/edge-rg{arc}/edge-cluster{extensions}": 1,
        f"/resourceGroups/edge-rg{arc}/field-cluster{extensions}": 1,
        f"/resourceGroups/edge-rg{arc}/new-cluster{extensions}": 1,
        f"/resourceGroups/ml-rg{arc}/ml-cluster{extensions}": 1,
        f"/resourceGroups/amlarc-rg{aks}/aks-cluster{extensions}": 1,
        f"/resourceGroups/amlarc-rg{aks}/aks-plain{extensions}": 1,
        f"/resourceGroups/edge-rg{aks}/aks-stopped{extensions}": 1,
    }


def test_one_group_is_asked_for_alone(crowd: Az, crowded_azure: Azure) -> None:
    assert set(states(crowd, "-g", "edge-rg")) == {"aks-stopped", "edge-cluster", "field-cluster", "new-cluster"}
    assert all("/resourceGroups/edge-rg/" in url for url in requests(crowded_azure))


def test_without_a_workspace_nothing_is_said_of_attachments(crowd: Az) -> None:
    assert {item["attachedAs"] for item in crowd.must(*LIST, "-g", "amlarc-rg").object} == {None}


def test_a_workspace_is_found_by_its_name_alone(crowd: Az) -> None:
    found = crowd.must(*LIST, "-w", "AMLARC-ws").object
    attached = {item["name"]: item["attachedAs"] for item in found if item["attachedAs"]}
    assert attached == {"amlarc-cluster": ["k8s-compute", "k8s-team"]}


def test_two_workspaces_of_one_name_need_their_group(crowd: Az) -> None:
    result = crowd(*LIST, "-w", "twin-ws")
    assert result.code == 1
    assert "Name its resource group, one of: edge-rg, ml-rg." in result.stderr
    assert crowd(*LIST, "-w", "twin-ws", "--workspace-group", "ml-rg").code == 0


@pytest.mark.parametrize("group", [(), ("--workspace-group", "amlarc-rg")])
def test_a_workspace_that_does_not_exist_is_3(crowd: Az, group: tuple[str, ...]) -> None:
    result = crowd(*LIST, "-w", "nowhere", *group)
    assert result.code == 3
    assert "There is no workspace 'nowhere'" in result.stderr


def test_a_group_that_does_not_exist_is_3(crowd: Az) -> None:
    result = crowd(*LIST, "-g", "nowhere")
    assert result.code == 3
    assert "Resource group 'nowhere' could not be found." in result.stderr


def test_a_group_without_clusters_is_an_empty_list(crowd: Az) -> None:
    assert crowd.must(*LIST, "-g", "empty-rg").object == []


def test_the_group_of_no_workspace_is_wrong_usage(crowd: Az) -> None:
    assert crowd(*LIST, "--workspace-group", "amlarc-rg").code == 2


@pytest.mark.parametrize(("status", "said"), [(403, "(AuthorizationFailed)"), (404, "(ResourceNotFound)")])
def test_one_cluster_that_does_not_answer_is_unknown(crowd: Az, crowded_azure: Azure, status: int, said: str) -> None:
    crowded_azure.fault(method="GET", path="/edge-cluster/.*/extensions$", status=status)
    found = {item["name"]: item for item in crowd.must(*LIST, "-g", "edge-rg").object}
    assert found["edge-cluster"]["extensionState"] == "Unknown"
    assert found["edge-cluster"]["note"].startswith(said)
    assert (found["field-cluster"]["extensionState"], found["field-cluster"]["note"]) == ("Failed", None)


def test_without_the_right_to_list_one_type_the_other_is_listed(crowd: Az, crowded_azure: Azure) -> None:
    crowded_azure.allow("*", but=["Microsoft.ContainerService/*"])
    found = crowd.must(*LIST)
    assert {item["clusterType"] for item in found.object} == {"connectedClusters"}
    assert "WARNING: managedClusters could not be listed: (AuthorizationFailed)" in found.stderr
    assert "Name a resource group that you may read." in found.stderr


def test_with_one_provider_unregistered_the_other_type_is_listed(crowd: Az, crowded_azure: Azure) -> None:
    subscription = f"/subscriptions/{crowded_azure.subscription_id}"
    crowded_azure.call("POST", f"{subscription}/providers/Microsoft.Kubernetes/unregister", "2021-04-01")
    found = crowd.must(*LIST)
    assert {item["clusterType"] for item in found.object} == {"managedClusters"}
    assert "WARNING: connectedClusters are left out" in found.stderr
    assert "not registered to use namespace 'Microsoft.Kubernetes'" in found.stderr
    assert all(line["method"] == "GET" for line in crowded_azure.traffic()[1:])


def test_where_neither_type_is_listed_the_command_fails(crowd: Az, crowded_azure: Azure) -> None:
    crowded_azure.allow("Microsoft.MachineLearningServices/*")
    result = crowd(*LIST)
    assert result.code == 1
    assert "(AuthorizationFailed)" in result.stderr
    assert result.stdout == ""
