"""httpx as a client: one httpx transport with one connection for each virtual user, async and blocking.

What is sent is what the raw client sends: Host, the request's fields, the body's length. Deadlines are total.
`httpx.Client` is left out: it keeps cookies, fails on redirects it cannot parse, and takes as long again as the rest.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import anyio
import httpcore
import httpx

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.base.encode import length_field
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import BodySource, Outcome, Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.clients.dial import Connector
from loadgen.clients.faults import classify, connect_error, explain
from loadgen.clients.http1.parser import HEAD_BYTES
from loadgen.clients.httpx_backends import AsyncBackend, BlockingBackend
from loadgen.clients.httpx_outcomes import Body, head_of, why
from loadgen.clients.httpx_streams import Stream

B = TypeVar("B", AsyncBackend, BlockingBackend)
T = TypeVar("T")


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool of one connection that our backend opens."""

    def __init__(self, backend: AsyncBackend, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            context, max_connections=1, network_backend=backend, http1=not backend.http2, http2=backend.http2
        )


class BlockingTransport(httpx.HTTPTransport):
    """The blocking twin."""

    def __init__(self, backend: BlockingBackend, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.ConnectionPool(
            context, max_connections=1, network_backend=backend, http1=not backend.http2, http2=backend.http2
        )


class _Common(Connector, Generic[B, T]):
    """What both clients do alike: build requests, and tell what an exchange came to."""

    _make_backend: type[B]
    _make_transport: Callable[[B, ssl.SSLContext | None], T]
    _is_cut = False
    http2 = False

    def __post_init__(self) -> None:
        self._backend: B = self._make_backend(self.endpoint, self.context, self.counts, self.clock, self.addresses)
        self._backend.http2 = self.http2
        self._transport = self._make_transport(self._backend, self.context)
        origin, dialing = self.endpoint.origin, self.endpoint.dialing
        self._url = httpx.URL(str(origin))
        self._forwarder = dialing.forwarder_for(origin.scheme, origin.host)
        self._requests_each = dialing.requests_each
        self._last: tuple[Request, httpx.Request] | None = None
        for name in ("httpx", "httpcore"):  # they would log full URLs
            logging.getLogger(name).setLevel(logging.WARNING)

    @staticmethod
    def again(_request: Request, _sent_ns: int) -> Outcome | None:
        """httpx has no shorter way."""
        return None

    def drop(self) -> None:
        """A pool of its own is what comes next: httpcore keeps a connection for ever whose request was given up before
        it opened, and asks none of HTTP/2 whether it is still there.
        """
        self._backend.drop()
        self._transport = self._make_transport(self._backend, self.context)

    def _built(self, request: Request, source: Any) -> httpx.Request:
        """The request as httpx has it; the last one is kept, because users repeat themselves."""
        if self._last is not None and self._last[0] is request:
            return self._last[1]
        headers = [] if request.fields.names_host else [("Host", self.endpoint.origin.authority)]
        headers += request.fields.pairs
        length = length_field(request)
        if length is not None:
            headers.append(length)
        if not self.endpoint.keep_alive:
            headers.append(("Connection", "close"))
        content = (request.body or None) if isinstance(request.body, bytes) else source
        target = request.target
        if self._forwarder is not None:
            target = f"{self.endpoint.origin}{target}"
            if self._forwarder.user is not None:
                headers.append(("Proxy-Authorization", self._forwarder.authorization.partition(": ")[2].strip()))
        exact = {"target": target.encode("latin-1")}  # a URL would be normalised
        built = httpx.Request(request.method, self._url, headers=headers, content=content, extensions=exact)
        if isinstance(request.body, bytes):
            self._last = (request, built)
        return built

    def _done(self, sent_ns: int, response: httpx.Response, body: Body, group: RequestGroup | None) -> Outcome:
        """A reply that httpx took. What came after its end, and what httpx overlooked, the raw client's parser saw."""
        done_ns = self.clock()
        stream = self._backend.stream
        assert stream is not None
        reader = stream.reader
        if self._is_cut and stream.eof:  # the end of this body is our own doing
            return self._lost(sent_ns, done_ns, stream, ErrorClass.CUT, "")
        if reader.problem:
            return self._lost(sent_ns, done_ns, stream, ErrorClass.MALFORMED_REPLY, reader.problem)
        if reader.surplus:
            self.counts.desynced += 1
            stream.close()
        elif stream.uses == self._requests_each:
            stream.close()
        self.counts.bare_lf += reader.bare_lf
        stream.done_ns = done_ns
        start, head = (head_of(response),) * 2 if stream.http2 else (reader.start, reader.last_head)
        reply = Reply(
            response.status_code, body.length, reader.received, bytes(body.kept), start[:HEAD_BYTES], not stream.closed
        )
        if group is not None and group.keeps_body:
            group.data, group.body_at = head + reply.kept, len(head)
        return Outcome(
            sent_ns, done_ns, reply,
            bytes_sent=stream.sent, bytes_received=reader.received, first_ns=stream.first_ns,
            reused=stream.uses > 1,
        )  # fmt: skip

    def _timeout_s(self, request: Request) -> float:
        return self.endpoint.timeout_s if request.timeout_ns is None else request.timeout_ns / NS_PER_S

    def _failed(self, sent_ns: int, error: Exception, timeout_s: float) -> Outcome:
        done_ns = self.clock()
        stream = self._backend.stream
        if self._is_cut:
            kind, detail = ErrorClass.CUT, ""
        else:
            kind, detail = self._why_not_opened(error, timeout_s) if stream is None else why(stream, error, sent_ns)
        self.drop()
        return self._lost(sent_ns, done_ns, stream, kind, detail)

    @staticmethod
    def _lost(sent_ns: int, done_ns: int, stream: Stream | None, kind: ErrorClass, detail: str) -> Outcome:
        if stream is None:
            return Outcome(sent_ns, done_ns, None, kind, detail)
        stream.close()
        reader = stream.reader
        return Outcome(
            sent_ns, done_ns, None, kind, detail, reader.head, stream.sent, reader.received, reused=stream.uses > 1
        )

    def _why_not_opened(self, error: Exception, timeout_s: float) -> tuple[ErrorClass, str]:
        kind = connect_error(error) if isinstance(error, OSError) else classify(error)
        if kind is ErrorClass.CONNECT_TIMEOUT:
            total = timeout_s <= self.endpoint.connect_timeout_s
            return (ErrorClass.TIMEOUT if total else kind), ""
        return kind, explain(error)


class AsyncHttpxClient(_Common[AsyncBackend, AsyncTransport]):
    """One httpx transport with one connection, on the running loop. A cut is final."""

    _make_backend, _make_transport = AsyncBackend, AsyncTransport
    _running: tuple[asyncio.AbstractEventLoop, asyncio.Timeout] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        anyio.Lock()  # loads on a running loop what httpcore's locks would load in the first request, for 20 ms

    async def connect(self) -> ErrorClass | None:
        try:
            async with self._limit(self.endpoint.connect_timeout_s):
                await self._backend.open()
        except OSError as error:
            return ErrorClass.CUT if self._is_cut else connect_error(error)
        return None

    async def exchange(self, request: Request) -> Outcome:
        sent_ns = self.clock()
        self._backend.prepare(request.method)
        try:
            async with self._limit(self._timeout_s(request)):
                await self._backend.open()  # here, as a deadline may end httpcore's way to it before it has begun
                return await self._exchange(request, sent_ns)
        except Exception as error:
            return self._failed(sent_ns, error, self._timeout_s(request))

    async def _exchange(self, request: Request, sent_ns: int) -> Outcome:
        source = None if isinstance(request.body, bytes) else _async_chunks(request.body)
        response = await self._transport.handle_async_request(self._built(request, source))
        body = Body(request)
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for chunk in response.stream:
                body.take(chunk)
                if body.enough:
                    break
        finally:
            await response.aclose()
        return self._done(sent_ns, response, body, request.group)

    def cut(self) -> None:
        self._is_cut = True
        if self._running is not None:
            self._running[0].call_soon_threadsafe(self.give_up)

    @asynccontextmanager
    async def _limit(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError in what runs inside: after `seconds`, or when it is cut."""
        try:
            async with asyncio.timeout(seconds) as limit:
                self._running = asyncio.get_running_loop(), limit
                if self._is_cut:  # before there was anything to end
                    raise TimeoutError
                yield
        finally:
            self._running = None

    def give_up(self) -> None:
        """End what runs now as its deadline would; to be called on its loop."""
        if self._running is not None:
            loop, limit = self._running
            if not limit.expired():
                limit.reschedule(loop.time())

    async def close(self) -> None:
        await self._transport.aclose()
        self._backend.drop()


class BlockingHttpxClient(_Common[BlockingBackend, BlockingTransport]):
    """One httpx transport with one connection, in a thread of its own; `exchange` never suspends. A cut is final."""

    _make_backend, _make_transport = BlockingBackend, BlockingTransport

    async def connect(self) -> ErrorClass | None:
        try:
            self._backend.open()
        except OSError as error:
            return ErrorClass.CUT if self._is_cut else connect_error(error)
        return None

    async def exchange(self, request: Request) -> Outcome:
        sent_ns = self.clock()
        self._backend.prepare(request.method)
        self._backend.limit(sent_ns + s_to_ns(self._timeout_s(request)))
        try:
            return self._exchange(request, sent_ns)
        except Exception as error:
            return self._failed(sent_ns, error, self._timeout_s(request))

    def _exchange(self, request: Request, sent_ns: int) -> Outcome:
        source = None if isinstance(request.body, bytes) else map(bytes, request.body.chunks())
        response = self._transport.handle_request(self._built(request, source))
        body = Body(request)
        try:
            assert isinstance(response.stream, httpx.SyncByteStream)
            for chunk in response.stream:
                body.take(chunk)
                if body.enough:
                    break
        finally:
            response.close()
        return self._done(sent_ns, response, body, request.group)

    def cut(self) -> None:
        self._is_cut = True
        self._backend.cut()

    async def close(self) -> None:
        self._transport.close()
        self._backend.drop()


async def _async_chunks(source: BodySource) -> AsyncIterator[bytes]:
    for chunk in source.chunks():
        yield bytes(chunk)


class AsyncHttpx2Client(AsyncHttpxClient):
    """The same over HTTP/2, for comparison: one stream on a connection of its own."""

    http2 = True


class BlockingHttpx2Client(BlockingHttpxClient):
    """The blocking twin."""

    http2 = True
