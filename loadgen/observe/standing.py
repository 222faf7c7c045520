"""How a run's thresholds stand while it lasts: what was observed so far, and what would be said of it now."""

from collections import deque
from collections.abc import Mapping

from loadgen.judge.observe import Observed, Stretch, is_supported, observe, stretch_of
from loadgen.judge.thresholds import Verdict, threshold_row
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import Tally
from loadgen.plan.condition import Condition
from loadgen.plan.metrics import Metric
from loadgen.plan.named import JOURNEYS, Named, find_named
from loadgen.results.result import ThresholdRow


class Standing:
    """Takes the seconds of a run. Over windows the last one is shown, and one that was lost stays lost."""

    def __init__(self, thresholds: tuple[Condition, ...]) -> None:
        self._thresholds = thresholds
        self._of = {condition.metric.of for condition in thresholds}
        self._longest = max((round(condition.window_s or 0) for condition in thresholds), default=0)
        self._seconds = 0
        self._total = Tally()
        self._last: deque[tuple[int, Tally, dict[Named, Tally]]] = deque()
        self._tallies: dict[Named, Tally] = {}
        self._values: dict[Named, MetricSums] = {}
        self._lost: set[int] = set()

    def add(self, second: RunSecond) -> None:
        """One more; what a second holds stays as it is."""
        if not self._thresholds:
            return
        self._seconds = second.t_s + 1
        of_second = Tally()
        for tally in second.requests.values():
            of_second.merge(tally)
        self._total.merge(of_second)
        named = {} if self._of == {None} else _named(second)
        if self._longest:
            self._last.append((second.t_s, of_second, named))
            while self._last[0][0] <= second.t_s - self._longest:
                self._last.popleft()
        for key, tally in named.items():
            self._tallies.setdefault(key, Tally()).merge(tally)
        for name, sums in second.metrics.items():
            self._values.setdefault(Named("metric", name, sums.unit), MetricSums(sums.form, sums.unit)).merge(sums)

    def rows(self) -> list[ThresholdRow]:
        """A row for each threshold, as the report at the end has one."""
        return [self._row(number, condition) for number, condition in enumerate(self._thresholds)]

    def _row(self, number: int, condition: Condition) -> ThresholdRow:
        observed = self._observed(condition)
        if observed is None or not is_supported(condition.metric, observed):
            verdict: Verdict = "no_data"
        else:
            held = {condition.holds(observed.low), condition.holds(observed.high)}
            verdict = "no_data" if len(held) > 1 else "pass" if True in held else "fail"
        if condition.window_s is not None and verdict == "fail":
            self._lost.add(number)
        if number in self._lost:
            verdict = "fail"
        low = None if observed is None else round(observed.low, 6)
        return threshold_row(condition, low, verdict, observed is not None and not observed.is_exact)

    def _observed(self, condition: Condition) -> Observed | None:
        stretch = self._stretch(condition.metric, round(condition.window_s or 0))
        if stretch is None:
            return None
        observed = observe(condition.metric, stretch)
        return observed if observed is not None and observed.samples >= max(1, condition.min_count or 0) else None

    def _stretch(self, metric: Metric, window_s: int) -> Stretch | None:
        if window_s and self._seconds < window_s:
            return None
        named = None
        if metric.of is not None:
            try:
                named = find_named(metric, [*self._tallies, *self._values])
            except ValueError:  # nothing of it has been seen so far
                return None
            if named in self._values:
                return Stretch(stretch_of(Tally()).sums, 0.0, values=self._values[named])
        if not window_s:
            return stretch_of(self._total if named is None else _sums_of(named, self._tallies), self._seconds)
        total = Tally()
        for t_s, every, tallies in self._last:
            if t_s >= self._seconds - window_s:
                total.merge(every if named is None else _sums_of(named, tallies))
        return stretch_of(total, window_s)


def _named(second: RunSecond) -> dict[Named, Tally]:
    """What a threshold may be of, but for metrics."""
    return (
        {Named("request", name): tally for name, tally in second.requests.items()}
        | {Named(second.kinds.get(name, Kind.GROUP).value, name): tally for name, tally in second.transactions.items()}
        | {Named("check", name): tally for name, tally in second.checks.items()}
    )


def _sums_of(named: Named, tallies: Mapping[Named, Tally]) -> Tally:
    if named.kind != JOURNEYS:
        return tallies.get(named, Tally())
    total = Tally()
    for key, tally in tallies.items():
        if key.kind == "journey":
            total.merge(tally)
    return total
