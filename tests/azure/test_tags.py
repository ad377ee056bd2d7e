"""Tags that the user gives are on what is created, beside ours, which tell whose it is."""

from typing import Any

import pytest

from azext_amlarc.azure.supporting import ensure
from azext_amlarc.resources.supporting.names import merged
from azext_amlarc.resources.supporting.plan import plan
from azext_amlarc.sdk import ArcExtension
from tests.support.azure import Azure
from tests.support.connecting import ALL, TAG, Diary, Login, bodies, cluster, connect

GIVEN = {"costCenter": "42", "Created_By": "somebody"}


def tags_of(azure: Azure) -> dict[str, Any]:
    """The tags of each body that has any, by the kind of resource."""
    return {path.split("/")[0]: body["tags"] for path, body in bodies(azure).items() if "tags" in body}


def test_all_that_is_created_has_the_tags_and_ours(azure: Azure) -> None:
    with connect(azure) as arm:
        ensure(arm, plan(cluster(azure), ALL).tagged(GIVEN), Diary())
    owned = {**TAG, "created_for": "connectedClusters/amlarc-cluster"}
    assert tags_of(azure) == {
        "Microsoft.Relay": {"costCenter": "42", **TAG},
        "Microsoft.ServiceBus": {"costCenter": "42", **owned},
        "Microsoft.OperationalInsights": {"costCenter": "42", **owned},
    }


def test_without_tags_only_ours_are_there(azure: Azure) -> None:
    with connect(azure) as arm:
        ensure(arm, plan(cluster(azure), ALL), Diary())
    assert tags_of(azure)["Microsoft.Relay"] == TAG


def test_ours_win_whatever_their_case() -> None:
    assert merged({"A": "1", "CREATED_by": "x"}, {"created_by": "us"}) == {"A": "1", "created_by": "us"}


def test_the_python_api_takes_tags(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in azure.python_env.items():
        monkeypatch.setenv(name, value)
    azure.token()
    extension = ArcExtension.install(
        str(cluster(azure).id), {"enableTraining": True}, tags={"costCenter": "42"}, credential=Login(azure)
    )
    extension.wait_for_completion()
    assert tags_of(azure)["Microsoft.Relay"] == {"costCenter": "42", **TAG}
