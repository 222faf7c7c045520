"""A Place whose workers are coroutines of the test, on the coordinator's own loop and in virtual time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from loadgen.base.clock import NS_PER_MS, NS_PER_S, Clock, s_to_ns
from loadgen.executors.places.base import Deliver, OnThisMachine
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import CUT, GO, SharedState, Slot, State
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.measure.recording import Frame, Recording, Tally, Usage, Window
from loadgen.plan.plan import Plan, Shard
from loadgen.results.result import Result
from loadgen.session.observers import Hooks, Observer, Observers
from loadgen.session.run import Session
from tests.support.command import balanced
from tests.support.fakes import VirtualClock, run_virtually

POLL_S = 0.002
SERVICE_S = 0.01
USAGE = Usage(1_000_000, 1024, 1, 1, process=1)


@dataclass
class FakeWorker:
    """What a worker owes to the coordinator, with one request at a time that takes `service_s`.

    What fails is the target's fault, unless this machine `is_at_fault`. A test's coroutine calls `connect`, `gate`,
    `load` and `leave`, or something else in the place of one of them.
    """

    plan: Plan
    shard: Shard
    control: SharedState
    deliver: Deliver
    clock: Clock
    service_s: float = SERVICE_S
    is_at_fault: bool = False
    _tally: Tally = field(default_factory=Tally)
    _sent: int = 0
    _judged: list[int] = field(default_factory=lambda: [0, 0])
    _second: int = 0
    _window: Window = "measured"
    _opens_ns: int = 0

    async def connect(self, after_s: float = 0.01) -> None:
        """All users of the shard are there, unless the run is stopped before."""
        self._put(Slot.STATE, State.OPENING)
        connected_ns = self.clock() + s_to_ns(after_s)
        while self.clock() < connected_ns and self.control.stop == GO:
            await asyncio.sleep(POLL_S)
            self.control.check_lease(self.clock())
        self._put(Slot.CONNECTED, self.shard.users)
        self._put(Slot.STATE, State.READY)

    async def gate(self) -> bool:
        """Wait for it; False where the run is stopped before."""
        while not (gate_at := self.control.gate_at_ns):
            if self.control.stop != GO:
                return False
            await asyncio.sleep(POLL_S)
            self.control.check_lease(self.clock())
        while (left_ns := gate_at - self.clock()) > 0:
            await asyncio.sleep(left_ns / NS_PER_S)
        self._opens_ns = gate_at + s_to_ns(self.plan.warmup_s)
        self._window = "warmup" if self.plan.warmup_s else "measured"
        self._put(Slot.STARTED, self.shard.users)
        return True

    async def load(self, until_s: float = 1e6, fails: Callable[[int], bool] = lambda _: False) -> None:
        """One request after the other until the run is over, or `until_s` from the window's opening.

        `fails` is asked of each by its number, from 1.
        """
        breaker = Breaker(self.control, self.shard.index, self.plan.stop.max_errors)
        until_ns = self._opens_ns + s_to_ns(until_s)
        closes_ns = self._opens_ns + s_to_ns(self.plan.duration_s or 1e6)
        while self.control.stop == GO and self.clock() < min(closes_ns, until_ns):
            self._sent += 1
            self._put(Slot.SENT, self._sent)
            done_ns = self.clock() + s_to_ns(self.service_s)
            while (left_ns := done_ns - self.clock()) > 0 and self.control.stop != CUT:
                await asyncio.sleep(min(POLL_S, left_ns / NS_PER_S))
                self.control.check_lease(self.clock())
                self._look(closes_ns)
            if left_ns > 0:
                self._tally.unknown += 1
            elif fails(self._sent):
                self._tally.failed += 1
                if not self.is_at_fault:
                    self._judged[1] += 1
                    breaker.failed(self.clock())
            else:
                self._tally.ok += 1
                self._tally.clock("service").add(round(self.service_s * 1e6))
                self._tally.statuses[200] = self._tally.ok
                self._judged[0] += 1
            self._put(Slot.OK, self._judged[0])
            self._put(Slot.FAILED_WITH_OK, self._judged[1])
            self._look(closes_ns)

    def leave(self) -> None:
        """The last frame."""
        self._give(self._window, USAGE)

    def _look(self, closes_ns: int) -> None:
        now, stopped = self.clock(), self.control.stop != GO
        if self._window == "warmup" and (now >= self._opens_ns or stopped):
            self._give("warmup")
            self._window = "measured"
        if self._window == "measured":
            over = stopped or now >= closes_ns
            if over or now >= self._opens_ns + (self._second + 1) * NS_PER_S:
                self._give("measured")
            if over:
                self._window = "drain"

    def _give(self, window: Window, usage: Usage | None = None) -> None:
        tally, self._tally = self._tally, Tally()
        elapsed_ns = max(0, self.clock() - self._opens_ns)
        self.deliver(
            Frame(
                self.shard.index, self._second, elapsed_ns, Recording({0: tally}, loop_lag=Histogram()), window, usage
            )
        )
        self._second = elapsed_ns // NS_PER_S

    def _put(self, slot: Slot, value: int) -> None:
        self.control.put(self.shard.index, slot, value)


Work = Callable[[FakeWorker], Awaitable[None]]


async def as_planned(worker: FakeWorker) -> None:
    """What a worker does if nothing goes wrong."""
    await worker.connect()
    if await worker.gate():
        await worker.load()
        worker.leave()


class FakePlace(OnThisMachine):
    """One coroutine for each shard; a shard without one of its own works as planned."""

    gate_delay_ns = 20 * NS_PER_MS

    def __init__(self, plan: Plan, clock: VirtualClock, works: Sequence[Work]) -> None:
        self.control = SharedState.create(plan.shard_count)
        self.abandoned = False
        self._plan = plan
        self._clock = clock
        self._works = [*works, *[as_planned] * (plan.shard_count - len(works))]

    def start(self, shards: Sequence[Shard], deliver: Deliver) -> list[asyncio.Future[None]]:
        return [
            asyncio.ensure_future(self._run(work, FakeWorker(self._plan, shard, self.control, deliver, self._clock)))
            for work, shard in zip(self._works, shards, strict=True)
        ]

    def abandon(self) -> None:
        self.abandoned = True

    def close(self) -> None:
        self.control.close()

    async def _run(self, work: Work, worker: FakeWorker) -> None:
        try:
            await work(worker)
        finally:
            self.control.put(worker.shard.index, Slot.STATE, State.FINISHED)


class Watcher(Observer):
    """Keeps all that it is told."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.seconds: list[RunSecond] = []

    def progress(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def second(self, second: RunSecond) -> None:
        self.seconds.append(second)


class Coordinated:
    """One run of the real coordinator over a FakePlace, in virtual time. What it shows is there once it ran.

    `at` holds what happens from outside: instants in seconds from the start, and what is done to the Session then.
    """

    def __init__(
        self,
        plan: Plan,
        *works: Work,
        at: dict[float, Callable[[Session], None]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.watcher = Watcher()
        self.crashes: list[BaseException] = []
        self.emergencies: list[Result] = []
        self.took_s = 0.0
        self.gate_at_ns = 0
        self.abandoned = False
        self._plan = plan
        self._works = works
        self._at = at or {}
        self._sleep = sleep

    def run(self) -> Result:
        """From the start to the Result, whose ledger balances."""
        clock = VirtualClock()
        began_ns = clock()
        place = FakePlace(self._plan, clock, self._works)
        hooks = Hooks(Observers(self.watcher), self.emergencies.append, self.crashes.append)

        async def main() -> Result:
            session = Session(self._plan, place, hooks, clock=clock, sleep=self._sleep)
            for after_s, act in self._at.items():
                asyncio.get_running_loop().call_later(after_s, act, session)
            return await session.run()

        try:
            result: Result = run_virtually(clock, main())
            return balanced(result)
        finally:
            self.took_s = (clock() - began_ns) / NS_PER_S
            self.gate_at_ns, self.abandoned = place.control.gate_at_ns, place.abandoned
            place.close()
