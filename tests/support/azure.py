"""A real emulator process, for tests that need an Azure.

    azure = Azure.start(folder, "--polls", "0")
    azure.fault(method="PUT", path="/extensions/", status=429, retryAfter=1)
    reply = azure.get(f"{azure.group}/providers/Microsoft.Kubernetes/connectedClusters/amlarc-cluster", "2021-10-01")
    azure.stop()

Tests that share one call `reset()` before each: what exists is the seed again, no fault waits, the service principal
may do what the seed says, and `traffic()` starts from nothing.
"""

import http.client
import json
import os
import re
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
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from tests.support.record import Record

ROOT = Path(__file__).parents[2]
START_SECONDS = 20


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
class Azure:
    """One emulator process and how to reach it. `env` points az at it; the login itself is the caller's."""

    data: Path
    process: subprocess.Popen[bytes]
    ready: Mapping[str, Any]
    env: Mapping[str, str]
    _connection: http.client.HTTPSConnection = field(repr=False)
    _record: Record = field(repr=False)
    _token: str = field(default="", repr=False)

    @classmethod
    def start(cls, data: Path, *arguments: str) -> Self:
        """Start an emulator in a folder with further command line arguments, and wait until it listens."""
        (data / "ready.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "amlarc_emulator", "--data", str(data), *arguments]
        process = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + START_SECONDS
        while not (data / "ready.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"the emulator did not start: {shlex.join(command)}")
            time.sleep(0.01)
        ready = json.loads((data / "ready.json").read_text())
        exports = shlex.split((data / "env.sh").read_text().replace("export ", ""))
        env = {**os.environ, **dict(line.split("=", 1) for line in exports)}
        context = ssl.create_default_context(cafile=ready["caFile"])
        address = urlsplit(ready["endpoint"])
        connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=30)
        return cls(data, process, ready, env, connection, Record(data / "traffic.jsonl"))

    def stop(self) -> int:
        """End it with SIGTERM; its exit status."""
        self._connection.close()
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._connection.close()
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
    def python_env(self) -> dict[str, str]:
        """What points the Python API at it, with a login that DefaultAzureCredential finds."""
        return {
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
            "ARM_CLOUD_METADATA_URL": f"{self.endpoint}/metadata/endpoints?api-version=2022-09-01",
            "AZURE_TENANT_ID": "adfs",
            "AZURE_CLIENT_ID": self.client_id,
            "AZURE_CLIENT_SECRET": self.client_secret,
        }

    @property
    def group(self) -> str:
        """The id of the seed's resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/amlarc-rg"

    def get(self, path: str, version: str) -> Reply:
        """GET a resource at an api-version."""
        return self.call("GET", path, version)

    def put(self, path: str, version: str, body: object) -> Reply:
        """PUT a resource at an api-version."""
        return self.call("PUT", path, version, body)

    def call(self, method: str, path: str, version: str, body: object = None, **query: str) -> Reply:
        """Send a signed-in request to ARM."""
        return self.send(method, f"{path}?{urlencode({'api-version': version, **query})}", body)

    def poll(self, url: str) -> Reply:
        """GET a URL that the server gave, letter by letter."""
        return self.send("GET", url.removeprefix(self.endpoint))

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

    def fault(self, **fault: Any) -> None:
        """Script a fault; `amlarc_emulator.wire.faults` says what it can be. Raises ValueError for what it can't."""
        reply = self._exchange("POST", "/emulator/faults", json.dumps(fault).encode(), {})
        if reply.status != 200:
            raise ValueError(reply.body["error"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are left."""
        left: list[dict[str, Any]] = self._exchange("GET", "/emulator/faults", None, {}).body
        return left

    def allow(self, *actions: str, but: Sequence[str] = ()) -> None:
        """Let the service principal do these actions, and not those, until the next reset."""
        grant = {"actions": actions, "notActions": but}
        self._exchange("POST", "/emulator/principal", json.dumps(grant).encode(), {})

    def state(self) -> dict[str, Any]:
        """Everything it holds: `resources` by id in lower case, and `operations`."""
        state: dict[str, Any] = self._exchange("GET", "/emulator/state", None, {}).body
        return state

    def reset(self) -> None:
        """Back to the seed."""
        self._exchange("POST", "/emulator/reset", None, {})
        self._record.forget()

    def traffic(self) -> list[dict[str, Any]]:
        """The exchanges with ARM since the last reset, oldest first; logins are left out."""
        return [item for item in self._record.read() if "/adfs/" not in item["url"] and "/metadata/" not in item["url"]]

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


_NO_SWAGGER = re.compile(
    r"/Microsoft\.ResourceGraph/|/Microsoft\.Resources/(?:deploymentStacks|deployments/\S*api-version=(?!2021-04-01))",
    re.IGNORECASE,
)


def without_unknown(traffic: Path) -> None:
    """Take out of what is left for armcheck what no Swagger beside this checkout has.

    That are queries of Resource Graph, deployment stacks, and deployments at the api-version of az.
    """
    lines = traffic.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not _NO_SWAGGER.search(line)]
    traffic.write_text("".join(kept), encoding="utf-8")


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[Azure]:
    """An emulator for the length of a with block; it is killed after it, which is quicker than a clean end."""
    azure = Azure.start(data, *arguments)
    try:
        yield azure
    finally:
        azure.kill()
