"""Answers of every kind through the whole pipeline, ours and the SDKs': what they are is said, and by whom."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from zlib import crc32

import pytest
from azure.cli.core.azclierror import AzCLIError, CLIInternalError
from azure.core.exceptions import AzureError, HttpResponseError
from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from azext_amlarc.azure import clusters, jobs, workspaces
from azext_amlarc.azure.compute import lookup as computes
from azext_amlarc.azure.compute.attach import Attachment
from azext_amlarc.azure.connection.answers import refusal
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.reading import UnreadableAnswer
from azext_amlarc.azure.extension import lookup as extensions
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.facts.gathering import gather
from azext_amlarc.azure.supporting import ensure
from azext_amlarc.checks import table as checks
from azext_amlarc.checks.check import Unknown
from azext_amlarc.checks.given import TARGET
from azext_amlarc.commands.az.errors import raise_for_az
from azext_amlarc.errors import ArcError
from azext_amlarc.resources.compute import Wanted as WantedCompute
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.ids import Target, WorkspaceId
from azext_amlarc.resources.supporting.plan import plan
from azext_amlarc.sdk.connection import PythonDoor
from azext_amlarc.sdk.exceptions import ComputeTargetException, raised_as
from azext_amlarc.validation.settings.given import GivenSettings
from azext_amlarc.validation.settings.parsing import parse_pairs
from azext_amlarc.workflows import inventory, login
from azext_amlarc.workflows.attach import begin_attach
from azext_amlarc.workflows.check import CheckRequest, run_checks
from azext_amlarc.workflows.install import Release, begin_install, begin_update
from tests.azure.test_envelopes import SHAPES, places, replaced
from tests.support.azure import Azure
from tests.support.connecting import RELAY, Diary, cluster, start
from tests.support.emulated import install
from tests.support.stub import Answer, Seen, Stub, before, connect

HTML = Answer(b"<!DOCTYPE html><html><body><h1>Sign in to Wi-Fi</h1></body></html>", {"content-type": "text/html"})
NO_JSON = {
    "HTML": HTML,
    "HTML that claims to be JSON": replace(HTML, headers={"content-type": "application/json"}),
    "XML": Answer(b"<?xml version='1.0'?><a>b</a>", {"content-type": "application/xml"}),
    "text": Answer(b"OK", {"content-type": "text/plain"}),
    "a list": Answer.of([1, 2]),
    "a word": Answer.of("fine"),
    "a number": Answer.of(7),
    "half of it": Answer(b'{"name": "x"', {"content-type": "application/json"}),
    "no text": Answer(b"\xff\xfe\x00\x01", {"content-type": "application/octet-stream"}),
    "nothing": Answer(b""),
    "a redirection to nowhere": Answer(b"", {}, 302),
}


@pytest.fixture
def between(azure: Azure) -> Iterator[Stub]:
    with before(azure) as server:
        yield server


def ours(azure: AzureClient, of: Azure) -> None:
    clusters.read(azure, cluster(of).id)


def by_sdk(azure: AzureClient, of: Azure) -> None:
    computes.read(azure, workspace(of), "k8s")


def workspace(of: Azure) -> WorkspaceId:
    return WorkspaceId(of.subscription_id, "amlarc-rg", "amlarc-ws")


def as_az_says(error: Exception) -> AzCLIError:
    with pytest.raises(AzCLIError) as caught:
        raise_for_az(error)
    return caught.value


READS = pytest.mark.parametrize("read", [ours, by_sdk])


@READS
@pytest.mark.parametrize("shape", SHAPES)
def test_code_message_and_correlation_id_of_a_refusal_are_shown_by_both_doors(
    between: Stub, azure: Azure, read: Callable[[AzureClient, Azure], None], shape: str
) -> None:
    content, (code, message) = SHAPES[shape]
    between.change(
        "GET", "/providers/", lambda told: replace(told, status=400, body=content, headers=with_id(told)), times=9
    )
    with connect(between, azure.subscription_id) as arm, pytest.raises(HttpResponseError) as caught:
        read(arm, azure)
    said = refusal(caught.value)
    assert said.code == (code or "400")
    assert said.correlation_id == "11111111-2222-3333-4444-555555555555"
    if message:
        assert said.message == message
    shown = str(as_az_says(caught.value))
    assert shown.startswith(f"({said.code}) {said.message}\nCorrelation id: 11111111-")
    with pytest.raises(ComputeTargetException) as raised, raised_as(ComputeTargetException):
        raise caught.value
    assert (raised.value.code, raised.value.message) == (said.code, said.message)


def with_id(told: Answer) -> dict[str, str]:
    return {**told.headers, "x-ms-correlation-request-id": "11111111-2222-3333-4444-555555555555"}


@READS
def test_a_page_of_a_gateway_is_said_to_be_one(
    between: Stub, azure: Azure, read: Callable[[AzureClient, Azure], None]
) -> None:
    between.answer("/providers/", replace(HTML, status=403), times=9)
    with connect(between, azure.subscription_id) as arm, pytest.raises(HttpResponseError) as caught:
        read(arm, azure)
    shown = str(as_az_says(caught.value))
    assert shown == f"(403) {between.host} answered with an HTML page, not with JSON: Sign in to Wi-Fi."


@READS
@pytest.mark.parametrize("kind", NO_JSON)
def test_an_answer_that_is_not_azures_is_said_to_be_that_with_its_host(
    between: Stub, azure: Azure, read: Callable[[AzureClient, Azure], None], kind: str
) -> None:
    between.answer("/providers/", NO_JSON[kind], times=9)
    with connect(between, azure.subscription_id) as arm, pytest.raises(UnreadableAnswer) as caught:
        read(arm, azure)
    assert between.host in caught.value.message
    assert between.requests() == between.requests()[:1]
    shown = as_az_says(caught.value)
    assert not isinstance(shown, CLIInternalError)
    assert str(shown) == caught.value.message


@pytest.mark.parametrize("kind", ["HTML", "a list", "half of it", "nothing"])
def test_a_page_of_a_list_is_read_as_carefully(between: Stub, azure: Azure, kind: str) -> None:
    between.answer("/workspaces", NO_JSON[kind])
    with connect(between, azure.subscription_id) as arm, pytest.raises(UnreadableAnswer, match=between.host):
        workspaces.list_all(arm)


def installation(arm: AzureClient, of: Azure) -> Installation:
    wanted = Wanted({"enableTraining": "True", "relayserver.enabled": "false"}, {}, None, None, None)
    return Installation(arm, cluster(of), None, wanted, Diary())


@pytest.mark.parametrize("kind", ["HTML", "XML", "a list", "a number", "half of it"])
def test_a_write_that_took_effect_under_an_unreadable_answer_is_joined(between: Stub, azure: Azure, kind: str) -> None:
    lost = NO_JSON[kind]
    between.change("PUT", "/extensions/", lambda told: replace(lost, status=told.status))
    with connect(between, azure.subscription_id) as arm:
        found = start(installation(arm, azure)).wait(Diary(), 60)
        assert found.provisioning_state == "Succeeded"
        assert [line.partition(" on ")[0] for line in arm.writes.lines] == ["extension amlarc-compute"]
    assert [line for line in between.requests() if line.startswith("PUT")] == between.requests()[1:2]


def test_an_attach_that_took_effect_under_an_unreadable_answer_is_joined(between: Stub, azure: Azure) -> None:
    install(azure)
    between.change("PUT", "/computes/", lambda told: replace(HTML, status=told.status))
    wanted = WantedCompute(cluster(azure).id, {})
    with connect(between, azure.subscription_id) as arm:
        attachment = Attachment(arm, workspace(azure), "k8s", wanted, "eastus")
        assert start(attachment).wait(Diary(), 60).name == "k8s"


def test_what_an_unreadable_answer_leaves_open_is_said(between: Stub, azure: Azure) -> None:
    between.change("PUT", "/namespaces/[^/]+$", lambda told: HTML)
    with connect(between, azure.subscription_id) as arm, pytest.raises(UnreadableAnswer):
        ensure(arm, plan(cluster(azure), RELAY, None), Diary())
    assert [line.partition(" /")[0] for line in arm.writes.lines] == ["possibly Relay namespace"]


def test_a_list_of_clusters_loses_only_what_needed_the_answer(between: Stub, azure: Azure) -> None:
    between.answer("/managedClusters", HTML)
    with connect(between, azure.subscription_id) as arm:
        found = inventory.take(arm)
    assert {item.cluster_type for item in found.clusters} == {"connectedClusters"}
    assert found.warnings[0].startswith("managedClusters could not be listed: ")
    assert between.host in found.warnings[0]


def test_a_list_of_clusters_says_whose_extensions_it_could_not_read(between: Stub, azure: Azure) -> None:
    between.answer("/extensions", HTML)
    with connect(between, azure.subscription_id) as arm:
        found = inventory.take(arm).clusters
    notes = [str(item.note) for item in found if item.extension_state == "Unknown"]
    assert [note.partition(" ")[0] for note in notes] == [between.host]


NEEDS = [fact for check in checks.AZURE for fact in check.needs]


def facts(arm: AzureClient, of: Azure) -> dict[str, object]:
    target = Target.of_cluster(cluster(of).id, workspace(of))
    return gather(arm, NEEDS, {TARGET.name: target})


def test_a_check_loses_only_what_needed_the_answer(between: Stub, azure: Azure) -> None:
    between.answer("/connectedClusters/amlarc-cluster\\?", HTML)
    with connect(between, azure.subscription_id) as arm:
        broken = facts(arm, azure)
        whole = facts(arm, azure)
    lost = {name for name in whole if isinstance(broken[name], Unknown) and not isinstance(whole[name], Unknown)}
    assert lost == {"clusterFound", "cluster", "agents", "aks"}


def shown(arm: AzureClient, of: Azure) -> None:
    extensions.show(arm, cluster(of).id, None)
    extensions.show(arm, cluster(of).id, "amlarc-compute")


def attached(arm: AzureClient, of: Azure) -> None:
    computes.show(arm, workspace(of), "k8s")
    computes.list_all(arm, workspace(of))


def named(arm: AzureClient, of: Azure) -> None:
    computes.names_by_cluster(arm, workspace(of))
    workspaces.list_all(arm)
    workspaces.find(arm, "amlarc-ws")


def listed(arm: AzureClient, of: Azure) -> None:
    inventory.take(arm, "amlarc-rg", workspace(of))


def talked(arm: AzureClient, of: Azure) -> None:
    ensure(arm, plan(cluster(of), {**RELAY, "servicebus.enabled": "true", "logAnalyticsWS": "True"}, {}), Diary())


def installed(arm: AzureClient, of: Azure) -> None:
    start(installation(arm, of), 0).wait(Diary(), 0)


def ran(arm: AzureClient, of: Azure) -> None:
    jobs.read(arm, workspace(of), "some-job")


def checked(arm: AzureClient, of: Azure) -> None:
    target = Target.of_cluster(cluster(of).id, workspace(of), "k8s")
    run_checks(CheckRequest(target, {"enableTraining": "True"}), arm, login.accepted("me"))


def asked_to_attach(arm: AzureClient, of: Azure) -> None:
    wanted = WantedCompute(cluster(of).id, {"namespace": "x"})
    begin_attach(arm, PythonDoor(confirmed=True), workspace(of), "k8s", wanted, timeout=0)


def given(pair: str) -> GivenSettings:
    return GivenSettings.read([parse_pairs([pair])], allow_unknown=False)


def asked_to_install(arm: AzureClient, of: Azure) -> None:
    door, settings = PythonDoor(confirmed=True), given("enableTraining=True")
    begin_install(arm, door, cluster(of).id, None, given=settings, release=Release(), timeout=0, all_checks=True)


def asked_to_update(arm: AzureClient, of: Azure) -> None:
    door, changed = PythonDoor(confirmed=True), given("installPromOp=False")
    begin_update(arm, door, cluster(of).id, None, given=changed, release=Release(), timeout=0)


# What is read is judged there, far from where it was read.
DECIDED = [checked, asked_to_install, asked_to_update, asked_to_attach]
ANYTHING: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 1e400, "", "x", [], ["x"], [None], {}, {"x": None}, [[{}]]]
)


ODD = {"kubernetesVersion": [None], "distribution": 7, "connectivityStatus": ["x"], "totalNodeCount": "x"}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("work", DECIDED)
def test_a_cluster_of_another_shape_is_said_to_be_azures(
    between: Stub, azure: Azure, work: Callable[[AzureClient, Azure], Any], name: str
) -> None:
    def changed(told: Answer) -> Answer:
        found = told.json
        return replace(
            told, body=json.dumps({**found, "properties": {**found["properties"], name: ODD[name]}}).encode()
        )

    install(azure)
    between.change("GET", "/connectedClusters/amlarc-cluster\\?", changed, times=9)
    with connect(between, azure.subscription_id) as arm:
        if work is checked:
            work(arm, azure)
            return
        with pytest.raises(UnreadableAnswer, match=f"{between.host} answered in an unexpected shape"):
            work(arm, azure)


# These ask dozens of times for each example.
MANY_REQUESTS = [facts, checked]
FEW_REQUESTS = [ours, by_sdk, shown, attached, named, listed, talked, installed, ran, *DECIDED[1:]]
AT, TURN = st.integers(0, 10_000), st.integers(0, 4)


@pytest.mark.parametrize("work", FEW_REQUESTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@examples(at=AT, turn=TURN, value=ANYTHING)
def test_no_shape_of_an_answer_is_a_fault_of_ours(
    between: Stub, azure: Azure, work: Callable[[AzureClient, Azure], Any], at: int, turn: int, value: object
) -> None:
    with_an_answer_spoilt(between, azure, work, at, turn, value)


@pytest.mark.parametrize("work", MANY_REQUESTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=6)
@examples(at=AT, turn=TURN, value=ANYTHING)
def test_nor_is_one_among_many(
    between: Stub, azure: Azure, work: Callable[[AzureClient, Azure], Any], at: int, turn: int, value: object
) -> None:
    with_an_answer_spoilt(between, azure, work, at, turn, value)


def with_an_answer_spoilt(
    between: Stub, azure: Azure, work: Callable[[AzureClient, Azure], Any], at: int, turn: int, value: object
) -> None:
    """One value of one in five answers is replaced by something else; only errors of ours may come of it."""

    def changed(seen: Seen, told: Answer) -> Answer:
        if crc32(seen.path.encode()) % 5 != turn or not told.body:
            return told
        data = json.loads(told.body)
        found = list(places(data))
        return replace(told, body=json.dumps(replaced(data, found[at % len(found)], value)).encode())

    between.forget()
    between.change_all(changed)
    with connect(between, azure.subscription_id) as arm, suppress(AzureError, ArcError):
        work(arm, azure)
