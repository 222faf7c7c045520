"""A server for the accuracy scenarios: replies at once, logs arrivals, and may freeze. Loopback only.

`python -m tests.bench.accuracy_server --port N [--log FILE] [--freeze-after S --freeze S] [--delay S]`: the log gets
one CLOCK_MONOTONIC nanosecond a request when the server is stopped; the freeze begins S seconds after the first request
and holds the whole process as a paused machine would. With a delay each reply waits that long.
"""

import argparse
import asyncio
import signal
import time
from array import array
from pathlib import Path
from typing import cast

import uvloop

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world!"


class Arrivals:
    """When requests came; the first one starts the clock of the freeze."""

    def __init__(self, freeze_after_s: float, freeze_s: float) -> None:
        self.at_ns = array("q")
        self._freeze_after_s = freeze_after_s
        self._freeze_s = freeze_s

    def note(self) -> None:
        """One request has come."""
        if not self.at_ns and self._freeze_s:
            asyncio.get_running_loop().call_later(self._freeze_after_s, time.sleep, self._freeze_s)
        self.at_ns.append(time.perf_counter_ns())


class Connection(asyncio.Protocol):
    """Requests come whole and one at a time, as loadgen sends them."""

    def __init__(self, arrivals: Arrivals, delay_s: float) -> None:
        self._note = arrivals.note
        self._delay_s = delay_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast(asyncio.WriteTransport, transport).write

    def data_received(self, _data: bytes) -> None:
        self._note()
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._write, REPLY)
        else:
            self._write(REPLY)


async def serve(port: int, arrivals: Arrivals, delay_s: float) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Connection(arrivals, delay_s), "127.0.0.1", port, backlog=4096)
    await ended.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--freeze-after", type=float, default=0.0)
    parser.add_argument("--freeze", type=float, default=0.0)
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    arrivals = Arrivals(options.freeze_after, options.freeze)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, arrivals, options.delay))
    if options.log:
        options.log.write_text("".join(f"{at_ns}\n" for at_ns in arrivals.at_ns), "ascii")


if __name__ == "__main__":
    main()
