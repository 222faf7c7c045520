"""What was recorded so far of that which a metric is of."""

from collections.abc import Iterable
from dataclasses import replace

from loadgen.judge.observe import Stretch, stretch_of
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Recording, Tally
from loadgen.plan.metrics import Metric
from loadgen.plan.named import JOURNEYS, Named, find_named


class Recorded:
    """Finds in recordings what a metric is of."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: list[Named] = []

    def stretch(self, recordings: Iterable[Recording], metric: Metric, seconds: float = 0.0) -> Stretch:
        """What was recorded of it in so many seconds, where they matter."""
        tally, values = self._gathered(recordings, metric)
        return replace(stretch_of(tally, seconds), values=values)

    def tally(self, recording: Recording, metric: Metric) -> Tally:
        """The sums of one recording; to be read only."""
        return self._gathered([recording], metric)[0]

    def _gathered(self, recordings: Iterable[Recording], metric: Metric) -> tuple[Tally, MetricSums | None]:
        if metric.of is None:
            return _sum([recording.total() for recording in recordings]), None
        try:
            named = find_named(metric, self._all())
        except ValueError:  # nothing of it has been seen so far
            return Tally(), None
        assert named is not None
        if named.kind == "metric":
            number, values = self._names.number(Kind.METRIC, named.name), MetricSums()
            for recording in recordings:
                if number in recording.metrics:
                    values.merge(recording.metrics[number])
            is_time = metric.kind == "latency" and values.unit not in ("", "ms")
            return Tally(), MetricSums() if is_time else values
        if named.kind == JOURNEYS:
            numbers = list(self._names.of(Kind.JOURNEY).values())
        else:
            numbers = [self._names.number(Kind(named.kind), named.name)]
        tables = [one.tallies if named.kind == "request" else one.transactions for one in recordings]
        return _sum([table[number] for table in tables for number in numbers if number in table]), None

    def _all(self) -> list[Named]:
        """They only become more."""
        for number in range(len(self._known), len(self._names)):
            self._known.append(Named(*self._names[number]))
        return self._known


def _sum(tallies: list[Tally]) -> Tally:
    if len(tallies) == 1:
        return tallies[0]
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total
