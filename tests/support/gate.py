"""A door in front of a real API server, which breaks requests as the local Azure breaks its own.

    gate = Gate(cluster, FOLDER / "cluster.kubeconfig")   # the kubeconfig that commands are given
    gate.fault(method="PATCH", path="/configmaps/", reset="after")
    gate.traffic()                                        # the requests since the last reset

Whoever comes through it is an administrator of the cluster.
"""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from amlarc_emulator.wire.faults import Faults, read
from tests.support.cluster import Cluster, write_kubeconfig

_KEPT = ("accept", "content-type", "user-agent")


class Gate:
    """The door; `cluster` is what lies behind it."""

    def __init__(self, cluster: Cluster, kubeconfig: Path) -> None:
        self.cluster = cluster
        self._faults, self._seen, self._lock = Faults([]), list[dict[str, Any]](), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        write_kubeconfig(kubeconfig, self.url, authority, {"token": "whatever"})
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}"

    def fault(self, **fault: Any) -> None:
        """Script a fault, as `amlarc_emulator.wire.faults` has them; those of operations and sign-ins are Azure's."""
        with self._lock:
            self._faults.waiting.append(read(fault))

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are left."""
        return self._faults.as_json()

    def traffic(self) -> list[dict[str, Any]]:
        """The exchanges since the last reset, oldest first, in the form that the local Azure has for its own."""
        return list(self._seen)

    def reset(self) -> None:
        """An empty cluster, no fault, nothing seen."""
        self.cluster.reset()
        with self._lock:
            self._faults.waiting.clear()
            self._seen.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def broken(self, method: str, target: str) -> Mapping[str, Any]:
        """What befalls a request; from here on it is seen."""
        path = urlsplit(target).path
        with self._lock:
            fault = self._faults.next(method, path)
            self._seen.append(
                {"method": method, "url": f"{self.url}{target}", "status": 0, "responseHeaders": {}, "responseBody": {}}
            )
        return fault.effect if fault else {}


def _handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # a client that hung up, or was killed
                self.close_connection = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            effect = gate.broken(self.command, self.path)
            time.sleep(effect.get("delayMs", 0) / 1000)
            if effect.get("reset") == "before":
                return self._hang_up()
            if "status" in effect:
                return self._tell(effect["status"], _refusal(effect["status"]))
            kept = {name: self.headers[name] for name in _KEPT if name in self.headers}
            reply = gate.cluster.pass_on(self.command, self.path, body, kept)
            if effect.get("reset") == "after":
                return self._hang_up()
            return self._tell(reply.status_code, reply.content, bool(effect.get("truncate")))

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _serve

        def _tell(self, status: int, content: bytes, truncated: bool = False) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if truncated else content)
            self.close_connection = truncated

        def _hang_up(self) -> None:
            """Break the connection with a TCP reset."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _refusal(status: int) -> bytes:
    """As an API server says that it cannot answer now."""
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "Scripted.", "code": status}
    return json.dumps(said).encode()
