"""A kernel timer that is never early: a descriptor which becomes readable at an instant of CLOCK_MONOTONIC."""

import asyncio
import os
import select
import sys
from typing import Any, Protocol

from loadgen.base.clock import NS_PER_S, Clock, now_ns

_CLOCK_MONOTONIC = 1
_PR_SET_TIMERSLACK = 29
_ABSOLUTE = 1


class Alarm(Protocol):
    """One pending instant at a time."""

    def fileno(self) -> int:
        """Readable from the instant on until `clear`."""

    def set(self, at_ns: int) -> None:
        """Replace the pending instant; one in the past rings at once."""

    def clear(self) -> None:
        """Stop ringing; nothing is pending."""

    def close(self) -> None:
        """Free the descriptor."""


class KernelAlarm:
    """A timerfd. From Python 3.13 by `os`, before that by the C library."""

    def __init__(self) -> None:
        if sys.version_info >= (3, 13):
            self._fd = os.timerfd_create(_CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
            self._library: Any = None
        else:
            import ctypes

            self._library = ctypes.CDLL(None, use_errno=True)
            self._time = (ctypes.c_int64 * 4)()  # interval s, ns; first s, ns
            self._fd = self._library.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
            if self._fd < 0:
                raise OSError(ctypes.get_errno(), "timerfd_create")

    def fileno(self) -> int:
        return int(self._fd)

    def set(self, at_ns: int) -> None:
        if sys.version_info >= (3, 13):
            os.timerfd_settime_ns(self._fd, flags=os.TFD_TIMER_ABSTIME, initial=max(at_ns, 1))
            return
        self._time[2], self._time[3] = divmod(max(at_ns, 1), NS_PER_S)
        self._library.timerfd_settime(self._fd, _ABSOLUTE, self._time, None)

    def clear(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        os.close(self._fd)


class LoopAlarm:
    """The same by the running event loop's timers, where there is no timerfd; later than that, but never early."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock = now_ns) -> None:
        self._loop = loop
        self._clock = clock
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        self._timer: asyncio.TimerHandle | None = None

    def fileno(self) -> int:
        return self._read

    def set(self, at_ns: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(max(at_ns - self._clock(), 0) / NS_PER_S, self._ring, at_ns)

    def clear(self) -> None:
        try:
            os.read(self._read, 64)
        except BlockingIOError:
            return

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        os.close(self._read)
        os.close(self._write)

    def _ring(self, at_ns: int) -> None:
        self._timer = None
        if self._clock() < at_ns:
            self.set(at_ns)
        else:
            os.write(self._write, b"!")


def end_sleeps_on_time() -> None:
    """Let the kernel end the sleeps of this thread, and of threads that it starts, when they are due.

    Linux may be 50 us late, so that it can wake several sleepers at once.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(1))


def make_alarm() -> Alarm:
    """The best alarm of this system; to be called with the loop running that will watch it."""
    return KernelAlarm() if hasattr(select, "epoll") else LoopAlarm(asyncio.get_running_loop())
