"""Lists come in pages; the link to the next one is Azure's own and is followed letter by letter."""

from collections.abc import Iterator

import pytest

from tests.support.azure import Azure, running
from tests.support.emulated import CLUSTER, COMPUTE, EXTENSION, INSTALL, WORKSPACE, attachment, finish

BODY = {"location": "eastus", "properties": {"agentPublicKeyCertificate": "MII"}}


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with running(tmp_path_factory.mktemp("azure"), "--page-size", "2") as azure:
        yield azure


@pytest.fixture
def azure(paged: Azure) -> Azure:
    paged.reset()
    return paged


def clusters(azure: Azure) -> str:
    return f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Kubernetes/connectedClusters"


def test_a_list_that_fits_on_a_page_has_no_link_to_a_next_one(azure: Azure) -> None:
    assert "nextLink" not in azure.get(clusters(azure), "2021-10-01").body
    for collection in ("computes", "jobs"):
        assert azure.get(f"{azure.group}{WORKSPACE}/{collection}", "2023-04-01").body == {"value": []}


def test_a_list_of_extensions_has_an_empty_link_as_recorded(azure: Azure) -> None:
    extensions = (azure.group + CLUSTER + EXTENSION).rpartition("/")[0]
    assert azure.get(extensions, "2023-05-01").body == {"value": [], "nextLink": None}


def test_the_next_page_goes_on_where_the_first_one_ends(azure: Azure) -> None:
    for name in ("third", "fourth", "fifth"):
        azure.put(azure.group + CLUSTER.replace("amlarc-cluster", name), "2021-10-01", BODY)
    page = azure.get(clusters(azure), "2021-10-01").body
    assert [item["name"] for item in page["value"]] == ["amlarc-cluster", "edge-cluster"]
    assert page["nextLink"].startswith(f"{azure.endpoint}{clusters(azure)}?api-version=2021-10-01&%24skiptoken=")
    names = []
    while page.get("nextLink"):
        page = azure.poll(page["nextLink"]).body
        names.append([item["name"] for item in page["value"]])
    assert names == [["third", "fourth"], ["fifth"]]


def test_machine_learning_calls_its_token_skip(azure: Azure) -> None:
    azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL)
    computes = (azure.group + COMPUTE).rpartition("/")[0]
    for name in ("first", "second", "third"):
        finish(azure, azure.put(f"{computes}/{name}", "2023-04-01", attachment(azure)))
    first = azure.get(f"{azure.group}{WORKSPACE}/computes", "2023-04-01").body
    assert "&%24skip=" in first["nextLink"]
    assert [item["name"] for item in azure.poll(first["nextLink"]).body["value"]] == ["third"]


def test_a_token_of_somebody_elses_making_is_400(azure: Azure) -> None:
    reply = azure.send("GET", f"{clusters(azure)}?api-version=2021-10-01&%24skiptoken=elsewhere")
    assert (reply.status, reply.code) == (400, "InvalidSkipToken")


def test_the_next_page_is_of_the_same_question(azure: Azure) -> None:
    types = f"{azure.group}{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensionTypes"
    versions = f"{types}/microsoft.azureml.kubernetes/versions"
    first = azure.call("GET", versions, "2023-05-01-preview", majorVersion="1").body
    assert "&majorversion=1&" in first["nextLink"]
    assert [item["name"] for item in azure.poll(first["nextLink"]).body["value"]] == ["1.1.60", "1.0.51"]
