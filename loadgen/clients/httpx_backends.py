"""Where httpcore gets its connections from: all addresses in turn, TLS, deadlines, and what is counted."""

import asyncio
import errno
import os
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpcore

from loadgen.base.clock import NEVER_NS, s_to_ns
from loadgen.base.endpoint import Address
from loadgen.clients.addresses import TIMED_OUT
from loadgen.clients.dial import PROXY_BYTES, UNIX_RETRY_S, Connector, Dial, closed_on_failure
from loadgen.clients.faults import blamed, explain, no_such_socket
from loadgen.clients.httpx_streams import AsyncStream, BlockingStream, Stream, complete, ready

if TYPE_CHECKING:
    from loadgen.clients.tunnel import Greeting

S = TypeVar("S", bound=Stream)


class Backend(Connector, Generic[S]):
    """One user's stream. One that was opened ahead waits to be taken by httpcore."""

    stream: S | None = None
    _opened_before = False
    _method = ""
    http2 = False

    def prepare(self, method: str) -> None:
        """Before an exchange: give up, and count, a connection that the server closed or wrote to while it was idle."""
        self._method = method
        stream = self.stream
        if stream is None:
            return
        if not stream.readable:
            if stream.uses:
                stream.begin(method)
            return
        if not stream.closed:
            self._count_ended(stream)
        self.drop()

    def _usable(self) -> S | None:
        """The stream there is; httpcore has given up one that ended after `prepare` had looked, and wants another."""
        if self.stream is not None and self.stream.closed:
            self._count_ended(self.stream)
            self.stream = None
        return self.stream

    def _count_ended(self, stream: S) -> None:
        self.counts.desynced += stream.surplus
        self.counts.idle_closed += not stream.surplus

    def drop(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _made(self, stream: S) -> S:
        """A new one."""
        if self._resumes:
            stream.on_close = self.remember
        self.stream = stream
        stream.http2 = self.http2
        return stream

    def _taken(self, stream: S) -> S:
        self.counts.used += 1
        stream.begin(self._method)
        return stream


class AsyncBackend(Backend[AsyncStream], httpcore.AsyncNetworkBackend):
    """Connects on the running loop."""

    _address: Address = (0, ("", 0))  # where the last connect went

    async def open(self) -> AsyncStream:
        """Connect, unless there is a connection. Raises OSError, TimeoutError among them."""
        if (stream := self._usable()) is not None:
            return stream
        began_ns = self.clock()
        try:
            async with asyncio.timeout(self.endpoint.connect_timeout_s):
                sock = await self._connect()
                if self._greeting is not None:
                    await self._greet(sock, self._greeting())
                connected_ns = self.clock()
                if self.context is not None:
                    sock = await self._secure(sock, self.context)
        except (OSError, asyncio.CancelledError) as error:  # cancelled: the exchange's deadline, or a cut
            self.counts.failed += 1
            if isinstance(error, TimeoutError):
                self._addresses.failed(self._address, self.counts, TIMED_OUT)
                raise blamed(error, self._proxy) from None
            raise
        self._count_open(began_ns, connected_ns, self.context, again=self._opened_before)
        self._opened_before = True
        return self._made(AsyncStream(sock, self.clock))

    async def connect_tcp(self, *_: Any, **_kwargs: Any) -> AsyncStream:
        """For httpcore: the stream opened ahead, or a new one."""
        return self._taken(await self.open())

    async def _connect(self) -> socket.socket:
        failed = OSError("there is no address to connect to")
        for address in self._addresses.in_turn():
            self._address = address
            try:
                sock = await self._connect_to(*address)
            except OSError as error:
                self._addresses.failed(address, self.counts, explain(error))
                failed = error
            else:
                self._addresses.opened(address, self.counts)
                return sock
        raise blamed(failed, self._proxy) from None

    async def _connect_to(self, family: int, address: tuple[str, int]) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with closed_on_failure(sock):
            if family == socket.AF_UNIX:
                while (code := sock.connect_ex(address[0])) == errno.EAGAIN:  # its backlog is full
                    await asyncio.sleep(UNIX_RETRY_S)
                if code == errno.ENOENT:
                    raise no_such_socket()
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._addresses.local is not None:
                    self._addresses.local.bind(sock, family)
                code = sock.connect_ex(address)
            if code == errno.EINPROGRESS:
                await ready(sock, to_write=True)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
        return sock

    async def _greet(self, sock: socket.socket, greeting: "Greeting") -> None:
        with closed_on_failure(sock):
            said = next(greeting)
            try:
                while True:
                    sock.send(said)  # a new socket takes these few hundred bytes at once
                    said = greeting.send(await complete(sock, partial(sock.recv, PROXY_BYTES), to_write=False))
            except StopIteration:
                return
            except OSError as error:
                raise blamed(error, self._proxy) from None

    async def _secure(self, plain: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        sock = self._wrapped(plain, context)
        with closed_on_failure(sock):
            await complete(sock, sock.do_handshake, to_write=False)
        self._count_secured(sock)
        return sock


class BlockingBackend(Backend[BlockingStream], Dial, httpcore.NetworkBackend):
    """Connects in a thread. `deadline_ns` is that of the exchange at hand."""

    deadline_ns = 0

    def open(self, deadline_ns: int = NEVER_NS) -> BlockingStream:
        """Connect, unless there is a connection. Raises OSError, TimeoutError among them."""
        if (stream := self._usable()) is not None:
            return stream
        deadline_ns = min(deadline_ns, self.clock() + s_to_ns(self.endpoint.connect_timeout_s))
        return self._made(BlockingStream(self.dial(deadline_ns), self.clock))

    def limit(self, deadline_ns: int) -> None:
        """Let the exchange at hand end by then."""
        self.deadline_ns = deadline_ns
        if self.stream is not None:
            self.stream.deadline_ns = deadline_ns

    def connect_tcp(self, *_: Any, **_kwargs: Any) -> BlockingStream:
        stream = self._taken(self.open(self.deadline_ns))
        stream.deadline_ns = self.deadline_ns
        return stream
