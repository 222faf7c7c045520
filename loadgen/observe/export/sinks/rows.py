"""A name's second as a row of figures: for files, and for databases that cannot add histograms up."""

from collections.abc import Iterator, Mapping
from typing import Any

from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED, Tally
from loadgen.observe.export.events import Interval
from loadgen.results.journeys import metric_result
from loadgen.results.result import ThresholdRow
from loadgen.results.summary import clocks_of, to_ms

COUNTS = ("ok", "failed", "unknown", "bytes_sent", "bytes_received")
STATISTICS: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
CLOCKS = ("response", "service", "send_lag")
VALUE_STATISTICS = ("count", "sum", "mean", "min", "max", "p50", "p90", "p99")
FIGURES = tuple(f"{clock}_{statistic}_ms" for clock in CLOCKS for statistic in STATISTICS)


def rows_of(interval: Interval) -> Iterator[dict[str, Any]]:
    """A row for each name; figures are in milliseconds, None without a value. Percentiles are of measured values;
    `censored` counts those beside them that are only known to be at least so long.
    """
    for (group, name), tally in interval.tallies.items():
        yield {
            "time": round(interval.at_s, 3),
            "t_s": interval.t_s,
            "part": "rest" if interval.rest else "second",
            "group": group,
            "name": name,
            "users": interval.users,
            **{count: getattr(tally, count) for count in COUNTS},
            "censored": _censored(tally),
            **figures_of(tally),
        }


def value_rows_of(interval: Interval) -> Iterator[dict[str, Any]]:
    """A row for each metric of a scenario's own, in its own unit."""
    for name, sums in interval.values.items():
        figures = metric_result(sums)
        yield {
            "time": round(interval.at_s, 3),
            "t_s": interval.t_s,
            "part": "rest" if interval.rest else "second",
            "group": "metric",
            "name": name,
            "users": interval.users,
            "unit": sums.unit,
            **{f"value_{statistic}": getattr(figures, statistic) for statistic in VALUE_STATISTICS},
        }


def figures_of(tally: Tally) -> dict[str, float | None]:
    """The statistics of its clocks, in milliseconds."""
    clocks = clocks_of(tally)
    figures: dict[str, float | None] = {}
    for clock in CLOCKS:
        values = clocks.get(clock, Histogram())
        found = values.quantiles_us(list(STATISTICS.values())) if values.buckets else [None] * len(STATISTICS)
        for statistic, value in zip(STATISTICS, found, strict=True):
            figures[f"{clock}_{statistic}_ms"] = None if value is None else to_ms(value)
    return figures


def threshold_figures(row: ThresholdRow) -> dict[str, Any]:
    """A threshold as it stands at the end."""
    return {"limit": row.limit, "observed": row.observed, "unit": row.unit, "verdict": row.verdict}


def _censored(tally: Tally) -> int:
    clocks = clocks_of(tally)
    return clocks["response" + CENSORED].total if "response" + CENSORED in clocks else 0
