"""Callbacks at instants of CLOCK_MONOTONIC, never early and some 0.1 ms late; a loop's own timers round to 1 ms."""

import asyncio
import os
import sys
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from loadgen.base.clock import NS_PER_S, Clock, now_ns

_CLOCK_MONOTONIC = 1
_ABSOLUTE = 1


class Departures:
    """Belongs to one loop. Callbacks of equal instants run in the order in which they were asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock = now_ns) -> None:
        self._loop = loop
        self._clock = clock
        self._timer = _Timer()
        self._order = count()
        self._pending: list[tuple[int, int, Callable[[], None]]] = []
        loop.add_reader(self._timer.fd, self._ring)

    def at(self, due_ns: int, callback: Callable[[], None]) -> None:
        """Call back at `due_ns`; from the loop, even if that instant is past."""
        heappush(self._pending, (due_ns, next(self._order), callback))
        if self._pending[0][0] == due_ns:
            self._timer.set(due_ns)

    def close(self) -> None:
        """Forget what is pending and free the timer."""
        self._loop.remove_reader(self._timer.fd)
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


class _Timer:
    """A timerfd: readable from the instant that was set until `clear`. By the C library before Python 3.13."""

    def __init__(self) -> None:
        if sys.version_info >= (3, 13):
            self.fd = os.timerfd_create(_CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
            return
        import ctypes

        self._library: Any = ctypes.CDLL(None, use_errno=True)
        self._setting = (ctypes.c_int64 * 4)()  # interval s, ns; first s, ns
        self.fd = int(self._library.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def set(self, due_ns: int) -> None:
        """Replace the pending instant; one in the past rings at once."""
        if sys.version_info >= (3, 13):
            os.timerfd_settime_ns(self.fd, flags=os.TFD_TIMER_ABSTIME, initial=max(due_ns, 1))
            return
        self._setting[2], self._setting[3] = divmod(max(due_ns, 1), NS_PER_S)
        self._library.timerfd_settime(self.fd, _ABSOLUTE, self._setting, None)

    def clear(self) -> None:
        """Stop being readable."""
        try:
            os.read(self.fd, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Free the descriptor."""
        os.close(self.fd)
