"""From the traffic of a clean run to its cases: each request, broken in each way, and how that ended."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.resources.differences import differences
from tests.faults import state
from tests.faults.commands import FOLDER, Command
from tests.faults.door import Door, Outcome
from tests.support.azure import Azure
from tests.support.secrets import leaked

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "429, Retry-After: 1": {"status": 429, "retryAfter": 1},
    "429": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
    "reset before": {"reset": "before"},
    "reset after": {"reset": "after"},
    "truncated": {"truncate": True},
    "claims": {"claims": True},
}
ENDINGS: Mapping[str, Mapping[str, Any]] = {
    "Failed": {"operation": "Failed", "error": {"code": "ExtensionOperationFailed", "message": "Helm has failed."}},
    "Failed without a reason": {"operation": "Failed", "error": {}},
    "Canceled": {"operation": "Canceled"},
    "never ends": {"operation": "never"},
}
NEVER = "never ends"
TIMEOUT = 2  # seconds, where an operation never ends
LOOKS = 2  # until an operation ends

STATE = FOLDER / "state.json"
OPTIONS = ("--state", str(STATE))  # of the local Azure

AT_ONCE, AGAIN, FAILED = "at once", "after a second run", "failed"

_OPERATION = re.compile(r"(?<=/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=$)")
_OVER = {"", "succeeded", "active"}


@dataclass(frozen=True)
class Spot:
    """One request of a run: its method, a pattern of its path, and how many like it come before."""

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


def spots(traffic: Iterable[Mapping[str, Any]]) -> Iterator[Spot]:
    """The requests of a clean run."""
    seen = Counter[tuple[str, str]]()
    for exchange in traffic:
        path = re.escape(_OPERATION.sub("\0", urlsplit(exchange["url"]).path)).replace(re.escape("\0"), "[^/]+")
        key = (exchange["method"], f"^{path}$")
        yield Spot(*key, seen[key], _starts_operation(exchange))
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
    """A local Azure that keeps its state in a file, the door in front of it, and clean runs of the commands on it."""

    azure: Azure
    door: Door
    wanted: dict[str, state.Resources] = field(default_factory=dict)
    _spots: dict[str, tuple[Spot, ...]] = field(default_factory=dict)

    def prepare(self, command: Command) -> None:
        """What has to be there before a command."""
        self.azure.reset()
        self.door.must(*command.before)
        for id_ in self.azure.state()["resources"]:
            if command.gone and id_.endswith(command.gone):
                self.azure.call("DELETE", id_, API_VERSIONS["Microsoft.Relay"])

    def spots(self, command: Command) -> tuple[Spot, ...]:
        """The requests of a clean run, which also says what is wanted."""
        if command.title not in self._spots:
            self.prepare(command)
            seen = len(self.azure.traffic())
            self.door.must(command)
            self._spots[command.title] = tuple(spots(self.azure.traffic()[seen:]))
            self.wanted[command.title] = state.resources(self.azure)
        return self._spots[command.title]

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
        before = state.resources(self.azure)
        self.azure.fault(**spot.broken({**FAULTS, **ENDINGS}[fault]))
        first = self.door.run(command, **({"timeout": TIMEOUT} if fault == NEVER else {}))
        if self.azure.faults():
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
        if unnamed := state.unnamed(self.azure, before, first.said):
            return f"not named: {', '.join(unnamed)} in: {first.said}"
        return self.run_again(command)

    def run_again(self, command: Command) -> str:
        """How a case ended whose first run did not end well."""
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
        found, wanted = state.resources(self.azure), self.wanted[command.title]
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
