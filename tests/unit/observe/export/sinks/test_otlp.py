from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otel is not installed")

from loadgen.measure.histogram import Histogram, top_of
from loadgen.observe.export.sinks.otlp import MOST_BUCKETS, Otlp, exponential
from tests.support.export import BEGAN, ENDED, SAMPLES_US, interval, own_second
from tests.support.otlp import Collector, by, metrics_of, running_collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as server:
        yield server


def told(collector: Collector) -> list[dict[str, Any]]:
    sink = Otlp(collector.url)
    sink.began(BEGAN)
    sink.interval(interval(0))
    sink.interval(interval(1))
    sink.ended(ENDED)
    return [metrics_of(request) for request in collector.requests]


def test_a_recorded_request_has_cumulative_sums_and_exponential_histograms(collector: Collector) -> None:
    _, second, end = told(collector)
    assert by(second["loadgen.requests"], "outcome") == {"ok": 8, "failed": 2, "unknown": 0}
    assert by(second["loadgen.errors"], "class") == {"unexpected_status": 2}
    [point] = second["loadgen.response.duration"].exponential_histogram.data_points
    assert (point.count, sum(point.positive.bucket_counts)) == (8, 8)
    assert point.sum == pytest.approx(0.092, rel=0.001)
    assert (point.min, point.max) == (0.001, 0.040031)
    assert by(end["loadgen.threshold.met"], "expr") == {"p99 < 50ms": 1}
    assert by(end["loadgen.threshold.observed"], "expr") == {"p99 < 50ms": pytest.approx(0.040031)}


def test_nothing_is_told_without_points_and_no_unit_changes_its_name(collector: Collector) -> None:
    """Prometheus refuses the first, and calls a gauge with the unit 1 a ratio."""
    sink = Otlp(collector.url)
    sink.began(BEGAN)
    sink.interval(replace(interval(0), tallies={}))
    sink.ended(ENDED)
    metrics = [metric for request in collector.requests for metric in metrics_of(request).values()]
    assert all(getattr(metric, metric.WhichOneof("data")).data_points for metric in metrics)
    assert not [metric.name for metric in metrics if metric.unit == "1"]


def test_its_resource_says_what_ran_and_has_the_labels(collector: Collector) -> None:
    sink = Otlp(collector.url)
    sink.began(replace(BEGAN, labels={"commit": "1f9e3ab"}))
    sink.interval(interval(0))
    [request] = collector.requests
    [of] = request.resource_metrics
    told = {row.key: row.value.string_value for row in of.resource.attributes}
    assert told["loadgen.label.commit"] == "1f9e3ab"
    assert (told["loadgen.plan"], told["loadgen.target"]) == ("shop", "http://shop.test")


def test_the_standard_variable_asks_for_deltas(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
    _, second, _ = told(collector)
    assert by(second["loadgen.requests"], "outcome") == {"ok": 4, "failed": 1, "unknown": 0}


def test_a_collector_that_refuses_is_an_error(collector: Collector) -> None:
    collector.status = 400
    with pytest.raises(ConnectionError):
        told(collector)


@pytest.mark.parametrize("samples", [SAMPLES_US, (5,), (0, 0), (0, 3), tuple(range(1, 10**6, 977)), (1, 3 * 10**9)])
def test_percentiles_from_buckets_are_within_their_width(samples: tuple[int, ...]) -> None:
    counts = Histogram((sample, 1) for sample in set(samples))
    counts = Histogram()
    for sample in samples:
        counts.add(sample)
    point = exponential(counts, {}, 1, 2)
    assert len(point.positive.bucket_counts) <= MOST_BUCKETS
    assert point.zero_count + sum(point.positive.bucket_counts) == len(samples) == point.count
    base = 2.0 ** (2.0**-point.scale)
    below = point.zero_count
    for index, times in enumerate(point.positive.bucket_counts, point.positive.offset):
        low_s, high_s = base**index, base ** (index + 1)
        within = [s for s in counts.buckets if s and low_s * 0.999999 < top_of(s) / 1e6 <= high_s * 1.000001]
        assert sum(counts.buckets[s] for s in within) >= times
        below += times
    assert below == len(samples)


def test_checks_are_sums_and_metrics_gauges(collector: Collector) -> None:
    sink = Otlp(collector.url)
    sink.began(BEGAN)
    sink.interval(own_second())
    told = metrics_of(collector.requests[-1])
    assert by(told["loadgen.checks"], "outcome") == {"ok": 3, "failed": 1}
    assert by(told["loadgen.value"], "statistic")["mean"] == 15
    assert "loadgen.requests" not in told
