"""Keeps the slowest requests of each name of a worker, where that is asked for."""

import re
import time
from collections.abc import Callable

from loadgen.base.clock import NS_PER_US, now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.measure.exemplar import MOST, Exemplar, slowest_of

LONGEST = 200
"""Characters of a header's value."""

_SERVER_TIMING = re.compile(rb"^server-timing:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_TRACE = re.compile(rb"^trace(?:parent|response):[ \t]*[0-9a-f]{2}-([0-9a-f]{32})-", re.IGNORECASE | re.MULTILINE)


class Slowest:
    """Of one worker, since the last `take`. One thread adds at a time, or what it adds may be lost."""

    def __init__(self, redact: Callable[[bytes], str], epoch_ns: Callable[[], int] = time.time_ns) -> None:
        self._redact = redact
        self._offset_ns = epoch_ns() - now_ns()
        self._kept: dict[int, list[Exemplar]] = {}
        self._floor_ns: dict[int, int] = {}

    def wants(self, name_id: int, response_ns: int) -> bool:
        """Whether a request that took so long is among the slowest so far."""
        return response_ns > self._floor_ns.get(name_id, -1)

    def add(
        self,
        request: Request,
        user: int,
        instants_ns: tuple[int, int, int],
        status: int,
        received: int,
        error: ErrorClass | None,
        head: bytes,
        *,
        reused: bool | None,
    ) -> None:
        """Keep one: when it was due, sent and done."""
        due, sent, done = instants_ns
        exemplar = Exemplar(
            (due + self._offset_ns) // NS_PER_US, (done - due) // NS_PER_US, (sent - due) // NS_PER_US,
            user, reused, status, received, error.value if error else "",
            self._found(_SERVER_TIMING, head), trace_of(request) or self._found(_TRACE, head),
        )  # fmt: skip
        kept = self._kept[request.name_id] = slowest_of([*self._kept.get(request.name_id, ()), exemplar])
        if len(kept) == MOST:
            self._floor_ns[request.name_id] = kept[-1].response_us * NS_PER_US

    def take(self) -> dict[int, list[Exemplar]]:
        """Those since the last call."""
        kept, self._kept, self._floor_ns = self._kept, {}, {}
        return kept

    def _found(self, pattern: re.Pattern[bytes], head: bytes) -> str:
        match = pattern.search(head)
        return self._redact(match[1][:LONGEST]) if match else ""


def trace_of(request: Request) -> str:
    """The trace id of its `traceparent` (W3C Trace Context), if it has one."""
    match = _TRACE.search(request.fields.block) or (_TRACE.search(request.wire) if request.wire else None)
    return match[1].decode() if match else ""
