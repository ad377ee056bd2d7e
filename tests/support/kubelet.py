"""A kubelet's part in `kubectl logs`: the API server asks the pod's node for a container's log.

    with serving(logs, folder) as kubelet:
        cluster.create(kubelet.node("edge-1"))

`logs` has texts by namespace/pod/container, with /previous after it for the container before a restart.
"""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme


@dataclass
class Kubelet:
    """A node's server; `asked` has the query of each request."""

    logs: Mapping[str, str]
    port: int = 0
    asked: list[Mapping[str, list[str]]] = field(default_factory=list)

    def node(self, name: str) -> dict[str, Any]:
        """The Node object of the machine that it runs on."""
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "status": {
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": self.port}},
            },
        }

    def log(self, target: str) -> str | None:
        """The last lines of a log, as many as were asked for; None if the container has none."""
        query = parse_qs(urlsplit(target).query)
        self.asked.append(query)
        name = urlsplit(target).path.removeprefix("/containerLogs/")
        text = self.logs.get(f"{name}/previous" if query.get("previous") == ["true"] else name)
        lines = int(query["tailLines"][0])
        return None if text is None else "".join(text.splitlines(keepends=True)[-lines:])


@contextmanager
def serving(logs: Mapping[str, str], folder: Path) -> Iterator[Kubelet]:
    """A kubelet on a free port of the loopback."""
    kubelet = Kubelet(logs)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = kubelet.log(self.path)
            content = (text or f"no log at {self.path.partition('?')[0]}").encode()
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "kubelet.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "kubelet.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    kubelet.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kubelet
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
