"""OpenTelemetry's OTLP over HTTP, once a second, by the exporter of its SDK and the variables of that
(`OTEL_EXPORTER_OTLP_*`). Histograms are handed over as they are: exponential ones of up to 160 buckets.

Times are in seconds. What is only known to be at least so long is in no histogram, and has a sum of its own.
https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

import logging
import math
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from loadgen.base.clock import NS_PER_S
from loadgen.measure.histogram import Histogram, top_of
from loadgen.measure.recording import CENSORED, Tally
from loadgen.observe.export.events import Began, Ended, Interval, Key, Sums
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.sinks.rows import VALUE_STATISTICS
from loadgen.results.journeys import metric_result
from loadgen.results.result import ThresholdRow
from loadgen.results.summary import clocks_of

MOST_BUCKETS = 160
"""As many as the SDK's own histograms have by default."""

HIGHEST_SCALE = 10
"""Buckets of 0.07 %: finer than what is measured."""

TIMEOUT_S = 3.0
"""For one push and its repetitions, where OTEL_EXPORTER_OTLP_TIMEOUT says nothing: the next comes in a second."""

CLOCKS = {
    "response": "loadgen.response.duration",
    "service": "loadgen.service.duration",
    "send_lag": "loadgen.send_lag",
}
Attributes = Mapping[str, str]
Amounts = list[tuple[Attributes, int]]


class Otlp(Sink):
    """`where` is the URL of a collector's metrics, or empty: then the SDK's variables say it."""

    def __init__(self, where: str, export: Callable[[MetricsData], Any] | None = None) -> None:
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        said = any(os.environ.get(f"OTEL_EXPORTER_OTLP_{of}TIMEOUT") for of in ("", "METRICS_"))
        exporter = OTLPMetricExporter(endpoint=where or None, timeout=None if said else TIMEOUT_S)
        temporality = (exporter._preferred_temporality or {}).get(Counter, AggregationTemporality.CUMULATIVE)
        self._export = export or exporter.export
        self._is_delta = temporality is AggregationTemporality.DELTA
        self._temporality = temporality
        self._sums = Sums()
        self._run = Began()
        self._before_s = 0.0

    def began(self, run: Began) -> None:
        self._run, self._sums, self._before_s = run, Sums(), run.at_s

    def interval(self, interval: Interval) -> None:
        self._sums.add(interval)
        until_s = max(interval.at_s + (0.0 if interval.rest else 1.0), self._before_s)
        tallies = interval.tallies if self._is_delta else self._sums.tallies
        since_s = self._before_s if self._is_delta else self._run.at_s
        metrics = [
            *self._of_tallies(tallies, since_s, until_s),
            *self._values(until_s),
            *self._gauges(until_s, interval.users, running=True),
            *self._thresholds(interval.thresholds, until_s),
        ]
        self._before_s = until_s
        self._push(metrics)

    def ended(self, end: Ended) -> None:
        verdict = float(end.result.generator.verdict == "valid")
        metrics = [
            *self._gauges(end.at_s, 0, running=False),
            self._gauge("loadgen.valid", "", [({}, verdict)], end.at_s),
            *self._thresholds(end.result.thresholds, end.at_s),
        ]
        self._push(metrics)

    def _push(self, metrics: list[Metric]) -> None:
        resource = Resource.create({
            "service.name": os.environ.get("OTEL_SERVICE_NAME", "loadgen"),
            "loadgen.plan": self._run.name,
            "loadgen.target": self._run.target,
            "loadgen.round": self._run.round,
            **{f"loadgen.label.{key}": value for key, value in self._run.labels.items()},
        })  # fmt: skip
        told = [metric for metric in metrics if metric.data.data_points]  # Prometheus takes none without points
        scope = ScopeMetrics(InstrumentationScope("loadgen"), told, "")
        if self._export(MetricsData([ResourceMetrics(resource, [scope], "")])) is not MetricExportResult.SUCCESS:
            raise ConnectionError("the collector did not take it")

    def _of_tallies(self, tallies: Mapping[Key, Tally], since_s: float, until_s: float) -> Iterator[Metric]:
        requests: Amounts = []
        checks: Amounts = []
        moved: Amounts = []
        errors: Amounts = []
        censored: Amounts = []
        points: dict[str, list[ExponentialHistogramDataPoint]] = {clock: [] for clock in CLOCKS}
        for (group, name), tally in tallies.items():
            if group == "check":
                checks += [({"name": name, "outcome": each}, getattr(tally, each)) for each in ("ok", "failed")]
                continue
            of = {"name": name, "group": group}
            requests += [({**of, "outcome": each}, getattr(tally, each)) for each in ("ok", "failed", "unknown")]
            moved += [({**of, "direction": each}, getattr(tally, f"bytes_{each}")) for each in ("sent", "received")]
            errors += [({**of, "class": error.value}, count.count) for error, count in tally.errors.items()]
            clocks = clocks_of(tally)
            censored.append((of, clocks.get("response" + CENSORED, Histogram()).total))
            for clock, of_clock in points.items():
                if clock in clocks and clocks[clock].buckets:
                    of_clock.append(exponential(clocks[clock], of, _ns(since_s), _ns(until_s)))
        yield self._sum("loadgen.requests", "{request}", requests, since_s, until_s)
        if checks:
            yield self._sum("loadgen.checks", "{check}", checks, since_s, until_s)
        yield self._sum("loadgen.bytes", "By", moved, since_s, until_s)
        yield self._sum("loadgen.errors", "{error}", errors, since_s, until_s)
        yield self._sum("loadgen.censored", "{request}", censored, since_s, until_s)
        for clock, of_clock in points.items():
            yield Metric(CLOCKS[clock], "", "s", ExponentialHistogram(of_clock, self._temporality))

    def _values(self, at_s: float) -> Iterator[Metric]:
        """A scenario's own metrics, as they are so far."""
        values: list[tuple[Any, float]] = [
            ({"metric": name, "unit": sums.unit, "statistic": statistic}, value)
            for name, sums in self._sums.values.items()
            for figures in (metric_result(sums),)
            for statistic in VALUE_STATISTICS
            if (value := getattr(figures, statistic)) is not None
        ]
        if values:
            yield self._gauge("loadgen.value", "", values, at_s)

    def _gauges(self, at_s: float, users: int, *, running: bool) -> Iterator[Metric]:
        yield self._gauge("loadgen.running", "", [({}, float(running))], at_s)
        yield self._gauge("loadgen.users", "{user}", [({}, users)], at_s)
        limits = [({"expr": row.expr}, _seconds(row, row.limit)) for row in self._run.thresholds]
        if limits:
            yield self._gauge("loadgen.threshold.limit", "", limits, at_s)

    def _thresholds(self, rows: list[ThresholdRow], at_s: float) -> Iterator[Metric]:
        observed = [({"expr": row.expr}, _seconds(row, row.observed)) for row in rows if row.observed is not None]
        met = [({"expr": row.expr}, float(row.verdict == "pass")) for row in rows if row.verdict != "no_data"]
        if observed:
            yield self._gauge("loadgen.threshold.observed", "", observed, at_s)
        if met:
            yield self._gauge("loadgen.threshold.met", "", met, at_s)

    def _sum(self, name: str, unit: str, amounts: Amounts, since_s: float, until_s: float) -> Metric:
        points = [NumberDataPoint(dict(of), _ns(since_s), _ns(until_s), amount) for of, amount in amounts]
        return Metric(name, "", unit, Sum(points, self._temporality, True))

    @staticmethod
    def _gauge(name: str, unit: str, values: list[tuple[Any, float]], at_s: float) -> Metric:
        points = [NumberDataPoint(dict(of), 0, _ns(at_s), value) for of, value in values]
        return Metric(name, "", unit, Gauge(points))


def exponential(
    counts: Histogram, attributes: Attributes, since_ns: int, until_ns: int
) -> ExponentialHistogramDataPoint:
    """A histogram that is not empty, of the highest scale that needs no more than 160 buckets; in seconds.

    Bucket `i` holds what is above base**i and not above base**(i + 1), where base is 2**(2**-scale).
    """
    zeros = counts.buckets.get(0, 0)
    values = {top_of(bucket) / 1e6: times for bucket, times in sorted(counts.buckets.items()) if bucket}
    scale = HIGHEST_SCALE
    if values:
        octaves = math.log2(max(values)) - math.log2(min(values))
        while octaves * 2.0**scale > MOST_BUCKETS - 2:
            scale -= 1
    indexes: dict[int, int] = {}
    for value, times in values.items():
        index = math.ceil(math.log2(value) * 2.0**scale) - 1
        indexes[index] = indexes.get(index, 0) + times
    first, last = min(indexes, default=0), max(indexes, default=-1)
    middles = sum((bucket + top_of(bucket)) / 2 * times for bucket, times in counts.buckets.items())
    return ExponentialHistogramDataPoint(
        attributes=dict(attributes),
        start_time_unix_nano=since_ns,
        time_unix_nano=until_ns,
        count=counts.total,
        sum=middles / 1e6,
        scale=scale,
        zero_count=zeros,
        positive=Buckets(first, [indexes.get(index, 0) for index in range(first, last + 1)]),
        negative=Buckets(0, []),
        flags=0,
        min=min(counts.buckets) / 1e6,
        max=top_of(max(counts.buckets)) / 1e6,
    )


def _seconds(row: ThresholdRow, value: float) -> float:
    return value / 1000 if row.unit == "ms" else value


def _ns(at_s: float) -> int:
    return round(at_s * NS_PER_S)
