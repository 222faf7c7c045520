"""One user's byte stream under httpx: resolved addresses, exact byte counts, deadlines, and a way to cut it.

httpcore asks for a stream to the origin's name and is handed the user's own, opened ahead or on the spot. Its TLS is
already done, so `start_tls` hands out the same stream again.
"""

import asyncio
import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.exchange import ConnectionCounts, Endpoint

HEAD_END = b"\r\n\r\n"
MAX_START_BYTES = 65536
TAIL_BYTES = 8


class Traffic:
    """What went over one connection in the exchange at hand. `start` is the reply's beginning, its head included."""

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0
        self.start = b""
        self.tail = b""
        self.uses = 0

    def begin(self) -> None:
        """A new exchange."""
        self.sent = self.received = 0
        self.start = self.tail = b""
        self.uses += 1

    def note(self, data: bytes) -> None:
        """Bytes of the reply."""
        self.received += len(data)
        if len(self.start) < MAX_START_BYTES and HEAD_END not in self.start:
            self.start += data
        self.tail = (self.tail + data[-TAIL_BYTES:])[-TAIL_BYTES:]


class AsyncStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A connection on the running loop."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        self.eof = False
        self.closed = False
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._lost: Exception | None = None

    # asyncio's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is up."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Keep it for the reader."""
        self._buffer += data
        self._wake()

    def eof_received(self) -> bool:
        """The server will send no more."""
        self.eof = True
        self._wake()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self.eof = True
        self._lost = error
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The send buffer is full."""
        self._writing = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The send buffer has room."""
        if self._writing is not None and not self._writing.done():
            self._writing.set_result(None)
        self._writing = None

    def _wake(self) -> None:
        if self._reading is not None and not self._reading.done():
            self._reading.set_result(None)

    # httpcore's side.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, none at the end of the stream."""
        while not self._buffer and not self.eof:
            self._reading = asyncio.get_running_loop().create_future()
            await self._reading
        if not self._buffer and self._lost is not None:
            raise self._lost
        data = bytes(self._buffer[:max_bytes])
        del self._buffer[:max_bytes]
        self.traffic.note(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, waiting for room."""
        if self._lost is not None:
            raise self._lost
        self._transport.write(buffer)
        self.traffic.sent += len(buffer)
        if self._writing is not None:
            await self._writing

    async def aclose(self) -> None:
        """Close; httpcore calls it for a connection that is not kept."""
        self.abort()

    def abort(self) -> None:
        """Close at once."""
        self.closed = True
        self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "AsyncStream":
        """TLS is up already."""
        return self

    def get_extra_info(self, info: str) -> Any:
        """`is_readable` says that an idle connection must not be used again."""
        return self.readable if info == "is_readable" else None

    @property
    def readable(self) -> bool:
        """Whether something came while nobody asked: bytes, or the end of the stream."""
        return self.closed or self.eof or bool(self._buffer)

    @property
    def surplus(self) -> bool:
        """Whether there are bytes that nobody asked for."""
        return bool(self._buffer)


class BlockingStream(httpcore.NetworkStream):
    """A connection of one thread. Every operation is bounded by `deadline_ns`."""

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self.traffic = Traffic()
        self.closed = False
        self.eof = False
        self.surplus = False
        self.deadline_ns = 0
        self._sock = sock
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, none at the end of the stream."""
        self._limit()
        data = self._sock.recv(max_bytes)
        self.eof = not data
        self.traffic.note(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        self._limit()
        self._sock.sendall(buffer)
        self.traffic.sent += len(buffer)

    def close(self) -> None:
        """Close."""
        self.closed = True
        self._sock.close()

    def cut(self) -> None:
        """End a running read from another thread."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "BlockingStream":
        """TLS is up already."""
        return self

    def get_extra_info(self, info: str) -> Any:
        """`is_readable` says that an idle connection must not be used again."""
        return self.readable if info == "is_readable" else None

    @property
    def readable(self) -> bool:
        """Whether something came while nobody asked: bytes, or the end of the stream."""
        if self.closed or self.eof:
            return True
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        if not poll.poll(0):
            return False
        self._sock.settimeout(0.001)
        try:
            self.surplus = bool(self._sock.recv(1))
        except TimeoutError:  # a TLS record that holds no data
            return False
        except OSError:
            self.surplus = False
        self.eof = True
        return True

    def _limit(self) -> None:
        self._sock.settimeout(max((self.deadline_ns - self._clock()) / NS_PER_S, 0.0001))


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens the user's stream; an open one is handed out once."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts) -> None:
        self.stream: AsyncStream | None = None
        self._ready: AsyncStream | None = None
        self._endpoint = endpoint
        self._context = context
        self._counts = counts
        self._opened_before = False

    async def open(self) -> None:
        """Connect ahead. Raises OSError, TimeoutError among them."""
        self._ready = await self._connect()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncStream:
        """For httpcore: the stream opened ahead, or a new one."""
        stream = self._ready or await self._connect()
        self._ready = None
        return stream

    async def _connect(self) -> AsyncStream:
        try:
            async with asyncio.timeout(self._endpoint.connect_timeout_s):
                stream = await self._try_addresses()
        except OSError:
            self._counts.failed += 1
            raise
        note_opened(self._counts, again=self._opened_before)
        self._opened_before = True
        self.stream = stream
        return stream

    async def _try_addresses(self) -> AsyncStream:
        loop = asyncio.get_running_loop()
        *others, last = self._endpoint.addresses
        for _family, (host, port) in others:
            try:
                return (await loop.create_connection(AsyncStream, host, port, **self._tls()))[1]
            except ssl.SSLError:
                raise
            except OSError:
                continue
        return (await loop.create_connection(AsyncStream, *last[1], **self._tls()))[1]

    def _tls(self) -> dict[str, Any]:
        if self._context is None:
            return {}
        return {"ssl": self._context, "server_hostname": self._endpoint.origin.host}


class BlockingBackend(httpcore.NetworkBackend):
    """The blocking twin."""

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: Clock
    ) -> None:
        self.stream: BlockingStream | None = None
        self.deadline_ns = 0
        self._ready: BlockingStream | None = None
        self._endpoint = endpoint
        self._context = context
        self._counts = counts
        self._clock = clock
        self._opened_before = False

    def open(self) -> None:
        """Connect ahead. Raises OSError, TimeoutError among them."""
        self._ready = self._connect()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> BlockingStream:
        """For httpcore: the stream opened ahead, or a new one."""
        stream = self._ready or self._connect()
        stream.deadline_ns = self.deadline_ns
        self._ready = None
        return stream

    def _connect(self) -> BlockingStream:
        addresses = self._endpoint.addresses
        for number, (family, address) in enumerate(addresses, start=1):
            try:
                sock = self._open_socket(family, address)
            except OSError as error:
                if number == len(addresses) or isinstance(error, ssl.SSLError):
                    self._counts.failed += 1
                    raise
            else:
                break
        note_opened(self._counts, again=self._opened_before)
        self._opened_before = True
        self.stream = BlockingStream(sock, self._clock)
        return self.stream

    def _open_socket(self, family: int, address: tuple[str, int]) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(self._endpoint.connect_timeout_s)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
            if self._context is not None:
                return self._context.wrap_socket(sock, server_hostname=self._endpoint.origin.host)
        except BaseException:
            sock.close()
            raise
        return sock


def note_opened(counts: ConnectionCounts, *, again: bool) -> None:
    """Count a connection that opened."""
    counts.opened += 1
    counts.reconnected += again
