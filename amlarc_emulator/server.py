"""The process: its certificate, its socket, its files, and its end."""

import asyncio
import ipaddress
import json
import os
import secrets
import shlex
import signal
import socket
import ssl
from pathlib import Path

import trustme
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from amlarc_emulator import seed
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import SUBSCRIPTION, Cloud, State
from amlarc_emulator.options import Options
from amlarc_emulator.providers import TABLE
from amlarc_emulator.providers.resource_graph.history import History
from amlarc_emulator.providers.resource_graph.quota import Quota
from amlarc_emulator.providers.resource_graph.service import ResourceGraph
from amlarc_emulator.snapshot import Snapshot
from amlarc_emulator.wire import authority
from amlarc_emulator.wire.allowance import Allowance
from amlarc_emulator.wire.app import Front, application
from amlarc_emulator.wire.authority import Authority
from amlarc_emulator.wire.faults import Faults
from amlarc_emulator.wire.traffic import Traffic


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1, which lets the application hang up: faults need the connection itself."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Store the connection so that its requests can find it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server(uvicorn.Server):
    """uvicorn's server; at shutdown it doesn't wait for clients that keep idle connections open."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every connection and end."""
        self.force_exit = True
        await super().shutdown(sockets)


def run(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; raises ValueError for a wrong seed and OSError for a taken port."""
    options.data.mkdir(parents=True, exist_ok=True)
    # uvicorn raises a signal once more after its own clean end: that second one must do nothing.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    asyncio.run(_serve(options))


async def _serve(options: Options) -> None:
    listener = _listen(options.host, options.port)
    name = _name(options)
    front = assembled(f"https://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}", options)
    token = _control_token(options)
    server = _server(application(front, token), options.data, {name, options.host, "localhost", "127.0.0.1"})
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    deploying = asyncio.create_task(front.deploy())
    _announce(front.cloud, token)
    await serving
    deploying.cancel()
    front.traffic.close()
    (options.data / "ready.json").unlink(missing_ok=True)


def assembled(endpoint: str, options: Options) -> Front:
    """All that answers requests to this endpoint, with what there is at the start."""
    cloud = Cloud(endpoint, options, State(), TABLE)
    snapshot = Snapshot(options.state)
    if not snapshot.restore(cloud):
        seed.load(cloud, options.seed, options.clusters)
    snapshot.save(cloud.state)
    key = authority.read_key(_signing_key(options.data))
    signer = Authority(endpoint, key, cloud.state, options.token_seconds)
    traffic = Traffic(options.data / "traffic.jsonl")
    allowance = Allowance(cloud.state, options.throttling)
    graph = ResourceGraph(History(options.graph_lag), Quota(options.throttling))
    graph.history.start(cloud)
    return Front(cloud, signer, Faults([]), traffic, snapshot, allowance, graph)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    # asyncio only turns Nagle's algorithm off if the protocol is named: otherwise each response takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _name(options: Options) -> str:
    """What others call this machine: the given name, or else localhost, its host name or the address."""
    address = ipaddress.ip_address(options.host)
    if options.name or address.is_loopback:
        return options.name or "localhost"
    return socket.gethostname() if address.is_unspecified else options.host


def _control_token(options: Options) -> str:
    """What control calls must have: what a file says, a new one where others reach the port, or nothing."""
    if options.control_token_file:
        token = options.control_token_file.read_text(encoding="utf-8").strip()
        if not token.isascii() or not token.isprintable() or len(token) < 16:
            raise ValueError(f"{options.control_token_file} has no token: 16 printable ASCII characters or more")
        return token
    return "" if ipaddress.ip_address(options.host).is_loopback else secrets.token_urlsafe(32)


def _server(served: Starlette, data: Path, names: set[str]) -> Server:
    leaf = _certificate_authority(data).issue_cert(*sorted(names))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    config = uvicorn.Config(
        served,
        http=Connection,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=1,
        ssl_context_factory=lambda _config, _default: context,
    )
    return Server(config)


def _certificate_authority(data: Path) -> trustme.CA:
    """The authority of this folder: a client that trusts it still does after a restart."""
    public, private = data / "ca.pem", data / "ca-key.pem"
    if public.exists() and private.exists():
        return trustme.CA.from_pem(public.read_bytes(), private.read_bytes())
    ca = trustme.CA(organization_name="amlarc emulator")
    _write(private, ca.private_key_pem.bytes())
    _write(public, ca.cert_pem.bytes())
    return ca


def _signing_key(data: Path) -> bytes:
    """The key of this folder, so that tokens outlive a restart."""
    file = data / "authority.pem"
    if not file.exists():
        _write(file, authority.new_key())
    return file.read_bytes()


def _announce(cloud: Cloud, control_token: str) -> None:
    """Tell how to reach it: env.sh, then ready.json, for which callers wait."""
    data, state = cloud.options.data.resolve(), cloud.state
    exports = {
        "REQUESTS_CA_BUNDLE": str(data / "ca.pem"),
        "AZURE_CONFIG_DIR": str(data / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
    }
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in exports.items()]
    _write(data / "env.sh", "".join(lines).encode())
    subscription = state.of_kind(SUBSCRIPTION)[0]
    ready = {
        "endpoint": cloud.endpoint,
        "caFile": str(data / "ca.pem"),
        "subscriptionId": name_of(subscription.id),
        "tenantId": state.tenant,
        "clientId": state.principal["clientId"],
        "clientSecret": state.principal["clientSecret"],
        "pid": os.getpid(),
        **({"controlToken": control_token} if control_token else {}),
    }
    _write(data / "ready.json", json.dumps(ready, indent=2).encode())


def _write(file: Path, content: bytes) -> None:
    """Write a file for its owner alone, whole or not at all."""
    fresh = file.with_name(file.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    os.replace(fresh, file)
