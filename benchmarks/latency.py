"""A loopback proxy that makes a server as far as one across a continent: each round trip takes so much longer."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """A port of the loopback that leads to `port`: what is sent arrives `seconds` later, what is answered at once.

    So a round trip takes as much longer as on a long line, and the proxy itself wakes as rarely as it can.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = asyncio.run_coroutine_threadsafe(loop.create_server(lambda: _Near(port, seconds), "127.0.0.1"), loop)
    try:
        yield serving.result().sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


class _Near(asyncio.Protocol):
    """The client's end: keeps back what is sent."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port, self._seconds = port, seconds
        self._far: asyncio.Future[asyncio.WriteTransport] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(
            loop.create_connection(lambda: _Far(transport, self._far), "127.0.0.1", self._port)
        )

    def data_received(self, data: bytes) -> None:
        self._later(lambda far: far.write(data))

    def connection_lost(self, _: Exception | None) -> None:
        self._later(lambda far: far.close())

    def _later(self, act: Callable[[asyncio.WriteTransport], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._seconds, lambda: self._far.add_done_callback(lambda far: act(far.result())))


class _Far(asyncio.Protocol):
    """The server's end: hands on what is answered."""

    def __init__(self, near: asyncio.Transport, far: "asyncio.Future[asyncio.WriteTransport]") -> None:
        self._near, self._far = near, far

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._far.set_result(transport)

    def data_received(self, data: bytes) -> None:
        self._near.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._near.close()
