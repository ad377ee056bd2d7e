"""What the emulator starts from: seeds, states and options. What is none of these is refused, and there is no 500."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amlarc_emulator import options
from amlarc_emulator.arm import shapes
from amlarc_emulator.seed import DEFAULT
from amlarc_emulator.server import assembled
from tests.support.azure import Azure
from tests.support.emulated import CLUSTER
from tests.support.inside import ENDPOINT, Inside

VALUES: tuple[Any, ...] = (None, True, 7, -1.5, "", "text", [], ["a"], [None], [{}], {}, {"a": 1}, {"a": {"b": []}})
QUERY = {"query": "resources | union resourcecontainers | project id, properties, tags"}
HALF = "\ud800"


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    azure = Inside.begin(tmp_path)
    yield azure
    azure.stop()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def with_another(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    changed = copy.copy(value)
    changed[path[0]] = with_another(value[path[0]], path[1:], other)
    return changed


def test_a_state_with_any_value_anywhere_is_refused_or_can_be_listed_and_queried(inside: Inside) -> None:
    kept: Any = inside.state()
    ids = [item["id"] for item in kept["resources"].values()]
    chance, taken, token = random.Random(7), 0, inside.token()
    for path in chance.sample(list(places(kept)), 50):
        state = with_another(kept, path, chance.choice(VALUES))
        reply = inside.send("POST", "/emulator/reset", state)
        assert reply.status in (204, 400), (path, reply)
        if reply.status == 400:
            assert inside.state() == kept
            continue
        taken += 1
        asked = [f"{one}?api-version=2021-04-01" for one in (inside.group, f"{inside.group}/resources", *ids)]
        answers = [inside.send("GET", one, authorization=f"Bearer {token}") for one in asked]
        graph = inside.send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", QUERY)
        assert max(one.status for one in (*answers, graph, inside.sign_in())) < 500, path
        inside.reset(kept)
    assert 10 < taken < 40


def test_a_state_of_bodies_that_are_as_deep_as_they_may_be_is_taken_again(inside: Inside) -> None:
    tags = {"tags": {}, "deep": json.loads("[" * (shapes.DEPTH - 2) + "]" * (shapes.DEPTH - 2))}
    cluster = {"location": "eastus", "properties": {"agentPublicKeyCertificate": ""}, "identity": {"type": "None"}}
    assert inside.put(f"{inside.group}{CLUSTER}-deep", "2024-01-01", {**cluster, **tags}).status in (200, 201)
    kept = inside.state()
    inside.reset(kept)
    assert inside.state() == kept


@pytest.mark.parametrize("half", [json.dumps(HALF).encode(), b'"\xed\xa0\x80"'], ids=["escaped", "raw"])
def test_half_a_surrogate_pair_is_refused_since_nobody_could_query_it(azure: Azure, half: bytes) -> None:
    before = azure.state()
    for call in ("reset", "principal", "faults"):
        body = b'{"actions": [%b], "path": %b, "status": 500, "tenant": %b}' % (half, half, half)
        assert azure.send("POST", f"/emulator/{call}", body, authorization="").status == 400
    tagged = b'{"location": "eastus", "tags": {"a": %b}}' % half
    assert azure.send("PUT", f"{azure.group}-new?api-version=2021-04-01", tagged).status == 400
    assert azure.state() == before
    whole = {"location": "eastus", "tags": {"a": "\U0001f600"}}
    assert azure.put(f"{azure.group}-new", "2021-04-01", whole).body["tags"] == whole["tags"]


def test_a_seed_with_any_value_anywhere_is_taken_or_refused_by_its_name(tmp_path: Path) -> None:
    document = json.loads(DEFAULT.read_text())
    seed, chance = tmp_path / "seed.json", random.Random(7)
    given = options.parse(["--data", str(tmp_path), "--seed", str(seed)])
    refused = []
    for path in places(document):
        seed.write_text(json.dumps(with_another(document, path, chance.choice(VALUES))))
        try:
            Inside(assembled(ENDPOINT, given)).stop()
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 10
    assert [one for one in refused if not one.startswith(f"{seed}: ")] == []


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"resources": 1}', b"[" * 100_000])
def test_a_file_that_holds_no_state_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    given = options.parse(["--data", str(tmp_path), "--state", str(tmp_path / "state.json")])
    with pytest.raises(ValueError, match=r"state\.json holds no state: "):
        assembled(ENDPOINT, given)


@pytest.mark.parametrize(
    "wrong",
    [
        *("--polls=-1", "--polls=x", "--clusters=-1", "--page-size=0", "--retry-after=-1", "--token-seconds=x"),
        *("--port=65536", "--port=-1", "--latency-ms=nan", "--graph-lag=-1", "--operation-seconds=inf"),
    ],
)
def test_an_option_beyond_its_bounds_is_a_usage_error(
    tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        options.parse(["--data", str(tmp_path), wrong])
    assert ended.value.code == 2
    assert f"argument {wrong.partition('=')[0]}: " in capsys.readouterr().err
