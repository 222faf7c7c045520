"""Callbacks at instants of CLOCK_MONOTONIC, never early; an event loop's own timers are rounded to a millisecond."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from loadgen.base.alarm import Alarm
from loadgen.base.clock import Clock, now_ns


class Timers:
    """Belongs to the running loop, and owns the alarm. Callbacks of equal instants run in the order of `at`.

    An alarm rings some 60 us late. With `spin_ns`, the loop is kept turning for so long before each instant instead.
    """

    def __init__(self, alarm: Alarm, clock: Clock = now_ns, spin_ns: int = 0) -> None:
        self._loop = asyncio.get_running_loop()
        self._alarm = alarm
        self._clock = clock
        self._spin_ns = spin_ns
        self._spinning: asyncio.Handle | None = None
        self._order = count()
        self._pending: list[tuple[int, int, Callable[[], None]]] = []
        self._loop.add_reader(alarm.fileno(), self._ring)

    def at(self, due_ns: int, callback: Callable[[], None]) -> None:
        """Call back at `due_ns`; from the loop, even if that instant is past."""
        heappush(self._pending, (due_ns, next(self._order), callback))
        if self._pending[0][0] == due_ns and self._spinning is None:
            self._alarm.set(due_ns - self._spin_ns)

    def close(self) -> None:
        """Forget what is pending and free the alarm."""
        self._loop.remove_reader(self._alarm.fileno())
        self._alarm.close()
        self._pending.clear()
        if self._spinning is not None:
            self._spinning.cancel()

    def _ring(self) -> None:
        self._alarm.clear()
        if self._spinning is None:
            self._call()

    def _call(self) -> None:
        """Call what is due, and see to the next."""
        self._spinning = None
        now, due = self._clock(), []
        while self._pending and self._pending[0][0] <= now:
            due.append(heappop(self._pending)[2])
        if self._pending:
            if self._pending[0][0] - now <= self._spin_ns:
                self._spinning = self._loop.call_soon(self._call)
            else:
                self._alarm.set(self._pending[0][0] - self._spin_ns)
        for callback in due:
            callback()
