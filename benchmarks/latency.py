"""A loopback proxy that makes a connection as slow as one across a continent: each answer takes so much longer."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 256 * 1024


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """A port of the loopback whose round trips to `port` take `seconds` longer, the connection's own first one too."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = asyncio.run_coroutine_threadsafe(_serve(port, seconds), loop).result()
    try:
        yield serving.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(port: int, seconds: float) -> asyncio.Server:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _carry(reader, server_writer, seconds / 2),
            _carry(server_reader, writer, seconds / 2),
            return_exceptions=True,
        )

    return await asyncio.start_server(connected, "127.0.0.1", 0)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Bytes arrive in order, each piece `delay` after it was sent; pieces are under way together."""
    loop = asyncio.get_running_loop()
    while piece := await reader.read(CHUNK):
        loop.call_later(delay, writer.write, piece)
    loop.call_later(delay, writer.close)
