"""The least that can answer: one fixed reply to whatever arrives, in a process of its own.

It shows what the generator can do when next to nothing is on the other side. Requests must come one at a time and in
one piece, as the raw client sends them without a body.
"""

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from typing import Self, cast

import uvloop

from loadgen.base.errors import UsageError

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world!"
_BACKLOG = 4096
_STOP_TIMEOUT_S = 5.0


class NullResponder(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast(asyncio.WriteTransport, transport).write

    def data_received(self, _data: bytes) -> None:
        self._write(REPLY)


class NullProcess:
    """A context manager that starts the responder on a free port of loopback and stops it; it ends when we do.

    `url` is its address. Entering raises UsageError when it does not start.
    """

    def __init__(self) -> None:
        self.url = ""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            process = subprocess.Popen(
                [sys.executable, "-m", "loadgen.target.null"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.callback(_stop, process)
            self.url = process.stdout.readline().strip() if process.stdout else ""
            if not self.url:
                raise UsageError("the null responder did not start")
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()


def _stop(process: subprocess.Popen[str]) -> None:
    """The end of its stdin ends it."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(NullResponder, "127.0.0.1", 0, backlog=_BACKLOG)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    server.close()


def main() -> None:
    """Serve until stdin ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
