"""Waiting lines as arithmetic: when does what arrives now get its turn? Nanoseconds of one clock throughout."""

import math

from loadgen.base.clock import NS_PER_S

MAX_WAITING = 10_000
_MANY_LINES = 1000


class Line:
    """A single server that takes work in the order of arrival, one piece at a time."""

    __slots__ = ("free_ns",)

    def __init__(self) -> None:
        self.free_ns = 0

    def book(self, now_ns: int, service_ns: int) -> tuple[int, int]:
        """When work that arrives now begins, and when it ends."""
        begins_ns = max(now_ns, self.free_ns)
        self.free_ns = begins_ns + service_ns
        return begins_ns, self.free_ns


class Lines:
    """One Line for each service time."""

    def __init__(self) -> None:
        self._by_service: dict[int, Line] = {}

    def departure_ns(self, now_ns: int, service_ns: int) -> int:
        """When work that arrives now at the line of this service time is done: max(now, last) + service."""
        line = self._by_service.get(service_ns)
        if line is None:
            if len(self._by_service) >= _MANY_LINES:
                self._forget_idle(now_ns)
            line = self._by_service[service_ns] = Line()
        return line.book(now_ns, service_ns)[1]

    def _forget_idle(self, now_ns: int) -> None:
        """A line with nothing to do is as good as a new one."""
        self._by_service = {key: line for key, line in self._by_service.items() if line.free_ns > now_ns}


class Stalls:
    """A server that stands still for the last `length_ns` of every `every_ns` from the first request on.

    What arrives meanwhile is taken up when it goes on.
    """

    def __init__(self, every_ns: int, length_ns: int) -> None:
        self._every_ns = every_ns
        self._runs_ns = every_ns - length_ns
        self._began_ns: int | None = None

    def admit_ns(self, now_ns: int) -> int:
        """When a request that arrives now is taken up."""
        if self._began_ns is None:
            self._began_ns = now_ns
        at_ns = (now_ns - self._began_ns) % self._every_ns
        return now_ns if at_ns < self._runs_ns else now_ns + self._every_ns - at_ns


class Capacity:
    """At most `rps` replies a second, evenly apart and without saving up; the rest waits, up to `max_waiting`."""

    def __init__(self, rps: float, max_waiting: int = MAX_WAITING) -> None:
        self._gap_ns = math.ceil(NS_PER_S / rps)
        self._longest_wait_ns = self._gap_ns * max_waiting
        self._line = Line()

    def admit_ns(self, now_ns: int) -> int | None:
        """When the reply to a request that arrives now may leave; None if too many wait already."""
        if self._line.free_ns - now_ns > self._longest_wait_ns:
            return None
        return self._line.book(now_ns, self._gap_ns)[0]
