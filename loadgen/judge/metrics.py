"""The metrics of a comparison: what each is, which way is better, and where a Result keeps it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from loadgen.judge.statistics import Better
from loadgen.results.result import Latency, Quantile, Result

Unit = Literal["per_s", "ms", "us", "mb", "count", "share"]

BUCKET = 2**-10
"""The relative width of a histogram's bucket: 3 significant digits."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of one run; the true value may be higher where it is only a lower bound."""

    value: float
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One row. `step` is the resolution in the metric's unit, `bucket` a relative one; shares are from 0 to 1.

    `better` is None where more is neither good nor bad by itself. `read` gives None without data.
    """

    key: str
    title: str
    unit: Unit
    better: Better | None
    read: Callable[[Result], Figure | None]
    step: float = 0.0
    bucket: float = 0.0


def _response(key: str) -> Callable[[Result], Figure | None]:
    return lambda result: _quantile(getattr(result.latency_ms.get("response", Latency()), key))


def _quantile(value: Quantile) -> Figure | None:
    match value:
        case None:
            return None
        case {"at_least": bound}:
            return Figure(bound, at_least=True)
        case int() | float():
            return Figure(float(value))
    return None


def _throughput(result: Result) -> Figure | None:
    return Figure(result.rate.ok_rps) if result.duration_s else None


def _send_lag(result: Result) -> Figure | None:
    """None for a closed loop, where every request is due when it is sent."""
    lag = result.latency_ms.get("send_lag", Latency())
    return _quantile(lag.p99) if lag.max else None


def _loop_lag(result: Result) -> Figure | None:
    """Of the worst worker."""
    known = [row.loop_lag_ms["p99"] for row in result.generator.workers if "p99" in row.loop_lag_ms]
    return Figure(max(known)) if known else None


def _cpu(result: Result) -> Figure | None:
    cpu_us = result.generator.cpu_us_per_request
    return None if cpu_us is None else Figure(cpu_us)


def _memory(result: Result) -> Figure | None:
    return Figure(result.generator.peak_rss_mb) if result.generator.peak_rss_mb else None


def _threads(result: Result) -> Figure | None:
    return Figure(float(result.generator.threads)) if result.generator.threads else None


def _switches(result: Result) -> Figure | None:
    return Figure(result.generator.context_switches / result.ledger.sent) if result.ledger.sent else None


def _failed(result: Result) -> Figure | None:
    judged = result.ledger.ok + result.ledger.failed
    return Figure(result.ledger.failed / judged) if judged else None


METRICS = (
    Metric("ok_rps", "good replies/s", "per_s", "higher", _throughput, step=0.001),
    Metric("p50", "response p50", "ms", "lower", _response("p50"), 0.001, BUCKET),
    Metric("p99", "response p99", "ms", "lower", _response("p99"), 0.001, BUCKET),
    Metric("p99.9", "response p99.9", "ms", "lower", _response("p99_9"), 0.001, BUCKET),
    Metric("send_lag.p99", "send lag p99", "ms", "lower", _send_lag, 0.001, BUCKET),
    Metric("loop_lag.p99", "loop lag p99", "ms", "lower", _loop_lag, 0.001, BUCKET),
    Metric("cpu_us", "CPU a request", "us", "lower", _cpu, step=0.001),
    Metric("peak_rss_mb", "peak memory", "mb", "lower", _memory, step=0.1),
    Metric("threads", "threads", "count", None, _threads),
    Metric("context_switches", "context switches", "count", None, _switches),
    Metric("error_rate", "errors", "share", "lower", _failed),
)
"""In the order of the table. Context switches are per request sent, since a faster run has more in all."""
