"""A run's figures as OpenMetrics text: what GitLab's metrics report compares from branch to branch.

Base units are seconds, bytes and shares from 0 to 1. A percentile that is only known to be at least something is
left out.
"""

from collections.abc import Iterator
from dataclasses import replace

from loadgen.judge.figures import Figures
from loadgen.judge.observe import settled
from loadgen.plan.metrics import metric_named
from loadgen.results.journeys import QUANTILES as METRIC_QUANTILES
from loadgen.results.requests import QUANTILES, Latency
from loadgen.results.result import Result

GAUGES = {"sent_per_second": "rps", "ok_per_second": "ok_rps", "error_ratio": "error_rate"}


def render_openmetrics(result: Result) -> str:
    """The file's text."""
    return "\n".join([*_lines(result), "# EOF"]) + "\n"


def _lines(result: Result) -> Iterator[str]:
    figures = Figures(result)
    for clock in ("response", "service"):
        yield from _summary(clock, result.latency_ms.get(clock, Latency()), figures)
    for name, metric in GAUGES.items():
        observed = figures.observe(metric_named(metric))
        if observed is not None:
            yield from _gauge(name, observed.low)
    yield from _gauge("valid", float(result.generator.verdict == "valid"))
    for name in ("sent", "ok", "failed", "unknown", "not_sent"):
        yield f"# TYPE loadgen_requests_{name} counter"
        yield f"loadgen_requests_{name}_total {getattr(result.ledger, name)}"
    if result.journeys.scheduled:
        yield from _journeys(result, figures)
    yield from _own(result)


def _journeys(result: Result, figures: Figures) -> Iterator[str]:
    """Their ledger, and how long journeys, groups and calls took, by name."""
    for name in ("started", "ok", "failed", "unfinished", "not_started"):
        yield f"# TYPE loadgen_journeys_{name} counter"
        yield f"loadgen_journeys_{name}_total {getattr(result.journeys, name)}"
    family = "loadgen_transaction_seconds"
    yield f"# TYPE {family} summary"
    yield f"# UNIT {family} seconds"
    for name, part in result.transactions.items():
        of = {"name": name, "kind": part.kind}
        latency = part.latency_ms.get("response", Latency())
        for key, quantile in {**QUANTILES, "max": 1.0}.items():
            metric = replace(metric_named(key.replace("_", ".")), of=name)
            observed = settled(figures.observe(metric))
            if observed is not None and observed.is_exact:
                yield f"{family}{_labels(**of, quantile=f'{quantile:g}')} {observed.low / 1000:.10g}"
        yield f"{family}_count{_labels(**of)} {latency.count}"


def _own(result: Result) -> Iterator[str]:
    """Checks, and the scenario's own metrics."""
    for outcome in ("ok", "failed") if result.checks else ():
        yield f"# TYPE loadgen_check_{outcome} counter"
        for name, check in result.checks.items():
            yield f"loadgen_check_{outcome}_total{_labels(check=name)} {getattr(check, outcome)}"
    if result.metrics:
        yield "# TYPE loadgen_value gauge"
    for name, metric in result.metrics.items():
        for statistic in ("count", "sum", "mean", "min", "max", *METRIC_QUANTILES):
            value = getattr(metric, statistic)
            if value is not None:
                yield f"loadgen_value{_labels(metric=name, unit=metric.unit, statistic=statistic)} {value:.10g}"


def _labels(**labels: str) -> str:
    escaped = {
        name: text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"") for name, text in labels.items()
    }
    return "{" + ",".join(f'{name}="{text}"' for name, text in escaped.items()) + "}"


def _gauge(name: str, value: float) -> Iterator[str]:
    yield f"# TYPE loadgen_{name} gauge"
    yield f"loadgen_{name} {value:.10g}"


def _summary(clock: str, latency: Latency, figures: Figures) -> Iterator[str]:
    if not latency.count:
        return
    name = f"loadgen_{clock}_seconds"
    yield f"# TYPE {name} summary"
    yield f"# UNIT {name} seconds"
    for key, quantile in {**QUANTILES, "max": 1.0}.items():
        observed = figures.observe(metric_named(f"{clock}.{key.replace('_', '.')}"))
        if observed is not None and observed.is_exact:
            yield f'{name}{{quantile="{quantile:g}"}} {observed.low / 1000:.10g}'
    yield f"{name}_count {latency.count}"
    if latency.mean is not None:
        yield f"{name}_sum {latency.mean * latency.count / 1000:.10g}"
