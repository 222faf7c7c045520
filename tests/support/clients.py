"""All clients made to look alike: a `User` sends one request after another and shows what came of each as plain values.

    with FaultServer(...) as server, user("reactor", endpoint_of(server)) as client:
        assert client.exchange(get()) == Got(status=200, length=5, ...)

The kinds are the raw reactor, on epoll and on the loop alone, its blocking twin, and httpx async and blocking.
"""

import asyncio
import fcntl
import gc
import os
import resource
import select
import socket
import ssl
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest
import uvloop

from loadgen.base.clock import NS_PER_MS, NS_PER_S, now_ns, s_to_ns
from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Client, ConnectionCounts, Fields, Outcome, Request, RequestGroup
from loadgen.base.reply import Expect, Reply
from loadgen.clients.addresses import Addresses
from loadgen.clients.base import Stream
from loadgen.clients.destinations import Destinations
from loadgen.clients.http1.blocking import BlockingClient
from loadgen.clients.http1.client import Http1Client
from loadgen.clients.http1.connection import Connection
from loadgen.clients.http1.limited import LimitedBlockingClient
from loadgen.clients.httpx_client import AsyncHttpxClient, BlockingHttpxClient
from loadgen.clients.local_addresses import local_addresses_of
from loadgen.clients.origins import MakeClient, OriginClients
from loadgen.clients.reactor import Reactor
from tests.support.fault_server import FaultServer
from tests.support.steps import GATE_TIMEOUT_S, Gate

KINDS = ("reactor", "reactor without epoll", "blocking", "httpx async", "httpx blocking")
RAW = KINDS[:3]
SEQUENTIAL: dict[str, MakeClient] = {
    "blocking": BlockingClient,
    "httpx async": AsyncHttpxClient,
    "httpx blocking": BlockingHttpxClient,
}
TICK_S = 0.01
T = TypeVar("T")

every_client = pytest.mark.parametrize("kind", KINDS)
every_raw_client = pytest.mark.parametrize("kind", RAW)


@dataclass(frozen=True)
class Got:
    """What one exchange came to. `stays_open` is whether the connection stays open for another."""

    status: int | None = None
    length: int = 0
    kept: bytes = b""
    stays_open: bool = False
    wire_length: int = 0
    sent: int = 0
    error: ErrorClass | None = None
    head: bytes = field(default=b"", compare=False)


class MovingClock:
    """The clock, with a hand to move it on, or to hold it."""

    def __init__(self) -> None:
        self.ahead_ns = 0
        self._held_ns = 0

    def __call__(self) -> int:
        if self._held_ns:
            self._held_ns += 1  # no two instants are the same
            return self._held_ns + self.ahead_ns
        return now_ns() + self.ahead_ns

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let next to no time pass."""
        self._held_ns = now_ns()
        try:
            yield
        finally:
            self._held_ns = 0


class ReactorClient:
    """One connection of a reactor as a Client, in the way the executors use it."""

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: Callable[[], int]
    ) -> None:
        self.counts = counts
        self.repeats = 0
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._reactor = Reactor(endpoint, context, counts, clock=clock)
        self._client = Http1Client(self._reactor, self, names=2)
        self.connection = self._client.stream(0)
        self._streams: dict[Origin | None, Connection] = {None: self.connection}
        self._reactor.linger_ns = 0
        self._reactor.attach(self._loop)
        self._last: dict[int, Reply] = {}
        self._done: asyncio.Future[Outcome] = self._loop.create_future()

    async def connect(self) -> ErrorClass | None:
        self._client.open(self.connection)
        return (await self._finished()).error

    async def exchange(self, request: Request) -> Outcome:
        before, lost_before = sum(self._client.bytes_sent), sum(self._client.bytes_lost)
        if request.origin not in self._streams:
            self._streams[request.origin] = self._client.stream(0, request.origin)
        self._client.send(self._streams[request.origin], request, self._clock())
        outcome = await self._finished()
        outcome.bytes_sent = sum(self._client.bytes_sent) - before
        outcome.bytes_received = sum(self._client.bytes_lost) - lost_before
        if outcome.reply is not None:
            outcome.bytes_received += outcome.reply.wire_length
        return outcome

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._reactor.cut)

    async def close(self) -> None:
        self._reactor.detach(self._loop)
        self._reactor.close()

    async def _finished(self) -> Outcome:
        """Await the end of what was begun, with the deadlines watched as the executors' tick does."""
        while not self._done.done():
            await asyncio.wait({self._done}, timeout=TICK_S)
            self._reactor.sweep(self._clock())
        outcome, self._done = self._done.result(), self._loop.create_future()
        return outcome

    # The reactor's Handler.

    def on_open(self, connection: Stream) -> None:
        self._done.set_result(Outcome(0, 0))

    def on_repeat(self, connection: Stream, now: int) -> Request | None:
        assert connection.request is not None
        self.repeats += 1
        reply = self._last[connection.request.name_id]
        self._done.set_result(Outcome(connection.sent_ns, now, reply))
        return None

    def on_repeats(self, streams: list[Any], took_ns: list[int], now: int) -> bool:
        """There is one connection."""
        return False

    def on_alike(self, connection: Stream, now: int) -> Request | None:
        assert connection.request is not None
        assert connection.request.group is not None
        assert connection.request.group.reply is not None
        self._last[connection.request.name_id] = connection.request.group.reply
        return self.on_repeat(connection, now)

    def on_reply(self, connection: Stream, now: int, reply: Reply) -> bool:
        request = connection.request
        assert request is not None
        if request.group is not None:
            self._last[request.name_id] = request.group.reply = reply
        self._done.set_result(Outcome(connection.sent_ns, now, reply))
        return request.expect.verdict(reply.status, reply.body_length, reply.kept) is None

    def on_error(self, connection: Stream, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        self._done.set_result(Outcome(connection.sent_ns, now, None, error, detail, head))

    def on_batch(self) -> None:
        """Nothing to fold here."""


class User:
    """One user with one client, driven from the test's thread."""

    def __init__(self, kind: str, endpoint: Endpoint, context: ssl.SSLContext | None) -> None:
        self.counts = ConnectionCounts()
        self.details: list[str] = []
        self.outcomes: list[Outcome] = []
        self._clock = MovingClock()
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.client: Any = self._run(self._make(kind, endpoint, context))

    async def _make(self, kind: str, endpoint: Endpoint, context: ssl.SSLContext | None) -> ReactorClient | Client:
        return await _make(kind, endpoint, context, self.counts, self._clock)

    def connect(self) -> ErrorClass | None:
        """Open the connection ahead."""
        error: ErrorClass | None = self._run(self.client.connect())
        return error

    def exchange(self, request: Request) -> Got:
        """Send one request, and see what comes."""
        return self._shown(self._run(self.client.exchange(request)))

    def exchange_without_descriptors(self, request: Request) -> Got:
        """The same while this process may open none."""

        async def starved() -> Outcome:
            with no_free_descriptors():
                outcome: Outcome = await self.client.exchange(request)
                return outcome

        return self._shown(self._run(starved()))

    def _shown(self, outcome: Outcome) -> Got:
        self.outcomes.append(outcome)
        self.details.append(outcome.detail)
        assert outcome.done_ns >= outcome.sent_ns > 0
        reply = outcome.reply
        if reply is None:
            return Got(sent=outcome.bytes_sent, error=outcome.error)
        is_open = _socket_of(self.client) is not None
        return Got(
            reply.status, reply.body_length, reply.kept, is_open, reply.wire_length, outcome.bytes_sent, head=reply.head
        )

    def exchange_and_cut(self, request: Request, moment: Gate) -> Got:
        """The same, with a cut from another thread at the moment the gate opens."""

        def cut() -> None:
            moment.wait()
            self.client.cut()

        cutter = Thread(target=cut)
        cutter.start()
        try:
            return self.exchange(request)
        finally:
            cutter.join()

    def await_event(self, *, noticed: bool = True) -> None:
        """Wait until the server has closed, or written to, the idle connection; and give the client time to see it."""
        poll = select.poll()
        sock = _socket_of(self.client)
        assert sock is not None
        poll.register(sock, select.POLLIN)
        assert poll.poll(GATE_TIMEOUT_S * 1000)
        if noticed:
            self.look()

    def at_once(self) -> AbstractContextManager[None]:
        """What happens inside takes no time for the client, however slow this machine is."""
        return self._clock.held()

    def look(self) -> None:
        """Give the client time to see what happened to the idle connection."""
        self._clock.ahead_ns += 10 * NS_PER_MS
        self._run(_turn_around())

    def pause(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._clock.ahead_ns += s_to_ns(seconds)

    def close(self) -> None:
        self._run(self.client.close())
        self._runner.close()

    def _run(self, job: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await job

        return self._runner.run(awaited())


async def _make(
    kind: str, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: MovingClock
) -> ReactorClient | Client:
    match kind:
        case "reactor":
            return ReactorClient(endpoint, context, counts, clock)
        case "reactor without epoll":
            with pytest.MonkeyPatch.context() as patch:
                patch.delattr(select, "epoll")
                return ReactorClient(endpoint, context, counts, clock)
    make = SEQUENTIAL[kind]
    if kind == "blocking" and endpoint.dialing.requests_each is not None:
        make = LimitedBlockingClient
    addresses = Addresses(endpoint.addresses, clock, local=local_addresses_of(endpoint.dialing))
    return make(endpoint, context, counts, clock, addresses)


class Traveller(User):
    """A user whose requests may go to other origins."""

    async def _make(self, kind: str, endpoint: Endpoint, context: ssl.SSLContext | None) -> ReactorClient | Client:
        if kind not in SEQUENTIAL:
            return await _make(kind, endpoint, context, self.counts, self._clock)
        destinations = Destinations(endpoint, context, self._clock)
        client = OriginClients(SEQUENTIAL[kind], endpoint, destinations, self._clock, blocking="blocking" in kind)
        self.counts = client.counts
        return client


async def _turn_around() -> None:
    """Let the loop look at its descriptors."""
    for _ in range(4):
        await asyncio.sleep(0)


def _socket_of(client: Any) -> socket.SocketType | None:
    """The open connection. The one place that knows where each client keeps its socket."""
    if isinstance(client, OriginClients):
        client = client.home
    if isinstance(client, ReactorClient):
        return client.connection.sock
    if isinstance(client, BlockingClient):
        return client._sock
    stream = client._backend.stream
    sock: socket.SocketType | None = None if stream is None or stream.closed else stream.sock
    return sock


@contextmanager
def user(
    kind: str, endpoint: Endpoint, context: ssl.SSLContext | None = None, make: type[User] = User
) -> Iterator[User]:
    """A user whose descriptors are all closed in the end."""
    one = make(kind, endpoint, context)
    try:
        yield one
    finally:
        one.close()


def endpoint_to(
    port: int, host: str = "127.0.0.1", scheme: str = "http", origin_port: int | None = None, **changes: Any
) -> Endpoint:
    """How to reach a port of this machine by IPv4; `changes` are fields of Endpoint."""
    given = {"addresses": ((int(socket.AF_INET), ("127.0.0.1", port)),), **changes}
    return Endpoint(Origin(scheme, host, origin_port or port), **given)


def endpoint_of(server: FaultServer, **changes: Any) -> Endpoint:
    """How to reach a FaultServer."""
    return endpoint_to(server.port, **changes)


class BodyRead(Expect):
    """Any body is good."""

    reads_body = True


def get(group: RequestGroup | None = None, method: str = "GET", **given: Any) -> Request:
    """A request without a body, or with the one given. What is kept of its reply is looked at."""
    if "keep" in given:
        given.setdefault("expect", BodyRead())
    return Request(0, method, "/", Fields(()), group=group, **given)


def open_descriptors() -> int:
    """How many this process has open, garbage and what uvloop opens once for all not counted."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.sleep(0))
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


class Tap:
    """Where a server sees how much a client has taken off its socket, so that pieces arrive one by one."""

    def __init__(self) -> None:
        self._socket: socket.SocketType | None = None
        self._watching = Gate()

    def watch(self, one: User) -> None:
        """Look at this user's connection, which is open."""
        self._socket = _socket_of(one.client)
        self._watching.open()

    def is_taken(self, total: int) -> bool:
        """Whether `total` bytes have arrived, and been read."""
        self._watching.wait()
        assert self._socket is not None
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)
        arrived = int.from_bytes(info[128:], sys.byteorder)
        waiting = int.from_bytes(fcntl.ioctl(self._socket.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder)
        return arrived >= total and waiting == 0

    def is_full(self) -> bool:
        """Whether the kernel takes no more of what the client sends."""
        self._watching.wait()
        assert self._socket is not None
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        return not poll.poll(0)


class When(Gate):
    """Open once something is true. Asked again and again, because nobody tells; never longer than ten seconds."""

    def __init__(self, is_true: Callable[[], bool]) -> None:
        super().__init__()
        self._is_true = is_true
        self._over = False

    def open(self) -> None:
        """The server ends: nobody waits any more."""
        self._over = True

    def wait(self) -> None:
        limit_ns = now_ns() + int(GATE_TIMEOUT_S * NS_PER_S)
        while not (self._over or self._is_true()):
            if now_ns() > limit_ns:
                raise TimeoutError("it did not come true")
            time.sleep(0)


def connecting(port: int) -> When:
    """Open while this host tries to connect to a port that does not answer."""
    sought = f":{port:04X} 02 "  # the remote end, in state SYN_SENT
    return When(lambda: sought in Path("/proc/net/tcp").read_text("ascii"))


def spoken_to(port: int) -> When:
    """Open while bytes that the server has not read wait at one of its connections."""

    def is_true() -> bool:
        rows = map(str.split, Path("/proc/net/tcp").read_text("ascii").splitlines()[1:])
        return any(
            row[1].endswith(f":{port:04X}") and row[3] == "01" and not row[4].endswith(":00000000") for row in rows
        )

    return When(is_true)


@contextmanager
def no_free_descriptors() -> Iterator[None]:
    """This process may open none."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
