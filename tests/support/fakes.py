"""Stand-ins for time, the kernel and a server, so that tests of the core are exact and take no time.

`VirtualClock` is the time; `VirtualLoop` is an event loop on it that never waits; `FakeClient` is a client for
`SequentialUsers`; `FakeUsers` are users for a `Worker`. For `ReactorUsers` see simulation.py.
"""

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Fields, Outcome, Request, RequestGroup
from loadgen.base.reply import Expect, Reply
from loadgen.executors.base import Assignment
from loadgen.guard.shared_state import SharedState
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Frame, Recording
from loadgen.plan.condition import Condition, parse_condition
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import Plan, make_shards
from loadgen.workloads.base import Pause, Step

BOOTED_NS = 5_000 * NS_PER_S
"""Where virtual time begins: a machine that has been up for a while, as CLOCK_MONOTONIC would show it."""

ORIGIN = Origin("http", "127.0.0.1", 8080)
ENDPOINT = Endpoint(ORIGIN, ((2, ("127.0.0.1", 8080)),))
GET = RequestSpec("GET /", "GET", "/")
TICK_NS = 50 * NS_PER_MS


def make_plan(requests: tuple[RequestSpec, ...] = (GET,), **changes: Any) -> Plan:
    """A small plan: GET / with two users in one worker, for ten seconds."""
    fields: dict[str, Any] = {"name": "test", "origin": ORIGIN, "job": HttpJob(requests), "users": 2}
    return Plan(**fields | changes)


def thresholds(*texts: str) -> tuple[Condition, ...]:
    """The conditions of a plan's `thresholds`."""
    return tuple(parse_condition(text, use="threshold") for text in texts)


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
    plan: Plan,
    control: SharedState,
    clock: VirtualClock,
    shard: int = 0,
    deliver: Callable[[Frame], None] | None = None,
) -> Assignment:
    """One worker's task."""
    return Assignment(
        plan, make_shards(plan)[shard], ENDPOINT, control, deliver or (lambda _: None), bytes.decode, clock
    )


def reply(status: int = 200, body: bytes = b"ok") -> Reply:
    """A reply in one piece on a connection that stays open."""
    whole = b"%d %b" % (status, body)
    return Reply(status, len(body), len(whole), body, whole)


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

    def again(self, _request: Request, _sent_ns: int) -> Outcome | None:
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

    def drop(self) -> None:
        self.counts.idle_closed += 1

    async def close(self) -> None:
        self.closed = True


class Chained:
    """A workload of `firsts` requests, each of which leads to `more` others once it is done; whoever is free sends."""

    left = 0

    def __init__(self, firsts: int, more: int, expect: Expect | None = None) -> None:
        self.out = 0
        self.ends: list[tuple[int | None, ErrorClass | None]] = []
        self.ready = firsts
        self.leading = firsts
        self.more = more
        self.expect = expect

    def script(self, _user: int) -> "ChainedScript":
        return ChainedScript(self)

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        recorder.never_sent(0, waited_ns)


class ChainedScript:
    """Takes one of the requests that are ready, or waits for those that are out."""

    only = None

    def __init__(self, chained: Chained) -> None:
        self._chained = chained
        self._leads_on = False

    def resume(self, outcome: Outcome | None) -> Step | None:
        chained = self._chained
        if outcome is not None:
            chained.out -= 1
            chained.ends.append((outcome.reply.status if outcome.reply else None, outcome.error))
            if self._leads_on and outcome.error is None:
                chained.ready += chained.more
            return None
        if not chained.ready:
            return Pause() if chained.out else None
        chained.ready -= 1
        chained.out += 1
        self._leads_on, chained.leading = chained.leading > 0, chained.leading - 1
        return Request(0, "GET", "/", Fields(()), expect=chained.expect, awaited=True)


class OneScript:
    """A workload, and the script of all its users: one request that never changes. `outcomes` came of it."""

    left = 0

    def __init__(self, name_id: int = 0, expect: Expect | None = None) -> None:
        self.only: Request | None = Request(name_id, "GET", "/", Fields(()), expect=expect, group=RequestGroup())
        self.outcomes: list[Outcome] = []

    def script(self, _user: int) -> "OneScript":
        return self

    def resume(self, outcome: Outcome | None) -> Step | None:
        if outcome is None:
            return self.only
        self.outcomes.append(outcome)
        return None

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        assert self.only is not None
        recorder.never_sent(self.only.name_id, waited_ns)


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
    done_in_warmup: int | None = None
    ticks: list[int] = field(default_factory=list)
    closed: bool = False
    raises: BaseException | None = None
    lost: bool = False
    """Whether a cut ends nobody."""

    @property
    def journeys(self) -> int:
        return 0

    @property
    def judged(self) -> tuple[int, int]:
        return self.sent, 0

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

    def end_warmup(self, done: int) -> None:
        self.done_in_warmup = done

    def tick(self, now: int) -> None:
        self.ticks.append(now)
        self.opened = min(self.asked, self.opened + 1)

    def cut(self) -> None:
        self.cuts += 1
        if not self.lost:
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
