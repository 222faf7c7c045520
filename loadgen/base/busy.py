"""How busy a machine is with whatever runs on it (Linux: /proc/stat)."""

import os
import time
from collections.abc import Callable
from pathlib import Path

STAT = Path("/proc/stat")
WATCHED_S = 0.5
"""Fifty ticks of the kernel's on each core: a fifth of a core is ten of them."""
_IDLE = (3, 4)
"""Fields of a line: idle, and waiting for a disk."""
_COUNTED = 8
"""User, nice, system, idle, iowait, irq, softirq, steal; what guests use is in user already."""


def busy_ticks(text: str, cores: set[int]) -> int:
    """The ticks that these cores were not idle, of the text of /proc/stat; what a hypervisor took is among them."""
    rows = (line.split() for line in text.splitlines() if line.startswith("cpu") and line[3:4].isdigit())
    chosen = (row[1 : 1 + _COUNTED] for row in rows if int(row[0][3:]) in cores)
    return sum(int(ticks) for row in chosen for field, ticks in enumerate(row) if field not in _IDLE)


def busy_cores(watched_s: float = WATCHED_S, sleep: Callable[[float], None] = time.sleep) -> float:
    """How many of the cores that this process may use were busy while it slept; 0 where that cannot be known."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    try:
        before = busy_ticks(STAT.read_text(), cores)
        sleep(watched_s)
        after = busy_ticks(STAT.read_text(), cores)
        return (after - before) / os.sysconf("SC_CLK_TCK") / watched_s
    except (OSError, ValueError):
        return 0.0
