"""Tokens stay at home: only the cloud's own hosts get one, wherever a URL came from."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure.compute import lookup as computes
from azext_amlarc.azure.connection.client import AzureClient, Pages
from azext_amlarc.azure.connection.reading import UnreadableAnswer
from azext_amlarc.azure.connection.tokens import Home, resolved
from azext_amlarc.azure.extension import lookup as extensions
from azext_amlarc.azure.extension.install import Installation
from azext_amlarc.azure.run_history import RunHistory
from azext_amlarc.product.hosts import hosts_of
from azext_amlarc.resources.extension import Wanted
from azext_amlarc.resources.ids import WorkspaceId
from tests.support.azure import Azure
from tests.support.connecting import Diary, cluster, start
from tests.support.emulated import install
from tests.support.stub import Answer, Seen, Stub, before, connect, stub

WORKSPACE = WorkspaceId("s", "g", "w")
GROUPS = "/subscriptions/s/resourceGroups"
HISTORY = {"error": {"error": {"code": "UserError", "message": "No such image.", "additionalInfo": None}}}


@pytest.fixture
def home() -> Iterator[Stub]:
    with stub() as server:
        yield server


@pytest.fixture
def abroad() -> Iterator[Stub]:
    with stub() as server:
        yield server


@pytest.fixture
def arm(home: Stub) -> Iterator[AzureClient]:
    with connect(home) as azure:
        yield azure


def knowing(home: Stub, abroad: Stub) -> AzureClient:
    """A connection to a cloud whose description names the other host."""
    azure = connect(home)
    azure.cloud = azure.cloud._replace(hosts=(abroad.host,))
    return azure.with_options(transport=None)


MANAGER = "https://management.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://management.example.com/subscriptions",
        "https://management.example.com:443/subscriptions",
        "HTTPS://Management.Example.COM./subscriptions",
        "https://westeurope.management.example.com/operations/1",
        "https://known.example.com/x",
        "https://westeurope.api.ml.example.com/history",
        " https://management.example.com/subscriptions",
    ],
)
def test_hosts_at_home(url: str) -> None:
    assert Home(f"{MANAGER}/", ("known.example.com", ".api.ml.example.com")).has(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://management.example.com/subscriptions",
        "https://management.example.com:8443/subscriptions",
        "https://management.example.com.evil.example/subscriptions",
        "https://evilmanagement.example.com/",
        "https://management.example.com@evil.example/",
        "https://evil.example\\@management.example.com/",
        "https://evil.example/?https://management.example.com/",
        "https://evil.example#@management.example.com/",
        "https://known.example.com:8443/x",
        "https://below.known.example.com/x",
        "https://api.ml.example.com.evil.example/",
        "https://evilapi.ml.example.com/",
        "https://westeurope.api.ml.example.com:8443/history",
        "//management.example.com/",
        "/subscriptions",
        "https://",
        "https://[::1",
        "",
    ],
)
def test_hosts_abroad(url: str) -> None:
    assert not Home(MANAGER, ("known.example.com", ".api.ml.example.com")).has(url)


def test_a_cloud_knows_the_hosts_of_its_description_and_of_its_run_histories() -> None:
    description = {"resourceManager": f"{MANAGER}/", "gallery": "https://gallery.example.com/", "name": "AzureCloud"}
    description |= {"vmImageAliasDoc": "https://raw.example.com/aliases.json", "graph": "http://graph.example.com"}
    found = hosts_of("AzureCloud", description)
    assert found == ("gallery.example.com", "management.example.com", ".api.azureml.ms")
    assert hosts_of("LocalAzure", description)[2:] == ()


def test_the_next_page_on_another_host_is_read_without_a_token(home: Stub, abroad: Stub, arm: AzureClient) -> None:
    home.answer(GROUPS, Answer.of({"value": [{"name": "a"}], "nextLink": f"{abroad.endpoint}/more"}))
    abroad.answer("/more", Answer.of({"value": [{"name": "b"}]}))
    assert [item["name"] for item in arm.get_all(GROUPS)] == ["a", "b"]
    assert [seen.token for seen in home.seen + abroad.seen] == ["Bearer TOKEN", None]


def test_a_host_that_the_clouds_description_names_gets_the_token(home: Stub, abroad: Stub) -> None:
    home.answer(GROUPS, Answer.of({"value": [], "nextLink": f"{abroad.endpoint}/more"}))
    abroad.answer("/more", Answer.of({"value": [{"name": "b"}]}))
    with knowing(home, abroad) as azure:
        azure.get_all(GROUPS)
    assert [seen.token for seen in abroad.seen] == ["Bearer TOKEN"]


@pytest.mark.parametrize("kind", ["extensions", "computes"])
def test_pages_of_the_sdks_are_read_alike(home: Stub, abroad: Stub, arm: AzureClient, kind: str) -> None:
    home.answer(kind, Answer.of({"value": [], "nextLink": f"{abroad.endpoint}/more"}))
    abroad.answer("/more", Answer.of({"value": []}))
    listed(arm, kind)
    assert [seen.token for seen in home.seen + abroad.seen] == ["Bearer TOKEN", None]


def listed(arm: AzureClient, kind: str) -> None:
    if kind == "extensions":
        extensions.list_all(arm, cluster_of(arm))
    else:
        computes.list_all(arm, WORKSPACE)


def cluster_of(_arm: AzureClient) -> Any:
    from azext_amlarc.resources.ids import ClusterId

    return ClusterId("s", "g", "connectedClusters", "c")


@pytest.mark.parametrize("link", ["?page=2", "/subscriptions/s/resourceGroups?page=2", "resourceGroups?page=2"])
def test_a_relative_next_link_is_beside_its_page(home: Stub, arm: AzureClient, link: str) -> None:
    home.answer(r"page=2", Answer.of({"value": [{"name": "b"}]}))
    home.answer(GROUPS, Answer.of({"value": [{"name": "a"}], "nextLink": link}))
    assert [item["name"] for item in arm.get_all(GROUPS)] == ["a", "b"]
    assert home.seen[1].target == "/subscriptions/s/resourceGroups?page=2"


@pytest.mark.parametrize("link", ["http://localhost:1/x", "ftp://localhost/x", "javascript:alert(1)", 7, {"a": 1}])
def test_a_next_link_that_is_no_https_url_is_said_to_be_that(home: Stub, arm: AzureClient, link: object) -> None:
    home.answer(GROUPS, Answer.of({"value": [], "nextLink": link}))
    if link == "javascript:alert(1)":  # a relative URL to urljoin, on our own host
        with pytest.raises((UnreadableAnswer, HttpResponseError)):
            arm.get_all(GROUPS)
        return
    with pytest.raises(UnreadableAnswer, match=home.host):
        arm.get_all(GROUPS)


@pytest.mark.parametrize("kind", ["ours", "extensions", "computes"])
@pytest.mark.parametrize("circle", [True, False])
def test_pages_without_end_end_with_an_error(
    home: Stub, arm: AzureClient, kind: str, circle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pages, "MOST", 20)

    def page(seen: Seen) -> Answer:
        number = "" if circle else len(home.seen)
        return Answer.of({"value": [], "nextLink": f"{home.endpoint}{seen.path}?page={number}"})

    home.reply("/", page)
    with pytest.raises(UnreadableAnswer, match=rf"{home.host} answered with a list that has no end"):
        arm.get_all(GROUPS) if kind == "ours" else listed(arm, kind)
    assert len(home.seen) <= 22


def test_a_redirected_read_is_followed_without_the_token_to_another_host(
    home: Stub, abroad: Stub, arm: AzureClient
) -> None:
    home.answer("/a$", Answer(b"", {"location": "/b?x=1"}, 302))
    home.answer("/b", Answer(b"", {"location": f"{abroad.endpoint}/c"}, 307))
    abroad.answer("/c", Answer(b"", {"location": f"{home.endpoint}/d"}, 308))
    home.answer("/d", Answer.of({"name": "d"}))
    assert arm.get_url("/a").json() == {"name": "d"}
    tokens = [(seen.target, seen.token) for seen in home.seen + abroad.seen]
    assert tokens == [
        ("/a", "Bearer TOKEN"),
        ("/b?x=1", "Bearer TOKEN"),
        ("/d", "Bearer TOKEN"),
        ("/c", None),
    ]


def test_a_circle_of_redirections_ends_with_an_error(home: Stub, arm: AzureClient) -> None:
    home.answer("/a", Answer(b"", {"location": "/a"}, 302), times=99)
    with pytest.raises(UnreadableAnswer, match="redirects without end"):
        arm.get_url("/a")


def test_a_redirection_out_of_https_is_not_followed(home: Stub, arm: AzureClient) -> None:
    home.answer("/a", Answer(b"", {"location": "http://localhost/b"}, 302))
    with pytest.raises(UnreadableAnswer, match="which is no https URL"):
        arm.get_url("/a")


def test_a_redirected_write_is_not_sent_elsewhere(home: Stub, abroad: Stub, arm: AzureClient) -> None:
    home.answer("/subscriptions/s", Answer(b"", {"location": f"{abroad.endpoint}/b"}, 307))
    with pytest.raises(UnreadableAnswer, match=rf"{home.host} redirects to {abroad.host}"):
        arm.put("/subscriptions/s", {"secret": "x"})
    assert abroad.seen == []


def discovery(home: Stub, url: str) -> None:
    home.answer("/workspaces/w", Answer.of({"name": "w", "properties": {"discoveryUrl": url}}))


def test_discovery_is_read_without_a_token_even_at_home(home: Stub, arm: AzureClient) -> None:
    discovery(home, f"{home.endpoint}/discovery")
    home.answer("/discovery", Answer.of({"api": home.endpoint}))
    home.answer("/history/", Answer.of(HISTORY))
    assert RunHistory(arm, WORKSPACE).failure("job") == ("UserError", "No such image.")
    assert [seen.token for seen in home.seen] == ["Bearer TOKEN", None, "Bearer TOKEN"]


def test_a_run_history_abroad_gets_no_token(home: Stub, abroad: Stub, arm: AzureClient) -> None:
    discovery(home, f"{abroad.endpoint}/discovery")
    abroad.answer("/discovery", Answer.of({"api": abroad.endpoint}))
    abroad.answer("/history/", Answer.of(HISTORY, 401))
    assert RunHistory(arm, WORKSPACE).failure("job") is None
    assert [seen.token for seen in abroad.seen] == [None, None]


@pytest.mark.parametrize("url", ["http://localhost:1/discovery", "", "x", None, 7])
@pytest.mark.parametrize("api", [True, False])
def test_a_discovery_that_leads_nowhere_is_no_reason(home: Stub, arm: AzureClient, url: Any, api: bool) -> None:
    discovery(home, f"{home.endpoint}/discovery" if api else url)
    home.answer("/discovery", Answer.of({"api": url}))
    assert RunHistory(arm, WORKSPACE).failure("job") is None


def test_a_run_history_is_looked_for_once_whatever_comes_of_it(home: Stub, abroad: Stub, arm: AzureClient) -> None:
    found = RunHistory(arm, WORKSPACE)
    discovery(home, f"{home.endpoint}/discovery")
    home.answer("/discovery", Answer.of({"api": home.endpoint}))
    home.answer("/history/.*/runs/a/", Answer.of(HISTORY))
    home.answer("/history/.*/runs/b/", Answer.of({"error": {"code": "x"}}, 404))
    home.answer("/history/.*/runs/c/", Answer.of(HISTORY))
    reason = ("UserError", "No such image.")
    assert [found.failure(job) for job in "abc"] == [reason, None, reason]
    assert len(home.seen) == 5
    home.forget()
    lost = RunHistory(arm, WORKSPACE)
    discovery(home, f"{abroad.endpoint}/discovery")
    abroad.answer("/discovery", Answer(b"<html>"))
    assert [lost.failure(job) for job in "abc"] == [None] * 3
    assert (len(home.seen), len(abroad.seen)) == (1, 1)


def installation(arm: AzureClient, azure: Azure) -> Installation:
    wanted = Wanted({"enableTraining": "True", "relayserver.enabled": "false"}, {}, None, None, None)
    return Installation(arm, cluster(azure), None, wanted, Diary())


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_operation_abroad_that_wants_a_token_leaves_the_resource_to_tell(
    azure: Azure, abroad: Stub, status: int
) -> None:
    install(azure)
    abroad.answer("/op", Answer.of({"error": None}, status), times=99)
    with before(azure) as home, connect(home, azure.subscription_id) as arm:
        home.change("PUT", "/extensions/", lambda told: with_operation(told, f"{abroad.endpoint}/op"))
        change = installation(arm, azure)
        wanted = change._replace(wanted=replace(change.wanted, settings={**change.wanted.settings, "x": "y"}))
        assert start(wanted).wait(Diary(), 60).provisioning_state == "Succeeded"
    assert {seen.token for seen in abroad.seen} == {None}


def test_an_operation_abroad_that_wants_none_is_followed(azure: Azure, abroad: Stub) -> None:
    install(azure)
    abroad.answer("/op", Answer.of({"status": "Succeeded"}))
    with before(azure) as home, connect(home, azure.subscription_id) as arm:
        home.change("PUT", "/extensions/", lambda told: with_operation(told, f"{abroad.endpoint}/op"))
        change = installation(arm, azure)
        wanted = change._replace(wanted=replace(change.wanted, settings={**change.wanted.settings, "x": "y"}))
        start(wanted).wait(Diary(), 60)
    assert [seen.token for seen in abroad.seen] == [None]


def test_a_relative_operation_url_is_beside_the_write(azure: Azure) -> None:
    install(azure)
    with before(azure) as home, connect(home, azure.subscription_id) as arm:
        home.change("PUT", "/extensions/", lambda told: with_operation(told, "/op?x=1"))
        home.answer("/op", Answer.of({"status": "Succeeded"}))
        change = installation(arm, azure)
        wanted = change._replace(wanted=replace(change.wanted, settings={**change.wanted.settings, "x": "y"}))
        start(wanted).wait(Diary(), 60)
        assert "/op?x=1" in [seen.target for seen in home.seen]


def with_operation(told: Answer, url: str) -> Answer:
    headers = {name: value for name, value in told.headers.items() if name != "azure-asyncoperation"}
    return replace(told, headers={**headers, "azure-asyncoperation": url})


def test_urls_are_resolved_beside_what_named_them() -> None:
    base = "https://management.example.com/a/b?c=d"
    assert resolved("e?f=g", base) == "https://management.example.com/a/e?f=g"
    assert resolved("/e", base) == "https://management.example.com/e"
    assert resolved("https://other.example.com/%7e?s=%2b", base) == "https://other.example.com/%7e?s=%2b"
    assert resolved("//other.example.com/e", base) == "https://other.example.com/e"
