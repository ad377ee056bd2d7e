"""A TLS server that answers what no local Azure would: any bytes, at any pace; or one that lies before a local Azure.

    with stub() as server:
        server.answer(r"/widgets$", Answer(b"<html>", {"content-type": "text/html"}))
    with before(azure) as server:  # passes on what it has no answer for
        server.change("PUT", r"/extensions/", lambda told: replace(told, body=b"<html>"))

Its answers are for the first request that fits, `times` times; `seen` holds all requests, oldest first.
"""

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp
from typing import Any
from urllib.parse import urlsplit

import trustme
from azure.core.credentials import AccessToken

from azext_amlarc.azure.connection.client import AzureClient, Cloud
from tests.support.azure import Azure

_OWN = {"connection", "content-length", "date", "server", "transfer-encoding"}


@dataclass(frozen=True)
class Seen:
    """A request: what it asked for, and the token that it brought."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")


@dataclass(frozen=True)
class Answer:
    """An answer; with `pace` its bytes come one by one, so many seconds apart, and without `length` it says none."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    pace: float = 0.0
    late: float = 0.0

    @classmethod
    def of(cls, body: object, status: int = 200, **headers: str) -> "Answer":
        """JSON; "_" in names of headers for "-"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(json.dumps(body).encode(), {"content-type": "application/json", **named}, status)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class _Rule:
    method: str
    path: re.Pattern[str]
    make: Callable[[Seen, Answer | None], Answer]
    times: int
    changes: bool = False

    def fits(self, seen: Seen) -> bool:
        fits = self.times > 0 and self.method in ("", seen.method) and self.path.search(seen.target) is not None
        self.times -= fits
        return fits


class Stub:
    """The server; without a local Azure behind it, it answers 404 to what it has no answer for."""

    def __init__(self, azure: Azure | None = None) -> None:
        self.seen: list[Seen] = []
        self._azure, self._rules, self._lock = azure, list[_Rule](), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _authority()[1].configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self._server.server_port}"

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    @property
    def ca_file(self) -> Path:
        return _authority()[0]

    def answer(self, path: str, *answers: Answer, method: str = "", times: int = 1) -> None:
        """Answer requests to a path (a regular expression) with these, each `times` times."""
        self._rules += [_Rule(method, re.compile(path, re.I), _always(one), times) for one in answers]

    def reply(self, path: str, make: Callable[[Seen], Answer], times: int = 1000) -> None:
        """Answer requests to a path as `make` says."""
        self._rules.append(_Rule("", re.compile(path, re.I), lambda seen, _: make(seen), times))

    def change(self, method: str, path: str, change: Callable[[Answer], Answer], times: int = 1) -> None:
        """Change what the local Azure answers: the request has taken effect there."""

        def make(_seen: Seen, told: Answer | None) -> Answer:
            assert told is not None
            return change(told)

        self._rules.append(_Rule(method, re.compile(path, re.I), make, times, changes=True))

    def change_all(self, change: Callable[[Seen, Answer], Answer]) -> None:
        """Change every answer of the local Azure, knowing what was asked."""

        def make(seen: Seen, told: Answer | None) -> Answer:
            assert told is not None
            return change(seen, told)

        self._rules.append(_Rule("", re.compile(""), make, 1_000_000, changes=True))

    def forget(self) -> None:
        """Forget answers that are left, and what has been seen."""
        self._rules.clear()
        self.seen.clear()

    def requests(self) -> list[str]:
        """Methods and paths, oldest first."""
        return [f"{seen.method} {seen.path}" for seen in self.seen]

    def tell(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            rule = next((rule for rule in self._rules if rule.fits(seen)), None)
            told = self._passed_on(seen) if self._azure and (rule is None or rule.changes) else None
        if rule:
            return rule.make(seen, told)
        return told or Answer.of({"error": {"code": "NotFound", "message": f"There is no {seen.path}."}}, 404)

    def _passed_on(self, seen: Seen) -> Answer:
        """As the local Azure answers, whose own host is ours to the client."""
        assert self._azure is not None
        headers = {name.replace("-", "_"): value for name, value in seen.headers.items() if name not in _OWN | {"host"}}
        headers |= {"accept_encoding": "identity", "authorization": f"Bearer {self._azure.token()}"}
        reply = self._azure.send(seen.method, seen.target, seen.body or None, **headers)
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        shown = {name: self._ours(value) for name, value in reply.headers.items() if name not in _OWN}
        return Answer(self._ours(body.decode()).encode(), shown, reply.status)

    def _ours(self, text: str) -> str:
        return text.replace(self._azure.endpoint, self.endpoint) if self._azure else text

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # a client that hung up
                self.close_connection = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = stub.tell(Seen(self.command, self.path, headers, body))
            time.sleep(told.late)
            self.send_response(told.status)
            length = {} if "transfer-encoding" in told.headers else {"content-length": str(len(told.body))}
            for name, value in {**told.headers, **length}.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in _pieces(told):
                self.wfile.write(piece)
                time.sleep(told.pace)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _always(answer: Answer) -> Callable[[Seen, Answer | None], Answer]:
    return lambda _seen, _told: answer


def _pieces(told: Answer) -> Sequence[bytes]:
    return [bytes([byte]) for byte in told.body] if told.pace else [told.body]


@cache
def _authority() -> tuple[Path, trustme.LeafCert]:
    """One for all servers of a run: a certificate takes a while to make."""
    authority = trustme.CA()
    with NamedTemporaryFile(dir=mkdtemp(), suffix=".pem", delete=False) as file:
        file.write(authority.cert_pem.bytes())
    return Path(file.name), authority.issue_cert("localhost")


@contextmanager
def stub() -> Iterator[Stub]:
    """A server of its own."""
    server = Stub()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def before(azure: Azure) -> Iterator[Stub]:
    """A server that passes on to a local Azure."""
    server = Stub(azure)
    try:
        yield server
    finally:
        server.close()


class Token:
    """A credential whose token is known when it is seen."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("TOKEN", int(time.time()) + 3600)


def connect(server: Stub, subscription_id: str = "s", **options: Any) -> AzureClient:
    """A connection to the server."""
    cloud = Cloud(server.endpoint, (f"{server.endpoint}/.default",))
    return AzureClient(cloud, Token(), subscription_id, verify=str(server.ca_file), **options)
