"""One user's byte stream under httpx: exact byte counts, total deadlines, and the raw client's view of the reply.

httpcore asks for a stream to the origin's name and is handed the user's own, opened ahead or on the spot. Its TLS is
already done, so `start_tls` hands out the same stream again.
"""

import asyncio
import select
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import httpcore

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.clients.http1.parser import ReplyReader

AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
T = TypeVar("T")


class FramesSeen:
    """In the place of a reader of HTTP/1.1, where httpx's own library reads frames: what came, and nothing of it."""

    problem = ""
    surplus = bare_lf = begun = False
    received = 0
    start = head = last_head = b""

    def feed(self, data: bytes) -> None:
        self.begun = True
        self.received += len(data)

    def eof(self) -> None:
        """The connection has ended; whether the reply was whole its own reader knows."""


class Stream:
    """What both kinds share: the socket, and what went over it in the exchange at hand.

    `reader` follows the reply with the raw client's parser: both clients see its end at the same byte. `uses` counts
    exchanges; `first_ns` is when the first bytes of the reply came, `done_ns` when the one before was whole; `eof` and
    `error` say how the connection ended; `on_close` is called before it is closed on this side.
    With `http2` frames go over it.
    """

    http2 = False

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self.uses = 0
        self.sent = 0
        self.first_ns = self.done_ns = 0
        self._clock = clock
        self.reader: ReplyReader | FramesSeen = ReplyReader("GET")
        self.eof = False
        self.error: OSError | None = None
        self.closed = False
        self.surplus = False
        self.on_close: Callable[[socket.socket], None] | None = None
        self.sock = sock

    def begin(self, method: str) -> None:
        self.uses += 1
        self.sent = 0
        self.reader = FramesSeen() if self.http2 else ReplyReader(method)

    def close(self) -> None:
        if self.on_close is not None and not self.closed:
            self.on_close(self.sock)
        self.closed = True
        self.sock.close()

    @property
    def readable(self) -> bool:
        """Whether something came while nobody asked: bytes (then `surplus` is set), or the end of the stream."""
        if self.closed or self.eof:
            return True
        if self.http2:  # a frame of the connection's is no part of a reply, and may come at any time
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        if not poll.poll(0):
            return False
        self.sock.settimeout(0)
        try:
            self.surplus = bool(self.sock.recv(1))
        except AGAIN:  # a TLS record that holds no data
            return False
        except OSError:
            self.surplus = False
        self.eof = True
        return True

    def get_extra_info(self, info: str) -> Any:
        """For httpcore: `is_readable` says that an idle connection must not be used again."""
        return self.readable if info == "is_readable" else None

    def _received(self, data: bytes) -> bytes:
        """Hand `data` on. Raises RemoteProtocolError for what is no HTTP/1.x: httpx would wait for more of it."""
        if data:
            if not self.reader.begun:
                self.first_ns = self._clock()
            self.reader.feed(data)
            if self.reader.problem:
                raise httpcore.RemoteProtocolError(self.reader.problem)
        else:
            self.eof = True
            self.reader.eof()
        return data


class AsyncStream(Stream, httpcore.AsyncNetworkStream):
    """A connection on the running loop; its socket does not block."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, none at the end of the stream. Waits for the loop even if they are there already."""
        try:
            while True:
                await ready(self.sock, to_write=False)
                try:
                    return self._received(self.sock.recv(max_bytes))
                except AGAIN:
                    continue
        except OSError as error:
            self.error = error
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                count = await complete(self.sock, partial(self.sock.send, left), to_write=True)
                self.sent += count
                left = left[count:]
        except OSError as error:
            self.error = error
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self.close()

    async def start_tls(self, *_: Any, **_kwargs: Any) -> "AsyncStream":
        return self


class BlockingStream(Stream, httpcore.NetworkStream):
    """A connection of one thread. Every operation is bounded by `deadline_ns`."""

    deadline_ns = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._limit()
        try:
            return self._received(self.sock.recv(max_bytes))
        except TimeoutError:
            raise
        except OSError as error:
            self.error = error
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                self._limit()
                count = self.sock.send(left)
                self.sent += count
                left = left[count:]
        except TimeoutError:
            raise
        except OSError as error:
            self.error = error
            raise httpcore.WriteError(str(error)) from error

    def start_tls(self, *_: Any, **_kwargs: Any) -> "BlockingStream":
        return self

    def _limit(self) -> None:
        left_ns = self.deadline_ns - self._clock()
        if left_ns <= 0:
            raise TimeoutError
        self.sock.settimeout(left_ns / NS_PER_S)


async def complete(sock: socket.socket, operation: Callable[[], T], *, to_write: bool) -> T:
    """What `operation` on a non-blocking socket returns, tried again whenever it may succeed."""
    while True:
        try:
            return operation()
        except ssl.SSLWantReadError:
            await ready(sock, to_write=False)
        except ssl.SSLWantWriteError:
            await ready(sock, to_write=True)
        except BlockingIOError:
            await ready(sock, to_write=to_write)


async def ready(sock: socket.socket, *, to_write: bool) -> None:
    """Return when the socket can be read from, or written to."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if to_write else (loop.add_reader, loop.remove_reader)
    descriptor = sock.fileno()
    add(descriptor, _resolve, future)
    try:
        await future
    finally:
        remove(descriptor)


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
