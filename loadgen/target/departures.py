"""Callbacks at instants of CLOCK_MONOTONIC, never early and some 0.1 ms late; a loop's own timers round to 1 ms."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from loadgen.base.alarm import KernelAlarm
from loadgen.base.clock import Clock, now_ns


class Departures:
    """Belongs to one loop. Callbacks of equal instants run in the order in which they were asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock = now_ns) -> None:
        self._loop = loop
        self._clock = clock
        self._timer = KernelAlarm()
        self._order = count()
        self._pending: list[tuple[int, int, Callable[[], None]]] = []
        loop.add_reader(self._timer.fileno(), self._ring)

    def at(self, due_ns: int, callback: Callable[[], None]) -> None:
        """Call back at `due_ns`; from the loop, even if that instant is past."""
        heappush(self._pending, (due_ns, next(self._order), callback))
        if self._pending[0][0] == due_ns:
            self._timer.set(due_ns)

    def close(self) -> None:
        """Forget what is pending and free the timer."""
        self._loop.remove_reader(self._timer.fileno())
        self._timer.close()
        self._pending.clear()

    def _ring(self) -> None:
        self._timer.clear()
        now, due = self._clock(), []
        while self._pending and self._pending[0][0] <= now:
            due.append(heappop(self._pending)[2])
        if self._pending:
            self._timer.set(self._pending[0][0])
        for callback in due:
            callback()
