"""The charts of a run's page: latency and rate over time, the heat map, percentiles. Each is an element, or nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from math import ceil, isnan, nan

from loadgen.base.dataclass import dataclass
from loadgen.base.units import counted, format_duration_s, format_ms
from loadgen.measure.histogram import Histogram, top_of
from loadgen.measure.recording import CENSORED
from loadgen.plan.metrics import metric_named
from loadgen.report.draw.page import HEATS
from loadgen.report.draw.style import format_rate
from loadgen.report.draw.svg import Column, Curve, Point, heat_map, line_chart, linear_axis, log_axis, time_axis
from loadgen.report.run.latency import TITLES, is_closed
from loadgen.report.run.percentiles import percentile_chart
from loadgen.report.run.tables import with_unit
from loadgen.results.block import Block
from loadgen.results.encoded import decode_clock
from loadgen.results.result import Result, ThresholdRow

MOST_POINTS = 300
"""Of a curve over time; where it has more seconds, the lowest and the highest of a few of them are drawn."""
HEAT_ROWS = 40
SHARES = (0.001, 0.01, 0.05, 0.2)
"""The least share of a stretch's replies that makes a cell of the heat map one step darker."""
HEAT_NAMES = ("up to 0.1 % of the stretch's replies", "up to 1 %", "up to 5 %", "up to 20 %", "more")
LEAST_MS = 0.001
"""What stands for 0 where it has no logarithm."""
SHORTEST_S = 2
"""Shorter runs have no course."""
BLUE, GREEN, RED = 0, 2, 6
"""Of the page's colours."""

assert len(HEAT_NAMES) == HEATS
Values = Sequence[tuple[float, float]]
"""Instants, in seconds, with what was seen then; nan is a gap."""


@dataclass(frozen=True)
class Course:
    """A run over time. Its properties raise UsageError for a damaged histogram."""

    result: Result

    @property
    def latency(self) -> str:
        """Percentiles by second, p90 and the highest of an older file by block; the latency thresholds as lines."""
        values = {name: self._seconds(f"response_{name}_ms") for name in ("p50", "p90", "p99", "max")}
        if not self.has_highest:
            values |= {"p90": self._blocks(_quantile(0.9)), "max": self._blocks(_quantile(1.0))}
        shown = [value for series in values.values() for _, value in series if not isnan(value)]
        if not shown or not self._is_long:
            return ""
        limits = {f"{row.metric} limit {with_unit(row.unit, row.limit)}": row.limit for row in _limits(self.result)}
        shown += limits.values()
        x_axis, x = time_axis("time since the measured part began", self._end_s)
        y_axis, y = log_axis("response time, ms", min(shown), max(shown))
        curves = [
            _curve(label, [(at, nan if isnan(value) else y(value)) for at, value in values[label]], x)
            for label in ("p50", "p90", "p99", "max")
        ]
        curves += [Curve(label, [Point(0, y(limit)), Point(1, y(limit))], 0) for label, limit in limits.items()]
        return line_chart("Response time over time", x_axis, y_axis, curves)

    @property
    def heat(self) -> str:
        """How many replies took how long, block by block."""
        decoded = [(block, times) for block, times in self._decoded if times.total]
        if not decoded or not self._is_long:
            return ""
        low = max(LEAST_MS, min(min(times.buckets) for _, times in decoded) / 1000)
        high = max(top_of(max(times.buckets)) for _, times in decoded) / 1000
        x_axis, x = time_axis("time since the measured part began", self._end_s)
        y_axis, y = log_axis("response time, ms", low, max(low, high))
        columns = [
            Column(x(block.t_s), x(_end_of(block, self._end_s)), list(_cells(times, y)), _tip(block, times))
            for block, times in decoded
        ]
        return heat_map("Response times over time", x_axis, y_axis, columns, HEAT_ROWS, HEAT_NAMES)

    @property
    def rate(self) -> str:
        """Requests by second: those that ended, good and failed ones; and what was due, where it did not wait."""
        rows = self.result.whole_seconds
        names = {"sent": ("sent", BLUE), "ok": ("good replies", GREEN), "failed": ("failed", RED)}
        most = max((row.sent for row in rows), default=0)
        if not most or not self._is_long:
            return ""
        offered = [(row.t_s + 0.5, row.offered) for row in rows if row.offered is not None]
        due = 0.0 if is_closed(self.result) or self.result.journeys.scheduled else self.result.rate.offered_rps
        due = max([due, *(value for _, value in offered)])
        x_axis, x = time_axis("time since the measured part began", self._end_s)
        y_axis, y = linear_axis("requests a second", max(most, due))
        curves = [
            replace(_curve(label, [(row.t_s + 0.5, y(getattr(row, key))) for row in rows], x), colour=colour)
            for key, (label, colour) in names.items()
        ]
        if offered:
            curves.append(replace(_curve("due", [(at, y(value)) for at, value in offered], x), sure=0, colour=0))
        elif due:
            curves.append(Curve(f"due, on average {format_rate(due)}/s", [Point(0, y(due)), Point(1, y(due))], 0))
        return line_chart("Requests over time", x_axis, y_axis, curves)

    @property
    def users(self) -> str:
        """How many took part, where that changed."""
        rows = self.result.whole_seconds
        counts = {row.users for row in rows}
        if len(counts) < 2 or not self._is_long:
            return ""
        x_axis, x = time_axis("time since the measured part began", self._end_s)
        y_axis, y = linear_axis("users", max(counts))
        curve = _curve("users", [(row.t_s + 0.5, y(row.users)) for row in rows], x)
        return line_chart("Users over time", x_axis, y_axis, [curve])

    @property
    def has_highest(self) -> bool:
        """Whether each second has its p90 and its highest."""
        return any(row.response_max_ms is not None for row in self.result.timeline)

    @property
    def block_s(self) -> float:
        """The length of a block in seconds; 0 without any."""
        return max((block.duration_s for block in self.result.blocks), default=0.0)

    @cached_property
    def _end_s(self) -> float:
        seconds = [row.t_s + 1 for row in self.result.timeline[-1:]]
        return self.result.duration_s or max(
            [*seconds, *(block.t_s + block.duration_s for block in self.result.blocks)]
        )

    @property
    def _is_long(self) -> bool:
        return len(self.result.timeline) >= SHORTEST_S

    @cached_property
    def _decoded(self) -> list[tuple[Block, Histogram]]:
        return [(block, decode_clock({"response": block.response}, "response")) for block in self.result.blocks]

    def _seconds(self, key: str) -> Values:
        found = ((row.t_s + 0.5, getattr(row, key)) for row in self.result.timeline)
        return [(min(at, self._end_s), nan if value is None else max(value, LEAST_MS)) for at, value in found]

    def _blocks(self, value_of: Callable[[Histogram], float]) -> Values:
        """A step as long as each block; of a block of a second a point, as a second has one."""
        points = []
        for block, times in self._decoded:
            value = value_of(times) if times.total else nan
            ends = (min(block.t_s, self._end_s), _end_of(block, self._end_s))
            points += [(at, value) for at in (ends if block.duration_s > 1 else [min(block.t_s + 0.5, self._end_s)])]
        return points


def spectrum(result: Result) -> str:
    """Percentile curves of the three clocks; of one where they are the same. Raises UsageError for damaged ones."""
    titles = {"response": "response"} if is_closed(result) else TITLES
    clocks = {
        title: (decode_clock(result.histograms, key), decode_clock(result.histograms, key + CENSORED))
        for title, key in titles.items()
    }
    return percentile_chart(clocks, "ms")


def beyond(row: ThresholdRow, result: Result) -> str:
    """How many response times lie above a latency threshold's limit, and of how many that is not known, because they
    were only seen to be at least so long as something below it. Empty for other thresholds.
    """
    if row not in _limits(result):
        return ""
    times, bounds = (decode_clock(result.histograms, name) for name in ("response", "response" + CENSORED))
    above, censored = _above(times, row.limit), _above(bounds, row.limit)
    unknown = f", {bounds.total - censored:,} unknown" if bounds.total > censored else ""
    return f"{above + censored:,} of {times.total + bounds.total:,} above{unknown}"


def _above(times: Histogram, limit_ms: float) -> int:
    return sum(count for bucket, count in times.buckets.items() if top_of(bucket) / 1000 > limit_ms)


def _limits(result: Result) -> list[ThresholdRow]:
    """Thresholds of how long responses take, of all requests."""
    return [row for row in result.thresholds if row.limit > 0 and _is_response(row.metric)]


def _is_response(name: str) -> bool:
    try:
        metric = metric_named(name)
    except ValueError:  # of one name, or of a newer version
        return False
    return metric.kind == "latency" and metric.part == "response"


def _quantile(quantile: float) -> Callable[[Histogram], float]:
    return lambda times: max(times.quantiles_us([quantile])[0] / 1000, LEAST_MS)


def _end_of(block: Block, end_s: float) -> float:
    return min(block.t_s + block.duration_s, end_s)


def _curve(label: str, values: Values, x: Callable[[float], float]) -> Curve:
    """`values` have their places on the other axis already."""
    points = [Point(min(1.0, x(at)), value) for at, value in _envelope(values)]
    return Curve(label, points, len(points))


def _envelope(values: Values) -> Iterator[tuple[float, float]]:
    """At most the lowest and the highest of each few neighbours, so that no peak is lost; a gap only where all are."""
    size = ceil(len(values) / MOST_POINTS) if len(values) > 2 * MOST_POINTS else 1
    for start in range(0, len(values), size):
        group = values[start : start + size]
        known = [value for value in group if not isnan(value[1])]
        if size == 1 or not known:
            yield group[0]
        else:
            yield from sorted({min(known, key=_height), max(known, key=_height)})


def _height(value: tuple[float, float]) -> float:
    return value[1]


def _cells(times: Histogram, y: Callable[[float], float]) -> Iterator[tuple[int, int]]:
    """The filled rows of a block, with their heat."""
    rows: dict[int, int] = {}
    for bucket, count in times.buckets.items():
        place = y(max(top_of(bucket) / 1000, LEAST_MS))
        row = max(0, min(HEAT_ROWS - 1, int(place * HEAT_ROWS)))
        rows[row] = rows.get(row, 0) + count
    for row, count in sorted(rows.items()):
        yield row, sum(count / times.total > share for share in SHARES)


def _tip(block: Block, times: Histogram) -> str:
    figures = (f"{name} {format_ms(us / 1000)}" for name, us in _named(times))
    replies = counted(block.ok, "good reply", "good replies")
    return f"from {format_duration_s(block.t_s)}: {replies}, {block.failed:,} failed, {', '.join(figures)}"


def _named(times: Histogram) -> Iterator[tuple[str, int]]:
    return zip(("p50", "p90", "p99", "max"), times.quantiles_us((0.5, 0.9, 0.99, 1.0)), strict=True)
