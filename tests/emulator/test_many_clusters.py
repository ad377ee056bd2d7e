"""A cloud with many clusters: `--clusters`, `clusters` in a seed, and what the graph makes of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from amlarc_emulator import seed
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.front import Request
from amlarc_emulator.arm.model import Cloud, Resource, State
from amlarc_emulator.options import parse
from amlarc_emulator.providers import TABLE
from amlarc_emulator.providers.resource_graph.history import History
from amlarc_emulator.providers.resource_graph.quota import Quota
from amlarc_emulator.providers.resource_graph.service import ResourceGraph
from tests.support.azure import ROOT, Azure, running
from tests.support.emulated import CLUSTER, EXTENSION, INSTALL, finish

GRAPH = "/providers/Microsoft.ResourceGraph/resources"


def names(azure: Azure) -> list[str]:
    path = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Kubernetes/connectedClusters"
    return [item["name"] for item in azure.get(path, "2024-01-01").body["value"]]


def test_so_many_clusters_are_there_beside_those_of_the_seed_and_again_after_a_reset(tmp_path: Path) -> None:
    with running(tmp_path, "--clusters", "230") as azure:
        every = ["amlarc-cluster", "edge-cluster", *(f"cluster-{number:04d}" for number in range(1, 231))]
        assert names(azure) == every
        root = f"/subscriptions/{azure.subscription_id}/resourceGroups"
        last = azure.get(f"{root}/fleet-3{CLUSTER.replace('amlarc-cluster', 'cluster-0230')}", "2024-01-01").body
        assert (last["location"], last["tags"]) == ("southeastasia", {"ring": "broad"})
        assert last["properties"]["connectivityStatus"] == "Connected"
        rings = "where name startswith 'cluster-' | summarize n = count() by tostring(tags.ring) | order by n asc"
        found = azure.call("POST", GRAPH, "2021-03-01", {"query": rings, "options": {"resultFormat": "table"}}).body
        assert found["data"]["rows"] == [["canary", 12], ["broad", 218]]
        first = f"{root}/fleet-1{CLUSTER.replace('amlarc-cluster', 'cluster-0001')}"
        assert finish(azure, azure.put(first + EXTENSION, "2023-05-01", INSTALL)).body["status"] == "Succeeded"
        azure.call("DELETE", f"{root}/fleet-2", "2021-04-01")
        azure.reset()
        assert names(azure) == every
        assert azure.get(first + EXTENSION, "2023-05-01").status == 404


def test_each_subscription_of_a_seed_may_have_many(tmp_path: Path) -> None:
    document = json.loads((ROOT / "amlarc_emulator" / "seed.json").read_text())
    other = {"subscriptionId": "00000000-0000-0000-0000-000000000002", "displayName": "Second", "clusters": 3}
    document["subscriptions"][0]["clusters"] = 1
    document["subscriptions"].append({**other, "providers": document["subscriptions"][0]["providers"]})
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(document))
    cloud = Cloud("https://x", parse(["--data", str(tmp_path)]), State(), TABLE)
    seed.load(cloud, file, clusters=2)
    found = [item.id for item in cloud.state.of_kind("microsoft.kubernetes/connectedclusters")]
    ids = [document["subscriptions"][number]["subscriptionId"] for number in (0, 1)]
    assert [sum(id_.startswith(f"/subscriptions/{one}/") for id_ in found) for one in ids] == [5, 3]


def test_kinds_are_found_after_whatever_happened_to_them() -> None:
    state = State()
    for number in range(3):
        state.add(Resource(f"/subscriptions/s/g/{number}", "a", {}))
        state.add(Resource(f"/subscriptions/s/g/{number}/b/c", "b", {}))
    state.add(Resource("/subscriptions/S/g/1", "a", {"new": True}))
    state.remove("/SUBSCRIPTIONS/s/G/0")
    again = State()
    again.load(json.loads(json.dumps(state.as_json())))
    for one in (state, again):
        assert [item.id for item in one.of_kind("a")] == ["/subscriptions/S/g/1", "/subscriptions/s/g/2"]
        assert [item.body for item in one.of_kind("a", "/subscriptions/s")] == [{"new": True}, {}]
        assert [item.id for item in one.of_kind("b", "/subscriptions/s/g/2")] == ["/subscriptions/s/g/2/b/c"]
        assert len(one.resources) == 4


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A cloud in this process."""
    made = Cloud("https://x", parse(["--data", str(tmp_path)]), State(), TABLE)
    seed.load(made, None, clusters=1200)
    return made


def asked(cloud: Cloud, query: str, **options: Any) -> dict[str, Any]:
    graph = ResourceGraph(History(0), Quota(enforced=False))
    body = {"query": query, "options": {f"${name}": value for name, value in options.items()}}
    request = Request("POST", GRAPH, f"{GRAPH}?api-version=2021-03-01", {}, json.dumps(body).encode())
    answer: dict[str, Any] = graph.answer(cloud, request).body
    return answer


def test_more_than_a_thousand_rows_come_in_pages(cloud: Cloud) -> None:
    query = "Resources | where name startswith 'cluster' | project name | order by name asc"
    first = asked(cloud, query)
    assert (first["count"], first["totalRecords"], first["resultTruncated"]) == (1000, 1200, "false")
    rest = asked(cloud, query, skipToken=first["$skipToken"])
    found = [row["name"] for page in (first, rest) for row in page["data"]]
    assert found == [f"cluster-{number:04d}" for number in range(1, 1201)]
    assert asked(cloud, f"{query} | limit 1100")["resultTruncated"] == "true"


def test_an_answer_beyond_sixteen_megabytes_is_refused_as_published(cloud: Cloud) -> None:
    for item in cloud.state.of_kind("microsoft.kubernetes/connectedclusters")[-2:]:
        item.body["tags"]["note"] = "x" * 9_000_000
    with pytest.raises(ArmError) as refused:
        asked(cloud, "Resources | where isnotempty(tags.note) | project tags, id")
    [detail] = refused.value.body["error"]["details"]
    assert detail["code"] == "ResponsePayloadTooLarge"
    assert detail["message"].endswith(
        "and has exceeded the limit of 16777216. Please consider querying less data at a time and make paginated call "
        "if needed."
    )
    assert asked(cloud, "Resources | project tags, id | order by id asc", top=3)["count"] == 3
