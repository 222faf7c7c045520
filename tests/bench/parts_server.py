"""A server of events for the parts check: stamps when a request comes and when each event goes. Loopback only.

`python -m tests.bench.parts_server --port N --log FILE`: when it is stopped, FILE gets the times to the first event and
between events, in milliseconds, as two lines of numbers.
"""

import argparse
import asyncio
import random
import signal
import time
from pathlib import Path
from typing import cast

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT, LAST = b"9\r\ndata: x\n\n\r\n", b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
EVENTS = 40
FIRST_S, GAP_S = (0.05, 0.3), (0.02, 0.2)
"""Ranges: no two streams go in step."""


class Connection(asyncio.Protocol):
    """Answers each request with events at instants of its own."""

    def __init__(self, first_ms: list[float], gap_ms: list[float]) -> None:
        self._first_ms, self._gap_ms = first_ms, gap_ms

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast(asyncio.WriteTransport, transport).write

    def data_received(self, _data: bytes) -> None:
        self._last_ns = time.monotonic_ns()
        self._write(HEAD)
        self._later(random.uniform(*FIRST_S), self._first_ms, EVENTS)

    def _later(self, delay_s: float, times_ms: list[float], left: int) -> None:
        asyncio.get_running_loop().call_later(delay_s, self._send, times_ms, left)

    def _send(self, times_ms: list[float], left: int) -> None:
        if not left:
            self._write(LAST)
            return
        now = time.monotonic_ns()
        times_ms.append((now - self._last_ns) / 1e6)
        self._last_ns = now
        self._write(EVENT)
        self._later(random.uniform(*GAP_S), self._gap_ms, left - 1)


async def serve(port: int, first_ms: list[float], gap_ms: list[float]) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Connection(first_ms, gap_ms), "127.0.0.1", port, backlog=4096)
    await ended.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    first_ms: list[float] = []
    gap_ms: list[float] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, first_ms, gap_ms))
    options.log.write_text("".join(" ".join(map(str, times)) + "\n" for times in (first_ms, gap_ms)), "ascii")


if __name__ == "__main__":
    main()
