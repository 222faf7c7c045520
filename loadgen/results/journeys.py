"""What a Result says of journeys beyond their requests: their ledger, checks, and metrics of their scripts' own."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeVar

from loadgen.base.dataclass import dataclass
from loadgen.measure.metric_sums import Form, MetricSums, value_at
from loadgen.results.block import Block
from loadgen.results.merge_blocks import merged_windows

Kind = Literal["request", "journey", "group", "call"]


@dataclass(frozen=True, slots=True)
class Journeys:
    """scheduled = started + not_started; started = ok + failed + unfinished, which were under way at the end."""

    scheduled: int = 0
    started: int = 0
    not_started: int = 0
    ok: int = 0
    failed: int = 0
    unfinished: int = 0

    @property
    def balanced(self) -> bool:
        """Whether both sums hold."""
        whole = self.scheduled == self.started + self.not_started
        return whole and self.started == self.ok + self.failed + self.unfinished


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How often a check of a script held, and failed; `windows` are as those of a request."""

    ok: int = 0
    failed: int = 0
    windows: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric of a script's own, in its `unit`: of a `trend` mean and percentiles count, of a `count` the sum, of a
    `share` the mean of ones and zeros.

    `count` values came. `values` are pairs of a value and how often it came, of a trend alone, rounded to 11 binary
    digits (within 0.05 %): percentiles are of these; all else is exact.
    """

    kind: Form = "trend"
    unit: str = ""
    count: int = 0
    sum: float = 0.0
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    values: list[list[float]] = field(default_factory=list)

    @property
    def sums(self) -> MetricSums:
        """The same to be added to."""
        values = {value: int(times) for value, times in self.values}
        return MetricSums(self.kind, self.unit, self.count, self.sum, self.min or 0.0, self.max or 0.0, values)


QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def metric_result(sums: MetricSums) -> MetricResult:
    """The figures of a metric."""
    if not sums.count:
        return MetricResult(sums.form, sums.unit)
    figures = {name: value_at(sums.values, quantile) for name, quantile in QUANTILES.items() if sums.values}
    values = [[value, times] for value, times in sorted(sums.values.items())]
    mean = sums.sum / sums.count
    return MetricResult(sums.form, sums.unit, sums.count, sums.sum, mean, sums.min, sums.max, values=values, **figures)


def merged_metrics(tables: Sequence[Mapping[str, MetricResult]]) -> dict[str, MetricResult]:
    """Those of several runs, by name."""
    sums: dict[str, MetricSums] = {}
    for table in tables:
        for name, metric in table.items():
            sums.setdefault(name, MetricSums(metric.kind, metric.unit)).merge(metric.sums)
    return {name: metric_result(metric) for name, metric in sums.items()}


def merged_checks(tables: Sequence[Mapping[str, CheckResult]], begins_s: Sequence[int]) -> dict[str, CheckResult]:
    """Those of several runs, which begin at `begins_s`, by name."""
    return {
        name: CheckResult(
            sum(check.ok for _, check in found),
            sum(check.failed for _, check in found),
            merged_windows([check.windows for _, check in found], [begin_s for begin_s, _ in found]),
        )
        for name, found in by_name(tables, begins_s).items()
    }


T = TypeVar("T")


def by_name(tables: Sequence[Mapping[str, T]], begins_s: Sequence[int]) -> dict[str, list[tuple[int, T]]]:
    """What each name has in several tables, with when they begin; in the order of the first of each."""
    found: dict[str, list[tuple[int, T]]] = {}
    for table, begin_s in zip(tables, begins_s, strict=True):
        for name, part in table.items():
            found.setdefault(name, []).append((begin_s, part))
    return found
