"""When connections are opened: at a pace before the start gate, and after a pause where one has failed."""

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.error_class import ErrorClass

OPENINGS_PER_S = 5000
"""Of all workers together: a listening socket's backlog (128 to 4,096) is not overrun, and 10,000 take two seconds."""

OPENING_BURST = 128
"""Connects that one worker has under way: the smallest backlog that servers listen with (Linux before 5.4)."""


def opening_offset_ns(index: int, workers: int) -> int:
    """When a worker may begin its connect number `index`: all workers together keep to OPENINGS_PER_S."""
    return index * workers * NS_PER_S // OPENINGS_PER_S


FIRST_BACKOFF_NS = 10 * NS_PER_MS
LAST_BACKOFF_NS = NS_PER_S
"""A user whose connects fail tries 7 times in the first second, then once a second: a server that restarts is found at
once, and 1,000 users do not keep a core busy with a server that is gone."""

CONNECT_ERRORS = frozenset(
    {
        ErrorClass.CONNECTION_REFUSED,
        ErrorClass.UNREACHABLE,
        ErrorClass.CONNECT_TIMEOUT,
        ErrorClass.TLS,
        ErrorClass.PROXY,
        ErrorClass.NO_DESCRIPTORS,
        ErrorClass.NO_PORTS,
        ErrorClass.GENERATOR,
    }
)
"""After these a user backs off before it connects again."""


def next_backoff_ns(previous_ns: int, error: ErrorClass | None) -> int:
    """The pause after a request that ended with this error: none, or 10 ms, doubled with each in a row up to 1 s."""
    if error not in CONNECT_ERRORS:
        return 0
    return min(previous_ns * 2, LAST_BACKOFF_NS) if previous_ns else FIRST_BACKOFF_NS
