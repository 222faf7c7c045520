"""ReactorUsers on virtual time: a fake reactor, a fake alarm, and a server that is one function."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any

from loadgen.base.clock import NEVER_NS, NS_PER_MS, NS_PER_S, s_to_ns
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Request
from loadgen.base.reply import Reply
from loadgen.clients.base import Handler
from loadgen.clients.http1.framing import HEAD_END
from loadgen.clients.http1.reply_cache import cache_of
from loadgen.executors.open_users import OpenUsers
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.executors.reactor_users import ReactorUsers
from loadgen.executors.steered_users import SteeredUsers
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


@dataclass(slots=True, eq=False)
class FakeStream:
    """A user's stream of a FakeReactor."""

    user: int
    origin: Origin | None = None
    request: Request | None = None
    sent_ns: int = 0
    first_byte_ns: int = 0
    due_ns: int = 0
    backoff_ns: int = 0
    is_open: bool = False
    reused: bool = False


class FakeReactor:
    """A reactor and its StreamClient in one: does what they promise to a Handler.

    Whoever uses it decides when, and with what answer.
    """

    def __init__(self, counts: ConnectionCounts, clock: VirtualClock, timeout_s: float = 10.0) -> None:
        self.handler: Handler
        self._timeout_ns = s_to_ns(timeout_s)
        self.counts = counts
        self.bytes_sent: list[int] = []
        self.bytes_lost: list[int] = []
        self.ring: Callable[[], None]
        self.timetable: Callable[[int], bool] | None = None
        self.opening: list[FakeStream] = []
        self.sending: list[FakeStream] = []
        self.swept: list[int] = []
        self.shortest_timeout_ns = NEVER_NS
        self.closed = False
        self.on_send: Callable[[FakeStream], None] = lambda _: None
        self.on_opening: Callable[[FakeStream], None] = lambda _: None
        self._clock = clock
        self._reads, self._writes = os.pipe()

    def speak(self, _reactor: object, handler: Handler, names: int) -> "FakeReactor":
        """What Http1Client is for the real one."""
        self.handler, self.bytes_sent, self.bytes_lost = handler, [0] * names, [0] * names
        return self

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing to be watched."""

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing was."""

    def on_ready(self) -> None:
        raise AssertionError("the pipe of the fake never becomes readable")

    def watch(self, descriptor: int, on_ready: Callable[[], None]) -> None:
        self.ring = on_ready

    def stream(self, user: int, origin: Origin | None = None) -> FakeStream:
        return FakeStream(user, origin)

    def open(self, stream: FakeStream) -> None:
        stream.request = None
        self.opening.append(stream)
        self.on_opening(stream)

    def send(self, stream: FakeStream, request: Request, now: int) -> None:
        assert stream not in self.sending, "a busy stream was given another request"
        stream.request = request
        stream.sent_ns = now
        stream.is_open = True
        self.shortest_timeout_ns = min(self.shortest_timeout_ns, request.timeout_ns or NEVER_NS)
        self.bytes_sent[request.name_id] += 10
        self.sending.append(stream)
        self.on_send(stream)

    def drop(self, stream: FakeStream) -> None:
        stream.is_open = False

    def lost(self, stream: FakeStream, error: ErrorClass, _detail: str = "") -> None:
        self.fail(stream, error)

    def stop(self, stream: FakeStream) -> None:
        self.fail(stream, ErrorClass.CUT)

    def opened(self, stream: FakeStream) -> None:
        self.opening.remove(stream)
        stream.is_open = True
        self.handler.on_open(stream)

    def answer(self, stream: FakeStream, reply: Reply) -> None:
        """A complete reply in one piece, by the short cut where the real client would take it."""
        self.sending.remove(stream)
        request, whole = stream.request, reply.head
        assert request is not None
        cache = cache_of(request.group)
        if cache is not None and whole == cache.data:
            following = self.handler.on_repeat(stream, self._clock())
        elif cache is not None and cache.alike(whole):
            following = self.handler.on_alike(stream, self._clock())
        else:
            good, following = self.handler.on_reply(stream, self._clock(), reply), None
            if cache is not None:
                cache.update(request, reply, whole if good else None, len(whole.partition(HEAD_END)[0]) + len(HEAD_END))
        if following is not None:
            self.send(stream, following, self._clock())

    def fail(self, stream: FakeStream, error: ErrorClass) -> None:
        """The request in flight, or the opening, came to nothing."""
        (self.opening if stream.request is None else self.sending).remove(stream)
        stream.is_open = False
        self.handler.on_error(stream, self._clock(), error, "", b"")

    def sweep(self, now: int) -> None:
        self.swept.append(now)
        for stream in list(self.sending):
            timeout_ns = None if stream.request is None else stream.request.timeout_ns
            if now - stream.sent_ns >= (self._timeout_ns if timeout_ns is None else timeout_ns):
                self.fail(stream, ErrorClass.TIMEOUT)

    def cut(self) -> None:
        for stream in list(self.sending):
            self.fail(stream, ErrorClass.CUT)

    def close(self) -> None:
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
        plan: Plan,
        serve: Callable[[Sent], Served] = lambda _: (NS_PER_MS, reply()),
        connect: Callable[[int], tuple[int, ErrorClass | None]] = lambda _: (NS_PER_MS, None),
        *,
        shard: int = 0,
        control: SharedState | None = None,
        max_errors: int | None = None,
        workload: Workload | None = None,
    ) -> None:
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
        self.reactor = FakeReactor(self.recorder.connections, self.clock, plan.timeout_s)
        self.reactor.on_send, self.reactor.on_opening = self._on_send, self._on_opening
        reactor: Any = self.reactor
        pacer = make_pacer(plan, task.shard)
        setup = ReactorSetup(
            task, reactor, pacer, workload, self.recorder, self.breaker, self.alarm, self.reactor.speak
        )
        closed = SteeredUsers if plan.steered else ReactorUsers
        self.users = closed(setup) if plan.arrivals is None else OpenUsers(setup)
        self._runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(self.clock))

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

    def _on_opening(self, stream: FakeStream) -> None:
        self.opened_at.append((self.elapsed_ns, stream.user))
        self.most_pending = max(self.most_pending, len(self.reactor.opening))
        delay_ns, error = self._connect(stream.user)
        if error is None:
            self.later(delay_ns, lambda: self.reactor.opened(stream))
        else:
            self.later(delay_ns, lambda: self.reactor.fail(stream, error))

    def _on_send(self, stream: FakeStream) -> None:
        assert stream.request is not None
        sent = Sent(self.elapsed_ns, stream.user, stream.request)
        self.sent.append(sent)
        served = self._serve(sent)
        if served is None:
            return
        delay_ns, answer = served
        if isinstance(answer, Reply):
            self.later(delay_ns, lambda: self._still(stream, lambda: self.reactor.answer(stream, answer)))
        elif not delay_ns:
            self.reactor.fail(stream, answer)
        else:
            self.later(delay_ns, lambda: self._still(stream, lambda: self.reactor.fail(stream, answer)))

    def _still(self, stream: FakeStream, action: Callable[[], None]) -> None:
        """What comes after a cut finds nobody."""
        if stream in self.reactor.sending:
            action()
