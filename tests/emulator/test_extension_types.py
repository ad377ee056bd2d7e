"""Which versions of an extension there are, on a cluster and in a region, by release train."""

import pytest

from tests.support.azure import Azure
from tests.support.emulated import CLUSTER, EXTENSION, INSTALL, MANAGED, finish

VERSION = "2023-05-01-preview"
TYPES = "/providers/Microsoft.KubernetesConfiguration/extensionTypes"
OURS = f"{TYPES}/microsoft.azureml.kubernetes"


def names(azure: Azure, path: str, **query: str) -> list[str]:
    reply = azure.call("GET", path, VERSION, **query)
    assert (reply.status, reply.body["nextLink"]) == (200, None)
    return [item["name"] for item in reply.body["value"]]


@pytest.mark.parametrize("cluster", [CLUSTER, MANAGED])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"1.0.51", "1.1.39", "1.1.60", "1.1.64"}),
        ({"releaseTrain": "Stable"}, {"1.0.51", "1.1.39", "1.1.60", "1.1.64"}),
        ({"releaseTrain": "preview"}, {"1.1.64", "1.1.70"}),
        ({"releaseTrain": "preview", "showLatest": "true"}, {"1.1.70"}),
        ({"majorVersion": "1", "showLatest": "true"}, {"1.1.64"}),
        ({"majorVersion": "2"}, set()),
        ({"releaseTrain": "nightly"}, set()),
    ],
)
def test_a_cluster_has_the_versions_of_one_release_train(
    azure: Azure, cluster: str, query: dict[str, str], found: set[str]
) -> None:
    assert set(names(azure, f"{azure.group}{cluster}{OURS}/versions", **query)) == found


def test_a_region_has_them_too(azure: Azure) -> None:
    region = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.KubernetesConfiguration/locations/eastus"
    ours = f"{region}/extensionTypes/microsoft.azureml.kubernetes"
    assert names(azure, f"{ours}/versions", releaseTrain="preview", showLatest="true") == ["1.1.70"]
    assert azure.get(f"{ours}/versions/1.1.70", VERSION).body["id"] == f"{ours}/versions/1.1.70"


def test_what_is_not_in_the_catalogue_is_not_found(azure: Azure) -> None:
    for path in (
        f"{azure.group}{CLUSTER}{TYPES}/microsoft.nothing/versions",
        f"{azure.group}{CLUSTER}-2{OURS}/versions",
        f"{azure.group}{CLUSTER}{OURS}/versions/9.9.9",
    ):
        assert azure.get(path, VERSION).status == 404, path
    assert azure.get(f"{azure.group}{CLUSTER}{OURS}/versions", "2023-05-01").status == 400


@pytest.mark.parametrize(
    ("release", "status", "version"),
    [
        ({"releaseTrain": "preview"}, "Succeeded", "1.1.70"),
        ({"releaseTrain": "preview", "version": "1.1.64"}, "Succeeded", "1.1.64"),
        ({"version": "1.1.70"}, "Failed", None),
        ({"releaseTrain": "nightly"}, "Failed", None),
    ],
)
def test_an_installation_takes_what_its_train_has(
    azure: Azure, release: dict[str, str], status: str, version: str | None
) -> None:
    properties = {**INSTALL["properties"], "autoUpgradeMinorVersion": "version" not in release, **release}
    url = azure.group + CLUSTER + EXTENSION
    ended = finish(azure, azure.put(url, "2023-05-01", {**INSTALL, "properties": properties}))
    assert ended.body["status"] == status
    assert azure.get(url, "2023-05-01").body["properties"]["currentVersion"] == version
    assert (status == "Failed") == ("Chart path not found" in str(ended.body))
