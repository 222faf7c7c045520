"""What this process has used, as the kernel counts it."""

import os
import resource
import sys
import threading

from loadgen.measure.recording import Usage


def measure_usage(cpu_ns: int) -> Usage:
    """The process's figures so far, beside a worker's own CPU time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak_kb = used.ru_maxrss if sys.platform == "linux" else used.ru_maxrss // 1024
    return Usage(cpu_ns, os.getpid(), peak_kb, used.ru_nvcsw + used.ru_nivcsw, threading.active_count())
