"""Where a job's requests leave and come back: what is still out, and what is to be sent again."""

from collections.abc import Callable
from heapq import heappop, heappush

from loadgen.base.clock import NS_PER_MS, NS_PER_S, Clock, now_ns
from loadgen.base.exchange import Done, ErrorClass, Reply, Request

FIRST_PAUSE_NS = 100 * NS_PER_MS
LONGEST_PAUSE_NS = 5 * NS_PER_S
BUSY = (500, 502, 503, 504)
"""Statuses after which a request is sent again: S3's SlowDown and InternalError, and a proxy's."""

Make = Callable[[], Request]


class Desk:
    """Hands requests out and takes their ends. `pending` are those that are out, or wait to be sent again.

    With `retries`, a request that finds the store busy is made anew and sent again after a pause that doubles, up to
    so many times; it then has another name, `names` further on, and only its last end is told.
    """

    def __init__(self, retries: int, names: int, clock: Clock = now_ns) -> None:
        self.pending = 0
        self.retries = retries
        self._names = names
        self._clock = clock
        self._later: list[tuple[int, int, Make, Done | None, int]] = []
        self._count = 0

    def send(self, make: Make, done: Done | None = None) -> Request:
        """The request that `make` makes; `done` is told how it ended."""
        if done is None and not self.retries:
            return make()
        return self._out(make, done, 0)

    def again(self) -> Request | None:
        """The request whose pause is over, if there is one."""
        if self._later and self._later[0][0] <= self._clock():
            _, _, make, done, tries = heappop(self._later)
            self.pending -= 1
            request = self._out(make, done, tries)
            request.name_id += self._names
            return request
        return None

    def _out(self, make: Make, done: Done | None, tries: int) -> Request:
        request = make()
        self.pending += 1

        def back(reply: Reply | None, error: ErrorClass | None) -> None:
            self.pending -= 1
            if error is not None and reply is not None and reply.status in BUSY and tries < self.retries:
                self._put_off(make, done, tries + 1)
            elif done is not None:
                done(reply, error)

        request.done = back
        return request

    def _put_off(self, make: Make, done: Done | None, tries: int) -> None:
        self._count += 1
        pause_ns = min(FIRST_PAUSE_NS << (tries - 1), LONGEST_PAUSE_NS)
        heappush(self._later, (self._clock() + pause_ns, self._count, make, done, tries))
        self.pending += 1
