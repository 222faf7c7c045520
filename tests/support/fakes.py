"""Stand-ins for time, the kernel and a server, so that tests of the core are exact and take no time.

`VirtualClock` is the time; `VirtualLoop` is an event loop on it that never waits; `Simulation` runs `ReactorUsers` on
a fake reactor and a fake alarm; `FakeClient` is a client for `SequentialUsers`; `FakeUsers` are users for a `Worker`.
"""

import asyncio
import math
import os
import selectors
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.exchange import (
    ConnectionCounts,
    Endpoint,
    ErrorClass,
    Expect,
    Memo,
    Origin,
    Outcome,
    Reply,
    Request,
)
from loadgen.clients.http1.connection import Connection, Phase
from loadgen.executors import reactor_users
from loadgen.executors.base import Assignment
from loadgen.executors.open_users import OpenUsers
from loadgen.guard.board import Board
from loadgen.guard.breaker import Breaker
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Frame, Recording
from loadgen.plan.plan import Plan, RequestSpec, make_shards
from loadgen.workloads.http import HttpWorkload

BOOTED_NS = 5_000 * NS_PER_S
"""Where virtual time begins: a machine that has been up for a while, as CLOCK_MONOTONIC would show it."""

ORIGIN = Origin("http", "127.0.0.1", 8080)
ENDPOINT = Endpoint(ORIGIN, ((2, ("127.0.0.1", 8080)),))
GET = RequestSpec("GET /", "GET", "/")
TICK_NS = 50 * NS_PER_MS


def make_plan(**changes: Any) -> Plan:
    """A small plan: GET / with two users in one worker, for ten seconds."""
    return Plan(**{"name": "test", "origin": ORIGIN, "requests": (GET,), "users": 2} | changes)


class VirtualClock:
    """A clock that only moves when it is told to."""

    def __init__(self, now: int = BOOTED_NS) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, ns: int) -> None:
        self.now += ns


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits and nothing is due: the test would hang")
        if not ready and timeout is not None and timeout > 0:
            self._clock.advance(math.ceil(timeout * NS_PER_S))
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Instead of waiting, it moves the clock on to the next timer."""

    def __init__(self, clock: VirtualClock) -> None:
        self._virtual_clock = clock
        super().__init__(_JumpingSelector(clock))

    def time(self) -> float:
        return self._virtual_clock() / NS_PER_S


def run_virtually(clock: VirtualClock, main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(main)


def task_for(
    plan: Plan, board: Board, clock: VirtualClock, shard: int = 0, deliver: Callable[[Frame], None] | None = None
) -> Assignment:
    """One worker's task."""
    return Assignment(plan, make_shards(plan)[shard], ENDPOINT, board, deliver or (lambda _: None), bytes.decode, clock)


class FakeAlarm:
    """Keeps the instant at which it would ring."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.closed = False

    def fileno(self) -> int:
        return -1

    def set(self, at_ns: int) -> None:
        self.at = at_ns

    def clear(self) -> None:
        self.at = None

    def close(self) -> None:
        self.closed = True


class FakeReactor:
    """Does what the reactor promises to its Handler; the Simulation decides when, and with what answer."""

    def __init__(self, handler: Any, counts: ConnectionCounts, names: int, clock: VirtualClock) -> None:
        self.handler = handler
        self.counts = counts
        self.bytes_sent = [0] * names
        self.ring: Callable[[], None]
        self.opening: list[Connection] = []
        self.sending: list[Connection] = []
        self.swept: list[int] = []
        self.closed = False
        self.on_send: Callable[[Connection], None] = lambda _: None
        self.on_opening: Callable[[Connection], None] = lambda _: None
        self._clock = clock
        self._reads, self._writes = os.pipe()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing to be watched."""

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing was."""

    def on_ready(self) -> None:
        raise AssertionError("the pipe of the fake never becomes readable")

    def watch(self, descriptor: int, on_ready: Callable[[], None]) -> None:
        self.ring = on_ready

    def open(self, connection: Connection) -> None:
        connection.request = None
        connection.phase = Phase.CONNECTING
        self.opening.append(connection)
        self.on_opening(connection)

    def send(self, connection: Connection, request: Request, now: int) -> None:
        assert connection.phase in (Phase.IDLE, Phase.CLOSED), "a busy connection was given another request"
        connection.request = request
        connection.sent_ns = now
        connection.phase = Phase.WAITING
        self.bytes_sent[request.name_id] += 10
        self.sending.append(connection)
        self.on_send(connection)

    def opened(self, connection: Connection) -> None:
        self.opening.remove(connection)
        connection.phase = Phase.IDLE
        self.handler.on_open(connection)

    def answer(self, connection: Connection, reply: Reply) -> None:
        """A complete reply, by the short cut where the real reactor would take it."""
        self.sending.remove(connection)
        connection.phase = Phase.IDLE
        assert connection.request is not None
        memo = connection.request.memo
        if memo is not None and memo.data is not None and memo.data == reply.whole:
            following = self.handler.on_repeat(connection, self._clock())
            if following is not None:
                self.send(connection, following, self._clock())
        else:
            self.handler.on_reply(connection, self._clock(), reply)

    def fail(self, connection: Connection, error: ErrorClass) -> None:
        """The request in flight, or the opening, came to nothing."""
        (self.opening if connection.request is None else self.sending).remove(connection)
        connection.phase = Phase.CLOSED
        self.handler.on_error(connection, self._clock(), error, "", b"")

    def sweep(self, connections: Iterable[Connection], now: int) -> None:
        self.swept.append(now)

    def cut(self, connections: Iterable[Connection]) -> None:
        for connection in list(self.sending):
            self.fail(connection, ErrorClass.CUT)

    def close(self, connections: Iterable[Connection]) -> None:
        self.closed = True
        os.close(self._reads)
        os.close(self._writes)


def reply(status: int = 200, body: bytes = b"ok") -> Reply:
    """A reply in one piece on a connection that stays open."""
    whole = b"%d %b" % (status, body)
    return Reply(status, len(body), len(whole), body, whole, True, whole)


Served = tuple[int, Reply | ErrorClass] | None
"""What a fake server does with a request: after so many ns, this; or never anything."""


@dataclass(slots=True)
class Sent:
    """One request as it left."""

    at_ns: int
    user: int
    request: Request


class Simulation:
    """ReactorUsers on virtual time. `serve` is asked for each request, `connect` for each opening.

    `run(until_ns)` fires what is due in order: the alarm, answers, and a tick every 50 ms as a worker does it. Instants
    are counted from the beginning of virtual time.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        plan: Plan,
        serve: Callable[[Sent], Served] = lambda _: (NS_PER_MS, reply()),
        connect: Callable[[int], tuple[int, ErrorClass | None]] = lambda _: (NS_PER_MS, None),
        *,
        shard: int = 0,
        board: Board | None = None,
        max_errors: int | None = None,
    ) -> None:
        monkeypatch.setattr(reactor_users, "Reactor", self._make_reactor)
        self.clock = VirtualClock()
        self.began_ns = self.clock()
        self.board = board or Board.create(plan.shard_count)
        self.own_board = board is None
        self.alarm = FakeAlarm()
        self.sent: list[Sent] = []
        self.opened_at: list[tuple[int, int]] = []
        self.most_pending = 0
        self._serve = serve
        self._connect = connect
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._next_tick = 0
        task = task_for(plan, self.board, self.clock, shard)
        self.recorder = Recorder(task.redact, paced=plan.paced)
        self.breaker = Breaker(self.board, shard, max_errors)
        workload = HttpWorkload(plan, task.shard.index, task.shard.count, task.shard.seed)
        self.users: reactor_users.ReactorUsers
        if plan.arrivals is None:
            self.users = reactor_users.ReactorUsers(task, None, workload, self.recorder, self.breaker, self.alarm)
        else:
            self.users = OpenUsers(task, plan.arrivals, None, workload, self.recorder, self.breaker, self.alarm)
        self._runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(self.clock))

    def _make_reactor(
        self,
        endpoint: Endpoint,
        context: None,
        handler: Any,
        counts: ConnectionCounts,
        names: int,
        batches_ns: list[int],
        clock: VirtualClock,
    ) -> FakeReactor:
        self.reactor = FakeReactor(handler, counts, names, clock)
        self.reactor.on_send, self.reactor.on_opening = self._on_send, self._on_opening
        return self.reactor

    @property
    def elapsed_ns(self) -> int:
        return self.clock() - self.began_ns

    def open(self) -> None:
        """Begin to connect, as a worker does it before the gate."""

        async def on_loop() -> None:
            self.users.open(self.clock())

        self._runner.run(on_loop())

    def open_all(self) -> None:
        """Connect everybody, and set the clock back to the beginning."""
        self.open()
        self.run(60 * NS_PER_S, lambda: self.users.opened == len(self.users.connections))
        self.began_ns = self.clock()

    def start(self, duration_s: float = 10.0) -> None:
        """Open the gate."""
        self.users.start(self.clock(), self.clock() + round(duration_s * NS_PER_S))
        self._next_tick = self.clock() + TICK_NS

    def run(self, until_ns: int, done: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen that is due up to `until_ns`, or until `done`."""
        limit = self.began_ns + until_ns
        while not done():
            due = [(at, kind) for at, kind in self._due() if at <= limit]
            if not due:
                self.clock.now = max(limit, self.clock.now)
                return
            at, kind = min(due)
            self.clock.now = max(at, self.clock.now)
            if kind == "alarm":
                self.reactor.ring()
            elif kind == "event":
                heappop(self._events)[2]()
            else:
                self._next_tick += TICK_NS
                self.users.tick(self.clock())

    def run_to_the_end(self, limit_ns: int = 3600 * NS_PER_S) -> None:
        """Until nobody sends any more."""
        self.run(limit_ns, lambda: self.users.finished)
        assert self.users.finished, "the users never finished"

    def later(self, delay_ns: int, action: Callable[[], None]) -> None:
        """Do something of one's own at a later instant."""
        heappush(self._events, (self.clock() + delay_ns, next(self._order), action))

    def close(self) -> None:
        self._runner.run(self.users.close())
        self._runner.close()
        if self.own_board:
            self.board.close()

    def _due(self) -> list[tuple[int, str]]:
        due = [(self._events[0][0], "event")] if self._events else []
        if self.alarm.at is not None:
            due.append((self.alarm.at, "alarm"))
        if self._next_tick:
            due.append((self._next_tick, "tick"))
        return due

    def _on_opening(self, connection: Connection) -> None:
        self.opened_at.append((self.elapsed_ns, connection.user))
        self.most_pending = max(self.most_pending, len(self.reactor.opening))
        delay_ns, error = self._connect(connection.user)
        if error is None:
            self.later(delay_ns, lambda: self.reactor.opened(connection))
        else:
            self.later(delay_ns, lambda: self.reactor.fail(connection, error))

    def _on_send(self, connection: Connection) -> None:
        assert connection.request is not None
        sent = Sent(self.elapsed_ns, connection.user, connection.request)
        self.sent.append(sent)
        served = self._serve(sent)
        if served is None:
            return
        delay_ns, answer = served
        if isinstance(answer, Reply):
            self.later(delay_ns, lambda: self._still(connection, lambda: self.reactor.answer(connection, answer)))
        else:
            self.later(delay_ns, lambda: self._still(connection, lambda: self.reactor.fail(connection, answer)))

    def _still(self, connection: Connection, action: Callable[[], None]) -> None:
        """What comes after a cut finds nobody."""
        if connection in self.reactor.sending:
            action()


class FakeClient:
    """A client that answers after a delay of virtual time, with whatever `serve` says."""

    def __init__(self, clock: VirtualClock, serve: Callable[[Request], tuple[int, Reply | ErrorClass]]) -> None:
        self.counts = ConnectionCounts()
        self.connected_at: list[int] = []
        self.sent_at: list[int] = []
        self.closed = False
        self._clock = clock
        self._serve = serve
        self._cut = asyncio.Event()

    async def connect(self) -> ErrorClass | None:
        self.connected_at.append(self._clock())
        self.counts.opened += 1
        return None

    async def exchange(self, request: Request) -> Outcome:
        sent_ns = self._clock()
        self.sent_at.append(sent_ns)
        delay_ns, answer = self._serve(request)
        try:
            async with asyncio.timeout(delay_ns / NS_PER_S):
                await self._cut.wait()
            answer = ErrorClass.CUT
        except TimeoutError:
            pass
        if isinstance(answer, Reply):
            return Outcome(sent_ns, self._clock(), answer, bytes_sent=10, bytes_received=answer.wire_length)
        return Outcome(sent_ns, self._clock(), None, answer, bytes_sent=10)

    def cut(self) -> None:
        self._cut.set()

    async def close(self) -> None:
        self.closed = True


class OneRequest:
    """A workload of one request that never changes."""

    def __init__(self, name_id: int = 0, expect: Expect | None = None) -> None:
        from loadgen.base.exchange import Fields

        self.only: Request | None = Request(name_id, "GET", "/", Fields(()), expect=expect, memo=Memo())

    def next(self) -> Request:
        assert self.only is not None
        return self.only


@dataclass
class FakeUsers:
    """Users for a Worker: opened after some ticks, finished at an instant, and a sample in every recording."""

    clock: VirtualClock
    asked: int = 2
    opened: int = 0
    started: int = 0
    sent: int = 0
    not_sent: int = 0
    finish_at_ns: int | None = None
    finished_ns: int = 0
    started_at_ns: int = 0
    end_ns: int = 0
    cuts: int = 0
    ticks: list[int] = field(default_factory=list)
    closed: bool = False
    raises: BaseException | None = None

    @property
    def finished(self) -> bool:
        if self.finish_at_ns is not None and self.clock() >= self.finish_at_ns:
            self.finished_ns = self.finish_at_ns
            return True
        return False

    def open(self, now: int) -> None:
        self.opened = 0

    def start(self, now: int, end_ns: int) -> None:
        self.started_at_ns, self.end_ns, self.started = now, end_ns, self.asked

    def tick(self, now: int) -> None:
        self.ticks.append(now)
        self.opened = min(self.asked, self.opened + 1)

    def cut(self) -> None:
        self.cuts += 1
        self.finish_at_ns = self.clock()

    def take(self) -> Recording:
        recording = Recording()
        recording.tally(0).ok = 1
        self.sent += 1
        return recording

    async def close(self) -> None:
        self.closed = True
        if self.raises is not None:
            raise self.raises
