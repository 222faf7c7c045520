"""One worker: connects its users, waits for the gate, runs them, and delivers a frame a second."""

import asyncio
import gc
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.clients.resolve import Renewal
from loadgen.executors.base import TICK_S, UNLIMITED, Assignment, Users
from loadgen.guard.shared_state import CUT, GO, Slot, State
from loadgen.measure.recording import Frame, Recording, Usage, Window
from loadgen.measure.usage import GcWatch, UsageMeter

if TYPE_CHECKING:  # for runs of users with code of their own
    from loadgen.executors.loop_watch import LoopWatch

POLL_S = 0.002
"""Between looks for the gate and for connected users: a tenth of the time by which the gate is announced ahead."""

LOST_NS = NS_PER_S
"""A cut ends requests at once, on a reactor, or wakes the threads that wait for a socket. A user that is not through
after a second lost its way in an exception of our own; the coordinator gives the whole worker five."""


class UsersLostError(Exception):
    """Users did not end: something of ours failed under them."""


class Worker:
    """Drives one shard on the running event loop: `await run()` from inside it. `renewal` is closed at its end.

    `make_watch`: the loop runs code of the user's own, which may not come back.
    """

    def __init__(
        self,
        task: Assignment,
        users: Users,
        renewal: Renewal | None = None,
        make_watch: "type[LoopWatch] | None" = None,
    ) -> None:
        self._make_watch = make_watch
        self._renewal = renewal
        self._task = task
        self._users = users
        self._control = task.control
        self._index = task.shard.index
        self._second = 0
        self._opens_ns = 0
        self._ends_ns = UNLIMITED
        self._closing_ns = 0
        self._ticked_ns = 0
        self._window: Window = "measured"
        self._watch: LoopWatch | None = None
        self._cpu_ns = time.process_time_ns if task.plan.mode == "threads" else time.thread_time_ns

    async def run(self) -> None:
        """From connecting to the last frame."""
        if self._make_watch is not None:
            self._watch = self._make_watch(self._due, self._on_hung, self._task.clock)
            self._watch.start()
        try:
            await self._open()
            gate_at = await self._gate()
            if gate_at:
                with GcWatch() as gc_watch:
                    await self._drive(gate_at, gc_watch)
            else:
                self._users.cut()  # nothing was sent: there is nobody to wait for
        finally:
            if self._renewal is not None:
                self._renewal.close()
            self._closing_ns = self._task.clock()
            try:
                await self._users.close()
            finally:
                if self._watch is not None:
                    self._watch.close()
            self._put(Slot.STATE, State.FINISHED)

    def _due(self) -> int:
        """When all is to be over."""
        ends_ns = min(self._ends_ns, self._control.stopped_at_ns or UNLIMITED)
        return (self._closing_ns + LOST_NS if self._closing_ns else ends_ns) + s_to_ns(self._task.plan.grace_s)

    def _on_hung(self, where: str) -> None:
        """Called in a thread of the watch's: what was recorded goes with it, as the loop does not turn any more."""
        elapsed_ns, recording = 0, Recording()
        if self._opens_ns and not self._closing_ns:  # else it was handed over, or nothing was
            elapsed_ns = max(self._ticked_ns - self._opens_ns, 0)
            recording = self._users.take()
            self._show()
        self._task.deliver(Frame(self._index, self._second, elapsed_ns, recording, self._window, hung=where))

    async def _open(self) -> None:
        users = self._users
        self._put(Slot.STATE, State.OPENING)
        users.open(self._task.clock())
        if ahead := self._task.plan.users_ahead(self._task.shard):
            while users.opened < ahead and self._control.stop == GO:
                await asyncio.sleep(POLL_S)
                now = self._task.clock()
                users.tick(now)
                self._control.check_lease(now)
                self._put(Slot.CONNECTED, users.opened)
        gc.collect()
        gc.freeze()  # what is there now stays to the end: the collector need not look at it
        self._put(Slot.STATE, State.READY)

    async def _gate(self) -> int:
        """Wait until the start is known and near; 0 when the run is stopped before."""
        while not (gate_at := self._control.gate_at_ns):
            if self._control.stop != GO:
                return 0
            await asyncio.sleep(POLL_S)
            self._control.check_lease(self._task.clock())
        while (left := gate_at - (now := self._task.clock())) > 0:  # the loop's timers may be early
            self._control.check_lease(now)
            if self._control.stop != GO:
                return 0
            await asyncio.sleep(min(left / NS_PER_S, TICK_S))
        return gate_at

    async def _drive(self, gate_at: int, gc_watch: GcWatch) -> None:
        task, users, control = self._task, self._users, self._control
        plan = task.plan
        opens_ns = gate_at + s_to_ns(plan.warmup_s)
        closes_ns = UNLIMITED if plan.duration_s is None else opens_ns + s_to_ns(plan.duration_s)
        tick_s = min(TICK_S, plan.timeout_s / 10)
        self._opens_ns = opens_ns
        self._window = "warmup" if plan.warmup_s else "measured"
        meter = UsageMeter(self._cpu_ns)
        cut_ns = 0
        tells_failures = True
        self._put(Slot.STATE, State.RUNNING)
        self._ends_ns = min(closes_ns + s_to_ns(plan.cool_down_s), UNLIMITED)
        users.start(gate_at, self._ends_ns)
        self._show()
        while not users.finished:
            next_second_ns = opens_ns + (self._second + 1) * NS_PER_S
            boundary_ns = {"warmup": opens_ns, "measured": min(closes_ns, next_second_ns)}.get(self._window, UNLIMITED)
            asked_ns = task.clock()
            pause_s = max(0.0, min(tick_s, (boundary_ns - asked_ns) / NS_PER_S))
            await asyncio.sleep(pause_s)
            now = task.clock()
            meter.woke(now - asked_ns - s_to_ns(pause_s))
            if self._watch is not None:
                self._watch.beat()
            self._ticked_ns = now
            users.tick(now)
            self._show()
            control.check_lease(now)
            ok, failed = users.judged
            if tells_failures and (ok or failed):
                tells_failures = False
                if failed and not ok:  # perhaps nobody is there: that is not to wait for the end of the second
                    self._deliver(now, self._window)
            if control.stop == CUT:
                users.cut()
                cut_ns = cut_ns or now
                if now - cut_ns >= LOST_NS:
                    break
            stopped = control.stop != GO
            if self._window == "warmup" and (now >= opens_ns or stopped):
                users.end_warmup(self._deliver(now, self._window))
                gc.freeze()  # so does what the warm-up made
                meter.begin()
                self._window = "measured"
            if self._window == "measured":
                over = now >= closes_ns or stopped
                if over or now >= next_second_ns:
                    # Without a cool-down nothing was sent after the close, however late we look.
                    self._deliver(now if plan.cool_down_s else min(now, closes_ns), self._window)
                if over:
                    meter.end()
                    self._window = "cooldown" if plan.cool_down_s and not stopped else "drain"
        usage = meter.usage(gc_watch.pause_ns)
        if self._watch is not None:
            usage = replace(usage, stalled_in=self._watch.longest)
        self._deliver(users.finished_ns or task.clock(), self._window, usage)
        if cut_ns and not users.finished:
            raise UsersLostError("users that were cut never came to an end")

    def _deliver(self, now: int, window: Window, usage: Usage | None = None) -> int:
        """Hand over what was recorded since the last time; how many requests that is."""
        elapsed_ns = max(now - self._opens_ns, 0)
        recording = self._users.take()
        self._show()
        self._task.deliver(Frame(self._index, self._second, elapsed_ns, recording, window, usage))
        self._second = elapsed_ns // NS_PER_S
        return recording.total().sent

    def _show(self) -> None:
        """Let the others see how far the users are, also while no reply comes."""
        ok, failed = self._users.judged  # first: each of them is among those sent
        sent = self._users.sent
        if sent > self._control.get(self._index, Slot.SENT):  # users in threads show it themselves, and may be ahead
            self._put(Slot.SENT, sent)
        self._put(Slot.OK, ok)
        self._put(Slot.FAILED_WITH_OK, failed)
        self._put(Slot.STARTED, self._users.started)
        self._put(Slot.NOT_SENT, self._users.not_sent)
        self._put(Slot.JOURNEYS, self._users.journeys)

    def _put(self, word: Slot, value: int) -> None:
        self._control.put(self._index, word, value)
