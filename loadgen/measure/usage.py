"""What this process has used, as the kernel counts it."""

import gc
import resource
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from loadgen.base.cgroup import Throttling, throttling
from loadgen.base.clock import now_ns
from loadgen.measure.recording import Usage


class GcWatch:
    """Times the garbage collector's pauses in this process, as a context manager."""

    def __init__(self) -> None:
        self.pause_ns = 0
        self._began_ns = 0

    def __enter__(self) -> "GcWatch":
        gc.callbacks.append(self._on_gc)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._on_gc)

    def _on_gc(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._began_ns = now_ns()
        elif self._began_ns:
            self.pause_ns += now_ns() - self._began_ns


def core_wait_ns() -> int:
    """How long the calling thread has been ready to run without a core; 0 where the kernel does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0


class UsageMeter:
    """What one worker costs in the measured window: between the last `begin` and the first `end` after it.

    `cpu_ns` reads the CPU time of what the worker consists of, its thread or its process, `throttled` what its
    container's quota did.
    """

    def __init__(self, cpu_ns: Callable[[], int], throttled: Callable[[], Throttling] = throttling) -> None:
        self._read_cpu_ns = cpu_ns
        self._read_throttling = throttled
        self.begin()

    def begin(self) -> None:
        """The window opens."""
        self._ended = False
        self._cpu_ns, self._waited_ns = self._read_cpu_ns(), core_wait_ns()
        self._throttling = self._read_throttling()
        self._stall_ns = self._threads = 0

    def woke(self, late_ns: int) -> None:
        """The worker's loop woke up so much later than it had asked."""
        if not self._ended:
            self._stall_ns = max(self._stall_ns, late_ns)
            self._threads = max(self._threads, threading.active_count())

    def end(self) -> None:
        """The window closes; more calls change nothing."""
        if not self._ended:
            self._ended = True
            self._cpu_ns, self._waited_ns = self._read_cpu_ns() - self._cpu_ns, max(0, core_wait_ns() - self._waited_ns)
            self._throttling = self._read_throttling().since(self._throttling)

    def usage(self, gc_pause_ns: int = 0) -> Usage:
        """The worker's figures, and its process's so far."""
        self.end()
        process = process_usage()
        return replace(
            process,
            cpu_ns=self._cpu_ns,
            threads=max(self._threads, process.threads),
            gc_pause_ns=gc_pause_ns,
            longest_stall_ns=self._stall_ns,
            core_wait_ns=self._waited_ns,
            quota_periods=self._throttling.periods,
            throttled_periods=self._throttling.throttled_periods,
            throttled_ns=self._throttling.throttled_ns,
        )


def process_usage() -> Usage:
    """The process's figures so far, without a worker's own."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(0, _peak_rss_kb(used), used.ru_nvcsw + used.ru_nivcsw, threading.active_count())


def _peak_rss_kb(used: resource.struct_rusage) -> int:
    """The most memory of this program; `ru_maxrss` begins with what its parent held when it was started."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0])
    except (OSError, ValueError, IndexError):
        return used.ru_maxrss if sys.platform == "linux" else used.ru_maxrss // 1024
