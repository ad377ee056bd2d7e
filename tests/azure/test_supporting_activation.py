"""While Azure still makes a resource: it is filled, and finished when the extension that needs it is installed."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.supporting import Provision, ensure, finish
from azext_amlarc.errors import StillRunning, WriteFailed
from azext_amlarc.resources.supporting.plan import plan
from tests.support import connecting as things
from tests.support.azure import Azure, running
from tests.support.connecting import (
    ALL,
    BUS,
    BUS_NAMESPACE,
    LOGS,
    LOGS_WORKSPACE,
    RELAY,
    RELAY_NAMESPACE,
    Diary,
    cluster,
    connect,
)

NAMESPACE = f"Microsoft.Relay/namespaces/{RELAY_NAMESPACE}"
CONNECTION = f"{NAMESPACE}/hybridConnections/amlarc-cluster"
RULE = f"{CONNECTION}/authorizationRules/azureml_rw"
FILLING = [f"PUT {CONNECTION}", f"PUT {RULE}", f"POST {RULE}/listKeys"]
KINDS = {
    "relay": (RELAY, f"Microsoft.Relay/namespaces/{RELAY_NAMESPACE}"),
    "bus": (BUS, f"Microsoft.ServiceBus/namespaces/{BUS_NAMESPACE}"),
    "logs": (LOGS, f"Microsoft.OperationalInsights/workspaces/{LOGS_WORKSPACE}"),
}
each_kind = pytest.mark.parametrize(("settings", "end"), KINDS.values(), ids=KINDS)


@pytest.fixture(scope="module")
def slow_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """Operations end at the fourth look."""
    with running(tmp_path_factory.mktemp("slow"), "--polls", "3") as azure:
        yield azure


@pytest.fixture(scope="module")
def strict_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """Namespaces that are not active take nothing."""
    with running(tmp_path_factory.mktemp("strict"), "--polls", "3", "--strict-namespaces") as azure:
        yield azure


@pytest.fixture
def slow(slow_azure: Azure) -> Azure:
    slow_azure.reset()
    return slow_azure


@pytest.fixture
def strict(strict_azure: Azure) -> Azure:
    strict_azure.reset()
    return strict_azure


def begin(azure: Azure, arm: AzureClient, settings: dict[str, str] = RELAY) -> Provision:
    return ensure(arm, plan(cluster(azure), settings), Diary())


def properties(azure: Azure, end: str) -> dict[str, Any]:
    found: dict[str, Any] = azure.state()["resources"][f"{azure.group}/providers/{end}".lower()]["body"]["properties"]
    return found


def test_a_namespace_is_filled_while_it_is_activated(slow: Azure) -> None:
    with connect(slow) as arm:
        made = begin(slow, arm)
        assert things.requests(slow) == [f"PUT {NAMESPACE}", *FILLING]
        assert properties(slow, NAMESPACE)["status"] == "Activating"
        diary = Diary()
        finish(arm, made, diary, 60)
    assert things.requests(slow)[4:] == [f"GET {NAMESPACE}"] * 4
    assert diary.states == ["Activating", "Activating", "Succeeded"]
    assert properties(slow, NAMESPACE)["status"] == "Active"


def test_a_namespace_that_takes_nothing_before_it_is_active_is_waited_for_and_filled_then(strict: Azure) -> None:
    with connect(strict) as arm:
        diary = Diary()
        made = ensure(arm, plan(cluster(strict), RELAY), diary)
        assert things.requests(strict) == [
            f"PUT {NAMESPACE}",
            f"PUT {CONNECTION}",
            *[f"GET {NAMESPACE}"] * 4,
            *FILLING,
        ]
        assert diary.states == ["Activating", "Activating", "Activating", "Succeeded"]
        finish(arm, made, diary, 60)
    assert len(things.requests(strict)) == 9


def test_all_of_them_are_made_where_namespaces_take_nothing_before_they_are_active(strict: Azure, slow: Azure) -> None:
    for azure in (strict, slow):
        with connect(azure) as arm:
            made = begin(azure, arm, ALL)
            finish(arm, made, Diary(), 60)
        assert (len(made.settings), len(made.protected)) == (7, 5)
    assert things.supporting_resources(strict) == things.supporting_resources(slow)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (409, "SubCode=40901. Another conflicting operation is in progress."),
        (429, "Namespace provisioning in transition"),
    ],
)
def test_a_refusal_in_other_words_is_understood(slow: Azure, status: int, said: str) -> None:
    body = {"error": {"code": str(status), "message": said}}
    slow.fault(method="PUT", path="/hybridConnections/", status=status, times=4 if status == 429 else 1, body=body)
    with connect(slow) as arm:
        begin(slow, arm)
    assert things.requests(slow)[-7:] == [*[f"GET {NAMESPACE}"] * 4, *FILLING]


@pytest.mark.parametrize(("status", "tries"), [(403, 1), (400, 1), (429, 4)])
def test_an_error_that_has_nothing_to_do_with_it_is_not_waited_for(slow: Azure, status: int, tries: int) -> None:
    slow.fault(method="PUT", path="/hybridConnections/", status=status, times=1000)
    with connect(slow) as arm, pytest.raises(HttpResponseError):
        begin(slow, arm)
    assert things.requests(slow) == [f"PUT {NAMESPACE}", *[f"PUT {CONNECTION}"] * tries]


@each_kind
def test_one_that_azure_fails_is_made_again_and_keeps_its_key(slow: Azure, settings: dict[str, str], end: str) -> None:
    slow.fault(method="PUT", path=f"{end}$", operation="Failed")
    diary = Diary()
    with connect(slow) as arm:
        made = begin(slow, arm, settings)
        finish(arm, made, diary, 60)
        assert begin(slow, arm, settings) == made
    assert diary.told[0].startswith("Azure failed to create the ")
    assert properties(slow, end)["provisioningState"] == "Succeeded"


@each_kind
def test_one_that_azure_fails_again_is_an_error_that_says_what_to_do(
    slow: Azure, settings: dict[str, str], end: str
) -> None:
    slow.fault(method="PUT", path=f"{end}$", operation="Failed", times=2)
    with connect(slow) as arm, pytest.raises(WriteFailed) as caught:
        finish(arm, begin(slow, arm, settings), Diary(), 60)
    assert caught.value.message.startswith("The extension is installed, but cannot use the ")
    assert caught.value.message.endswith(f"/providers/{end}: its state is Failed.")
    assert "az ml arc extension delete" in caught.value.fix


def test_one_that_has_another_key_when_it_is_made_again_is_an_error(slow: Azure) -> None:
    slow.fault(method="PUT", path=f"{NAMESPACE}$", operation="Failed")
    with connect(slow) as arm:
        made = begin(slow, arm)
        slow.call("DELETE", f"{slow.group}/providers/{RULE}", "2021-11-01")
        with pytest.raises(WriteFailed, match="it has another key now"):
            finish(arm, made, Diary(), 60)


def test_one_that_azure_fails_before_it_could_be_filled_is_an_error(strict: Azure) -> None:
    strict.fault(method="PUT", path=f"{NAMESPACE}$", operation="Failed")
    with connect(strict) as arm:
        with pytest.raises(WriteFailed, match="was not created: its state is Failed"):
            begin(strict, arm)
        begin(strict, arm)
    assert properties(strict, NAMESPACE)["status"] == "Active"


def test_nobody_waits_for_it_longer_than_asked(slow: Azure) -> None:
    slow.fault(method="PUT", path=f"{NAMESPACE}$", operation="never")
    with connect(slow) as arm, pytest.raises(StillRunning) as caught:
        finish(arm, begin(slow, arm), Diary(), 0)
    assert caught.value.message == (
        f"Azure is still changing the Relay namespace {RELAY_NAMESPACE} after 0 s; the last state was Activating."
    )
    assert f"az resource show --ids {slow.group}/providers/{NAMESPACE};" in caught.value.fix
