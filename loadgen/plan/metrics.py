"""The metrics: one row for each thing that a condition, a margin or a comparison can be about.

A row says what is counted and over what; judge/observe.py forms it for any window. Latencies are a family of rows: a
statistic of a clock.
"""

import re
from dataclasses import replace
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.suggest import did_you_mean
from loadgen.base.units import shown

Kind = Literal["latency", "ratio", "rate", "count", "generator", "value"]
Unit = Literal["ms", "share", "per_s", "bytes_per_s", "count", "us", "mb", "own"]
Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row, for all requests or `of` one name. `better` is None where more is neither good nor bad.

    `part` is what is counted: of a ratio over the requests that can be judged, of a rate by the second; of a latency it
    is the clock. `statistic` is "p99.9", "mean", "min" or "max", with `quantile` 0.999 for a percentile; of a value,
    which is what a scenario's own metric has, also "sum" or "count".
    """

    name: str
    title: str
    kind: Kind
    unit: Unit
    better: Better | None
    part: str = ""
    statistic: str = ""
    quantile: float | None = None
    of: str | None = None

    @property
    def text(self) -> str:
        """As a person writes it."""
        return self.name if self.of is None else f"{self.of}:{self.name}"


_ROWS = {
    row.name: row
    for row in (
        Metric("error_rate", "errors", "ratio", "share", "lower", "failed"),
        Metric("ok_rate", "good replies", "ratio", "share", "higher", "ok"),
        Metric("rps", "requests/s", "rate", "per_s", "higher", "sent"),
        Metric("ok_rps", "good replies/s", "rate", "per_s", "higher", "ok"),
        Metric("bytes_sent_per_s", "sent/s", "rate", "bytes_per_s", "higher", "bytes_sent"),
        Metric("bytes_received_per_s", "received/s", "rate", "bytes_per_s", "higher", "bytes_received"),
        Metric("sent", "sent", "count", "count", "higher", "sent"),
        Metric("ok", "good replies", "count", "count", "higher", "ok"),
        Metric("failed", "failed", "count", "count", "lower", "failed"),
        Metric("unknown", "unknown", "count", "count", "lower", "unknown"),
        Metric("loop_lag.p99", "loop lag p99", "generator", "ms", "lower"),
        Metric("cpu_us", "CPU a request", "generator", "us", "lower"),
        Metric("peak_rss_mb", "peak memory", "generator", "mb", "lower"),
        Metric("threads", "threads", "generator", "count", None),
        Metric("context_switches", "context switches", "generator", "count", None),
    )
}
_CLOCKS = ("response", "service", "send_lag", "failed", "first", "gap")
_STATISTICS = {"min": "min", "mean": "mean", "avg": "mean", "med": "p50", "max": "max"}
_QUANTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,4})?)|p\(([0-9]{1,2}(?:\.[0-9]{1,4})?)\)")
_EXAMPLES = ("p50", "p99", "p99.9", "mean", "min", "max", "service.p99", "send_lag.max", "first.p95", "gap.p99")
BY_THE_SECOND = ("sent", "ok", "failed")
"""What a Result counts in each second, and the workers of a run show ten times a second."""


def metric_named(text: str) -> Metric:
    """The metric of this name; k6's `p(99)`, `avg` and `med` are understood. Raises ValueError for any other name."""
    row = _ROWS.get(text)
    if row is not None:
        return row
    clock, dot, statistic = text.partition(".")
    if not dot or clock not in _CLOCKS:
        clock, statistic = "response", text
    statistic = _STATISTICS.get(statistic, statistic)
    match = _QUANTILE.fullmatch(statistic)
    quantile = None
    if match is not None and float(match[1] or match[2]) > 0:
        statistic = f"p{match[1] or match[2]}"
        quantile = _quantile(match[1] or match[2])
    elif statistic not in _STATISTICS:
        known = (*_EXAMPLES, *(row.name for row in _ROWS.values() if row.kind != "generator"))
        raise ValueError(f"unknown metric {shown(text)}{did_you_mean(text, known)}")
    name = statistic if clock == "response" else f"{clock}.{statistic}"
    title = f"{clock} {statistic}".replace("_", " ")
    return Metric(name, title, "latency", "ms", "lower", clock, statistic, quantile)


def value_metric(text: str) -> Metric | None:
    """The metric of this name of values in a unit of their own; None for a name that no such metric has."""
    if text in ("sum", "count"):
        return Metric(text, text, "value", "own", None, "value", text)
    try:
        latency = metric_named(text)
    except ValueError:
        return None
    if latency.kind != "latency" or latency.part != "response":
        return None
    return replace(latency, title=latency.statistic, kind="value", unit="own", better=None, part="value")


def _quantile(percent: str) -> float:
    """The nearest float to the decimal fraction: "99.9" -> 0.999."""
    digits, _, decimals = percent.partition(".")
    return float(f"0.{digits.zfill(2)}{decimals}")
