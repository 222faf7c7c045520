"""Another machine's monotonic clock, as seen from here: no wall clock, and nobody has to keep them in step."""

from collections import deque
from operator import attrgetter

from loadgen.base.clock import NS_PER_S
from loadgen.base.dataclass import dataclass

KEPT = 40
"""Exchanges, of which the quickest counts: at four a second ten seconds, in which a drift of 50 ppm is 0.5 ms."""

_took = attrgetter("took_ns")

LAST = 4
"""While a machine starts its processes some take hundreds of milliseconds: they say nothing of the next."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer: how long it took, and what that clock was ahead in the middle of it."""

    took_ns: int
    ahead_ns: int
    at_ns: int

    @property
    def bound_ns(self) -> int:
        """How far `ahead_ns` may be off: one way took all the time, or none."""
        return self.took_ns // 2


class RemoteClock:
    """What is known of it. Before the first exchange it is taken for ours."""

    def __init__(self) -> None:
        self._recent: deque[Exchange] = deque(maxlen=KEPT)
        self._first: list[Exchange] = []
        self._best = Exchange(0, 0, 0)

    def add(self, sent_ns: int, there_ns: int, back_ns: int) -> None:
        """One exchange: asked and answered at instants of ours, and what it said."""
        exchange = Exchange(back_ns - sent_ns, there_ns - (sent_ns + back_ns) // 2, back_ns)
        self._recent.append(exchange)
        self._best = min(self._recent, key=_took)
        if len(self._first) < KEPT:
            self._first.append(exchange)

    @property
    def ahead_ns(self) -> int:
        """How much it is ahead of ours."""
        return self._best.ahead_ns

    @property
    def bound_ns(self) -> int:
        """How far that may be off."""
        return self._best.bound_ns

    @property
    def slowest_ns(self) -> int:
        """The longest of the last exchanges, a second's."""
        return max((exchange.took_ns for exchange in list(self._recent)[-LAST:]), default=0)

    @property
    def drift_ppm(self) -> float | None:
        """How much faster it goes than ours, in millionths; None where the exchanges are too near to tell."""
        if not self._first:
            return None
        first, last = min(self._first, key=_took), min(self._recent, key=_took)
        apart_ns = last.at_ns - first.at_ns
        if apart_ns < NS_PER_S or abs(last.ahead_ns - first.ahead_ns) <= first.bound_ns + last.bound_ns:
            return None
        return round((last.ahead_ns - first.ahead_ns) / apart_ns * 1e6, 1)

    def there(self, at_ns: int) -> int:
        """An instant of ours on that clock."""
        return at_ns + self.ahead_ns

    def here(self, at_ns: int) -> int:
        """An instant of that clock on ours."""
        return at_ns - self.ahead_ns
