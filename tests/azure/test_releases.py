"""Which releases a cluster can have, and that a release that does not exist is refused before anything is written."""

from collections.abc import Iterator

import pytest

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.extension.lookup import find, show
from azext_amlarc.azure.extension.releases import list_all, stop_at_unknown
from azext_amlarc.errors import NotFound, Refused
from azext_amlarc.product.releases import newest_first
from tests.azure.test_adoption import put
from tests.support.azure import Azure
from tests.support.connecting import Diary, cluster, connect

TYPES = "/extensionTypes/"


@pytest.fixture
def arm(azure: Azure) -> Iterator[AzureClient]:
    with connect(azure) as connection:
        yield connection


def stop(azure: Azure, arm: AzureClient, train: str | None = None, version: str | None = None) -> list[str]:
    """What the watcher was told by the guard, which has the extension that is there."""
    diary, on = Diary(), cluster(azure).id
    stop_at_unknown(arm, diary, on, find(arm, on, None), train=train, version=version)
    return diary.told


def settle(azure: Azure, arm: AzureClient) -> None:
    """Looks bring the operation to its end."""
    for _ in range(3):
        show(arm, cluster(azure).id, "theirs")


def asked(azure: Azure) -> list[str]:
    return [item["url"].rpartition("releaseTrain=")[2].partition("&")[0] for item in asked_of(azure)]


def asked_of(azure: Azure) -> list[dict[str, str]]:
    return [item for item in azure.traffic() if TYPES in item["url"]]


def test_each_train_has_its_versions_newest_first(azure: Azure, arm: AzureClient) -> None:
    found = [(offer.release_train, offer.version, offer.is_default) for offer in list_all(arm, cluster(azure).id)]
    assert found == [
        ("stable", "1.1.64", True),
        ("stable", "1.1.60", False),
        ("stable", "1.1.39", False),
        ("stable", "1.0.51", False),
        ("preview", "1.1.70", False),
        ("preview", "1.1.64", False),
    ]


def test_the_one_that_runs_is_marked_in_its_own_train(azure: Azure, arm: AzureClient) -> None:
    put(azure, releaseTrain="Preview", version="1.1.64", autoUpgradeMinorVersion=False)
    settle(azure, arm)
    running = [offer for offer in list_all(arm, cluster(azure).id) if offer.is_running]
    assert [(offer.release_train, offer.version, offer.is_offered) for offer in running] == [
        ("preview", "1.1.64", True)
    ]


def test_one_that_runs_and_is_no_longer_offered_is_listed_too(azure: Azure, arm: AzureClient) -> None:
    put(azure)
    settle(azure, arm)
    azure.fault(method="GET", path=TYPES, status=200, body={"value": [], "nextLink": None})
    first, *others = list_all(arm, cluster(azure).id)
    assert (first.version, first.is_running, first.is_offered) == ("1.1.64", True, False)
    assert {offer.release_train for offer in others} == {"preview"}


def test_versions_are_ordered_by_number_and_a_pre_release_comes_before_its_release() -> None:
    found = newest_first(["1.1.9", "1.2.0-preview.1", "1.1.64", "1.2.0", "1.10.0", "1.1.9"])
    assert found == ("1.10.0", "1.2.0", "1.2.0-preview.1", "1.1.64", "1.1.9")


@pytest.mark.parametrize(
    ("train", "version", "message", "fix"),
    [
        (
            "prevew",
            None,
            "cannot take the extension from a release train 'prevew'",
            "Did you mean preview? stable has",
        ),
        (None, "1.1.46", "The release train stable has no version 1.1.46", "Did you mean 1.1.64? "),
        (None, "1.1.70", "The release train stable has no version 1.1.70", "The release train preview has it."),
        ("preview", "1.1.60", "The release train preview has no version 1.1.60", "The release train stable has it."),
        (
            "stable",
            "9.9.9",
            "has no version 9.9.9",
            "stable has 1.1.64, 1.1.60, 1.1.39, 1.0.51; preview has 1.1.70",
        ),
    ],
)
def test_a_release_that_does_not_exist_is_refused_with_those_that_do(
    azure: Azure, arm: AzureClient, train: str | None, version: str | None, message: str, fix: str
) -> None:
    with pytest.raises(Refused) as caught:
        stop(azure, arm, train, version)
    assert message in caught.value.message
    assert fix in caught.value.fix
    assert "az ml arc extension versions -c amlarc-cluster -g amlarc-rg" in caught.value.fix


@pytest.mark.parametrize(
    ("train", "version", "requests"),
    [
        (None, None, []),
        ("Stable", None, ["stable"]),
        ("preview", "1.1.70", ["preview"]),
        (None, "1.1.39", ["stable"]),
    ],
)
def test_a_release_that_exists_costs_one_request_and_none_is_no_request(
    azure: Azure, arm: AzureClient, train: str | None, version: str | None, requests: list[str]
) -> None:
    assert stop(azure, arm, train, version) == []
    assert asked(azure) == requests


def test_what_is_installed_is_not_asked_about(azure: Azure, arm: AzureClient) -> None:
    put(azure, version="1.1.60", autoUpgradeMinorVersion=False)
    settle(azure, arm)
    stop(azure, arm, "stable", "1.1.60")
    stop(azure, arm, "Stable")
    assert asked(azure) == []


def test_a_pinned_version_has_to_be_in_the_new_train(azure: Azure, arm: AzureClient) -> None:
    put(azure, version="1.1.60", autoUpgradeMinorVersion=False)
    settle(azure, arm)
    with pytest.raises(Refused, match="The release train preview has no version 1\\.1\\.60"):
        stop(azure, arm, "preview")
    assert stop(azure, arm, "preview", "1.1.70") == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "No right."}}}, "No right."),
        ({"status": 404, "body": {"error": {"code": "ResourceNotFound", "message": "No type."}}}, "lists no versions"),
        ({"status": 200, "body": {"value": [], "nextLink": None}}, "lists no versions"),
        ({"status": 200, "body": {"value": [{"name": "1.1.64"}]}}, "unexpected shape"),
    ],
)
def test_an_api_that_cannot_say_stops_nobody(
    azure: Azure, arm: AzureClient, fault: dict[str, object], reason: str
) -> None:
    azure.fault(method="GET", path=TYPES, times=9, **fault)
    [told] = stop(azure, arm, "preview", "9.9.9")
    assert reason in told
    assert "the release is not checked" in told


def test_a_cluster_that_azure_offers_nothing_is_not_found(azure: Azure, arm: AzureClient) -> None:
    azure.fault(method="GET", path=TYPES, times=9, status=200, body={"value": [], "nextLink": None})
    with pytest.raises(NotFound, match="Azure lists no version of this extension for the cluster 'amlarc-cluster'"):
        list_all(arm, cluster(azure).id)
