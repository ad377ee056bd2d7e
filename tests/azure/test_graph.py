"""Resource Graph's answers: pages, spellings, refusals. tests/workflows/fleet ask a local Azure that runs queries."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azext_amlarc.azure import graph
from azext_amlarc.azure.connection import retries
from azext_amlarc.azure.connection.answers import refusal
from azext_amlarc.azure.connection.reading import UnreadableAnswer
from tests.support.stub import Answer, Stub, connect, stub

S1 = "00000000-0000-0000-0000-000000000001"
PATH = "/providers/Microsoft.ResourceGraph/resources"
CLUSTER = f"/subscriptions/{S1}/resourceGroups/RG/providers/Microsoft.Kubernetes/connectedClusters/plant"


def page(rows: Sequence[dict[str, Any]], token: str | None = None, **more: Any) -> Answer:
    body = {"totalRecords": len(rows), "count": len(rows), "resultTruncated": "false", "data": list(rows), **more}
    return Answer.of({**body, **({"$skipToken": token} if token else {})})


def cluster(number: int) -> dict[str, Any]:
    properties = {"totalNodeCount": 3, "distribution": "k3s", "connectivityStatus": "Connected"}
    kind = "microsoft.kubernetes/connectedclusters"
    return {
        "id": f"{CLUSTER}-{number}",
        "name": f"plant-{number}",
        "type": kind,
        "location": "eastus",
        "tags": {"ring": "canary"},
        "properties": properties,
    }


def extension(**properties: Any) -> dict[str, Any]:
    return {
        "id": f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/Extensions/amlarc-compute",
        "name": "amlarc-compute",
        "type": "microsoft.kubernetesconfiguration/extensions",
        "identity": {"type": "SystemAssigned", "principalId": "p"},
        "properties": properties,
    }


def bodies(server: Stub) -> list[Any]:
    return [json.loads(seen.body) for seen in server.seen]


def test_pages_are_followed_by_their_token_and_ordered_so_that_no_row_is_missed() -> None:
    with stub() as server, connect(server) as azure:
        server.answer(PATH, page([cluster(1)], "t1"), page([cluster(2)], "t2"), page([cluster(3)]))
        found = graph.clusters(azure, [S1, S1.upper()])
        asked = bodies(server)
    assert [(one.cluster.id.name, one.tags, one.cluster.node_count) for one in found] == [
        (f"plant-{number}", {"ring": "canary"}, 3) for number in (1, 2, 3)
    ]
    assert [body["options"].get("$skipToken") for body in asked] == [None, "t1", "t2"]
    assert {json.dumps([body["subscriptions"], body["options"]["$top"]]) for body in asked} == {
        json.dumps([[S1], 1000])
    }
    assert all(body["query"].endswith("| order by id asc") for body in asked)


def test_many_subscriptions_take_a_request_for_each_thousand() -> None:
    with stub() as server, connect(server) as azure:
        server.reply(PATH, lambda _: page([]))
        assert graph.clusters(azure, [f"{number:036}" for number in range(1500)]) == []
        assert [len(body["subscriptions"]) for body in bodies(server)] == [1000, 500]


@pytest.mark.parametrize("capital", [True, False], ids=["as the table has them", "as the service answers"])
def test_an_extension_is_read_however_its_properties_are_spelled(capital: bool) -> None:
    properties = {
        "extensionType": "Microsoft.AzureML.Kubernetes",
        "provisioningState": "Succeeded",
        "releaseTrain": "stable",
        "currentVersion": "1.1.60",
        "autoUpgradeMinorVersion": True,
        "configurationSettings": {"enableTraining": "True", "clusterId": CLUSTER},
        "configurationProtectedSettings": {"relayServerConnectionString": ""},
    }
    spelled = {key[0].upper() + key[1:] if capital else key: value for key, value in properties.items()}
    with stub() as server, connect(server) as azure:
        server.answer(PATH, page([extension(**spelled)]))
        found = graph.extensions(azure, [S1])
    (key,) = found
    one = found[key]
    assert key == CLUSTER.lower()
    assert (one.is_ours, one.install_state, one.release_train, one.current_version) == (
        True,
        "Installed",
        "stable",
        "1.1.60",
    )
    assert one.configuration_settings == {"enableTraining": "True", "clusterId": CLUSTER}
    assert one.configuration_protected_settings == ["relayServerConnectionString"]


def test_pages_without_an_end_and_rows_that_are_kept_back_are_said() -> None:
    with stub() as server, connect(server) as azure:
        server.reply(PATH, lambda _: page([cluster(1)], "t1"), times=5)
        with pytest.raises(UnreadableAnswer, match="pages that have no end"):
            graph.clusters(azure, [S1])
        server.forget()
        server.answer(PATH, page([cluster(1)], resultTruncated="true", totalRecords=9))
        with pytest.raises(UnreadableAnswer, match=r"kept rows of a query back \(9 altogether\)"):
            graph.clusters(azure, [S1])


def test_a_throttled_query_is_sent_again_and_a_refused_one_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECOND", 0.001)
    busy = Answer.of({"error": {"code": "RateLimiting", "message": "Please slow down"}}, 429, Retry_After="1")
    details = [{"code": "InvalidQuery", "message": "Query is invalid."}]
    wrong = {"error": {"code": "BadRequest", "message": "Please provide below info.", "details": details}}
    with stub() as server, connect(server) as azure:
        server.answer(PATH, busy, page([cluster(1)]))
        assert len(graph.clusters(azure, [S1])) == 1
        server.answer(PATH, Answer.of(wrong, 400))
        with pytest.raises(HttpResponseError) as refused:
            graph.clusters(azure, [S1])
    assert "Query is invalid." in refusal(refused.value).message


def test_an_answer_of_another_shape_is_said_to_be_one() -> None:
    with stub() as server, connect(server) as azure:
        server.answer(PATH, Answer.of({"data": [{"name": "x"}]}))
        with pytest.raises(UnreadableAnswer, match="unexpected shape"):
            graph.clusters(azure, [S1])
