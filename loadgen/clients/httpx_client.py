"""httpx as a client: one httpx client with one connection for each virtual user, async and blocking.

What is sent is what the raw client sends: Host, the request's fields, the body's length. Cookies are not kept,
redirects not followed, environment and .netrc not read. Deadlines are total.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from loadgen.base.clock import Clock, now_ns, s_to_ns
from loadgen.base.exchange import BodySource, ConnectionCounts, Endpoint, ErrorClass, Outcome, Reply, Request
from loadgen.clients.faults import classify, explain
from loadgen.clients.httpx_streams import HEAD_END, AsyncBackend, AsyncStream, BlockingBackend, BlockingStream

EXAMPLE_BYTES = 200
POOL: dict[str, Any] = {
    "max_connections": 1,
    "max_keepalive_connections": 1,
    "keepalive_expiry": None,
    "http1": True,
    "http2": False,
}


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool that opens connections by our backend."""

    def __init__(self, backend: AsyncBackend, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.AsyncConnectionPool(ssl_context=context, network_backend=backend, **POOL)


class BlockingTransport(httpx.HTTPTransport):
    """The blocking twin."""

    def __init__(self, backend: BlockingBackend, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend, **POOL)


class _Common:
    """What both clients do alike: build requests, and tell what an exchange came to."""

    def __init__(self, endpoint: Endpoint, counts: ConnectionCounts, clock: Clock) -> None:
        self.counts = counts
        self._endpoint = endpoint
        self._clock = clock
        self._timeout_ns = s_to_ns(endpoint.timeout_s)
        self._is_cut = False
        self._last: tuple[Request, httpx.Request] | None = None
        for name in ("httpx", "httpcore"):  # they would log full URLs
            logging.getLogger(name).setLevel(logging.WARNING)

    def _forget_cookies(self, client: httpx.AsyncClient | httpx.Client) -> None:
        client.headers.clear()
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def _built(self, request: Request, content: Any) -> httpx.Request:
        """The request as httpx has it; the last one is kept, because users repeat themselves."""
        if self._last is not None and self._last[0] is request:
            return self._last[1]
        origin = self._endpoint.origin
        headers = [] if request.fields.names_host else [("Host", origin.authority)]
        headers += request.fields.pairs
        if isinstance(request.body, bytes):
            content = request.body or None
        elif request.body.length is not None:
            headers.append(("Content-Length", str(request.body.length)))
        if not self._endpoint.keep_alive:
            headers.append(("Connection", "close"))
        url = httpx.URL(str(origin)).copy_with(raw_path=request.target.encode("ascii"))
        built = httpx.Request(request.method, url, headers=headers, content=content)
        if isinstance(request.body, bytes):
            self._last = (request, built)
        return built

    def _check_idle(self, stream: AsyncStream | BlockingStream | None) -> None:
        """Count an idle connection that the server closed, or that holds what nobody asked for; httpcore drops it."""
        if stream is None or stream.closed or not stream.traffic.uses or not stream.readable:
            return
        if stream.surplus:
            self.counts.desynced += 1
        else:
            self.counts.idle_closed += 1

    def _done(
        self, sent_ns: int, stream: AsyncStream | BlockingStream, status: int, body: "_Body", response: httpx.Response
    ) -> Outcome:
        done_ns = self._clock()
        traffic = stream.traffic
        if _has_surplus(traffic.start, traffic.tail, traffic.received, body.length, response):
            self.counts.desynced += 1
            stream.closed = True
        reply = Reply(
            status, body.length, traffic.received, bytes(body.kept), traffic.start[:EXAMPLE_BYTES], not stream.closed
        )
        return Outcome(sent_ns, done_ns, reply, bytes_sent=traffic.sent, bytes_received=traffic.received)

    def _failed(self, sent_ns: int, stream: AsyncStream | BlockingStream | None, error: Exception) -> Outcome:
        done_ns = self._clock()
        traffic = stream.traffic if stream is not None else None
        kind, detail = self._why(stream, error)
        if self._is_cut:
            kind, detail = ErrorClass.CUT, ""
        return Outcome(
            sent_ns,
            done_ns,
            None,
            kind,
            detail,
            traffic.start[:EXAMPLE_BYTES] if traffic else b"",
            traffic.sent if traffic else 0,
            traffic.received if traffic else 0,
        )

    @staticmethod
    def _why(stream: AsyncStream | BlockingStream | None, error: Exception) -> tuple[ErrorClass, str]:
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return (ErrorClass.TIMEOUT if stream is not None else ErrorClass.CONNECT_TIMEOUT), ""
        begun = stream is not None and stream.traffic.received > 0
        reused = stream is not None and stream.traffic.uses > 1
        if isinstance(error, httpx.ProtocolError | httpx.NetworkError) and stream is not None and stream.eof:
            if reused and not begun:
                return ErrorClass.STALE_CONNECTION, ""
            return ErrorClass.EARLY_CLOSE, "" if begun else "the server closed the connection without a reply"
        if isinstance(error, httpx.RemoteProtocolError):
            return ErrorClass.MALFORMED_REPLY, str(error)
        kind = classify(error)
        if kind is ErrorClass.CONNECTION_RESET and reused and not begun:
            kind = ErrorClass.STALE_CONNECTION
        return kind, explain(error)


class _Body:
    """Counts a reply's body, keeps its beginning, feeds the sink."""

    def __init__(self, request: Request) -> None:
        self.length = 0
        self.kept = bytearray()
        self._keep = request.keep
        self._sink = request.sink

    def take(self, chunk: bytes) -> None:
        """One more piece."""
        self.length += len(chunk)
        if len(self.kept) < self._keep:
            self.kept += chunk[: self._keep - len(self.kept)]
        if self._sink is not None:
            self._sink(chunk)


class AsyncHttpxClient(_Common):
    """One `httpx.AsyncClient` with one connection, on the running loop."""

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: Clock = now_ns
    ) -> None:
        super().__init__(endpoint, counts, clock)
        self._backend = AsyncBackend(endpoint, context, counts)
        self._client = httpx.AsyncClient(
            transport=AsyncTransport(self._backend, context), trust_env=False, timeout=None, follow_redirects=False
        )
        self._forget_cookies(self._client)

    async def connect(self) -> ErrorClass | None:
        """Open the connection ahead of the first request."""
        try:
            await self._backend.open()
        except OSError as error:
            return ErrorClass.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else classify(error)
        return None

    async def exchange(self, request: Request) -> Outcome:
        """Send one request and await its reply."""
        sent_ns = self._clock()
        self._check_idle(self._backend.stream)
        if self._backend.stream is not None and self._backend.stream.readable:
            self._backend.stream = None
        before = self._backend.stream
        if before is not None:
            self.counts.used += before.traffic.uses == 0
            before.traffic.begin()
        try:
            async with asyncio.timeout(self._endpoint.timeout_s):
                return await self._exchange(request, sent_ns)
        except Exception as error:
            stream = self._backend.stream
            outcome = self._failed(sent_ns, stream, error)
            if stream is not None:
                stream.abort()
                self._backend.stream = None
            return outcome

    async def _exchange(self, request: Request, sent_ns: int) -> Outcome:
        source = None if isinstance(request.body, bytes) else _async_chunks(request.body)
        response = await self._client.send(self._built(request, source), stream=True)
        body = _Body(request)
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for chunk in response.stream:
                body.take(chunk)
        finally:
            await response.aclose()
        stream = self._backend.stream
        assert stream is not None
        return self._done(sent_ns, stream, response.status_code, body, response)

    def cut(self) -> None:
        """End a running exchange."""
        self._is_cut = True
        if self._backend.stream is not None:
            self._backend.stream.abort()

    async def close(self) -> None:
        """Close the client and its connection."""
        await self._client.aclose()
        if self._backend.stream is not None:
            self._backend.stream.abort()


class BlockingHttpxClient(_Common):
    """One `httpx.Client` with one connection, in a thread of its own; `exchange` never suspends."""

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: Clock = now_ns
    ) -> None:
        super().__init__(endpoint, counts, clock)
        self._backend = BlockingBackend(endpoint, context, counts, clock)
        self._client = httpx.Client(
            transport=BlockingTransport(self._backend, context), trust_env=False, timeout=None, follow_redirects=False
        )
        self._forget_cookies(self._client)

    async def connect(self) -> ErrorClass | None:
        """Open the connection ahead of the first request."""
        try:
            self._backend.open()
        except OSError as error:
            return ErrorClass.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else classify(error)
        return None

    async def exchange(self, request: Request) -> Outcome:
        """Send one request and read its reply."""
        sent_ns = self._clock()
        self._check_idle(self._backend.stream)
        if self._backend.stream is not None and self._backend.stream.readable:
            self._backend.stream = None
        self._backend.deadline_ns = sent_ns + self._timeout_ns
        before = self._backend.stream
        if before is not None:
            self.counts.used += before.traffic.uses == 0
            before.traffic.begin()
            before.deadline_ns = self._backend.deadline_ns
        try:
            return self._exchange(request, sent_ns)
        except Exception as error:
            stream = self._backend.stream
            outcome = self._failed(sent_ns, stream, error)
            if stream is not None:
                stream.close()
                self._backend.stream = None
            return outcome

    def _exchange(self, request: Request, sent_ns: int) -> Outcome:
        source = None if isinstance(request.body, bytes) else _Chunks(request.body)
        response = self._client.send(self._built(request, source), stream=True)
        body = _Body(request)
        try:
            assert isinstance(response.stream, httpx.SyncByteStream)
            for chunk in response.stream:
                body.take(chunk)
        finally:
            response.close()
        stream = self._backend.stream
        assert stream is not None
        return self._done(sent_ns, stream, response.status_code, body, response)

    def cut(self) -> None:
        """End a running exchange from another thread."""
        self._is_cut = True
        if self._backend.stream is not None:
            self._backend.stream.cut()

    async def close(self) -> None:
        """Close the client and its connection."""
        self._client.close()
        if self._backend.stream is not None:
            self._backend.stream.close()


class _Chunks:
    """A body source for the blocking client."""

    def __init__(self, source: BodySource) -> None:
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        return self._source.chunks()


async def _async_chunks(source: BodySource) -> AsyncIterator[bytes]:
    for chunk in source.chunks():
        yield chunk


def _has_surplus(start: bytes, tail: bytes, received: int, body_length: int, response: httpx.Response) -> bool:
    """Whether bytes came after the reply's end: exact with a length, by the last bytes with chunks."""
    if "transfer-encoding" in response.headers:
        return not tail.endswith(HEAD_END)
    if "content-length" not in response.headers and body_length:
        return False
    heads = 0
    while start.startswith(b"HTTP/1.1 1", heads) and not start.startswith(b"HTTP/1.1 101", heads):
        heads = start.find(HEAD_END, heads) + len(HEAD_END)
    return received > start.find(HEAD_END, heads) + len(HEAD_END) + body_length
