"""What this process has used, as the kernel counts it."""

import gc
import os
import resource
import sys
import threading
from pathlib import Path

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


def measure_usage(cpu_ns: int, gc_pause_ns: int = 0, longest_stall_ns: int = 0, waited_ns: int = 0) -> Usage:
    """The process's figures so far, beside a worker's own."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak_kb = used.ru_maxrss if sys.platform == "linux" else used.ru_maxrss // 1024
    return Usage(
        cpu_ns,
        os.getpid(),
        peak_kb,
        used.ru_nvcsw + used.ru_nivcsw,
        threading.active_count(),
        gc_pause_ns,
        longest_stall_ns,
        waited_ns,
    )
