"""One worker: connects its users, waits for the gate, runs them, and delivers a frame a second."""

import asyncio
import time

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.executors.base import TICK_S, UNLIMITED, Assignment, Users
from loadgen.guard.board import CUT, GO, Slot, State
from loadgen.measure.recording import Frame, Usage
from loadgen.measure.usage import measure_usage

POLL_S = 0.002


class Worker:
    """Drives one shard on the running event loop: `await run()` from inside it."""

    def __init__(self, task: Assignment, users: Users) -> None:
        self._task = task
        self._users = users
        self._board = task.board
        self._index = task.shard.index
        self._second = 0
        self._ok = 0
        self._cpu_ns = time.process_time_ns if task.plan.mode == "threads" else time.thread_time_ns

    async def run(self) -> None:
        """From connecting to the last frame."""
        try:
            await self._open()
            gate_at = await self._gate()
            if gate_at:
                await self._drive(gate_at)
        finally:
            await self._users.close()
            self._put(Slot.STATE, State.FINISHED)

    async def _open(self) -> None:
        users = self._users
        self._put(Slot.STATE, State.OPENING)
        users.open(self._task.clock())
        if not self._task.plan.ramp_up_s:
            while users.opened < self._task.shard.users and self._board.stop == GO:
                await asyncio.sleep(POLL_S)
                users.tick(self._task.clock())
                self._put(Slot.CONNECTED, users.opened)
        self._put(Slot.STATE, State.READY)

    async def _gate(self) -> int:
        """Wait until the start is known and near; 0 when the run is stopped before."""
        while not (gate_at := self._board.gate_at_ns):
            if self._board.stop != GO:
                return 0
            await asyncio.sleep(POLL_S)
        while (left := gate_at - self._task.clock()) > 0:  # the loop's timers may be early
            await asyncio.sleep(left / NS_PER_S)
        return gate_at

    async def _drive(self, gate_at: int) -> None:
        task, users, board = self._task, self._users, self._board
        duration_s = task.plan.duration_s
        end_ns = UNLIMITED if duration_s is None else gate_at + s_to_ns(duration_s)
        tick_s = min(TICK_S, task.plan.timeout_s / 10)
        cpu_ns = self._cpu_ns()
        in_window = True
        self._put(Slot.STATE, State.RUNNING)
        users.start(task.clock(), end_ns)
        while not users.finished:
            left_s = (end_ns - task.clock()) / NS_PER_S if in_window else tick_s
            await asyncio.sleep(max(0.0, min(tick_s, left_s)))
            now = task.clock()
            users.tick(now)
            if board.stop == CUT:
                users.cut()
            if in_window:
                over = now >= end_ns or board.stop != GO
                if over:
                    cpu_ns = self._cpu_ns() - cpu_ns
                if over or now - gate_at >= (self._second + 1) * NS_PER_S:
                    self._deliver(now - gate_at)
                in_window = not over
        if in_window:
            cpu_ns = self._cpu_ns() - cpu_ns
        self._deliver(max(users.finished_ns - gate_at, 0), in_window=in_window, usage=measure_usage(cpu_ns))

    def _deliver(self, elapsed_ns: int, *, in_window: bool = True, usage: Usage | None = None) -> None:
        recording = self._users.take()
        total = recording.total()
        self._put(Slot.SENT, self._users.sent)
        self._put(Slot.STARTED, self._users.started)
        self._ok += total.ok
        self._put(Slot.OK, self._ok)
        self._task.deliver(Frame(self._index, self._second, elapsed_ns, recording, in_window, usage))
        self._second = elapsed_ns // NS_PER_S

    def _put(self, word: Slot, value: int) -> None:
        self._board.put(self._index, word, value)
