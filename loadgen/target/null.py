"""The least that can answer: one fixed reply to whatever arrives, in a process of its own.

It shows what the generator can do when next to nothing is on the other side. Requests must come one at a time and in
one piece, as the raw client sends them without a body.
"""

import asyncio
import sys
from typing import cast

from loadgen.base.loop import run_on_loop

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world!"
_BACKLOG = 4096


class NullResponder(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast(asyncio.WriteTransport, transport).write

    def data_received(self, _data: bytes) -> None:
        self._write(REPLY)


async def serve() -> None:
    """Serve until stdin ends, and say where on one line of stdout."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(NullResponder, "127.0.0.1", 0, backlog=_BACKLOG)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    run_on_loop(serve())
