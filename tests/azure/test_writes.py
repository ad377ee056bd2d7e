"""Between a write and its result: what is said of it, what Azure does not show yet, and which side is believed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError

from azext_amlarc.azure.compute.attach import Attachment
from azext_amlarc.azure.connection import retries
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.converge import converge
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.supporting import ensure
from azext_amlarc.errors import NotFound, WriteFailed
from azext_amlarc.resources.compute import Wanted as WantedCompute
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.ids import WorkspaceId
from azext_amlarc.resources.installed import Extension
from azext_amlarc.resources.supporting.plan import plan
from tests.support.azure import Azure
from tests.support.connecting import ALL, RELAY, Diary, cluster
from tests.support.emulated import install
from tests.support.stub import Answer, Stub, before, connect

EXTENSION = r"/extensions/amlarc-compute\?"
SETTINGS = {"enableTraining": "True", "relayserver.enabled": "false"}
ABSENT = Answer.of({"error": {"code": "ResourceNotFound", "message": "It was not found."}}, 404)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECOND", 0.001)


@pytest.fixture
def between(azure: Azure) -> Iterator[Stub]:
    with before(azure) as server:
        yield server


@pytest.fixture
def arm(between: Stub, azure: Azure) -> Iterator[AzureClient]:
    with connect(between, azure.subscription_id) as connection:
        yield connection


def sent(arm: AzureClient, azure: Azure, **settings: str) -> Operation[Extension]:
    change = Installation(arm, cluster(azure), None, Wanted({**SETTINGS, **settings}, {}, None, None, None), Diary())
    return converge(change, change.read(), Diary(), 60)


def installed(arm: AzureClient, azure: Azure, **settings: str) -> Extension:
    return sent(arm, azure, **settings).wait(Diary(), 60)


def attachment(arm: AzureClient, azure: Azure) -> Attachment:
    workspace = WorkspaceId(azure.subscription_id, "amlarc-rg", "amlarc-ws")
    return Attachment(arm, workspace, "k8s", WantedCompute(cluster(azure).id, {}), "eastus")


def with_state(state: str) -> Callable[[Answer], Answer]:
    """The resource in another state than it is in."""

    def change(told: Answer) -> Answer:
        data: dict[str, Any] = told.json
        return Answer.of({**data, "properties": {**data["properties"], "provisioningState": state}})

    return change


@pytest.mark.parametrize("times", [1, 4, 7])
def test_an_extension_that_azure_does_not_show_yet_is_waited_for(
    between: Stub, arm: AzureClient, azure: Azure, times: int
) -> None:
    between.change("GET", EXTENSION, lambda _: ABSENT, times=times)
    assert installed(arm, azure).provisioning_state == "Succeeded"


def test_a_compute_target_that_azure_does_not_show_yet_is_waited_for(
    between: Stub, arm: AzureClient, azure: Azure
) -> None:
    install(azure)
    between.change("GET", r"/computes/k8s\?", lambda _: ABSENT, times=3)
    assert converge(attachment(arm, azure), None, Diary(), 60).wait(Diary(), 60).name == "k8s"


@pytest.mark.parametrize("path", ["/azureml_rw/listKeys", "/sharedKeys"])
def test_what_the_extension_talks_through_is_waited_for_too(
    between: Stub, arm: AzureClient, azure: Azure, path: str
) -> None:
    between.change("POST", path, lambda _: ABSENT, times=2)
    made = ensure(arm, plan(cluster(azure), ALL, None), Diary())
    assert set(made.protected) >= {"relayServerConnectionString", "serviceBusConnectionString"}


def test_the_wait_for_what_is_not_shown_is_bounded(between: Stub, arm: AzureClient, azure: Azure) -> None:
    install(azure)
    between.change("GET", r"/computes/k8s\?", lambda _: ABSENT, times=1000)
    with pytest.raises(NotFound):
        converge(attachment(arm, azure), None, Diary(), 60).wait(Diary(), 60)
    assert len(between.seen) < 15


def test_what_was_shown_and_is_no_more_has_been_deleted_meanwhile(
    between: Stub, arm: AzureClient, azure: Azure
) -> None:
    install(azure)
    between.change("GET", r"/computes/k8s\?", with_state("Deleting"), times=2)
    between.change("GET", r"/computes/k8s\?", lambda _: ABSENT, times=1000)
    operation = converge(attachment(arm, azure), None, Diary(), 60)
    with pytest.raises(NotFound, match="the compute target 'k8s' any more: it has been deleted meanwhile"):
        operation.wait(Diary(), 60)
    looks = [line for line in between.requests() if line.startswith("GET") and line.endswith("/computes/k8s")]
    assert len(looks) == 2 + 1 + 3


@pytest.mark.parametrize("times", [1, 3])
def test_what_was_shown_and_is_not_for_a_moment_is_looked_for_again(
    between: Stub, arm: AzureClient, azure: Azure, times: int
) -> None:
    install(azure)
    between.change("GET", r"/computes/k8s\?", with_state("Creating"))
    between.change("GET", r"/computes/k8s\?", lambda _: ABSENT, times=times)
    operation = converge(attachment(arm, azure), None, Diary(), 60)
    assert operation.wait(Diary(), 60).provisioning_state == "Succeeded"


def test_what_was_not_written_is_not_waited_for(between: Stub, arm: AzureClient, azure: Azure) -> None:
    with pytest.raises(HttpResponseError):
        arm.get(f"{azure.group}/providers/Microsoft.Relay/namespaces/none")
    assert len(between.seen) == 1


def test_an_operation_that_succeeded_beside_a_failed_resource_has_failed(
    between: Stub, arm: AzureClient, azure: Azure
) -> None:
    install(azure)
    between.change("GET", "/operations/", lambda _: Answer.of({"status": "Succeeded"}), times=99)
    operation = sent(arm, azure, x="y")
    between.change("GET", EXTENSION, with_state("Failed"), times=99)
    with pytest.raises(WriteFailed, match="failed"):
        operation.wait(Diary(), 60)


@pytest.mark.parametrize("existed", [True, False])
def test_an_operation_that_succeeded_beside_a_resource_in_progress_is_looked_at_further(
    between: Stub, arm: AzureClient, azure: Azure, existed: bool
) -> None:
    if existed:
        install(azure)
    between.change("GET", "/operations/", lambda _: Answer.of({"status": "Succeeded"}), times=99)
    operation = sent(arm, azure, x="y")
    between.change("GET", EXTENSION, with_state("Updating"), times=3)
    diary = Diary()
    assert operation.wait(diary, 60).provisioning_state == "Succeeded"
    assert diary.states == ["Updating"] * 3 + ["Succeeded"]


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
@pytest.mark.parametrize(
    "told",
    [ABSENT, Answer.of({"error": None}, 403), Answer(b"<html>", {}, 200), Answer.of({}), Answer.of({"status": None})],
    ids=["404", "403", "a page", "nothing in it", "null"],
)
def test_an_operation_that_does_not_tell_leaves_the_resource_to(
    between: Stub, arm: AzureClient, azure: Azure, told: Answer, end: str
) -> None:
    install(azure)
    between.answer("/operations/", told, times=99)
    operation = sent(arm, azure, x="y")
    between.change("GET", EXTENSION, with_state("Updating"), times=2)
    between.change("GET", EXTENSION, with_state(end), times=99)
    if end == "Succeeded":
        assert operation.wait(Diary(), 60).provisioning_state == end
        return
    with pytest.raises(WriteFailed):
        operation.wait(Diary(), 60)


def refused(status: int = 403) -> Callable[[Answer], Answer]:
    return lambda _: Answer.of({"error": {"code": "ScopeLocked", "message": "It is locked."}}, status)


def lines(arm: AzureClient) -> list[str]:
    return sorted(re.split(" on | /", line)[0] for line in arm.writes.lines)


def test_a_refused_installation_was_not_written(between: Stub, arm: AzureClient, azure: Azure) -> None:
    between.change("PUT", "/", refused())
    with pytest.raises(HttpResponseError):
        installed(arm, azure)
    assert str(arm.writes) == ""


def test_a_refused_namespace_was_not_written(between: Stub, arm: AzureClient, azure: Azure) -> None:
    between.answer("/namespaces/", refused()(ABSENT), method="PUT")
    with pytest.raises(HttpResponseError):
        ensure(arm, plan(cluster(azure), RELAY, None), Diary())
    assert lines(arm) == []


def test_what_was_written_before_a_refusal_is_said_and_that_alone(
    between: Stub, arm: AzureClient, azure: Azure
) -> None:
    between.answer("/hybridConnections/", refused()(ABSENT), method="PUT")
    with pytest.raises(HttpResponseError):
        ensure(arm, plan(cluster(azure), RELAY, None), Diary())
    assert lines(arm) == ["Relay namespace"]


def test_parts_that_were_refused_were_not_written(between: Stub, arm: AzureClient, azure: Azure) -> None:
    ensure(arm, plan(cluster(azure), RELAY, None), Diary())
    arm.writes.lines.clear()
    between.change("POST", "/listKeys", lambda _: ABSENT, times=1000)
    between.answer("/hybridConnections/", refused()(ABSENT), method="PUT")
    with pytest.raises(HttpResponseError):
        ensure(arm, plan(cluster(azure), RELAY, None), Diary())
    assert lines(arm) == ["Relay namespace"]


@pytest.mark.parametrize("status", [500, 504])
def test_a_write_that_a_gateway_gave_up_on_is_possible(
    between: Stub, arm: AzureClient, azure: Azure, status: int
) -> None:
    between.answer("/extensions/", refused(status)(ABSENT), method="PUT", times=9)
    with pytest.raises(AzureError):
        installed(arm, azure)
    assert lines(arm) == ["possibly extension amlarc-compute"]


def test_what_shows_whether_a_write_took_effect_may_fail_itself(between: Stub, arm: AzureClient, azure: Azure) -> None:
    between.answer("/extensions/", replace(ABSENT, status=504), method="PUT")
    between.answer(EXTENSION, refused()(ABSENT), method="GET")
    with pytest.raises(HttpResponseError) as caught:
        installed(arm, azure)
    assert caught.value.status_code == 504
    assert lines(arm) == ["possibly extension amlarc-compute"]
