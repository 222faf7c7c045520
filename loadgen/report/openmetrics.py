"""A run's figures as OpenMetrics text: what GitLab's metrics report compares from branch to branch.

Base units are seconds, bytes and shares from 0 to 1. A percentile that is only known to be at least something is
left out.
"""

from collections.abc import Iterator

from loadgen.results.result import QUANTILES, Latency, Result


def render_openmetrics(result: Result) -> str:
    """The file's text."""
    return "\n".join([*_lines(result), "# EOF"]) + "\n"


def _lines(result: Result) -> Iterator[str]:
    ledger = result.ledger
    for clock in ("response", "service"):
        yield from _summary(f"loadgen_{clock}_seconds", result.latency_ms.get(clock, Latency()))
    gauges = {"sent_per_second": result.rate.sent_rps, "ok_per_second": result.rate.ok_rps}
    if ledger.ok + ledger.failed:
        gauges["error_ratio"] = ledger.failed / (ledger.ok + ledger.failed)
    gauges["valid"] = float(result.generator.verdict == "valid")
    for name, value in gauges.items():
        yield f"# TYPE loadgen_{name} gauge"
        yield f"loadgen_{name} {value:.10g}"
    for name in ("sent", "ok", "failed", "unknown", "not_sent"):
        yield f"# TYPE loadgen_requests_{name} counter"
        yield f"loadgen_requests_{name}_total {getattr(ledger, name)}"


def _summary(name: str, latency: Latency) -> Iterator[str]:
    if not latency.count:
        return
    yield f"# TYPE {name} summary"
    yield f"# UNIT {name} seconds"
    for key, quantile in {**QUANTILES, "max": 1.0}.items():
        value = getattr(latency, key)
        if isinstance(value, int | float):
            yield f'{name}{{quantile="{quantile:g}"}} {value / 1000:.10g}'
    yield f"{name}_count {latency.count}"
    if latency.mean is not None:
        yield f"{name}_sum {latency.mean * latency.count / 1000:.10g}"
