"""From the traffic of a clean run to its cases: each request, broken in each way, and how that ended."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from azext_amlarc.resources.differences import differences
from tests.faults import state
from tests.faults.commands import FOLDER, Command
from tests.faults.door import Door, Outcome
from tests.support.azure import Azure
from tests.support.gate import Gate
from tests.support.secrets import leaked

NEVER, CLAIMS = "never ends", "claims"
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "429, Retry-After: 1": {"status": 429, "retryAfter": 1},
    "429": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
    "reset before": {"reset": "before"},
    "reset after": {"reset": "after"},
    "truncated": {"truncate": True},
    CLAIMS: {"claims": True},
}
ENDINGS: Mapping[str, Mapping[str, Any]] = {
    "Failed": {"operation": "Failed", "error": {"code": "ExtensionOperationFailed", "message": "Helm has failed."}},
    "Failed without a reason": {"operation": "Failed", "error": {}},
    "Canceled": {"operation": "Canceled"},
    NEVER: {"operation": "never"},
}
TIMEOUT = 2  # seconds, where an operation never ends
LOOKS = 2  # until an operation ends

STATE = FOLDER / "state.json"
OPTIONS = ("--state", str(STATE))  # of the local Azure

AT_ONCE, AGAIN, FAILED = "at once", "after a second run", "failed"

_OPERATION = re.compile(r"(?<=/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=$)")
_OVER = {"", "succeeded", "active"}


@dataclass(frozen=True)
class Spot:
    """One request of a run: whose it is, its method, a pattern of its path, how many like it came before."""

    of_cluster: bool
    method: str
    path: str
    skip: int
    starts_operation: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path.rpartition('/providers/')[2].rstrip('$')} #{self.skip + 1}"

    def broken(self, effect: Mapping[str, Any]) -> dict[str, Any]:
        """The fault that breaks this request, once."""
        return {"method": self.method, "path": self.path, "skip": self.skip, **effect}

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def can(self, fault: str) -> bool:
        """Whether the fault can befall it: some are of sign-ins and operations, which are Azure's."""
        if fault in ENDINGS:
            return self.starts_operation
        return not (self.of_cluster and fault == CLAIMS)


def spots(traffic: Iterable[Mapping[str, Any]], of_cluster: bool = False) -> Iterator[Spot]:
    """The requests of a clean run."""
    seen = Counter[tuple[str, str]]()
    for exchange in traffic:
        path = re.escape(_OPERATION.sub("\0", urlsplit(exchange["url"]).path)).replace(re.escape("\0"), "[^/]+")
        key = (exchange["method"], f"^{path}$")
        yield Spot(of_cluster, *key, seen[key], _starts_operation(exchange))
        seen[key] += 1


def _starts_operation(exchange: Mapping[str, Any]) -> bool:
    """Whether Azure goes on with a write after its answer: by its headers, or by the state in its body."""
    if exchange["method"] in {"GET", "POST"}:
        return False
    headers = {name.lower() for name in exchange["responseHeaders"]}
    properties = (exchange["responseBody"] or {}).get("properties") or {}
    states = {str(properties.get(key, "")).lower() for key in ("provisioningState", "status")}
    return "azure-asyncoperation" in headers or exchange["status"] == 202 or not states <= _OVER


@dataclass
class Figures:
    """How the cases of one command and one fault ended."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, case: object, ending: str) -> None:
        """Count a case; an ending that is none of ours says why the case failed."""
        if ending in (AT_ONCE, AGAIN):
            self.counts[ending] += 1
        else:
            self.counts[FAILED] += 1
            self.failures.append(f"{case}: {ending}")


@dataclass
class Bench:
    """A local Azure that keeps its state in a file, the door in front of it, and clean runs of the commands on it.

    `gate` is to a real API server, if there is one.
    """

    azure: Azure
    door: Door
    gate: Gate | None = None
    wanted: dict[str, state.Resources] = field(default_factory=dict)
    _spots: dict[str, tuple[Spot, ...]] = field(default_factory=dict)

    def prepare(self, command: Command) -> None:
        """What has to be there before a command."""
        self.azure.reset()
        if command.needs_cluster:
            gate = self._gate
            gate.reset()
            gate.cluster.create(*command.objects)
        self.door.must(*command.before)
        command.breaks(self.azure)

    @property
    def _gate(self) -> Gate:
        assert self.gate, "a test of a command that asks the cluster uses the fixture `gate`"
        return self.gate

    def spots(self, command: Command) -> tuple[Spot, ...]:
        """The requests of a clean run, which also says what is wanted."""
        if command.title not in self._spots:
            self.prepare(command)
            before = len(self.azure.traffic()), len(self._asked(command))
            self.door.must(command)
            of_azure, of_cluster = self.azure.traffic()[before[0] :], self._asked(command)[before[1] :]
            self._spots[command.title] = (*spots(of_azure), *spots(of_cluster, of_cluster=True))
            self.wanted[command.title] = self.found(command)
        return self._spots[command.title]

    def _asked(self, command: Command) -> list[dict[str, Any]]:
        """What the cluster itself has been asked."""
        return self._gate.traffic() if command.needs_cluster else []

    def found(self, command: Command) -> state.Resources:
        """What there is in Azure, and on the cluster if the command is about it, too."""
        on_cluster = state.objects(self._gate.cluster) if command.needs_cluster else {}
        return {**state.resources(self.azure), **on_cluster}

    def fault(self, spot: Spot, effect: Mapping[str, Any]) -> None:
        """Break a request, once."""
        (self._gate if spot.of_cluster else self.azure).fault(**spot.broken(effect))

    def is_to_come(self, spot: Spot) -> bool:
        """Whether a fault is left where the request goes."""
        return bool((self._gate if spot.of_cluster else self.azure).faults())

    def restart(self, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
        """Kill the local Azure and start it again at the same port, with its state changed meanwhile."""
        self.azure.kill()
        held = json.loads(STATE.read_text())
        change(held)
        STATE.write_text(json.dumps(held))
        port = urlsplit(self.azure.endpoint).port
        self.azure = Azure.start(self.azure.data, "--port", str(port), *OPTIONS)

    def broken(self, command: Command, spot: Spot, fault: str) -> str:
        """Run a command with one request broken; how the case ended."""
        self.prepare(command)
        before = self.found(command)
        self.fault(spot, {**FAULTS, **ENDINGS}[fault])
        first = self.door.run(command, **({"timeout": TIMEOUT} if fault == NEVER else {}))
        if self.is_to_come(spot):
            return "the fault never came"
        if fault == NEVER and first.said:
            self.restart(_let_end)
        return self.judged(command, before, first)

    def judged(self, command: Command, before: state.Resources, first: Outcome) -> str:
        """How a case ended, after a second run where the first one ended in an error."""
        if leaked(first.said + self.door.heard(), self.azure.traffic()):
            return "a secret was said"
        if not first.said:
            return self._compared(command, AT_ONCE)
        if not first.is_clean:
            return f"no clean error: {first.said}"
        if unnamed := state.unnamed(self.found(command), before, first.said):
            return f"not named: {', '.join(unnamed)} in: {first.said}"
        return self.run_again(command)

    def run_again(self, command: Command) -> str:
        """How a case ended whose first run did not end well."""
        if not command.joins:
            self._let_go_on()
        second = self.door.run(command)
        if second.said:
            return f"again: {second.said}"
        self._let_go_on()
        return self._compared(command, AGAIN)

    def _let_go_on(self) -> None:
        """What Azure was still making when the first run ended, and the second did not wait for, gets made.

        Here that takes looks: an extension that is as wanted is not asked what it talks through.
        """
        for id_, version in state.being_made(self.azure):
            for _ in range(LOOKS):
                self.azure.get(id_, version)

    def _compared(self, command: Command, ending: str) -> str:
        found, wanted = self.found(command), self.wanted[command.title]
        return ending if found == wanted else f"other than after a clean run: {_difference(found, wanted)}"


def _difference(found: state.Resources, wanted: state.Resources) -> str:
    lines = [f"no {id_}" for id_ in wanted.keys() - found.keys()]
    lines += [f"a second {id_}" for id_ in found.keys() - wanted.keys()]
    lines += [line for id_ in wanted.keys() & found.keys() for line in differences(wanted[id_], found[id_], id_)]
    return "; ".join(sorted(lines))


def _let_end(held: dict[str, Any]) -> None:
    """What would never have ended ends."""
    for operation in held["operations"].values():
        if operation["ending"] == "never":
            operation["ending"] = "Succeeded"
