"""What a window shows of a metric: the one place where tallies become figures.

A window is anything that has tallies: a run under way, some of its seconds, a saved Result, several merged. Replies
that never came (timeouts, cut or never sent requests) leave lower bounds behind, so that a figure may be known only to
lie between two values; it is exact where the two are one.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction
from math import ceil, inf
from typing import Protocol

from loadgen.base.dataclass import dataclass
from loadgen.measure.histogram import Histogram, rank_of, top_of
from loadgen.measure.metric_sums import MetricSums, value_at
from loadgen.measure.recording import CENSORED, Tally
from loadgen.plan.metrics import Metric
from loadgen.results.summary import clocks_of, to_ms


@dataclass(frozen=True, slots=True)
class Observed:
    """The true value is not below `low` and not above `high`, which may be infinite; in the metric's unit.

    It rests on `samples` requests, of which `censored` are known only by how long they waited at least.
    """

    low: float
    high: float
    samples: int = 0
    censored: int = 0

    @property
    def is_exact(self) -> bool:
        return self.low == self.high


NEXT_TO = 1.01
"""Bounds so near to each other count as one value where two runs are compared, on both sides the upper one."""


def settled(observed: Observed | None) -> Observed | None:
    """The upper end where both are next to each other: some journeys are always under way at the end."""
    if observed is None or observed.high > NEXT_TO * observed.low:
        return observed
    return replace(observed, low=observed.high)


@dataclass(frozen=True, slots=True)
class Sums:
    """Requests that ended. `failed` are those that the target may be to blame for.

    Up to `own` of them are the generator's fault all the same, where it is not known which. What is known to be the
    generator's is in `sent` alone, and neither it nor what is unknown counts for an error rate.
    """

    ok: int = 0
    failed: int = 0
    unknown: int = 0
    sent: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    own: int = 0

    @property
    def judged(self) -> int:
        """Requests that ended in a reply, or in a failure that is the target's fault."""
        return self.ok + self.failed


class Window(Protocol):
    """Anything that has tallies, of all requests or of those of one name; or the values of a scenario's own metric."""

    @property
    def sums(self) -> Sums:
        """What ended."""

    def per_second(self, part: str) -> float | None:
        """One of the sums by the second; None without a duration."""

    def clock(self, name: str) -> tuple[Histogram, Histogram]:
        """A clock's values and its lower bounds; never to be changed. Raises ValueError for a damaged histogram."""

    def generator(self, name: str) -> float | None:
        """A figure of the generator itself; None where it is not known."""

    @property
    def values(self) -> MetricSums | None:
        """The values of a scenario's own metric; None where the window is of something else."""


def observe(metric: Metric, window: Window) -> Observed | None:
    """The metric over the window; None where nothing of it happened. Raises ValueError for a damaged histogram."""
    if window.values is not None:
        return _value(metric, window.values)
    sums = window.sums
    match metric.kind:
        case "value":
            return None
        case "latency":
            return _latency(metric, *window.clock(metric.part))
        case "generator":
            figure = window.generator(metric.name)
            return None if figure is None else Observed(figure, figure, sums.sent)
        case "rate":
            rate = window.per_second(metric.part)
            return None if rate is None else Observed(rate, rate, sums.sent)
        case "ratio":
            return _ratio(metric, sums) if sums.judged else None
    count = getattr(sums, metric.part)
    own = sums.own if metric.part == "failed" else 0
    return Observed(count - own, count, sums.sent)


def is_supported(metric: Metric, observed: Observed) -> bool:
    """Whether a percentile has a sample beyond it, on either side: enough to judge by, where less may be shown.

    p99 takes 100 samples, p99.9 takes 1,000, p50 takes 2: with fewer it is the maximum under another name.
    """
    return observed.samples >= samples_needed(metric)


def samples_needed(metric: Metric) -> int:
    """How many that takes."""
    if metric.quantile is None:
        return 0
    below = Fraction(str(metric.quantile))
    return ceil(1 / min(below, 1 - below))


def _ratio(metric: Metric, sums: Sums) -> Observed:
    """The error rate, or what is left of 1: failures that are the target's fault over the requests judged."""
    low = (sums.failed - sums.own) / (sums.judged - sums.own) if sums.judged > sums.own else 0.0
    high = sums.failed / sums.judged
    if metric.part == "ok":
        low, high = 1 - high, 1 - low
    return Observed(low, high, sums.judged)


def _value(metric: Metric, values: MetricSums) -> Observed | None:
    """A statistic of a scenario's own metric, in its own unit; None for one that its form does not have."""
    match metric.statistic:
        case "count":
            value = float(values.count)
        case "sum":
            value = values.sum
        case "mean" if values.count:
            value = values.sum / values.count
        case "min" if values.count:
            value = values.min
        case "max" if values.count:
            value = values.max
        case _ if metric.quantile is not None and values.values:
            value = value_at(values.values, metric.quantile)
        case _:
            return None
    return Observed(value, value, values.count)


def _latency(metric: Metric, values: Histogram, bounds: Histogram) -> Observed | None:
    """A statistic of measured `values` and of true values that lie anywhere above `bounds`, in milliseconds."""
    every = Histogram((values.buckets + bounds.buckets).items())
    samples, censored = every.total, bounds.total
    if not samples:
        return None
    if metric.quantile is not None:
        rank = rank_of(metric.quantile, samples)
        return Observed(_at(every, rank), _at(values, rank), samples, censored)
    match metric.statistic:
        case "min":
            low, high = to_ms(min(every.buckets)), to_ms(min(values.buckets)) if values.buckets else inf
        case "mean":
            low = high = to_ms(every.mean_us())
        case _:
            low = high = to_ms(top_of(max(every.buckets)))
    return Observed(low, inf if censored and metric.statistic != "min" else high, samples, censored)


def _at(histogram: Histogram, rank: int) -> float:
    """The value of a rank; above all values lies infinity."""
    return to_ms(histogram.values_at_ranks([rank])[0]) if rank <= histogram.total else inf


@dataclass(frozen=True, slots=True)
class Stretch:
    """A window of some seconds, by what ended in it; `clocks` are as in a Tally, `values` those of a metric."""

    sums: Sums
    seconds: float
    clocks: Mapping[str, Histogram] = field(default_factory=dict)
    values: MetricSums | None = None

    def per_second(self, part: str) -> float | None:
        count: int = getattr(self.sums, part)
        return count / self.seconds if self.seconds > 0 else None

    def clock(self, name: str) -> tuple[Histogram, Histogram]:
        return self.clocks.get(name, Histogram()), self.clocks.get(name + CENSORED, Histogram())

    def generator(self, name: str) -> float | None:
        return None


def stretch_of(tally: Tally, seconds: float = 0.0) -> Stretch:
    """What was recorded in so many seconds, where they matter."""
    own = sum(item.count for error, item in tally.errors.items() if error.fault == "generator")
    failed = max(0, tally.failed - own)
    sums = Sums(tally.ok, failed, tally.unknown, tally.sent, tally.bytes_sent, tally.bytes_received)
    return Stretch(sums, seconds, clocks_of(tally))
