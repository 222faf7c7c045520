"""What the full-screen view shows of a run: all of it so far, or its last seconds."""

from collections import deque
from dataclasses import replace

from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import Tally
from loadgen.observe.so_far import SoFar, add_to, result_of
from loadgen.observe.standing import Standing
from loadgen.plan.plan import Plan
from loadgen.results.requests import Latency
from loadgen.results.result import Result, Second
from loadgen.results.summary import summarise, to_ms

LAST_S = 10
"""Seconds of the shorter of the two windows of the table."""

COURSE_S = 60
"""Seconds that are kept for the charts."""


class RunFigures:
    """Takes the seconds of a run."""

    def __init__(self, plan: Plan) -> None:
        self.lag_ms: float | None = None
        self._standing = Standing(plan.thresholds)
        self._so_far = SoFar(COURSE_S)
        self._seconds = 0
        self._last: deque[RunSecond] = deque(maxlen=LAST_S)

    def add(self, second: RunSecond) -> None:
        """One more; what it holds stays as it is."""
        self._standing.add(second)
        self._seconds = second.t_s + 1
        self._so_far.add_second(second.t_s, second.users, second.requests)
        self._last.append(second)
        if second.loop_lag.buckets:
            self.lag_ms = to_ms(second.loop_lag.quantiles_us([0.99])[0])

    def result(self, most_names: int, *, last: bool) -> Result:
        """The whole so far, or with `last` its last seconds: names that failed most, then those that are most
        frequent; errors, status codes, and thresholds, which are always of the whole.
        """
        tallies = self._of_last() if last else self._so_far.tallies
        shown = sorted(tallies, key=lambda name: (-tallies[name].failed, -tallies[name].sent, name))[:most_names]
        return replace(
            result_of(tallies, shown, _shown_latency),
            duration_s=float(min(LAST_S, self._seconds) if last else self._seconds),
            thresholds=self._standing.rows(),
        )

    @property
    def course(self) -> tuple[Second, ...]:
        """The last seconds, for the charts."""
        return tuple(self._so_far.seconds)

    @property
    def names(self) -> int:
        """How many request names have been seen."""
        return len(self._so_far.tallies)

    def _of_last(self) -> dict[str, Tally]:
        tallies: dict[str, Tally] = {}
        for second in self._last:
            if second.t_s > self._seconds - 1 - LAST_S:
                add_to(tallies, second.requests)
        return tallies


def _shown_latency(values: Histogram, bounds: Histogram | None) -> Latency:
    """What the table has, and no more where that is cheap: this is done for each name once a second."""
    if bounds is not None or not values.buckets:
        return summarise(values, bounds)
    p50, p99, highest = map(to_ms, values.quantiles_us((0.5, 0.99, 1.0)))
    return Latency(values.total, p50=p50, p99=p99, max=highest)
