"""Trace ids for requests, so that they can be found again at the target (W3C Trace Context)."""

from collections.abc import Callable
from random import Random

from loadgen.plan.tracing import HEADER


def trace_ids() -> Callable[[], str]:
    """Makes values of the header: another one each time, and in each run, whatever its seed."""
    ids = Random().getrandbits
    return lambda: f"00-{ids(128) or 1:032x}-{ids(64) or 1:016x}-01"


def trace_lines(wanted: bool) -> Callable[[], str] | None:
    """The same as lines of a request's head, where they are wanted."""
    ids = trace_ids()
    return (lambda: f"{HEADER}: {ids()}\r\n") if wanted else None
