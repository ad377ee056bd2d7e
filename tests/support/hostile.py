"""An HTTPS API server that answers as tests want: nonsense, or nothing that ends."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme
import yaml

# Answers the request with this path and query, such as ("/api/v1/nodes", "limit=1000").
Answer = Callable[[str, str], "Reply"]


@dataclass(frozen=True)
class Reply:
    """An answer; a body of several parts is sent part by part, with no length told."""

    body: bytes | Iterator[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @classmethod
    def of(cls, content: Any, status: int = 200) -> "Reply":
        """An answer with this content as JSON."""
        return cls(json.dumps(content).encode(), status)


@contextmanager
def hostile(folder: Path, answer: Answer) -> Iterator[Path]:
    """The kubeconfig of such a server, which runs meanwhile."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(folder / "hostile-ca.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer)) as server:
        server.daemon_threads = True
        server.block_on_close = False
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield _kubeconfig(folder, f"https://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()
            thread.join()


def _kubeconfig(folder: Path, url: str) -> Path:
    config = {
        "clusters": [{"name": "hostile", "cluster": {"server": url, "certificate-authority": "hostile-ca.pem"}}],
        "users": [{"name": "me", "user": {"token": "token"}}],
        "contexts": [{"name": "hostile", "context": {"cluster": "hostile", "user": "me"}}],
        "current-context": "hostile",
    }
    (folder / "hostile.kubeconfig").write_text(yaml.safe_dump(config))
    return folder / "hostile.kubeconfig"


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            reply = answer(url.path, url.query)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if isinstance(reply.body, bytes):
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self._send([reply.body] if isinstance(reply.body, bytes) else reply.body)

        do_PATCH = do_POST = do_GET

        def _send(self, parts: Any) -> None:
            try:
                for part in parts:
                    self.wfile.write(part)
            except OSError:
                pass  # the client has had enough
            if not isinstance(parts, list):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Not on the tests' stderr."""

    return Handler
