"""A client for tests: starts a local Azure, breaks requests of it, and looks into it; the standard library is enough.

    azure = LocalAzure.start(folder, "--polls", "0")
    azure.fault(method="PUT", path="/extensions/", status=429, retryAfter=1)
    subprocess.run(["az", "ml", "arc", …], env=azure.env)
    assert azure.faults() == []
    azure.stop()

Tests that share one call `reset()` before each: what exists is the seed again, no fault waits, the service principal
may do what the seed says, and `traffic()` starts from nothing.
"""

import http.client
import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Required, Self, TypedDict, Unpack
from urllib.parse import urlencode, urlsplit

from amlarc_emulator.record import Record

START_SECONDS = 20


class Fault(TypedDict, total=False):
    """Which requests to break, how often, and how: one effect, as `amlarc_emulator.wire.faults` describes them."""

    method: str
    path: Required[str]
    times: int
    skip: int
    status: int
    retryAfter: int
    body: Any
    reset: Literal["before", "after"]
    truncate: bool
    delayMs: float
    operation: Literal["Failed", "Canceled", "never"]
    error: Mapping[str, Any]
    claims: bool


class State(TypedDict):
    """Everything that a local Azure holds; `resources` and `jobs` by id, `operations` by path, all in lower case."""

    resources: dict[str, Any]
    operations: dict[str, Any]
    jobs: dict[str, Any]
    tenant: str
    principal: dict[str, Any]
    groups: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """An answer: names of headers in lower case, the body as JSON where it is JSON, None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The code of an error."""
        code: str = self.body["error"]["code"]
        return code

    @property
    def message(self) -> str:
        """The message of an error."""
        message: str = self.body["error"]["message"]
        return message


@dataclass
class LocalAzure:
    """A local Azure and how to reach it. `env` points az at it; the login itself is the caller's (`login`)."""

    data: Path
    process: subprocess.Popen[bytes] | None
    ready: Mapping[str, Any]
    env: Mapping[str, str]
    _connection: http.client.HTTPSConnection = field(repr=False)
    _record: Record = field(repr=False)
    _token: str = field(default="", repr=False)

    @classmethod
    def start(cls, data: Path, *arguments: str) -> Self:
        """Start one in a folder with further command line arguments, and wait until it listens.

        RuntimeError if it does not within START_SECONDS; why is on its stderr, which is this process's.
        """
        (data / "ready.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "amlarc_emulator", "--data", str(data), *arguments]
        process = subprocess.Popen(command)
        deadline = time.monotonic() + START_SECONDS
        while not (data / "ready.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"the emulator did not start: {shlex.join(command)}")
            time.sleep(0.01)
        return cls._of(data, process)

    @classmethod
    def connect(cls, data: Path) -> Self:
        """One that runs already, by its folder, or a copy of its ready.json and ca.pem on another machine."""
        return cls._of(data, None)

    @classmethod
    def _of(cls, data: Path, process: subprocess.Popen[bytes] | None) -> Self:
        ready = json.loads((data / "ready.json").read_text(encoding="utf-8"))
        ready["caFile"] = str(data.resolve() / "ca.pem")
        env = {
            **os.environ,
            "REQUESTS_CA_BUNDLE": ready["caFile"],
            "AZURE_CONFIG_DIR": str(data.resolve() / "azure"),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
        }
        context = ssl.create_default_context(cafile=ready["caFile"])
        address = urlsplit(ready["endpoint"])
        connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=30)
        return cls(data, process, ready, env, connection, Record(data / "traffic.jsonl"))

    def stop(self) -> int:
        """End it with SIGTERM; its exit status. One that was not started here goes on: 0."""
        self._connection.close()
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._connection.close()
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    @property
    def endpoint(self) -> str:
        """The URL of its Resource Manager, without a slash at the end."""
        return str(self.ready["endpoint"])

    @property
    def ca_file(self) -> Path:
        """The certificate authority to trust."""
        return Path(self.ready["caFile"])

    @property
    def subscription_id(self) -> str:
        """The seed's subscription."""
        return str(self.ready["subscriptionId"])

    @property
    def client_id(self) -> str:
        """The seed's service principal."""
        return str(self.ready["clientId"])

    @property
    def client_secret(self) -> str:
        """The service principal's secret."""
        return str(self.ready["clientSecret"])

    @property
    def login(self) -> list[list[str]]:
        """The commands, without `az`, that sign az in; the cloud that they register stays in its AZURE_CONFIG_DIR."""
        who = ["-u", self.client_id, "-p", self.client_secret, "--tenant", "adfs"]
        return [
            ["cloud", "register", "-n", "LocalAzure", "--endpoint-resource-manager", f"{self.endpoint}/"],
            ["cloud", "set", "-n", "LocalAzure"],
            ["login", "--service-principal", *who],
        ]

    @property
    def python_env(self) -> dict[str, str]:
        """What points the Python API at it, with a login that DefaultAzureCredential finds."""
        return {
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
            "ARM_CLOUD_METADATA_URL": f"{self.endpoint}/metadata/endpoints?api-version=2022-09-01",
            "AZURE_TENANT_ID": "adfs",
            "AZURE_CLIENT_ID": self.client_id,
            "AZURE_CLIENT_SECRET": self.client_secret,
        }

    def call(self, method: str, path: str, version: str, body: object = None, **query: str) -> Reply:
        """Send a signed-in request to ARM, at an api-version."""
        return self.send(method, f"{path}?{urlencode({'api-version': version, **query})}", body)

    def send(self, method: str, target: str, body: object = None, **headers: str) -> Reply:
        """Send any request, "_" in names of headers for "-"; `body` goes as JSON unless it is bytes.

        It is signed in unless `authorization` says otherwise; an empty header isn't sent.
        """
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        named.setdefault("authorization", f"Bearer {self.token()}")
        sent = {key: value for key, value in named.items() if value}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("content-type", "application/json")
        return self._exchange(method, target, content, sent)

    def token(self) -> str:
        """An access token of the seed's service principal for ARM; the same one until a restart."""
        self._token = self._token or str(self.sign_in().body["access_token"])
        return self._token

    def sign_in(self, secret: str = "", audience: str = "") -> Reply:
        """The authority's answer to client credentials; the right ones for ARM unless told otherwise."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": secret or self.client_secret,
            "scope": f"{audience or self.endpoint}/.default",
        }
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self._exchange("POST", "/adfs/oauth2/token", urlencode(form).encode(), kind)

    def fault(self, **fault: Unpack[Fault]) -> None:
        """Script a fault, behind those that wait. Raises ValueError that says what it can't be."""
        self._control("POST", "faults", fault)

    def faults(self) -> list[Fault]:
        """The faults that are left, each with what is left of it."""
        left: list[Fault] = self._control("GET", "faults").body
        return left

    def forget_faults(self) -> None:
        """No fault waits any more."""
        self._control("DELETE", "faults")

    def allow(self, *actions: str, but: Sequence[str] = ()) -> None:
        """Let the service principal do these actions, and not those, until the next reset."""
        self._control("POST", "principal", {"actions": actions, "notActions": but})

    def state(self) -> State:
        """Everything it holds, secrets included."""
        state: State = self._control("GET", "state").body
        return state

    def reset(self, state: State | None = None) -> None:
        """Back to the seed, or to what `state` gave; faults are forgotten, and so is the traffic."""
        self._control("POST", "reset", state)
        self._record.forget()

    def traffic(self) -> list[dict[str, Any]]:
        """The exchanges with ARM since the last reset, oldest first; logins are left out."""
        return [item for item in self._record.read() if "/adfs/" not in item["url"] and "/metadata/" not in item["url"]]

    def _control(self, method: str, call: str, body: object = None) -> Reply:
        token = self.ready.get("controlToken")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = None if body is None else json.dumps(body).encode()
        reply = self._exchange(method, f"/emulator/{call}", content, headers)
        if reply.status >= 400:
            raise ValueError(reply.body["error"])
        return reply

    def _exchange(self, method: str, target: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        try:
            self._connection.request(method, target, content, dict(headers))
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        shown = {name.lower(): value for name, value in response.getheaders()}
        try:
            return Reply(response.status, shown, json.loads(text) if text else None)
        except ValueError:
            return Reply(response.status, shown, text.decode())


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[LocalAzure]:
    """One for the length of a with block; it is killed after it, which is quicker than a clean end."""
    azure = LocalAzure.start(data, *arguments)
    try:
        yield azure
    finally:
        azure.kill()
