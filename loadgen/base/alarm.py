"""A kernel timer that is never early: a descriptor which becomes readable at an instant of CLOCK_MONOTONIC."""

import os
import sys
from typing import Any, Protocol

from loadgen.base.clock import NS_PER_S

_CLOCK_MONOTONIC = 1
_ABSOLUTE = 1


class Alarm(Protocol):
    """One pending instant at a time."""

    def fileno(self) -> int:
        """Readable from the instant on until `clear`."""
        ...

    def set(self, at_ns: int) -> None:
        """Replace the pending instant; one in the past rings at once."""
        ...

    def clear(self) -> None:
        """Stop ringing; nothing is pending."""
        ...

    def close(self) -> None:
        """Free the descriptor."""
        ...


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
        """The timerfd."""
        return int(self._fd)

    def set(self, at_ns: int) -> None:
        """Ring at `at_ns`."""
        if sys.version_info >= (3, 13):
            os.timerfd_settime_ns(self._fd, flags=os.TFD_TIMER_ABSTIME, initial=max(at_ns, 1))
            return
        self._time[2], self._time[3] = divmod(max(at_ns, 1), NS_PER_S)
        self._library.timerfd_settime(self._fd, _ABSOLUTE, self._time, None)

    def clear(self) -> None:
        """Read the expirations away."""
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Close the timerfd."""
        os.close(self._fd)
