"""Callbacks at instants of CLOCK_MONOTONIC, never early; an event loop's own timers are rounded to a millisecond."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from loadgen.base.alarm import Alarm
from loadgen.base.clock import Clock, now_ns


class Timers:
    """Belongs to the running loop, and owns the alarm. Callbacks of equal instants run in the order of `at`."""

    def __init__(self, alarm: Alarm, clock: Clock = now_ns) -> None:
        self._loop = asyncio.get_running_loop()
        self._alarm = alarm
        self._clock = clock
        self._order = count()
        self._pending: list[tuple[int, int, Callable[[], None]]] = []
        self._loop.add_reader(alarm.fileno(), self._ring)

    def at(self, due_ns: int, callback: Callable[[], None]) -> None:
        """Call back at `due_ns`; from the loop, even if that instant is past."""
        heappush(self._pending, (due_ns, next(self._order), callback))
        if self._pending[0][0] == due_ns:
            self._alarm.set(due_ns)

    def close(self) -> None:
        """Forget what is pending and free the alarm."""
        self._loop.remove_reader(self._alarm.fileno())
        self._alarm.close()
        self._pending.clear()

    def _ring(self) -> None:
        self._alarm.clear()
        now, due = self._clock(), []
        while self._pending and self._pending[0][0] <= now:
            due.append(heappop(self._pending)[2])
        if self._pending:
            self._alarm.set(self._pending[0][0])
        for callback in due:
            callback()
