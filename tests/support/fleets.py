"""Fleets for tests: a local Azure with many clusters, and the workflows run on it in this process."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amlarc_emulator.providers.resources import comparing
from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.findings import Finding
from azext_amlarc.resources.fleet import Fleet
from azext_amlarc.validation import manifest
from azext_amlarc.validation.manifest.given import Contents
from azext_amlarc.workflows.fleet.connections import Connections
from azext_amlarc.workflows.fleet.plan import FleetPlan
from azext_amlarc.workflows.fleet.planning import make_plan
from azext_amlarc.workflows.fleet.running.apply import Options, carry_out
from azext_amlarc.workflows.fleet.running.board import Board, Entry
from tests.support.azure import Azure, running
from tests.support.connecting import Diary, connect

SEED = json.loads((Path(__file__).parents[2] / "amlarc_emulator" / "seed.json").read_text())
FIRST = SEED["subscriptions"][0]["subscriptionId"]
WORKSPACE = "Microsoft.MachineLearningServices/workspaces/amlarc-ws"
# Requests of our own, deployment stacks, and whichever of them is chosen.
DIRECT, STACK, ANY = Options(engine="direct"), Options(engine="stack"), Options()
# A Relay of the user's own, and the connection string of it with a key.
OWN_RELAY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Relay/namespaces/own/hybridConnections/c"
OWN_STRING = "Endpoint=sb://own.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey={}=;EntityPath=c"


def subscription(number: int) -> str:
    """The id of a fleet's subscription; the first one is the seed's."""
    return f"00000000-0000-0000-0000-{number:012}"


def seed(clusters: int, subscriptions: int = 1) -> dict[str, Any]:
    """A seed with so many connected clusters, every tenth of the ring `canary`, shared out among subscriptions."""
    first = SEED["subscriptions"][0]
    made = [{**first, "subscriptionId": subscription(place + 1), "resources": []} for place in range(subscriptions)]
    for own in made:
        own["resources"] = [{"id": f"/resourceGroups/amlarc-rg/providers/{WORKSPACE}", "location": "eastus"}]
    for number in range(clusters):
        cluster = {
            "id": f"/resourceGroups/amlarc-rg/providers/Microsoft.Kubernetes/connectedClusters/plant{number}",
            "location": "eastus",
            "tags": {"ml": "true", "ring": "rest" if number % 10 else "canary"},
        }
        made[number % subscriptions]["resources"].append(cluster)
    return {**SEED, "subscriptions": made}


@contextmanager
def fleet_azure(folder: Path, clusters: int, *arguments: str, subscriptions: int = 1) -> Iterator[Azure]:
    """A local Azure with a fleet of so many clusters."""
    file = folder / "fleet-seed.json"
    file.write_text(json.dumps(seed(clusters, subscriptions)), encoding="utf-8")
    with running(folder, "--seed", str(file), *arguments) as azure:
        yield azure


def manifest_of(subscriptions: int = 1, **spec: Any) -> dict[str, Any]:
    """The manifest of such a fleet; `spec` replaces its parts, None takes one away."""
    selector = {"subscriptions": [subscription(n + 1) for n in range(subscriptions)], "tags": {"ml": "true"}}
    usual = {
        "clusters": [{"selector": selector}],
        "extension": {"settings": {"enableTraining": "True"}},
        "computes": [{"workspace": "amlarc-ws", "name": "k8s-{cluster}"}],
    }
    whole = {key: value for key, value in {**usual, **spec}.items() if value is not None}
    return {"apiVersion": "amlarc/v1alpha1", "kind": "Fleet", "metadata": {"name": "plants"}, "spec": whole}


def with_own_relay(variable: str) -> dict[str, Any]:
    """The extension of a manifest with a Relay of the user's own, whose connection string is in a variable."""
    return {
        "settings": {"enableTraining": "True", "relayserver.hybridConnectionResourceID": OWN_RELAY},
        "protected": {"relayServerConnectionString": {"env": variable}},
    }


def read(data: Mapping[str, Any], folder: Path | None = None) -> tuple[Fleet, Contents]:
    """The fleet of a manifest that is valid."""

    def look(path: str, _what: str) -> bytes:
        return Path(path).read_bytes()

    source = str((folder or Path()) / "fleet.yaml")
    outcome = manifest.read(json.dumps(data).encode(), source, look)
    assert outcome.fleet, outcome.findings
    return outcome.fleet, outcome.contents


@dataclass
class Show:
    """A progress that keeps what it is told."""

    told: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    most: int = 0

    def show(self, board: Board) -> None:
        self.most = max(self.most, sum(entry.state == "running" for entry in board))
        while board.events:
            self.events.append(board.events.popleft())

    def tell(self, text: str) -> None:
        self.told.append(text)

    def end(self, board: Board) -> None:
        self.show(board)


@dataclass
class TestDoor:
    """A door that says yes."""

    __test__ = False
    watcher: Diary = field(default_factory=Diary)
    shown: list[str] = field(default_factory=list)

    def show(self, findings: Iterable[Finding]) -> None:
        self.shown += [one.message for one in findings]

    def warn(self, text: str) -> None:
        self.shown.append(text)

    def confirm(self, consequences: str, question: str = "") -> None:
        self.shown.append(consequences)

    def login(self, azure: AzureClient) -> tuple[bool, dict[str, object]]:
        from azext_amlarc.workflows import login

        azure.sign_in()
        return True, login.accepted("test")


def plan(azure: Azure, data: Mapping[str, Any], *, closely: bool = False, folder: Path | None = None) -> FleetPlan:
    """What would become of the fleet."""
    fleet, contents = read(data, folder)
    with connect(azure) as arm:
        return make_plan(Connections(arm), fleet, contents, closely=closely)


def apply(
    azure: Azure, data: Mapping[str, Any], options: Options | None = None, show: Show | None = None
) -> tuple[Board, FleetPlan]:
    """Plan and apply; what came of it, and what was planned."""
    fleet, contents = read(data)
    with connect(azure) as arm:
        connections = Connections(arm)
        planned = make_plan(connections, fleet, contents, closely=False)
        board = carry_out(
            connections, TestDoor(), show or Show(), planned, fleet, contents=contents, options=options or DIRECT
        )
    return board, planned


def stacks(azure: Azure) -> dict[str, dict[str, Any]]:
    """The stacks by subscription and name."""
    found = azure.state()["resources"].values()
    kept = [item for item in found if item["kind"] == "microsoft.resources/deploymentstacks"]
    named = {f"{item['id'].split('/')[2][-1]} {item['id'].rpartition('/')[2]}": item["body"] for item in kept}
    return dict(sorted(named.items()))


def entry(board: Board, name: str) -> Entry:
    """What came of the cluster of this name."""
    return next(one for one in board if one.id.name == name)


def counts(board: Board) -> dict[str, int]:
    """How many clusters stand how."""
    return {str(state): number for state, number in board.counts.items()}


def verbs(planned: FleetPlan) -> dict[str, int]:
    """How many clusters each word is about."""
    return {str(verb): number for verb, number in planned.counts.items()}


def writes(azure: Azure) -> list[str]:
    """The writes since the last reset, without queries and keys that are read."""
    return [
        f"{item['method']} {item['url'].partition('?')[0].lower()}"
        for item in azure.traffic()
        if item["method"] in ("PUT", "PATCH", "DELETE")
    ]


def end(azure: Azure, seeded: Collection[str]) -> dict[str, Any]:
    """What there is beyond the seed, without what providers make up; of what is hidden the names: keys differ."""
    items = azure.state()["resources"].items()
    kept = {id_: item for id_, item in items if id_ not in seeded and "/microsoft.resources/deployment" not in id_}
    return {id_: (comparing.settled(item["body"], item["kind"]), _hidden(item["hidden"])) for id_, item in kept.items()}


def _hidden(values: dict[str, Any]) -> list[str]:
    return sorted(values.get("configurationProtectedSettings", values))
