"""A SOCKS5 proxy (RFC 1928, RFC 1929) on the loopback, which tells where it was asked to go."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_GREETING, _REFUSED = b"\x05", b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"
_DONE = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


@dataclass
class Socks:
    """What a client may do. `to` is where every host is in truth; without it, connections are refused."""

    to: tuple[str, int] | None
    login: tuple[str, str] | None = None
    garbled: bytes = b""  # said instead of the protocol's first answer
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def socks(to: tuple[str, int] | None, **options: object) -> Iterator[Socks]:
    """Such a proxy, which runs meanwhile."""
    proxy = Socks(to, **options)  # type: ignore[arg-type]

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if _is_let_in(proxy, self):
                _connect(proxy, self)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        proxy.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


def _is_let_in(proxy: Socks, client: socketserver.StreamRequestHandler) -> bool:
    _version, count = client.rfile.read(2)
    offered = client.rfile.read(count)
    if proxy.garbled:
        client.wfile.write(proxy.garbled)
        return False
    wanted = 2 if proxy.login else 0
    client.wfile.write(_GREETING + bytes([wanted if wanted in offered else 0xFF]))
    if wanted not in offered:
        return False
    if not proxy.login:
        return True
    client.rfile.read(1)
    given = tuple(client.rfile.read(client.rfile.read(1)[0]).decode() for _ in range(2))
    client.wfile.write(b"\x01" + (b"\x00" if given == proxy.login else b"\x01"))
    return given == proxy.login


def _connect(proxy: Socks, client: socketserver.StreamRequestHandler) -> None:
    _version, _command, _reserved, kind = client.rfile.read(4)
    length = {1: 4, 4: 16}.get(kind) or client.rfile.read(1)[0]
    address = client.rfile.read(length)
    host = address.decode() if kind == 3 else socket.inet_ntop({1: socket.AF_INET, 4: socket.AF_INET6}[kind], address)
    proxy.asked.append((host, int.from_bytes(client.rfile.read(2), "big")))
    if proxy.to is None:
        client.wfile.write(_REFUSED)
        return
    with socket.create_connection(proxy.to) as there:
        client.wfile.write(_DONE)
        back = threading.Thread(target=_pour, args=(there, client.connection), daemon=True)
        back.start()
        _pour(client.connection, there)
        back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side has left
