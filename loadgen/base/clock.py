"""The one clock of a run: CLOCK_MONOTONIC in integer nanoseconds, the same in every process of a host."""

from collections.abc import Callable
from time import perf_counter_ns

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000
NEVER_NS = 1 << 62
"""Later than any instant."""

SPEED_ONE = 1_000_000
"""The speed at which a timetable goes as it was planned: speeds are in millionths of that."""

Clock = Callable[[], int]
now_ns: Clock = perf_counter_ns


def s_to_ns(seconds: float) -> int:
    """Whole nanoseconds nearest to `seconds`."""
    return round(seconds * NS_PER_S)
