"""One httpx client driven in the three ways that a run drives it: blocking, under asyncio, under uvloop."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop

from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.exchange import ConnectionCounts, Fields, Outcome, Request
from loadgen.base.reply import Reply
from loadgen.clients.httpx_client import AsyncHttpxClient, BlockingHttpxClient
from tests.support.fault_server import FaultServer
from tests.support.steps import AwaitClose, ReadRequest, Send, Step

HttpxClient = BlockingHttpxClient | AsyncHttpxClient
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
GET = Request(0, "GET", "/", Fields(()))
BLOCK = bytes(65536)
KINDS = ("blocking", "asyncio", "uvloop")


class User:
    """Runs one scenario with one client; `counts` and `client` are for the test to look at."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.counts = ConnectionCounts()
        self.client: HttpxClient

    def run(
        self,
        endpoint: Endpoint,
        scenario: Callable[[HttpxClient], Awaitable[None]],
        context: ssl.SSLContext | None = None,
    ) -> None:
        async def whole() -> None:
            kind = BlockingHttpxClient if self.kind == "blocking" else AsyncHttpxClient
            self.client = client = kind(endpoint, context, self.counts)
            try:
                await scenario(client)
            finally:
                await client.close()

        if self.kind == "blocking":
            run_without_loop(whole())
        else:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop if self.kind == "uvloop" else None) as runner:
                runner.run(whole())

    def outcomes(self, endpoint: Endpoint, *requests: Request, context: ssl.SSLContext | None = None) -> list[Outcome]:
        """What each of `requests`, one after another, came to."""
        found: list[Outcome] = []

        async def scenario(client: HttpxClient) -> None:
            for request in requests:
                found.append(await client.exchange(request))

        self.run(endpoint, scenario, context)
        return found

    def outcome(self, endpoint: Endpoint, request: Request = GET, context: ssl.SSLContext | None = None) -> Outcome:
        return self.outcomes(endpoint, request, context=context)[0]

    def reply(self, endpoint: Endpoint, request: Request = GET) -> Reply:
        outcome = self.outcome(endpoint, request)
        assert outcome.error is None, outcome
        assert outcome.reply is not None
        return outcome.reply


def run_without_loop(scenario: Coroutine[Any, Any, None]) -> None:
    """A scenario over a blocking client never suspends."""
    try:
        scenario.send(None)
    except StopIteration:
        return
    scenario.close()
    raise AssertionError("the blocking client suspended")


def endpoint_of(port: int, *, scheme: str = "http", **more: Any) -> Endpoint:
    more.setdefault("addresses", ((socket.AF_INET, ("127.0.0.1", port)),))
    return Endpoint(Origin(scheme, "localhost", port), **more)


def serving(*steps: Step) -> FaultServer:
    """Every connection plays the same steps."""
    return FaultServer(lambda _index: steps)


def broken_once(*steps: Step) -> FaultServer:
    """The first connection reads a request and plays `steps`; all others serve."""
    good: Sequence[Step] = (ReadRequest(), Send(OK), AwaitClose())
    return FaultServer(lambda index: good if index else (ReadRequest(), *steps))


def replying(*replies: bytes, tls: ssl.SSLContext | None = None) -> FaultServer:
    """One request and one reply after another on each connection, which then stays open."""
    steps: list[Step] = []
    for reply in replies:
        steps += [ReadRequest(), Send(reply)]
    return FaultServer(lambda _index: (*steps, AwaitClose()), tls)


class Pieces:
    """A body source; `length` None asks for chunked encoding."""

    def __init__(self, pieces: Sequence[bytes], length: int | None) -> None:
        self.pieces = pieces
        self.length = length

    def chunks(self) -> Iterator[bytes]:
        return iter(self.pieces)


def open_sockets(port: int) -> list[int]:
    """The descriptors of this process that are connected to a port of 127.0.0.1."""
    descriptors = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    return [descriptor for descriptor in descriptors if _peer(descriptor) == ("127.0.0.1", port)]


def _peer(descriptor: int) -> object:
    """The other end's address; None for what is no connected socket."""
    with suppress(OSError):
        sock = socket.socket(fileno=descriptor)
        try:
            return sock.getpeername()
        finally:
            sock.detach()
    return None
