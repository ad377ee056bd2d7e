"""The web application: the way of one exchange from the wire, through faults, to ARM or the authority, and back."""

import asyncio
import hmac
import json
import re
import socket
import struct
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from amlarc_emulator import seed, snapshot
from amlarc_emulator.arm import errors, front, rights, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Cloud, Reply
from amlarc_emulator.providers import run_history
from amlarc_emulator.providers.resource_graph import service as resource_graph
from amlarc_emulator.providers.resource_graph.service import ResourceGraph
from amlarc_emulator.providers.resources import engine
from amlarc_emulator.snapshot import Snapshot
from amlarc_emulator.wire import metadata
from amlarc_emulator.wire.allowance import Allowance
from amlarc_emulator.wire.authority import Authority
from amlarc_emulator.wire.faults import Fault, Faults
from amlarc_emulator.wire.headers import COMMON, tracing
from amlarc_emulator.wire.traffic import Traffic

CONFIGURATION = "/.well-known/openid-configuration"
SLASHES = re.compile("/{2,}")
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))  # what a header holds as it is; the rest is percent-encoded
WORKSPACES_OWN = "/rp/workspaces"
NO_FAULT = Fault("", "", {})
Answering = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Front:
    """Everything but /emulator: signing in, the cloud's description, and ARM."""

    cloud: Cloud
    authority: Authority
    faults: Faults
    traffic: Traffic
    snapshot: Snapshot
    allowance: Allowance
    graph: ResourceGraph
    has_work: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange; it is on record before the caller sees the answer."""
        began = time.monotonic()
        sent = await _read(Request(scope, receive))
        fault = self.faults.next(sent.method, sent.path) or NO_FAULT
        effect = fault.effect
        await asyncio.sleep((self.cloud.options.latency_ms + effect.get("delayMs", 0)) / 1000)
        if effect.get("reset") == "before":
            self._record(sent, (None, {}, b""), fault, began)
            await _hang_up(scope, receive)
            return
        status, headers, content = self._answer(sent, fault)
        self._record(sent, (status, headers, content), fault, began)
        if effect.get("reset") == "after":
            await _hang_up(scope, receive)
        elif effect.get("truncate"):
            await _send(send, status, headers, content[: len(content) // 2], more=True)
            await _hang_up(scope, receive, politely=True)
        else:
            await _send(send, status, headers, content)

    def wake(self) -> None:
        """Tell the deployments' engine of new work, if there is any."""
        if engine.has_news(self.cloud):
            self.has_work.set()

    def send(self, request: front.Request) -> Reply:
        """Answer a request of ARM's own, which goes through faults, rights, guards and the provider as any other."""
        fault = self.faults.next(request.method, request.path) or NO_FAULT
        try:
            if "status" in fault.effect:
                return self._scripted(request, fault.effect)
            return front.answer(self.cloud, replace(request, ending=fault.ending))
        except ArmError as error:
            return Reply(error.status, error.body, error.headers)

    async def deploy(self) -> None:
        """Carry out deployments for as long as the process runs: round after round while any is in hand."""
        while True:
            pause = engine.pause(self.cloud)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.has_work.wait(), pause)
            self.has_work.clear()
            engine.advance(self.cloud, self.send)
            self.graph.history.note(self.cloud)
            self.snapshot.save(self.cloud.state)

    def _answer(self, sent: front.Request, fault: Fault) -> tuple[int, dict[str, str], bytes]:
        try:
            reply = self._reply(sent, fault)
        except ArmError as error:
            reply = Reply(error.status, error.body, error.headers)
        except Exception:  # noqa: BLE001 - a fault of the emulator's: told here, and to the client as Azure tells its own
            traceback.print_exc()
            reply = Reply(500, errors.by_status(500, tenant="", subject=sent.path, retry_after=None).body)
        self.snapshot.save(self.cloud.state)
        self.wake()
        has_none = reply.body == "" or reply.status in (204, 304)
        content = b"" if has_none else json.dumps(reply.body, separators=(",", ":")).encode()
        left = self.allowance.headers(sent.method, _arm_path(sent.path))
        headers = {**COMMON, **tracing(sent.headers), **left, **reply.headers}
        if content:
            headers["content-type"] = "application/json; charset=utf-8"
        if reply.status not in (204, 304):
            headers["content-length"] = str(len(content))
        return reply.status, headers, content

    def _reply(self, sent: front.Request, fault: Fault) -> Reply:
        if "status" in fault.effect:
            return self._scripted(sent, fault.effect)
        if fault.effect.get("claims"):
            raise self.authority.challenge()
        path = sent.path.lower()
        if path == "/metadata/endpoints":
            return Reply(200, metadata.answer(self.cloud.endpoint, sent.query.get("api-version", "")))
        if path.startswith("/adfs/"):
            return self._sign_in(sent, path)
        if path == run_history.DISCOVERY:
            return Reply(200, run_history.urls(self.cloud.endpoint))
        self.authority.verify(sent.headers.get("authorization"))
        if path.startswith(run_history.ROOT):
            return run_history.answer(self.cloud, sent.method, sent.path)
        self.allowance.take(sent.method, _arm_path(sent.path))
        if path.startswith(resource_graph.ROOT):
            return self.graph.answer(self.cloud, sent)
        try:
            return front.answer(self.cloud, replace(_at_arm(sent), ending=fault.ending))
        finally:
            self.graph.history.note(self.cloud)

    def _sign_in(self, sent: front.Request, path: str) -> Reply:
        if path.endswith(CONFIGURATION):
            return Reply(200, self.authority.configuration())
        if path == "/adfs/discovery/keys":
            return Reply(200, self.authority.keys())
        if path == "/adfs/oauth2/token" and sent.method == "POST":
            status, body = self.authority.token(dict(parse_qsl(sent.content.decode("utf-8", "replace"))))
            return Reply(status, body)
        raise errors.no_such_route(sent.method, sent.path)

    def _scripted(self, sent: front.Request, effect: Mapping[str, Any]) -> Reply:
        """The error of a status fault."""
        seconds = effect.get("retryAfter")
        tenant = self.cloud.state.tenant
        error = errors.by_status(effect["status"], tenant=tenant, subject=sent.path, retry_after=seconds)
        headers = error.headers if seconds is None else {**error.headers, "retry-after": str(seconds)}
        return Reply(effect["status"], effect.get("body", error.body), headers)

    def _record(
        self, sent: front.Request, reply: tuple[int | None, Mapping[str, str], bytes], fault: Fault, began: float
    ) -> None:
        told = None if fault is NO_FAULT else str(fault)
        url = self.cloud.endpoint + sent.target
        self.traffic.write(sent.method, url, (sent.headers, sent.content), reply, told, began)


@dataclass(frozen=True)
class Control:
    """The test's own door at /emulator: what there is, faults, and back to the seed; with a `token` if it has one."""

    front: Front
    token: str = ""

    def guarded(self, call: Answering) -> Answering:
        """The call for whoever has the token; 401 for others, and nothing done."""

        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            if self.token and not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
                why = "control calls need the header Authorization: Bearer TOKEN, with controlToken of ready.json"
                return JSONResponse({"error": why}, 401, {"www-authenticate": "Bearer"})
            return await call(request)

        return answer

    async def state(self, _request: Request) -> Response:
        """GET /emulator/state: everything, secrets included."""
        return JSONResponse(self.front.cloud.state.as_json())

    async def reset(self, request: Request) -> Response:
        """POST /emulator/reset: back to the seed, without faults, and with all allowances full.

        With what GET /emulator/state has shown as its body, back to that.
        """
        content = await request.body()
        try:
            self._go_back(content)
        except (OSError, ValueError) as error:
            wrong = "the body is not what /emulator/state shows" if content else "the seed cannot be loaded"
            return JSONResponse({"error": f"{wrong}: {error}"}, 400)
        self.front.faults.waiting.clear()
        self.front.allowance.buckets.clear()
        self.front.graph.quota.reset()
        self.front.graph.history.start(self.front.cloud)
        self.front.snapshot.save(self.front.cloud.state)
        return Response(status_code=204)

    def _go_back(self, content: bytes) -> None:
        """To the seed, or to a state; what is none is refused before anything changes."""
        cloud = self.front.cloud
        if not content:
            seed.load(cloud, cloud.options.seed, cloud.options.clusters)
            return
        snapshot.take(cloud, content)

    async def principal(self, request: Request) -> Response:
        """POST /emulator/principal: what the service principal may do from now on, as `actions` and `notActions`."""
        state = self.front.cloud.state
        try:
            grant = rights.read(shapes.parse(await request.body()))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        state.principal = {**state.principal, **grant}
        self.front.snapshot.save(state)
        return JSONResponse(grant)

    async def faults(self, request: Request) -> Response:
        """GET, POST or DELETE /emulator/faults: see `amlarc_emulator.wire.faults`; all answer what is left."""
        faults = self.front.faults
        if request.method == "DELETE":
            faults.waiting.clear()
        elif request.method == "POST":
            try:
                faults.add(shapes.parse(await request.body()))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(faults.as_json())


def application(front: Front, control_token: str = "") -> Starlette:
    """The whole application."""
    control = Control(front, control_token)
    doors = [
        Route("/state", control.guarded(control.state), methods=["GET"]),
        Route("/reset", control.guarded(control.reset), methods=["POST"]),
        Route("/principal", control.guarded(control.principal), methods=["POST"]),
        Route("/faults", control.guarded(control.faults), methods=["GET", "POST", "DELETE"]),
    ]
    return Starlette(routes=[Mount("/emulator", routes=doors), Mount("/", app=front)])


async def _read(request: Request) -> front.Request:
    """Read a request; ARM takes several slashes for one, and some clients write two."""
    target = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in request.scope["headers"]}
    path = SLASHES.sub("/", request.scope["path"])
    full = SLASHES.sub("/", target) + (f"?{query}" if query else "")
    return front.Request(request.method, path, full, headers, await request.body())


def _at_arm(sent: front.Request) -> front.Request:
    """The request as ARM has it: azureml-core asks the workspaces' own service for what ARM passes on to it."""
    cut = len(sent.path) - len(_arm_path(sent.path))
    return replace(sent, path=sent.path[cut:], target=sent.target[cut:]) if cut else sent


def _arm_path(path: str) -> str:
    return path[len(WORKSPACES_OWN) :] if path.lower().startswith(WORKSPACES_OWN + "/subscriptions/") else path


async def _send(send: Send, status: int, headers: Mapping[str, str], content: bytes, *, more: bool = False) -> None:
    raw = [(key.encode("latin-1"), quote(value, safe=PRINTABLE).encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content, "more_body": more})


async def _hang_up(scope: Scope, receive: Receive, *, politely: bool = False) -> None:
    """Break the connection: with a TCP reset, or politely, after what is written has gone out."""
    transport: asyncio.Transport = scope["state"]["transport"]
    if politely:
        transport.close()
    else:
        wire: socket.socket = transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
