"""Plan to Result: resolve, start the workers, open the gate, watch, drain, and put the figures together."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from loadgen.base.clock import NS_PER_S, NS_PER_US, Clock, now_ns, s_to_ns
from loadgen.base.endpoint import Tls
from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.base.tls import make_context
from loadgen.executors.base import TICK_S
from loadgen.executors.places.base import Place, WorkersLostError
from loadgen.executors.places.make import ThisMachine
from loadgen.executors.worker import UsersLostError
from loadgen.guard.shared_state import CUT, GO, Cause, SharedState, Slot, State
from loadgen.judge.thresholds import judge_thresholds
from loadgen.measure.histogram import Histogram, bucket_of
from loadgen.measure.names import names_of
from loadgen.measure.progress import Phase, second_of
from loadgen.measure.recording import Frame, Recording
from loadgen.plan.plan import Plan, make_shards
from loadgen.results.calibration import Calibration
from loadgen.results.result import Result
from loadgen.session.abort import AbortWatch, ThresholdWatch
from loadgen.session.assemble import Ending, assemble
from loadgen.session.collector import Collector
from loadgen.session.early_signals import EarlySignals
from loadgen.session.endings import ENDED_BY, why
from loadgen.session.fruitless import FruitlessWatch, Searcher
from loadgen.session.observers import Hooks
from loadgen.session.signals import signals_to
from loadgen.session.standing import Standing
from loadgen.session.steady import SteadyWatch
from loadgen.session.unstarted import unstarted
from loadgen.session.workers import LEAVE_S, Workers

POLL_S = 0.005
"""How often the opening is looked at: it delays the gate by half of this on average, and costs nothing worth having."""

WATCH_S = 0.1
"""How often progress is told, conditions to abort are judged and the grace is looked at: `--abort-if` promises it."""

STALL_S = 30.0
"""An opening in which nothing happens for so long beside what a connection may take has a worker that hangs: a process
starts within seconds on any machine, and connections come or fail one after the other."""

ALIVE_S = 1.0
"""A loop that turns takes a callback within milliseconds."""


async def run(plan: Plan, hooks: Hooks, calibration: Calibration | None = None) -> Result:
    """Run the plan to its end; of start and end, which may be more than this, the caller tells the observers.

    Raises UsageError where it cannot be run on this host. `calibration` is what the verdict may quote of this machine.
    Signals are ignored afterwards.
    """
    if plan.origin.scheme == "https" and plan.tls != Tls(verify=plan.tls.verify):
        make_context(plan.tls)  # raises UsageError for files that the workers could not use either
    early = EarlySignals()
    with signals_to(early.receive):
        placed = await early.wait_for((hooks.site or ThisMachine()).place(plan))
        if placed is None:
            assert early.first is not None
            return unstarted(plan, f"{early.first.name} received before the start")
        place, dns_ns = placed
        finder = ("reach_elsewhere", "ReachElsewhere") if hooks.site else ("reach", "Reach")
        with closing(place):
            session = Session(
                plan, place, hooks, dns_ns=dns_ns, calibration=calibration,
                make_reach=lambda: imported(f"loadgen.session.{finder[0]}", finder[1])(plan),
            )  # fmt: skip
            early.hand_over(session.interrupt)
            return await session.run()


class Session:
    """One run. All its state belongs to the running loop, on whose timers it waits; `clock` is the same time.

    `place` is started and not closed. `dns_ns` is what looking up the name took, if any; `make_reach` makes what finds
    out why not one request succeeds.
    """

    def __init__(
        self,
        plan: Plan,
        place: Place,
        hooks: Hooks,
        *,
        clock: Clock = now_ns,
        sleep: Callable[[float], None] = time.sleep,
        dns_ns: int | None = None,
        calibration: Calibration | None = None,
        make_reach: Callable[[], Searcher] | None = None,
    ) -> None:
        self._plan = plan
        self._place = place
        self._control = place.control
        self._hooks = hooks
        self._clock = clock
        self._sleep = sleep
        self._names = names_of(plan.job, most=None)
        self._collected = Collector(
            plan.shard_count, self._second_closed, self._names, self._users_started, hooks.observers.requests,
            plan.thresholds,
        )  # fmt: skip
        if dns_ns is not None and plan.phases:
            self._collected.total.opening["dns"] = Histogram([(bucket_of(dns_ns // NS_PER_US), 1)])
        self._calibration = calibration
        if hooks.steering is not None and isinstance(place.control, SharedState):
            hooks.steering.bind(plan, place.control)
        self._fruitless = FruitlessWatch(self._control, make_reach)
        self._abort = AbortWatch(plan, self._control, self._names)
        self._thresholds = ThresholdWatch(plan, self._names)
        self._steady = SteadyWatch(plan)
        self._because = ""
        self._workers = Workers()
        self._started = datetime.now(UTC)
        self._began_ns = clock()
        self._standing = Standing(plan, place, self._collected, self._began_ns)
        self._signals = 0

    async def run(self) -> Result:
        """From starting the workers to the Result. Raises UsageError where a worker cannot do what was asked."""
        loop = asyncio.get_running_loop()

        own = threading.get_ident()

        def deliver(frame: Frame) -> None:
            if frame.hung is None:
                loop.call_soon_threadsafe(self._take, frame)
                return
            self._workers.hung.append(frame.hung)
            turns = threading.Event()
            loop.call_soon_threadsafe(turns.set)
            if threading.get_ident() == own or turns.wait(ALIVE_S):
                loop.call_soon_threadsafe(self._take, frame)
                return
            self._take(frame)  # it is this loop that hangs
            self._hooks.emergency(self._result(whole=False))

        try:
            self._workers.futures = self._place.start(make_shards(self._plan), deliver)
            await self._opening()
            await self._watching()
            await asyncio.sleep(0)  # a worker on this loop may end, and our timer ring, before its last frame is taken
            self._check_errors()
            self._stop(Cause.UNREACHABLE, await self._fruitless.check_end(), self._clock())
        except BaseException:
            self._control.trip(Cause.ERROR, self._clock())
            self._control.cut()
            if self._workers.futures:  # those on this loop still use what the place holds
                await asyncio.wait(self._workers.futures, timeout=LEAVE_S)
            raise
        return self._result(whole=not self._workers.lost())

    def interrupt(self, number: signal.Signals) -> None:
        """The first signal stops the run; the second gives the Result so far to the `emergency` hook."""
        self._signals += 1
        if self._signals > 1:
            unseen_ns = self._control.stopped_at_ns + s_to_ns(TICK_S) - self._clock()
            self._sleep(max(0, unseen_ns) / NS_PER_S)  # what workers sent until the stop they show within a tick
            self._hooks.emergency(self._result(whole=False))
        if self._control.trip(Cause.SIGNAL, self._clock()):
            self._because = f"{number.name} received"

    def _take(self, frame: Frame) -> None:
        self._fruitless.add(frame.recording)
        self._collected.add(frame)
        self._abort.add(frame.recording, self._clock())

    def _users_started(self) -> int:
        return self._control.total(Slot.STARTED)

    def _second_closed(self, t_s: int, recording: Recording) -> None:
        second = second_of(t_s, self._control.total(Slot.STARTED), recording, self._names)
        self._hooks.observers.second(second)

    async def _opening(self) -> None:
        """Until every user is connected, or has failed to; then open the gate."""
        control = self._control
        next_progress = 0
        seen, seen_ns = (0, 0), self._clock()
        while control.stop == GO and control.least(Slot.STATE) < State.READY:
            await asyncio.sleep(POLL_S)
            now = self._clock()
            if now >= next_progress:
                next_progress = now + s_to_ns(WATCH_S)
                self._tell("opening", now)
            before, seen = seen, (control.total(Slot.STATE), control.total(Slot.CONNECTED))
            seen_ns = now if seen != before else seen_ns
            if now - seen_ns > s_to_ns(self._plan.connect_timeout_s + STALL_S):
                control.trip(Cause.ERROR, now)
                control.cut()
        if control.stop == GO and not all(future.done() for future in self._workers.futures):
            gate_ns = self._clock() + self._place.gate_delay_ns
            self._standing.begin(gate_ns)
            control.open_gate(gate_ns)

    async def _watching(self) -> None:
        """Until every worker is done: progress, conditions to abort, the grace."""
        plan, control = self._plan, self._control
        pending = set(self._workers.futures)
        cut_ns = 0
        while pending:
            _, pending = await asyncio.wait(pending, timeout=WATCH_S)
            now = self._clock()
            if any(not isinstance(error, WorkersLostError) for error in self._workers.errors()):
                control.trip(Cause.ERROR, now)
            if pending and control.stop == CUT:
                cut_ns = cut_ns or now
                if now - cut_ns >= self._workers.leave_ns:
                    self._place.abandon()
                    self._workers.abandoned = True
                    await asyncio.wait(pending, timeout=WATCH_S)
                    return
            over_since = control.stopped_at_ns or self._ended_ns(now)
            if over_since:
                if now - over_since >= s_to_ns(plan.grace_s) and control.stop != CUT:
                    control.trip(Cause.COMPLETED, now)  # a run that ended by its duration stays completed
                    control.cut()
            elif self._gate_ns and now >= self._gate_ns:
                self._judge(now)
                if pending:
                    self._stop(Cause.UNREACHABLE, self._fruitless.check(), now)
            if pending:
                self._tell("draining" if over_since else "running", now)

    def _judge(self, now: int) -> None:
        """Stop the run where a condition to abort holds or a threshold is lost."""
        reasons = {
            Cause.FAIL_FAST: self._abort.check(now),
            Cause.THRESHOLD: self._thresholds.check(self._collected.total, now),
            Cause.COMPLETED: self._steady.check(self._collected.seconds),
        }
        for cause, reason in reasons.items():
            self._stop(cause, reason, now)

    def _stop(self, cause: Cause, reason: str | None, now: int) -> None:
        if reason and self._control.trip(cause, now):
            self._because = reason

    def _tell(self, phase: Phase, now: int) -> None:
        self._hooks.observers.progress(self._standing.snapshot(phase, now))

    @property
    def _gate_ns(self) -> int:
        """0 while it is not known; it may be set again until then."""
        return self._control.gate_at_ns

    def _ended_ns(self, now: int) -> int:
        """When its time was over; 0 while it is not."""
        planned_s, gate_ns = self._plan.planned_s, self._gate_ns
        ends_ns = gate_ns + s_to_ns(planned_s) if planned_s is not None and gate_ns else 0
        return ends_ns if ends_ns <= now else 0

    def _check_errors(self) -> None:
        """Raise UsageError for a host that cannot; report crashes of ours, and go on to the Result."""
        for error in self._workers.errors():
            if isinstance(error, UsageError):
                raise error
            if not isinstance(error, WorkersLostError) and not (
                self._workers.hung and isinstance(error, UsersLostError)
            ):
                self._hooks.crashed(error)

    def _ending(self, *, whole: bool) -> Ending:
        control, lost, because = self._control, self._workers.lost(), self._because
        ended_by = ENDED_BY[control.cause]
        if lost:
            ended_by, because = "script" if self._workers.hung else "error", "; ".join(lost)
        elif control.cause is Cause.COMPLETED and not because:
            because = self._steady.failure(self._collected.seconds)
        elif not because:
            because = why(control.cause, self._plan)
        stopped_ns = control.stopped_at_ns
        at_s = (stopped_ns - self._gate_ns) / NS_PER_S if stopped_ns and self._gate_ns else 0.0
        if not stopped_ns:
            at_s = self._collected.window_elapsed_ns / NS_PER_S
        return Ending(ended_by, because, at_s, lost, whole, self._calibration)

    def _result(self, *, whole: bool) -> Result:
        opening_s = ((self._gate_ns or self._clock()) - self._began_ns) / NS_PER_S
        ending = self._ending(whole=whole)
        steering = self._hooks.steering
        plan = self._plan if steering is None else steering.as_done(self._plan, self._gate_ns)
        result = assemble(
            plan, self._control, self._collected, self._started, opening_s, ending, self._place.machines()
        )
        return replace(result, thresholds=judge_thresholds(result, self._plan.thresholds))
