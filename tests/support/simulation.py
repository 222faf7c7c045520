"""ReactorUsers on virtual time: a fake reactor, a fake alarm, and a server that is one function."""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.exchange import ConnectionCounts, Endpoint, ErrorClass, Reply, Request
from loadgen.clients.http1.connection import Connection, Phase
from loadgen.executors import reactor_users
from loadgen.executors.open_users import OpenUsers
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import SharedState
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Recording
from loadgen.pacing.make import make_pacer
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.plan import Plan
from loadgen.workloads.base import Workload
from loadgen.workloads.http import HttpWorkload
from tests.support.fakes import TICK_NS, VirtualClock, VirtualLoop, reply, task_for


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
        self.timetable: Callable[[int], bool] | None = None
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

    def drop(self, connection: Connection) -> None:
        connection.phase = Phase.CLOSED

    def opened(self, connection: Connection) -> None:
        self.opening.remove(connection)
        connection.phase = Phase.IDLE
        self.handler.on_open(connection)

    def answer(self, connection: Connection, reply: Reply) -> None:
        """A complete reply, by the short cut where the real reactor would take it."""
        self.sending.remove(connection)
        connection.phase = Phase.IDLE
        assert connection.request is not None
        cache, whole = connection.request.cache, reply.whole
        tell: Callable[[Connection, int], Request | None] | None = None
        if cache is not None and whole is not None:
            alike = len(whole) == cache.size and cache.alike(whole)
            tell = self.handler.on_repeat if whole == cache.data else self.handler.on_alike if alike else None
        if tell is not None:
            following = tell(connection, self._clock())
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


Served = tuple[int, Reply | ErrorClass] | None
"""What comes of a request: after so many ns, this; an error after 0 ns inside the call of `send`; or never anything."""


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
        control: SharedState | None = None,
        max_errors: int | None = None,
        workload: Workload | None = None,
    ) -> None:
        monkeypatch.setattr(reactor_users, "Reactor", self._make_reactor)
        self.clock = VirtualClock()
        self.began_ns = self.clock()
        self.control = control or SharedState.create(plan.shard_count)
        self.own_control = control is None
        self.alarm = FakeAlarm()
        self.sent: list[Sent] = []
        self.opened_at: list[tuple[int, int]] = []
        self.most_pending = 0
        self._serve = serve
        self._connect = connect
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._next_tick = 0
        task = task_for(plan, self.control, self.clock, shard)
        self.recorder = Recorder(task.redact, paced=plan.paced)
        self.breaker = Breaker(self.control, shard, max_errors)
        assert isinstance(plan.job, HttpJob)
        workload = workload or HttpWorkload(plan.job, task.shard, plan.users)
        pacer = make_pacer(plan, task.shard)
        self.users: reactor_users.ReactorUsers
        if plan.arrivals is None:
            self.users = reactor_users.ReactorUsers(
                task, None, pacer, workload, self.recorder, self.breaker, self.alarm
            )
        else:
            self.users = OpenUsers(task, plan.arrivals, None, pacer, workload, self.recorder, self.breaker, self.alarm)
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
                self.users.on_batch()
            elif kind == "event":
                heappop(self._events)[2]()
                if self.reactor.timetable is not None:
                    self.reactor.timetable(self.clock())
                    self.users.on_batch()
            else:
                self._next_tick += TICK_NS
                self.users.tick(self.clock())

    def run_to_the_end(self, limit_ns: int = 3600 * NS_PER_S) -> None:
        """Until nobody sends any more."""
        self.run(limit_ns, lambda: self.users.finished)
        assert self.users.finished, "the users never finished"

    def whole(self, duration_s: float = 10.0) -> Recording:
        """Open, start, run to the end: what was recorded."""
        self.open_all()
        self.start(duration_s)
        self.run_to_the_end()
        return self.users.take()

    def later(self, delay_ns: int, action: Callable[[], None]) -> None:
        """Do something of one's own at a later instant."""
        heappush(self._events, (self.clock() + delay_ns, next(self._order), action))

    def close(self) -> None:
        self._runner.run(self.users.close())
        self._runner.close()
        if self.own_control:
            self.control.close()

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
        elif not delay_ns:
            self.reactor.fail(connection, answer)
        else:
            self.later(delay_ns, lambda: self._still(connection, lambda: self.reactor.fail(connection, answer)))

    def _still(self, connection: Connection, action: Callable[[], None]) -> None:
        """What comes after a cut finds nobody."""
        if connection in self.reactor.sending:
            action()
