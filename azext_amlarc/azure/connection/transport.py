"""The wire, with bounds: an answer has so many seconds from its first byte to its last, and so many bytes.

requests' own read timeout starts again with each byte, and nothing bounds the bytes.
"""

import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.util.retry import Retry

# Azure Resource Manager's own cap, and what headers take.
MOST_BYTES = 8 * 1024 * 1024 + 64 * 1024
CONNECT_SECONDS = 20.0
# A read that takes longer is given up. A write goes on: Azure Resource Manager gives the service behind it 60 s and
# answers 504 then, so whoever waits longer waits for nobody.
READ_SECONDS, WRITE_SECONDS = 25.0, 75.0
# A write that takes longer is said to.
SAID_AFTER = 20.0

_READS = {"GET", "HEAD", "OPTIONS"}
_CHUNK = 64 * 1024


class AnswerTooLarge(ServiceResponseError):
    """More bytes than Azure Resource Manager ever answers; the rest is not read."""


class BoundedTransport(RequestsTransport):  # type: ignore[misc]  # azure-core imports it lazily, without its type
    """azure-core's transport with those bounds. `tell` hears of a write that takes long."""

    def __init__(self, tell: Callable[[str], object], **options: Any) -> None:
        super().__init__(**options)
        self._tell = tell
        self._read_timeout: float | None = options.get("read_timeout")

    def open(self) -> None:
        is_new = not self.session
        super().open()
        if is_new and self.session:
            for scheme in ("https://", "http://"):
                self.session.mount(scheme, _Adapter())

    def send(self, request: Any, **options: Any) -> Any:
        """The answer, read to its end; ServiceResponseTimeoutError or AnswerTooLarge beyond the bounds."""
        is_read = request.method in _READS
        seconds = self._read_timeout or (READ_SECONDS if is_read else WRITE_SECONDS)
        options.setdefault("connection_timeout", min(CONNECT_SECONDS, self.connection_config.timeout))
        options.setdefault("read_timeout", seconds)
        try:
            with nullcontext() if is_read else self._announced(request.url):
                return super().send(request, **options)
        except AnswerTooLarge as error:  # it comes from the wire, which knows no URL
            raise _too_large(request.url) from error
        except ServiceResponseTimeoutError as error:
            raise _never_came(request.url, seconds) from error
        except HttpResponseError as error:  # there is no answer: its chunks broke off
            raise ServiceResponseError(error.message, error=error) from error
        except ServiceRequestError as error:
            # What azure-core says of a body that stops, as if the request had not been sent.
            if _is_read_timeout(error):
                raise _never_came(request.url, seconds) from error
            raise

    @contextmanager
    def _announced(self, url: str) -> Iterator[None]:
        said = f"{host_of(url)} has not answered for {SAID_AFTER:.0f} s; still waiting"
        timer = Timer(SAID_AFTER, self._tell, [said])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class SharedTransport(HttpTransport[Any, Any]):
    """A transport for several threads: each request borrows a transport that no other one is using.

    So connections to Azure are kept, as many as there were requests at a time. The pipelines that share it don't close
    it; `shut` does.
    """

    def __init__(self, make: Callable[[], BoundedTransport]) -> None:
        self._make = make
        self._idle = list[BoundedTransport]()

    def send(self, request: Any, **options: Any) -> Any:
        try:
            one = self._idle.pop()
        except IndexError:
            one = self._make()
        try:
            return one.send(request, **options)
        finally:
            self._idle.append(one)

    def shut(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def host_of(url: str) -> str:
    """The host of a URL, with its port where that is not the usual one, to be shown."""
    return urlsplit(url).netloc.rpartition("@")[2].removesuffix(":443")


def _never_came(url: str, seconds: float) -> ServiceResponseTimeoutError:
    return ServiceResponseTimeoutError(f"{host_of(url)} did not answer within {seconds:.0f} s (the read timed out).")


def _is_read_timeout(error: ServiceRequestError) -> bool:
    reason = error.inner_exception
    return reason is not None and any(isinstance(it, ReadTimeoutError) for it in (reason, *reason.args))


class _Adapter(HTTPAdapter):
    """requests' adapter whose connections have a deadline for each answer."""

    def __init__(self) -> None:
        super().__init__(max_retries=Retry(total=False, redirect=False, raise_on_status=False))

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """The answer with its whole body: what is unpacked is bounded, too."""
        response = super().send(request, *arguments, **options)
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > MOST_BYTES:
                response.close()
                raise _too_large(response.url)
        # Where requests keeps a body that has been read.
        response._content = bytes(content)  # pylint: disable=protected-access
        return response


def _too_large(url: str) -> AnswerTooLarge:
    return AnswerTooLarge(f"{host_of(url)} answered with more than 8 MB, which Azure never does.")


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_Deadline(sock, self.fp), _CHUNK)


class _Plain(HTTPConnection):
    response_class = _Answer


class _Tls(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class _Deadline(io.RawIOBase):
    """Reads a socket for as long as its timeout, from now on and altogether; what comes later is a timeout.

    `file` is the socket's own: a connection that ends with this answer is closed before the answer is read, and the
    socket stays open for as long as a file of it is.
    """

    def __init__(self, sock: socket.socket, file: io.BufferedIOBase) -> None:
        super().__init__()
        self._socket, self._file = sock, file
        seconds = sock.gettimeout()
        self._end = None if seconds is None else time.monotonic() + seconds
        self._bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._left())
        read = self._socket.recv_into(buffer)
        self._bytes += read
        if self._bytes > MOST_BYTES:
            raise AnswerTooLarge("more than 8 MB came")
        return read

    def _left(self) -> float | None:
        left = None if self._end is None else self._end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("the read timed out")
        return left

    def close(self) -> None:
        self._file.close()
        super().close()
